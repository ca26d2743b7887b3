package state

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// Local is the node-local span: keys of this node alone, first byte 0x80 or
// above. It is in no snapshot and outlives every Restore. Safe for concurrent
// use; each write stands for itself.
type Local struct{ store *Store }

// Local returns the node-local span.
func (s *Store) Local() *Local { return &Local{s} }

// localEnd is beyond every node-local key: keys have at most MaxKey bytes.
var localEnd = func() []byte {
	end := make([]byte, MaxKey+1)
	for i := range end {
		end[i] = 0xff
	}
	return end
}()

// Get returns a copy of the value, nil when the key is absent.
func (l *Local) Get(key []byte) ([]byte, error) {
	if err := checkLocalPair(key, nil); err != nil {
		return nil, fmt.Errorf("couldn't get: %w", err)
	}
	return get(l.store.db, key)
}

// Set writes one pair. With sync it survives a power cut once Set returns.
func (l *Local) Set(key, value []byte, sync bool) error {
	if err := checkLocalPair(key, value); err != nil {
		return fmt.Errorf("couldn't set: %w", err)
	}
	if err := l.store.db.Set(key, value, writeOptions(sync)); err != nil {
		return fmt.Errorf("couldn't set a node-local key: %w", err)
	}
	return nil
}

// Delete removes one key; an absent one is no error. It is not synced: who
// deletes must be able to delete again after a crash.
func (l *Local) Delete(key []byte) error {
	if err := checkLocalPair(key, nil); err != nil {
		return fmt.Errorf("couldn't delete: %w", err)
	}
	if err := l.store.db.Delete(key, pebble.NoSync); err != nil {
		return fmt.Errorf("couldn't delete a node-local key: %w", err)
	}
	return nil
}

// Scan is Reader.Scan over the node-local span.
func (l *Local) Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (bool, error)) error {
	iter, err := openRange(l.store.db, lower, upper, spanUpper, localEnd)
	if err != nil {
		return err
	}
	return walk(iter, reverse, always, fn)
}

func writeOptions(sync bool) *pebble.WriteOptions {
	if sync {
		return pebble.Sync
	}
	return pebble.NoSync
}
