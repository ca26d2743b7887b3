package state

import (
	"fmt"
	"io"

	"github.com/cockroachdb/pebble/v2"

	"sandi.internal/gateway/storage/rows"
)

// What a backup carries besides the ledger's own stream: the node-local span, as it
// was in the same moment.

// LocalSize is how many bytes WriteLocal will write.
func (s *Snapshot) LocalSize() (int64, error) { return s.writeLocal(io.Discard) }

// WriteLocal writes the node-local span as storage/rows, from the same pinned state
// as WriteTo. It may be called more than once and writes the same bytes each time.
func (s *Snapshot) WriteLocal(w io.Writer) error {
	_, err := s.writeLocal(w)
	return err
}

func (s *Snapshot) writeLocal(w io.Writer) (int64, error) {
	iter, err := s.view.snap.NewIter(&pebble.IterOptions{LowerBound: spanUpper, UpperBound: localEnd})
	if err != nil {
		return 0, fmt.Errorf("couldn't read the node-local keys: %w", err)
	}
	out := rows.NewWriter(w)
	err = walk(iter, false, always, func(key, value []byte) (bool, error) { return true, out.Row(key, value) })
	if err == nil {
		err = out.End()
	}
	if err != nil {
		return out.Written(), fmt.Errorf("couldn't write the node-local keys: %w", err)
	}
	return out.Written(), nil
}

// View is the pinned state as a view, for whoever reads the ledger of this very
// moment. It is the snapshot's to close.
func (s *Snapshot) View() *View { return s.view }

// carryBytes is how much of the node-local span is written in one batch.
const carryBytes = 4 << 20

// Carry writes node-local keys that WriteLocal gave into this store; those for which
// keep is false are left out. Nothing is synced before Sync.
func (l *Local) Carry(r io.Reader, keep func(key []byte) bool) error {
	batch := l.store.db.NewBatch()
	defer func() { _ = batch.Close() }()
	err := rows.Read(r, MaxKey, MaxValue, func(key, value []byte) error {
		if err := checkLocalPair(key, value); err != nil {
			return err
		}
		if !keep(key) {
			return nil
		}
		if err := batch.Set(key, value, nil); err != nil || batch.Len() < carryBytes {
			return err
		}
		if err := batch.Commit(pebble.NoSync); err != nil {
			return err
		}
		batch.Reset()
		return nil
	})
	if err == nil {
		err = batch.Commit(pebble.NoSync)
	}
	if err != nil {
		return fmt.Errorf("couldn't write the node-local keys: %w", err)
	}
	return nil
}
