package accesslog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/merkle"
)

const (
	// RowsMost bounds the rows of one answer; at 100 bytes a slip and 300 an entry a
	// few hundred kilobytes.
	RowsMost = 4000
	// rowsBytes ends an answer early: entries may be long.
	rowsBytes = 2 << 20
	// readMost bounds how many entries are looked at for one page of a list.
	readMost = 10_000
)

// Rows gives the rows of a log from an index to below a size, at most RowsMost. show
// decides which entries are shown; the slips of the others are.
func (l *Log) Rows(ctx context.Context, log, from, size uint64, show func(slip string, e access.Entry) bool) ([]access.Row, error) {
	var list []access.Row
	length := 0
	lower, upper := entrySpan(log, from)
	err := l.cfg.Store.Scan(lower, upper, false, func(key, value []byte) (bool, error) {
		index := indexOf(key)
		if err := ctx.Err(); err != nil || index >= size {
			return false, err
		}
		if index != from+uint64(len(list)) {
			return false, fmt.Errorf("%w: entry %d is missing", ErrDamaged, from+uint64(len(list)))
		}
		slip, e, err := access.SlipOf(value)
		if err != nil {
			return false, fmt.Errorf("%w: entry %d is unreadable", ErrDamaged, index)
		}
		row := access.Row{Slip: slip}
		if show(slip, e) {
			row.Entry = slices.Clone(value)
		}
		list = append(list, row)
		length += len(slip) + len(row.Entry)
		return len(list) < RowsMost && length < rowsBytes, nil
	})
	if err != nil {
		return nil, fmt.Errorf("couldn't read the access log: %w", err)
	}
	if len(list) == 0 && from < size {
		return nil, fmt.Errorf("couldn't read the access log: %w: entry %d is missing", ErrDamaged, from)
	}
	return list, nil
}

// Filter says which entries are wanted.
type Filter struct {
	Log      uint64        // number
	Below    uint64        // entries before this index: the size, or the cursor
	Subjects []string      // about one of these; empty: any
	Person   string        // pseudonym; empty: any
	Action   access.Action // kind of look; empty: any
	From, To int64         // unix ms, To excepted; 0: any
	Limit    int
}

// List lists entries, the latest first. next is where the next page ends (Below), 0 at
// the end; a page may hold fewer than Limit and have a next.
func (l *Log) List(ctx context.Context, f Filter) (list []access.Found, next uint64, err error) {
	looked := 0
	take := func(index uint64, raw []byte) (more bool, err error) {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		e, err := access.Parse(raw)
		if err != nil {
			return false, fmt.Errorf("%w: entry %d is unreadable", ErrDamaged, index)
		}
		if f.From > 0 && e.Time < f.From {
			return false, nil // times never fall
		}
		if (f.Person == "" || e.Person == f.Person) && (f.Action == "" || e.Action == f.Action) && (f.To == 0 || e.Time < f.To) {
			list = append(list, access.Found{Index: index, Entry: e})
		}
		if looked++; (len(list) >= f.Limit || looked >= readMost) && index > 0 {
			next = index
			return false, nil
		}
		return true, nil
	}
	if len(f.Subjects) > 0 {
		err = l.about(f, take)
	} else {
		lower, _ := entrySpan(f.Log, 0)
		err = l.cfg.Store.Scan(lower, entryKey(f.Log, f.Below), true, func(key, value []byte) (bool, error) { return take(indexOf(key), value) })
	}
	if err != nil {
		return nil, 0, fmt.Errorf("couldn't read the access log: %w", err)
	}
	return list, next, nil
}

// about goes through the entries about the filter's subjects, the latest first.
func (l *Log) about(f Filter, take func(index uint64, raw []byte) (bool, error)) error {
	var places []uint64
	for _, s := range f.Subjects {
		n := 0
		lower, upper := tagKey(f.Log, access.Tag(s), 0), tagKey(f.Log, access.Tag(s), f.Below)
		err := l.cfg.Store.Scan(lower, upper, true, func(key, _ []byte) (bool, error) {
			places = append(places, indexOf(key))
			n++
			return n <= readMost, nil
		})
		if err != nil {
			return err
		}
	}
	slices.Sort(places)
	places = slices.Compact(places)
	for _, index := range slices.Backward(places) {
		raw, err := l.cfg.Store.Get(entryKey(f.Log, index))
		if err != nil {
			return err
		}
		if more, err := take(index, raw); err != nil || !more {
			return err
		}
	}
	return nil
}

// Inclusion proves that an entry stands in the log of a size.
func (l *Log) Inclusion(log, index, size uint64) ([]merkle.Hash, error) {
	return merkle.Inclusion(l.hashes(log), index, size)
}

// Consistency proves that the log only grew from one size to another.
func (l *Log) Consistency(log, old, size uint64) ([]merkle.Hash, error) {
	return merkle.Consistency(l.hashes(log), old, size)
}

// Verify reads the whole log, builds its tree anew and holds it against heads of the
// ledger; it closes the log when they do not agree.
func (l *Log) Verify(ctx context.Context, heads []access.Head) error {
	own, err := l.Head()
	if err != nil {
		l.shut(err)
		return err
	}
	heads = slices.DeleteFunc(slices.Clone(heads), func(h access.Head) bool { return h.Log != own.Log })
	replay := access.NewReplay(append(heads, own), nil)
	replay.Forget()
	tree := merkle.NewTree()
	all := func(string, access.Entry) bool { return true }
	for err == nil && replay.Size() < own.Size {
		var rows []access.Row
		if rows, err = l.Rows(ctx, own.Log, replay.Size(), own.Size, all); err != nil {
			break
		}
		for _, row := range rows {
			if err = errors.Join(replay.Add(row), l.stored(own.Log, tree.Append(access.Leaf(row.Slip)))); err != nil {
				break
			}
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if h := replay.Missing(); err == nil && h != nil {
		err = fmt.Errorf("the ledger has a head of %d entries, the log has %d", h.Size, own.Size)
	}
	if err != nil {
		l.shut(fmt.Errorf("%w: %w", ErrDamaged, err))
		return l.Closed()
	}
	return nil
}

// stored holds hashes against those that are kept for proofs.
func (l *Log) stored(log uint64, want []merkle.Stored) error {
	for _, h := range want {
		row, err := l.cfg.Store.Get(hashKey(log, h.Level, h.Index))
		if err != nil {
			return err
		}
		if !bytes.Equal(row, h.Hash[:]) {
			return fmt.Errorf("hash %d of level %d is not that of the entries", h.Index, h.Level)
		}
	}
	return nil
}
