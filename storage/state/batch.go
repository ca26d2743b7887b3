package state

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// Batch is one atomic change of the ledger. Its reads see its own writes over
// the state at its opening. It belongs to one goroutine; only one batch at a
// time can commit.
type Batch struct {
	store   *Store
	epoch   uint64
	commits uint64
	writes  *overlay         // borrowed from the store until Close
	stored  *pebble.Iterator // over the stored pairs, for Get; nil until needed
	done    bool
}

var _ Reader = (*Batch)(nil)

var errDone = errors.New("couldn't use the batch: it was committed or closed")

// Batch opens a change on top of the present state.
func (s *Store) Batch() *Batch {
	s.gate.RLock()
	defer s.gate.RUnlock()
	_, commits := s.state()
	return &Batch{store: s, epoch: s.epoch.Load(), commits: commits, writes: s.borrow()}
}

func (b *Batch) valid() error {
	switch {
	case b.done:
		return errDone
	case b.store.epoch.Load() != b.epoch:
		return ErrRestored
	}
	return nil
}

// Get implements Reader.
func (b *Batch) Get(key []byte) ([]byte, error) {
	if b.done {
		return nil, errDone
	}
	if v, ok := b.writes.get(key); ok {
		return bytes.Clone(v), nil // nil stays nil, empty stays empty
	}
	if err := b.valid(); err != nil {
		return nil, err
	}
	value, err := b.lookup(key)
	if e := b.valid(); e != nil {
		return nil, e
	}
	return value, err
}

// lookup asks the bloom filters of every level before it reads a block.
// Pebble's own Get never asks those of the lowest level, where nearly all
// pairs are: a key that is absent costs it nine times as much.
func (b *Batch) lookup(key []byte) ([]byte, error) {
	if b.stored == nil {
		iter, err := b.store.db.NewIter(&pebble.IterOptions{
			LowerBound: firstKey, UpperBound: spanUpper, KeyTypes: pebble.IterKeyTypePointsOnly, UseL6Filters: true,
		})
		if err != nil {
			return nil, fmt.Errorf("couldn't read %.16x: %w", key, err)
		}
		b.stored = iter
	}
	var value []byte
	if b.stored.SeekPrefixGE(key) && bytes.Equal(b.stored.Key(), key) {
		v, err := b.stored.ValueAndErr()
		if err != nil {
			return nil, fmt.Errorf("couldn't read %.16x: %w", key, err)
		}
		value = append([]byte{}, v...)
	}
	if err := b.stored.Error(); err != nil {
		return nil, fmt.Errorf("couldn't read %.16x: %w", key, err)
	}
	return value, nil
}

// Set writes a pair into the ledger span. It keeps neither slice.
func (b *Batch) Set(key, value []byte) error {
	if err := checkLedgerPair(key, value); err != nil {
		return fmt.Errorf("couldn't set: %w", err)
	}
	if b.done {
		return errDone
	}
	if value == nil {
		value = []byte{} // nil would delete
	}
	b.writes.put(key, value)
	return nil
}

// Delete removes a key from the ledger span; an absent one is no error.
func (b *Batch) Delete(key []byte) error {
	if err := checkLedgerPair(key, nil); err != nil {
		return fmt.Errorf("couldn't delete: %w", err)
	}
	if b.done {
		return errDone
	}
	b.writes.put(key, nil)
	return nil
}

// Scan implements Reader. Writes that fn makes may or may not be seen by the
// same scan.
func (b *Batch) Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (bool, error)) error {
	lo, hi, ok := clamp(lower, upper, firstKey, spanUpper)
	if !ok || b.done {
		return b.valid()
	}
	iter, err := openRange(b.store.db, lo, hi, firstKey, spanUpper)
	if err != nil {
		return err
	}
	own := b.writes.between(lo, hi)
	if len(own) == 0 {
		return walk(iter, reverse, b.valid, fn)
	}
	return b.merge(cursor{iter, reverse}, own, fn)
}

// merge walks the stored pairs and the batch's own in one order; its own hide
// stored ones with the same key.
func (b *Batch) merge(stored cursor, own []int, fn func(key, value []byte) (bool, error)) (err error) {
	defer closeIter(stored.Iterator, &err)
	next := 0 // how many of own are behind us
	place := func() int {
		if stored.reverse {
			return own[len(own)-1-next]
		}
		return own[next]
	}
	for more := stored.start(); more || next < len(own); {
		side := -1 // before 0: stored comes next; after: own; 0: own hides stored
		if next < len(own) {
			if side = 1; more {
				side = bytes.Compare(stored.Key(), b.writes.entries[place()].key)
				if stored.reverse {
					side = -side
				}
			}
		}
		var key, value []byte
		if side < 0 {
			key = stored.Key()
			if value, err = stored.ValueAndErr(); err != nil {
				return fmt.Errorf("couldn't scan: %w", err)
			}
		} else {
			e := b.writes.entries[place()]
			key, value = e.key, e.value
		}
		if err := b.valid(); err != nil {
			return err
		}
		if value != nil || side < 0 {
			if goOn, err := fn(key, value); err != nil || !goOn {
				return err
			}
		}
		if side >= 0 {
			next++
		}
		if side <= 0 {
			more = stored.step()
		}
	}
	if err := stored.Error(); err != nil {
		return fmt.Errorf("couldn't scan: %w", err)
	}
	return b.valid()
}

// Commit writes the batch and m, atomically and without a sync: the Raft log
// is what a crash is recovered from. Whatever the outcome, the batch is spent.
// It refuses a Meta that lies before the present one (ErrBack), a batch that a
// restore (ErrRestored) or another batch (ErrConflict) overtook.
func (b *Batch) Commit(m Meta) error {
	s := b.store
	s.writer.Lock()
	defer s.writer.Unlock()
	if err := b.commit(m); err != nil {
		return fmt.Errorf("couldn't commit entry %d: %w", m.RaftIndex, errors.Join(err, b.Close()))
	}
	s.advance(m)
	return b.Close()
}

func (b *Batch) commit(m Meta) error {
	if err := b.valid(); err != nil {
		return err
	}
	old, commits := b.store.state()
	if b.commits != commits {
		return ErrConflict
	}
	if err := m.follows(old); err != nil {
		return err
	}
	return b.write(m)
}

func (b *Batch) write(m Meta) error {
	encoded := m.encode()
	size := batchHeader + perPair + len(metaKey) + len(encoded)
	for _, e := range b.writes.entries {
		size += perPair + len(e.key) + len(e.value)
	}
	batch := b.store.db.NewBatchWithSize(size)
	defer batch.Close()
	// In order, because Pebble's memtable finds the place of a key at once that
	// comes just behind the one before it: sorting costs less than it saves (of a
	// statement's 26 µs in the store 22 are left, BenchmarkLedger/64).
	for _, i := range b.writes.order() {
		e := &b.writes.entries[i]
		var err error
		if e.value == nil {
			err = batch.Delete(e.key, nil)
		} else {
			err = batch.Set(e.key, e.value, nil)
		}
		if err != nil {
			return err
		}
	}
	if err := batch.Set(metaKey, encoded, nil); err != nil {
		return err
	}
	return batch.Commit(pebble.NoSync)
}

// Room that a Pebble batch needs besides keys and values, so that it never
// grows while it is filled.
const (
	batchHeader = 12
	perPair     = 1 + 5 + 5 // kind and two length varints
)

// Close drops the batch; after Commit it does nothing. A batch that is neither
// committed nor closed holds old data back from compaction.
func (b *Batch) Close() error {
	if !b.done {
		b.done = true
		b.store.giveBack(b.writes)
		b.writes = nil
	}
	if b.stored == nil {
		return nil
	}
	iter := b.stored
	b.stored = nil
	if err := iter.Close(); err != nil {
		return fmt.Errorf("couldn't close a batch: %w", err)
	}
	return nil
}
