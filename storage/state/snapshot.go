package state

import (
	"fmt"
	"io"

	"github.com/cockroachdb/pebble/v2"
)

// Snapshot is the whole ledger at one Raft index, pinned: applying goes on
// beside it. It belongs to one goroutine.
type Snapshot struct {
	view *View
	meta Meta
	size int64 // 0 = not counted yet
}

// Snapshot pins the present state. It is cheap: nothing is copied before
// WriteTo.
func (s *Store) Snapshot() (*Snapshot, error) {
	view := s.View()
	meta, err := view.Meta()
	if err != nil {
		return nil, fmt.Errorf("couldn't take a snapshot: %w", closing(err, view))
	}
	return &Snapshot{view: view, meta: meta}, nil
}

func closing(err error, c io.Closer) error {
	if e := c.Close(); e != nil {
		return fmt.Errorf("%w (and %v)", err, e)
	}
	return err
}

// Meta is where the snapshot stands in Raft's log, read from the same pinned
// state as the data.
func (s *Snapshot) Meta() Meta { return s.meta.clone() }

// Size returns how many bytes WriteTo will write. The first call walks the
// ledger once (Raft announces the size before it sends).
func (s *Snapshot) Size() (int64, error) {
	if s.size > 0 {
		return s.size, nil
	}
	iter, err := s.iter()
	if err != nil {
		return 0, err
	}
	size := newStreamSize()
	for ok := iter.First(); ok; ok = iter.Next() {
		lazy := iter.LazyValue()
		size.add(len(iter.Key()), lazy.Len())
	}
	if err := s.finish(iter); err != nil {
		return 0, fmt.Errorf("couldn't measure a snapshot: %w", err)
	}
	s.size = size.total
	return s.size, nil
}

// WriteTo implements io.WriterTo: it writes the stream described in stream.go.
// It may be called more than once and writes the same bytes each time.
func (s *Snapshot) WriteTo(w io.Writer) (int64, error) {
	iter, err := s.iter()
	if err != nil {
		return 0, err
	}
	out := newStreamWriter(w)
	err = out.begin()
	for ok := iter.First(); ok && err == nil; ok = iter.Next() {
		var value []byte
		if value, err = iter.ValueAndErr(); err == nil {
			err = out.pair(iter.Key(), value)
		}
	}
	// The end is written only after the iterator proved complete: a reader
	// takes a stream with an end for whole.
	if e := s.finish(iter); err == nil {
		err = e
	}
	if err == nil {
		err = out.end()
	}
	if err != nil {
		return out.written, fmt.Errorf("couldn't write a snapshot: %w", err)
	}
	return out.written, nil
}

func (s *Snapshot) iter() (*pebble.Iterator, error) {
	iter, err := s.view.snap.NewIter(&pebble.IterOptions{LowerBound: spanLower, UpperBound: spanUpper})
	if err != nil {
		return nil, fmt.Errorf("couldn't read a snapshot: %w", err)
	}
	// The iterator keeps what it saw when it was made. If a restore came
	// before that, it saw nothing.
	if err := s.view.valid(); err != nil {
		return nil, closing(err, iter)
	}
	return iter, nil
}

func (s *Snapshot) finish(iter *pebble.Iterator) error {
	if err := iter.Error(); err != nil {
		return closing(err, iter)
	}
	return iter.Close()
}

// Close unpins the state.
func (s *Snapshot) Close() error { return s.view.Close() }
