package docket

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"sandi.internal/gateway/consensus/promise"
	"sandi.internal/gateway/consensus/statement"
)

// Held is a promise that this node holds.
type Held struct {
	*promise.Signed
	Late      bool   // its due time is over, and it was not kept
	Committed bool   // the statement is in the ledger after all,
	Index     uint64 // as this leaf,
	At        int64  // at this ledger time, unix s;
	Found     int64  // this node missed it at the due time, and found it then, unix s; else 0
}

// KeptLate is by how many seconds a promise was kept late: 0 when it was kept in
// time, or not at all. The later of ledger time and of this node's own finding
// counts.
func (h *Held) KeptLate() int64 {
	if !h.Late || !h.Committed {
		return 0
	}
	return max(h.At, h.Found) - h.Due
}

// Run holds open promises against the ledger until ctx ends.
func (d *Docket) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		d.look("")
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look judges one file, or all (""): what was answered in time is forgotten, what
// was answered late moves to the evidence, what is overdue is said once. Those in
// the evidence that were not answered then are looked after, too: once the ledger
// has them, they are kept late, which is evidence still and no alarm any more.
func (d *Docket) look(only string) {
	if d.count.Load() == 0 && !d.unanswered() {
		return
	}
	books, done, err := d.cfg.Open()
	if err != nil {
		return // no ledger yet: the next look will tell
	}
	defer done()
	d.mu.Lock()
	defer d.mu.Unlock()
	for k, f := range d.open {
		if only != "" && only != k {
			continue
		}
		p := f.promises[0]
		if f.fate, err = fateIn(books, p.From, p.ID); err != nil {
			d.cfg.Logger.Error("couldn't look after a promise", "statement", k, "error", err)
			return
		}
		overdue := d.cfg.Clock().Unix() > f.due()
		switch {
		case f.kept():
			err = d.remove(f)
			d.close(k)
		case f.fate.known, overdue:
			if f.fate.committed {
				d.tellKeptLate(f)
			} else {
				d.cfg.Logger.Warn("a statement was promised and is late: see GET /log/evidence; two bureaus may move leadership (sandi gov move)",
					"statement", k, "promised_by", nodesOf(f), "due", statement.FormatAt(f.due()))
			}
			err = d.condemn(f)
			d.close(k)
		}
		if err != nil {
			d.cfg.Logger.Error("couldn't look after a promise", "statement", k, "error", err)
		}
	}
	for _, f := range d.late {
		p := f.promises[0]
		if f.fate.known {
			continue
		}
		if f.fate, err = fateIn(books, p.From, p.ID); err == nil && f.fate.committed {
			if err = d.discover(f); err == nil {
				d.tellKeptLate(f)
			}
		}
		if err != nil {
			d.cfg.Logger.Error("couldn't look after a promise", "statement", f.key(), "error", err)
		}
	}
	d.late = slices.DeleteFunc(d.late, func(f *file) bool {
		return f.kept() && d.remove(f) == nil // refused
	})
}

// tellKeptLate says that what was missing has come: an alarm has an end.
func (d *Docket) tellKeptLate(f *file) {
	d.cfg.Logger.Info("a promised statement came late; GET /log/evidence keeps the promise",
		"statement", f.key(), "promised_by", nodesOf(f), "due", statement.FormatAt(f.due()), "late_s", max(f.fate.at, f.found)-f.due())
}

// close takes a file from what is open.
func (d *Docket) close(k string) {
	delete(d.open, k)
	d.count.Add(-1)
}

// condemn keeps a file as evidence; of too many the newest goes.
func (d *Docket) condemn(f *file) error {
	at, _ := slices.BinarySearchFunc(d.late, f, func(a, b *file) int { return cmp.Or(cmp.Compare(a.due(), b.due()), cmp.Compare(a.key(), b.key())) })
	d.late = slices.Insert(d.late, at, f)
	if len(d.late) <= maxLate {
		return nil
	}
	last := d.late[maxLate]
	d.late = d.late[:maxLate]
	return d.remove(last)
}

func nodesOf(f *file) []string {
	var nodes []string
	for _, p := range f.promises {
		nodes = append(nodes, p.Node)
	}
	return nodes
}

// unanswered reports whether a late statement may still be answered.
func (d *Docket) unanswered() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.ContainsFunc(d.late, func(f *file) bool { return !f.fate.known })
}

// Of lists the promises about one statement.
func (d *Docket) Of(region, id string) []Held {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f := d.about(key(region, id)); f != nil {
		return f.held(d.cfg.Clock().Unix())
	}
	return nil
}

// Late lists the promises that were not kept, the earliest due first.
func (d *Docket) Late() []Held {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []Held
	for _, f := range d.late {
		list = append(list, slices.DeleteFunc(f.held(d.cfg.Clock().Unix()), func(h Held) bool { return !h.Late })...)
	}
	return list
}

// held is a file's promises at a time, unix s. Each is judged by its own due time.
func (f *file) held(now int64) []Held {
	var list []Held
	for _, p := range f.promises {
		h := Held{Signed: p, Committed: f.fate.committed, Index: f.fate.index, At: f.fate.at, Found: f.found}
		switch {
		case f.fate.committed:
			h.Late = max(f.fate.at, f.found) > p.Due
		case !f.fate.known:
			h.Late = now > p.Due
		}
		list = append(list, h)
	}
	return list
}

// Warning says that a promised statement is missing, nil while none is.
func (d *Docket) Warning() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	missing := 0
	var first *file
	for _, f := range d.late {
		if !f.fate.known {
			if missing++; first == nil {
				first = f
			}
		}
	}
	if first == nil {
		return nil
	}
	return fmt.Errorf("%d statements were promised and are missing from the ledger, the first is %s, promised by %v, due %s: see GET /log/evidence; two bureaus may move leadership (sandi gov move)",
		missing, first.key(), nodesOf(first), statement.FormatAt(first.due()))
}
