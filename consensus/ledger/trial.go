package ledger

import (
	"fmt"
	"maps"
	"strconv"

	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/statement"
)

// Trial judges acts one after the other as they would be judged now, and changes
// nothing: what one of them would set, the later ones see. It tells people what is
// wrong with a batch before any of it is signed; the ledger judges everything again.
// It is not safe for concurrent use.
type Trial struct {
	books   *Books
	now     int64 // ledger time, unix ms
	changed map[string][]byte
	records map[string]*procedure.Record
}

// firstTrial is the number of a trial's first record: no series comes so far, and it
// has the length of real ones, so that rules about ids hold.
const firstTrial = 900_000

// Trial begins one. now is the instant at which it judges (unix ms), if ledger time is
// not later.
func (b *Books) Trial(now int64) (*Trial, error) {
	h, err := b.head()
	if err != nil {
		return nil, err
	}
	return &Trial{books: b, now: max(now, h.time), changed: map[string][]byte{}, records: map[string]*procedure.Record{}}, nil
}

// Get implements Reader.
func (t *Trial) Get(key []byte) ([]byte, error) {
	if value, ok := t.changed[string(key)]; ok {
		return value, nil
	}
	return t.books.r.Get(key)
}

// Scan implements Reader; rules never scan, so it shows the ledger without the trial.
func (t *Trial) Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (bool, error)) error {
	return t.books.r.Scan(lower, upper, reverse, fn)
}

// Record is a record as the trial has left it; nil when there is none.
func (t *Trial) Record(id string) (*procedure.Record, error) {
	if rec := t.records[id]; rec != nil {
		return rec, nil
	}
	return t.books.Record(id)
}

// Open tries to open a record and gives the id that it has in this trial.
func (t *Trial) Open(name string, act procedure.Act) (id string, refusal *Refusal, err error) {
	law := t.books.Law(name, 0)
	if law == nil {
		return "", refuse(CodeProcedure, "procedure", name), nil
	}
	t.stamp(&act)
	id = law.Prefix + "-" + act.Region + "-" + yearOf(act.At) + "-" + strconv.Itoa(firstTrial+len(t.records))
	f := t.facts()
	rec, effects, err := law.Procedure.Open(f, id, act)
	if refusal, err := verdict(f, err); refusal != nil || err != nil {
		return "", refusal, err
	}
	t.keep(rec, effects)
	return id, nil, nil
}

// Act tries to make an event happen to a record.
func (t *Trial) Act(id string, act procedure.Act) (*Refusal, error) {
	before, err := t.Record(id)
	if err != nil || before == nil {
		return refuse(CodeRecord, "record", id), err
	}
	law := t.books.Law(before.Procedure, before.Version)
	if law == nil {
		return nil, corrupt("record " + id + ": unknown procedure version")
	}
	t.stamp(&act)
	rec := *before // Step copies what it writes
	f := t.facts()
	effects, err := law.Procedure.Step(f, &rec, act)
	if refusal, err := verdict(f, err); refusal != nil || err != nil {
		return refusal, err
	}
	t.keep(&rec, effects)
	return nil, nil
}

// stamp gives an act what Apply would.
func (t *Trial) stamp(act *procedure.Act) {
	act.Now = t.now / 1000
	act.Seq = uint64(len(t.changed))
	act.Hash = fmt.Sprintf("trial-%d", len(t.records))
}

func (t *Trial) facts() *facts {
	f := t.books.facts()
	f.reader, f.record = t, t.Record
	return f
}

func (t *Trial) keep(rec *procedure.Record, fx procedure.Effects) {
	t.records[rec.ID] = rec
	for _, m := range fx.Unmarks {
		t.changed[string(markKey(m.Set, m.Key))] = nil
	}
	for _, m := range fx.Marks {
		t.changed[string(markKey(m.Set, m.Key))] = []byte(m.Value)
	}
	for _, s := range fx.Tallies {
		t.changed[string(tallyKey(s.Set, s.Key))] = strconv.AppendInt(nil, s.Sum, 10)
	}
}

// Fork is a trial that goes on from here on its own: what it changes is dropped with
// it, unless Join takes it over. A row of a batch that fails half-way leaves nothing.
func (t *Trial) Fork() *Trial {
	return &Trial{books: t.books, now: t.now, changed: maps.Clone(t.changed), records: maps.Clone(t.records)}
}

// Join takes over what a fork of this trial has changed.
func (t *Trial) Join(fork *Trial) { t.changed, t.records = fork.changed, fork.records }

// yearOf is the year of an instant (unix s) in the law's time zone.
func yearOf(at int64) string { return statement.FormatAt(at)[:4] }
