package script

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/procedure"
)

// World is a ledger in miniature: members, records, marks and tables, kept in
// memory. It implements procedure.Facts. Not safe for concurrent use.
type World struct {
	Members map[string]bool
	Law     map[string]*procedure.Procedure
	Time    int64 // ledger time, unix s

	records  map[string][]byte // as stored
	marks    map[string]string
	tallies  map[string]int64
	numbers  map[string]int
	tables   []*calendar.Rules // by version-1; the last is in force
	calendar *calendar.Calendar
	acts     []procedure.Act // done, by their position
	seq      uint64
}

// NewWorld starts an empty ledger with the given tables and members.
func NewWorld(cal *calendar.Calendar, rules *calendar.Rules, members ...string) *World {
	w := &World{
		Members: make(map[string]bool), Law: make(map[string]*procedure.Procedure),
		records: make(map[string][]byte), marks: make(map[string]string), tallies: make(map[string]int64), numbers: make(map[string]int),
		tables: []*calendar.Rules{rules}, calendar: cal,
	}
	for _, m := range members {
		w.Members[m] = true
	}
	return w
}

// Clone returns a ledger that goes its own way from here.
func (w *World) Clone() *World {
	c := *w
	c.Members, c.records, c.marks = maps.Clone(w.Members), maps.Clone(w.records), maps.Clone(w.marks)
	c.acts = slices.Clip(w.acts) // what comes is its own
	c.tallies, c.numbers, c.tables = maps.Clone(w.tallies), maps.Clone(w.numbers), slices.Clone(w.tables)
	return &c
}

// IsRegion implements procedure.Facts.
func (w *World) IsRegion(code string) bool { return w.Members[code] }

// Regions implements procedure.Facts.
func (w *World) Regions() int { return len(w.Members) }

// OrgKnown takes every well-formed organisation of a member region for
// registered.
func (w *World) OrgKnown(code string) bool { return w.Members[procedure.RegionOf(code)] }

// Marked implements procedure.Facts.
func (w *World) Marked(set, key string) (string, bool) {
	h, ok := w.marks[set+"\x00"+key]
	return h, ok
}

// Tally implements procedure.Facts.
func (w *World) Tally(set, key string) int64 { return w.tallies[set+"\x00"+key] }

// Contributes implements procedure.Facts. Scripts have no keys: a region's
// contribution is the second digit of its code, again and again.
func (w *World) Contributes(region, _ string, _ uint64, _, _, signature string) bool {
	return len(region) == 6 && signature == strings.Repeat(region[1:2], 2*keyring.BLSSignatureSize)
}

// Record implements procedure.Facts: a fresh reading of what is stored.
func (w *World) Record(id string) (*procedure.Record, error) {
	data, ok := w.records[id]
	if !ok {
		return nil, nil
	}
	return procedure.ParseRecord(data)
}

// Calendar implements procedure.Facts.
func (w *World) Calendar() *calendar.Calendar { return w.calendar }

// SetCalendar puts another working-day table in force.
func (w *World) SetCalendar(c *calendar.Calendar) { w.calendar = c }

// AddRules puts another rule table in force; its version has to be the next.
func (w *World) AddRules(r *calendar.Rules) error {
	if r.Version != len(w.tables)+1 {
		return fmt.Errorf("the next rule table has version %d, not %d", len(w.tables)+1, r.Version)
	}
	w.tables = append(w.tables, r)
	return nil
}

// Rule implements procedure.Facts.
func (w *World) Rule(id string, version int) (calendar.Rule, bool) {
	if version == 0 {
		version = len(w.tables)
	}
	if version < 1 || version > len(w.tables) {
		return calendar.Rule{}, false
	}
	return w.tables[version-1].Rule(id)
}

// Open creates a record, as the ledger would, and returns it with its effects.
func (w *World) Open(name string, a procedure.Act) (*procedure.Record, procedure.Effects, error) {
	p := w.Law[name]
	if p == nil {
		return nil, procedure.Effects{}, fmt.Errorf("no procedure %q", name)
	}
	if a.At == 0 {
		a.At = w.Time
	}
	year := calendar.DayOf(a.At).String()[:4]
	series := p.Document().Prefix + "-" + a.Region + "-" + year
	id := fmt.Sprintf("%s-%06d", series, w.numbers[series]+1)
	w.stamp(&a, id)
	rec, fx, err := p.Open(w, id, a)
	if err != nil {
		return nil, fx, err
	}
	w.numbers[series]++
	w.done(a)
	return rec, fx, w.keep(rec, fx)
}

// Step applies an act to a stored record and checks what must always hold.
func (w *World) Step(id string, a procedure.Act) (*procedure.Record, procedure.Effects, error) {
	rec, err := w.Record(id)
	if err != nil {
		return nil, procedure.Effects{}, err
	}
	if rec == nil {
		return nil, procedure.Effects{}, fmt.Errorf("no record %q", id)
	}
	p := w.Law[rec.Procedure]
	w.stamp(&a, id)
	fx, err := p.Step(w, rec, a)
	if err != nil {
		if !bytes.Equal(rec.Marshal(), w.records[id]) {
			return nil, fx, fmt.Errorf("the refused act %s changed the record", a.Event)
		}
		return nil, fx, err
	}
	again, _ := procedure.ParseRecord(w.records[id])
	if _, err := p.Step(w, again, a); err != nil || !bytes.Equal(again.Marshal(), rec.Marshal()) {
		return nil, fx, fmt.Errorf("the act %s done twice gives two records", a.Event)
	}
	w.done(a)
	return rec, fx, w.keep(rec, fx)
}

// done notes an act that took effect.
func (w *World) done(a procedure.Act) {
	w.acts = append(w.acts, a)
	w.seq++
}

// Act is the act at a position of the ledger.
func (w *World) Act(seq uint64) procedure.Act { return w.acts[seq] }

// Records are the records' ids, ascending.
func (w *World) Records() []string { return slices.Sorted(maps.Keys(w.records)) }

// try does an act and keeps nothing of it; id is empty when it opens a record.
func (w *World) try(p *procedure.Procedure, id string, a procedure.Act) error {
	w.stamp(&a, id)
	if id == "" {
		_, _, err := p.Open(w, p.Document().Prefix+"-"+a.Region+"-2025-999999", a)
		return err
	}
	rec, err := w.Record(id)
	if err != nil {
		return err
	}
	_, err = p.Step(w, rec, a)
	return err
}

// stamp gives an act what the ledger adds: its time, place and hash.
func (w *World) stamp(a *procedure.Act, id string) {
	a.Now, a.Seq = w.Time, w.seq
	if a.At == 0 {
		a.At = w.Time
	}
	a.Hash = token43(fmt.Sprintf("%s %d %s", id, w.seq, a.Event))
}

// keep stores a record and its marks.
func (w *World) keep(rec *procedure.Record, fx procedure.Effects) error {
	data := rec.Marshal()
	back, err := procedure.ParseRecord(data)
	if err != nil {
		return err
	}
	if !bytes.Equal(back.Marshal(), data) {
		return fmt.Errorf("record %s does not read back as it was written", rec.ID)
	}
	w.records[rec.ID] = data
	for _, m := range fx.Unmarks {
		delete(w.marks, m.Set+"\x00"+m.Key)
	}
	for _, m := range fx.Marks {
		w.marks[m.Set+"\x00"+m.Key] = m.Value
	}
	for _, t := range fx.Tallies {
		w.tallies[t.Set+"\x00"+t.Key] = t.Sum
	}
	return nil
}
