package state

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/cockroachdb/pebble/v2"
)

// incomingDir lies inside the store's directory, so that its tables can be
// linked into the store. What is in it was never part of the ledger.
const incomingDir = "incoming"

// Restore replaces the ledger span by the snapshot that r streams, in one
// step. r must end right after the stream. check sees the whole new ledger
// before the switch; if it, or anything in the stream, is wrong, the old
// ledger stays. A snapshot before the present position is refused (ErrBack).
//
// When Restore returns nil the new ledger is durable, and every View, Batch
// and Snapshot opened before fails with ErrRestored. Memory stays constant;
// the disk needs room for both ledgers.
func (s *Store) Restore(r io.Reader, check func(*Candidate) error) (err error) {
	s.writer.Lock()
	defer s.writer.Unlock()
	if err := s.clearIncoming(); err != nil {
		return fmt.Errorf("couldn't prepare a restore: %w", err)
	}
	defer func() {
		if e := s.clearIncoming(); e != nil && err == nil {
			s.db.Logger().Warn("couldn't clear the restored tables' directory; the next start does", "err", e)
		}
	}()
	c, err := s.receive(r)
	if err != nil {
		return fmt.Errorf("couldn't restore: %w", err)
	}
	defer func() { err = errors.Join(err, c.close()) }()
	if check != nil {
		if err := check(c); err != nil {
			return fmt.Errorf("couldn't restore entry %d: the snapshot was refused: %w", c.meta.RaftIndex, err)
		}
	}
	if err := s.switchTo(c); err != nil {
		return fmt.Errorf("couldn't restore entry %d: %w", c.meta.RaftIndex, err)
	}
	return nil
}

// receive writes the stream into tables beside the store.
func (s *Store) receive(r io.Reader) (*Candidate, error) {
	in, err := newStreamReader(r)
	if err != nil {
		return nil, err
	}
	out := &tableWriter{db: s.db, dir: s.incoming(), target: s.tableBytes}
	c := &Candidate{db: s.db}
	for {
		key, value, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && in.pairs == 1 { // Meta comes first: refuse before reading the rest
			c.meta, err = s.admit(value)
		}
		if err == nil {
			err = out.add(key, value)
		}
		if err != nil {
			return nil, errors.Join(err, out.abort())
		}
	}
	if c.tables, err = out.finish(); err != nil {
		return nil, err
	}
	if in.pairs == 0 {
		return nil, fmt.Errorf("%w: the stream is empty", ErrCorrupt)
	}
	return c, nil
}

func (s *Store) admit(value []byte) (Meta, error) {
	m, err := decodeMeta(value)
	if err != nil {
		return Meta{}, err
	}
	old, _ := s.state()
	return m, m.follows(old)
}

// switchTo is the one step. Nobody can open a view or commit a batch during
// it; views that are open find the epoch changed as soon as the old ledger may
// be gone.
func (s *Store) switchTo(c *Candidate) error {
	s.gate.Lock()
	defer s.gate.Unlock()
	s.epoch.Add(1)
	span := pebble.KeyRange{Start: spanLower, End: spanUpper}
	if _, err := s.db.IngestAndExcise(context.Background(), c.paths(), nil, nil, span); err != nil {
		return fmt.Errorf("couldn't take the new tables in: %w", err)
	}
	s.advance(c.meta)
	return nil
}

func (s *Store) incoming() string { return s.db.FS().PathJoin(s.db.Dir(), incomingDir) }

func (s *Store) clearIncoming() error { return s.db.FS().RemoveAll(s.incoming()) }
