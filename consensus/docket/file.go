package docket

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/promise"
	"sandi.internal/gateway/consensus/statement"
)

// prefix is the first byte of the node-local keys: region '/' statement id '/' node
// -> the signed promise, and if the statement was found after its time, a zero
// byte and when, unix s. What became of the statement, the ledger tells.
const prefix = 0xb0

const (
	// maxOpen bounds the statements with open promises: what an outbox holds.
	maxOpen = 4096
	// maxLate bounds the late ones that are kept: the first say it all.
	maxLate = 512
)

// file is what is held about one statement.
type file struct {
	promises []*promise.Signed // at least one; by node
	asked    time.Time
	fate     fate
	// found is when this node found in its ledger what it had missed at the due
	// time, unix s; 0: it never missed it. The leader stamps ledger time itself, so
	// that it may say less than this node has seen.
	found int64
}

// fate is what the ledger says of a statement.
type fate struct {
	known     bool
	committed bool
	index     uint64 // of its leaf; committed only
	at        int64  // ledger time of its leaf, unix s; committed only
}

func key(region, id string) string { return region + "/" + id }

func (f *file) key() string { return key(f.promises[0].From, f.promises[0].ID) }

func (f *file) has(node string) bool {
	return slices.ContainsFunc(f.promises, func(p *promise.Signed) bool { return p.Node == node })
}

// due is the first due time.
func (f *file) due() int64 {
	first := f.promises[0].Due
	for _, p := range f.promises {
		first = min(first, p.Due)
	}
	return first
}

// kept reports whether a promise was fulfilled: answered, and if by a leaf, by one
// whose ledger time is not after the due time, and that was not missed then.
func (f *file) kept() bool {
	return f.fate.known && (!f.fate.committed || f.fate.at <= f.due() && f.found == 0)
}

// load reads what was kept; look will judge it.
func (d *Docket) load() error {
	err := d.cfg.Store.Scan([]byte{prefix}, []byte{prefix + 1}, false, func(_, row []byte) (bool, error) {
		note, when, missed := bytes.Cut(row, []byte{0})
		p, err := promise.Open(d.cfg.Keys(), note)
		if err != nil {
			return false, err
		}
		f := d.file(p)
		if missed {
			f.found, err = strconv.ParseInt(string(when), 10, 64)
		}
		return true, err
	})
	if err != nil {
		return fmt.Errorf("couldn't read the promises that were kept: %w", err)
	}
	return nil
}

// file adds a promise to what is open; the lock is held, or nobody else is there.
func (d *Docket) file(p *promise.Signed) *file {
	k := key(p.From, p.ID)
	f := d.open[k]
	if f == nil {
		f = &file{}
		d.open[k] = f
		d.count.Add(1)
	}
	f.promises = append(f.promises, p)
	slices.SortFunc(f.promises, func(a, b *promise.Signed) int { return cmp.Compare(a.Node, b.Node) })
	return f
}

// discover notes when a statement was found that had been missed.
func (d *Docket) discover(f *file) error {
	f.found = max(d.cfg.Clock().Unix(), f.due()+1) // it was missed then, whatever clocks do
	for _, p := range f.promises {
		row := strconv.AppendInt(append(p.Marshal(), 0), f.found, 10)
		if err := d.cfg.Store.Set(rowKey(p), row, true); err != nil {
			return fmt.Errorf("couldn't keep a promise: %w", err)
		}
	}
	return nil
}

// keep holds a promise until it is fulfilled. When it returns, it is on disk.
func (d *Docket) keep(p *promise.Signed) error {
	k := key(p.From, p.ID)
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.open[k]
	switch {
	case f != nil && (f.has(p.Node) || f.promises[0].Hash != p.Hash):
		return nil
	case f == nil && (len(d.open) >= maxOpen || d.lateOf(k) != nil):
		return nil
	}
	if err := d.cfg.Store.Set(rowKey(p), p.Marshal(), true); err != nil {
		return fmt.Errorf("couldn't keep a promise: %w", err)
	}
	d.file(p)
	return nil
}

func rowKey(p *promise.Signed) []byte {
	return append([]byte{prefix}, key(p.From, p.ID)+"/"+p.Node...)
}

// remove forgets a file's promises on disk.
func (d *Docket) remove(f *file) error {
	for _, p := range f.promises {
		if err := d.cfg.Store.Delete(rowKey(p)); err != nil {
			return fmt.Errorf("couldn't forget a promise: %w", err)
		}
	}
	return nil
}

// holds reports whether a node's promise about a statement is held.
func (d *Docket) holds(st *statement.Statement, node string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.about(key(st.Region, st.ID))
	return f != nil && f.has(node)
}

// about gives what is held about a statement, nil if nothing; the lock is held.
func (d *Docket) about(k string) *file {
	if f := d.open[k]; f != nil {
		return f
	}
	return d.lateOf(k)
}

func (d *Docket) lateOf(k string) *file {
	for _, f := range d.late {
		if f.key() == k {
			return f
		}
	}
	return nil
}

// fate asks this node's ledger what became of a statement.
func (d *Docket) fate(region, id string) (fate, error) {
	books, done, err := d.cfg.Open()
	if err != nil {
		return fate{}, err
	}
	defer done()
	return fateIn(books, region, id)
}

func fateIn(books *ledger.Books, region, id string) (fate, error) {
	outcome, err := books.Statement(region, id)
	if err != nil {
		return fate{}, err
	}
	switch {
	case outcome.Committed != nil:
		return fate{known: true, committed: true, index: outcome.Committed.Index, at: outcome.Committed.TS / 1000}, nil
	case outcome.Refused != nil:
		return fate{known: true}, nil
	}
	return fate{}, nil
}
