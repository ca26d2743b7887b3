package journal

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"sandi.internal/gateway/storage/engine"
)

const (
	// tag is the first byte of the journal's keys in the vault's store; the vault
	// uses others.
	tag = 'a'
	// ReserveBytes of the disk stay free: half of what uploads leave, so that looks
	// are still written down when the vault is full.
	ReserveBytes = 256 << 20
	// maxKey and maxValue bound a pair.
	maxKey   = 64
	maxValue = 64 << 10
)

var (
	// ErrNoRoom says that the disk is nearly full: nothing was written.
	ErrNoRoom = errors.New("the disk has no room for the journal")
	// ErrPair refuses a pair that is too large, or has no key.
	ErrPair = errors.New("not a pair of the journal")
)

// Pair is a key and its value.
type Pair struct{ Key, Value []byte }

// Journal is safe for concurrent use, Write excepted.
type Journal struct{ db *engine.DB }

// Open opens the journal in the vault's store, or begins it there.
func Open(db *engine.DB) (*Journal, error) {
	if db.Kind() != engine.Vault {
		return nil, fmt.Errorf("couldn't open the journal: it lies in a %s store", db.Kind())
	}
	return &Journal{db}, nil
}

// Write writes pairs, all or none, and is called by one goroutine at a time. Once
// wait returns nil they survive a power cut, and so does everything written before
// them; waiting is done outside of any lock, so that those who wait share a sync. The
// error wraps ErrNoRoom or ErrPair; then nothing was written.
func (j *Journal) Write(pairs []Pair) (wait func() error, err error) {
	if err := j.room(); err != nil {
		return nil, err
	}
	batch := j.db.NewBatch()
	for _, p := range pairs {
		if len(p.Key) == 0 || len(p.Key) > maxKey || len(p.Value) > maxValue {
			return nil, errors.Join(fmt.Errorf("%w: %d-byte key with %d-byte value, at most %d and %d", ErrPair, len(p.Key), len(p.Value), maxKey, maxValue), batch.Close())
		}
		if err := batch.Set(own(p.Key), p.Value, nil); err != nil {
			return nil, errors.Join(fmt.Errorf("couldn't write the journal: %w", err), batch.Close())
		}
	}
	if err := j.db.ApplyNoSyncWait(batch, pebble.Sync); err != nil {
		return nil, errors.Join(fmt.Errorf("couldn't write the journal: %w", err), batch.Close())
	}
	return func() error {
		if err := batch.SyncWait(); err != nil {
			return fmt.Errorf("couldn't sync the journal: %w", err)
		}
		return batch.Close()
	}, nil
}

// room refuses a write that the disk should not take. A disk that does not say how
// much is left is written to: a write that fails ends the process.
func (j *Journal) room() error {
	usage, err := j.db.FS().GetDiskUsage(j.db.Dir())
	if err == nil && usage.AvailBytes < ReserveBytes {
		return fmt.Errorf("%w: %d MiB are left, %d are reserved for the ledger", ErrNoRoom, usage.AvailBytes>>20, ReserveBytes>>20)
	}
	return nil
}

// Get returns a copy of the value, nil when the key is absent.
func (j *Journal) Get(key []byte) ([]byte, error) {
	value, closer, err := j.db.Get(own(key))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't read the journal: %w", err)
	}
	value = append([]byte{}, value...)
	return value, closer.Close()
}

// Scan calls fn for the pairs from lower to upper, upper excepted, in order or in
// reverse, until fn says no more. Key and value are valid during the call.
func (j *Journal) Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (more bool, err error)) (err error) {
	iter, err := j.db.NewIter(&pebble.IterOptions{LowerBound: own(lower), UpperBound: own(upper)})
	if err != nil {
		return fmt.Errorf("couldn't read the journal: %w", err)
	}
	defer func() { err = errors.Join(err, iter.Close()) }()
	first, next := iter.First, iter.Next
	if reverse {
		first, next = iter.Last, iter.Prev
	}
	for ok := first(); ok; ok = next() {
		value, err := iter.ValueAndErr()
		if err != nil {
			return fmt.Errorf("couldn't read the journal: %w", err)
		}
		if more, err := fn(iter.Key()[1:], value); err != nil || !more {
			return err
		}
	}
	if err := iter.Error(); err != nil {
		return fmt.Errorf("couldn't read the journal: %w", err)
	}
	return nil
}

func own(key []byte) []byte { return append([]byte{tag}, key...) }
