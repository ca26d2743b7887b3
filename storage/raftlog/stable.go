package raftlog

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

const (
	// maxStableKey and maxStableValue bound Raft's own few keys: the term, the
	// last vote's term and candidate.
	maxStableKey   = 256
	maxStableValue = 64 << 10
)

// Set stores value under key, durably. Votes are kept here: a vote that a
// crash forgets can be given twice.
func (s *Store) Set(key, value []byte) error {
	if err := s.Err(); err != nil {
		return err
	}
	if len(key) > maxStableKey || len(value) > maxStableValue {
		return fmt.Errorf("couldn't store a raft key: %d-byte key or %d-byte value is too large", len(key), len(value))
	}
	if err := s.db.Set(stableKey(key), value, pebble.Sync); err != nil {
		return s.fail(fmt.Errorf("couldn't store raft key %q: %w", key, err))
	}
	return nil
}

// Get returns a copy of the value under key, empty when there is none.
func (s *Store) Get(key []byte) ([]byte, error) {
	if err := s.Err(); err != nil {
		return nil, err
	}
	value, closer, err := s.db.Get(stableKey(key))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, s.fail(fmt.Errorf("couldn't read raft key %q: %w", key, err))
	}
	out := append([]byte{}, value...)
	return out, closer.Close()
}

// SetUint64 stores a number under key, durably.
func (s *Store) SetUint64(key []byte, value uint64) error {
	return s.Set(key, binary.BigEndian.AppendUint64(nil, value))
}

// GetUint64 returns the number under key, 0 when there is none.
func (s *Store) GetUint64(key []byte) (uint64, error) {
	value, err := s.Get(key)
	if err != nil || len(value) == 0 {
		return 0, err
	}
	if len(value) != 8 {
		return 0, fmt.Errorf("couldn't read raft key %q as a number: it has %d bytes", key, len(value))
	}
	return binary.BigEndian.Uint64(value), nil
}
