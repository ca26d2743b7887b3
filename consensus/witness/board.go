package witness

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"sandi.internal/gateway/consensus/checkpoint"
)

// Board holds the notes to show. What it gives out is never changed afterwards.
// Safe for concurrent use.
//
// Its rows are written without a sync of their own: the next cosignature's sync
// makes them durable with it, and a note that a power cut took is there again
// with the next pull.
type Board struct {
	group *atomic.Pointer[group] // the witness's
	store Store

	published atomic.Pointer[checkpoint.Note]
	final     atomic.Pointer[checkpoint.Note]

	mu      sync.Mutex                  // owns the fields below; one writer at a time
	dropped map[string]*checkpoint.Note // by node: the newest note with its cosignature that the two above do not carry
	earlier earlier
	changed chan struct{} // closed with the next note
}

func openBoard(store Store, in *atomic.Pointer[group]) (*Board, error) {
	b := &Board{group: in, store: store, dropped: make(map[string]*checkpoint.Note), changed: make(chan struct{})}
	read := func(row []byte) (*checkpoint.Note, error) {
		if row == nil {
			return nil, nil
		}
		return in.Load().Ever.Open(row)
	}
	for row, into := range map[byte]*atomic.Pointer[checkpoint.Note]{rowPublished: &b.published, rowFinal: &b.final} {
		raw, err := store.Get(rowKey(row, ""))
		if err != nil {
			return nil, fmt.Errorf("couldn't read the notes: %w", err)
		}
		n, err := read(raw)
		if err != nil {
			return nil, fmt.Errorf("couldn't read a stored note: %w", err)
		}
		if n != nil {
			into.Store(n)
		}
	}
	err := store.Scan(rowKey(rowDropped, ""), rowKey(rowDropped+1, ""), false, func(key, row []byte) (bool, error) {
		n, err := read(row)
		b.dropped[string(key[2:])] = n
		return true, err
	})
	if err == nil {
		b.earlier, err = openEarlier(store)
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't read the older notes: %w", err)
	}
	return b, nil
}

// Published is the newest note with cosignatures of as many regions as
// publishing needs; nil before the first.
func (b *Board) Published() *checkpoint.Note { return b.published.Load() }

// Final is the newest final note; nil before the first.
func (b *Board) Final() *checkpoint.Note { return b.final.Load() }

// Wait gives the first note of at least size leaves, published or final, or
// ctx's error.
func (b *Board) Wait(ctx context.Context, size uint64, final bool) (*checkpoint.Note, error) {
	at := &b.published
	if final {
		at = &b.final
	}
	for {
		b.mu.Lock()
		changed := b.changed
		b.mu.Unlock()
		if n := at.Load(); n != nil && n.Size >= size {
			return n, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, fmt.Errorf("couldn't wait for a checkpoint of %d leaves: %w", size, ctx.Err())
		}
	}
}

// Cosigned is the newest note that carries a node's cosignature; nil when there
// is none.
func (b *Board) Cosigned(node string) *checkpoint.Note {
	b.mu.Lock()
	newest := b.dropped[node]
	b.mu.Unlock()
	for _, n := range []*checkpoint.Note{b.Final(), b.Published()} {
		if at := cosignedAt(n, node); at > 0 && newer(n.Size, at, newest, node) {
			newest = n
		}
	}
	return newest
}

// cosignedAt is when a node cosigned a note; 0 if it did not.
func cosignedAt(n *checkpoint.Note, node string) (at int64) {
	if n == nil {
		return 0
	}
	for _, s := range n.Signatures {
		if s.Key.Kind == checkpoint.KindCosigner && s.Key.Node == node {
			at = max(at, s.At)
		}
	}
	return at
}

func newer(size uint64, at int64, than *checkpoint.Note, node string) bool {
	return than == nil || than.Size < size || than.Size == size && cosignedAt(than, node) < at
}

// grade judges a note by the policy of the moment.
func (b *Board) grade(n *checkpoint.Note) checkpoint.Grade { return b.group.Load().policy.Grade(n) }

// errUnpublished is a note that too few regions have signed.
var errUnpublished = errors.New("too few regions have cosigned this checkpoint")

// offer takes a note whose root this node's own ledger has. Whether it is newer,
// or adds signatures to what is shown, the board finds out.
func (b *Board) offer(n *checkpoint.Note) error {
	if grade := b.grade(n); grade != checkpoint.GradePublished && grade != checkpoint.GradeFinal {
		return errUnpublished
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.Published()
	merged, fresh, err := join(was, n)
	if err != nil {
		return err
	}
	if fresh {
		if err := b.keep(was, merged); err != nil {
			return err
		}
		if err := b.store.Set(rowKey(rowPublished, ""), merged.Marshal(), false); err != nil {
			return fmt.Errorf("couldn't keep a note: %w", err)
		}
	}
	finished, err := b.finish(merged, n)
	if err != nil {
		return err
	}
	if fresh {
		b.published.Store(merged)
	}
	if fresh || finished {
		close(b.changed)
		b.changed = make(chan struct{})
	}
	return nil
}

// join gives what to show after n came to what was shown, and whether that is
// anything new.
func join(was, n *checkpoint.Note) (*checkpoint.Note, bool, error) {
	switch {
	case was == nil || n.Size > was.Size:
		return n, true, nil
	case n.Size < was.Size:
		return was, false, nil
	}
	merged := was.Clone()
	if err := merged.Merge(n); err != nil {
		return nil, false, err
	}
	return merged, string(merged.Marshal()) != string(was.Marshal()), nil
}

// finish shows the newest final note among what is shown and what came: a third
// cosignature may come for an older note than the newest published one.
func (b *Board) finish(merged, n *checkpoint.Note) (bool, error) {
	was, next := b.Final(), (*checkpoint.Note)(nil)
	for _, candidate := range []*checkpoint.Note{merged, n} {
		if next == nil && b.grade(candidate) == checkpoint.GradeFinal {
			next = candidate
		}
	}
	if next == nil {
		return false, nil
	}
	next, fresh, err := join(was, next)
	if err != nil || !fresh {
		return false, err
	}
	if was != nil && was.Size < next.Size {
		if err := b.earlier.add(b.store, was); err != nil {
			return false, err
		}
	}
	if err := b.keep(was, next); err != nil {
		return false, err
	}
	if err := b.store.Set(rowKey(rowFinal, ""), next.Marshal(), false); err != nil {
		return false, fmt.Errorf("couldn't keep a note: %w", err)
	}
	b.final.Store(next)
	return true, nil
}

// keep remembers a note that is to be replaced, for the nodes that have not
// cosigned its successor: they may ask for it. Requires mu.
func (b *Board) keep(was, next *checkpoint.Note) error {
	if was == nil {
		return nil
	}
	for _, s := range was.Signatures {
		node := s.Key.Node
		if s.Key.Kind != checkpoint.KindCosigner || node == "" || cosignedAt(next, node) > 0 || !newer(was.Size, s.At, b.dropped[node], node) {
			continue
		}
		if err := b.store.Set(rowKey(rowDropped, node), was.Marshal(), false); err != nil {
			return fmt.Errorf("couldn't keep a note: %w", err)
		}
		b.dropped[node] = was
	}
	return nil
}
