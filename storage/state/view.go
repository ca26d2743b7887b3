package state

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// View is one state of the ledger, fixed when it was opened. It may be used by
// several goroutines; Close must be called once, after their last read.
type View struct {
	store *Store
	snap  *pebble.Snapshot
	epoch uint64
}

var _ Reader = (*View)(nil)

// View opens a read view of the present state. Keep it short: what it can see
// cannot be compacted away.
func (s *Store) View() *View {
	s.gate.RLock()
	defer s.gate.RUnlock()
	return &View{store: s, snap: s.db.NewSnapshot(), epoch: s.epoch.Load()}
}

// valid must be asked after a read: the epoch rises before a restore takes the
// old ledger away, so a read that saw it gone finds the epoch changed. (A
// Pebble snapshot sees an excised span as empty.)
func (v *View) valid() error {
	if v.store.epoch.Load() != v.epoch {
		return ErrRestored
	}
	return nil
}

// Meta returns where the viewed state stands in Raft's log.
func (v *View) Meta() (Meta, error) {
	m, err := readMeta(v.snap)
	if e := v.valid(); e != nil {
		return Meta{}, e
	}
	return m, err
}

// Get implements Reader.
func (v *View) Get(key []byte) ([]byte, error) {
	value, err := get(v.snap, key)
	if e := v.valid(); e != nil {
		return nil, e
	}
	return value, err
}

// Scan implements Reader. A scan that a restore overtakes ends with ErrRestored.
func (v *View) Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (bool, error)) error {
	iter, err := openRange(v.snap, lower, upper, firstKey, spanUpper)
	if err != nil {
		return err
	}
	return walk(iter, reverse, v.valid, fn)
}

// Close releases the view.
func (v *View) Close() error {
	if err := v.snap.Close(); err != nil {
		return fmt.Errorf("couldn't close a view: %w", err)
	}
	return nil
}
