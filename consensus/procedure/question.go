package procedure

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types/ref"
)

// ErrUndecided is returned for a question that a row leaves without an answer: a
// division by zero, a date that is none.
var ErrUndecided = errors.New("the expression could not be decided")

// Span says what the rows are that a record is asked about.
type Span struct {
	Event string // rows are the acts of this event, OpenEvent included; empty: the record itself
	Each  string // `in.x` or `rec.x`: every row is taken apart into the items of this list; an object is its own only item
	Match string // `in.y` or `rec.y`, a list of objects: the first whose member By equals the item's goes with it
	By    string
}

// Questions compiles what reports ask of the records of one procedure. The
// expressions are those of guards, seen from afterwards: `rec.x` is the record as
// it stands, `in.x` what the row's act stated, `item` or `item.x` the row's item,
// `match.x` what goes with it. Safe for concurrent use.
type Questions struct {
	p    *Procedure // with the names of items
	lang *language
	span Span
	ev   *Event // what acts of the span may state; nil when rows are records
	each *Field
	list *Field // of Match
}

// Questions prepares questions about the rows of a span. The error says which
// name the document does not have.
func (p *Procedure) Questions(span Span) (*Questions, error) {
	own := *p
	own.ix = newIndex(p.doc)
	q := &Questions{p: &own, span: span}
	if span.Event != "" {
		if !p.ix.events[span.Event] {
			return nil, fmt.Errorf("%s has no event %q", p.doc.Name, span.Event)
		}
		q.ev = p.anyOf([]string{span.Event})
	}
	var more []cel.EnvOption
	var err error
	if span.Each != "" {
		if q.each, err = q.field(span.Each); err != nil {
			return nil, err
		}
		more = append(more, q.declare("item", q.each, (*frame).itemOf)...)
	}
	if span.Match != "" {
		if q.list, err = q.field(span.Match); err != nil {
			return nil, err
		}
		more = append(more, q.declare("match", q.list, (*frame).matchOf)...)
	}
	q.lang, err = newLanguage(own.ix, more...)
	return q, err
}

// field finds the field that a path names.
func (q *Questions) field(path string) (*Field, error) {
	name, stated := strings.CutPrefix(path, "in.")
	if !stated {
		name = strings.TrimPrefix(path, recordName)
	}
	f := q.p.ix.field(name)
	switch {
	case f == nil || f.See != SeeClear || stated && (q.ev == nil || !q.ev.takes(name)):
		return nil, fmt.Errorf("%s has no clear field %s here", q.p.doc.Name, path)
	case f.Type == TypeObject:
		return f, nil
	case f.Type == TypeList:
		return f.Of, nil
	}
	return nil, fmt.Errorf("%s: %s is no list", q.p.doc.Name, path)
}

// declare makes the names of an item: its own, or its members'.
func (q *Questions) declare(name string, f *Field, read func(*frame, *Field) ref.Val) []cel.EnvOption {
	if f.Type != TypeObject {
		q.p.ix.vars[name] = variable{read, f}
		return []cel.EnvOption{cel.Variable(name, celType(f))}
	}
	var out []cel.EnvOption
	for i := range f.Members {
		m := &f.Members[i]
		q.p.ix.vars[name+"."+m.Name] = variable{read, m}
		out = append(out, cel.Variable(name+"."+m.Name, celType(m)))
	}
	return out
}

// Kind is what a question's answer is.
type Kind string

// The kinds of answers. A decimal is asked for as text.
const (
	KindText  Kind = "text"
	KindInt   Kind = "int"
	KindTruth Kind = "bool"
)

var celKinds = map[Kind]*cel.Type{KindText: cel.StringType, KindInt: cel.IntType, KindTruth: cel.BoolType}

// Question is a compiled question.
type Question struct{ x *expr }

// Compile checks a question.
func (q *Questions) Compile(text string, kind Kind) (*Question, error) {
	x, err := q.lang.compile(text, q.ev, celKinds[kind])
	if err != nil {
		return nil, err
	}
	if q.ev == nil && x.needs != 0 {
		return nil, fmt.Errorf("%q asks for an act, but the rows are records", text)
	}
	return &Question{x}, nil
}

// Answers answers questions about one row. It is valid during the visit.
type Answers struct {
	Act  *ActNote // of the row; nil when rows are records
	Item int      // position of the item, from 0
	c    *frame
}

// Text answers a question of KindText.
func (a *Answers) Text(q *Question) (string, error) {
	s, failed, err := a.c.text(q.x)
	return s, undecided(failed, err)
}

// Int answers a question of KindInt.
func (a *Answers) Int(q *Question) (int64, error) {
	n, failed, err := a.c.number(q.x)
	return n, undecided(failed, err)
}

// Truth answers a question of KindTruth.
func (a *Answers) Truth(q *Question) (bool, error) {
	v, failed, err := a.c.truth(q.x)
	return v, undecided(failed, err)
}

func undecided(failed bool, err error) error {
	if err == nil && failed {
		return ErrUndecided
	}
	return err
}

// Stated reads the event and the clear fields (a JSON object) that the statement
// at a leaf position stated.
type Stated func(seq uint64) (event string, fields []byte, err error)

// Rows visits the rows of a record in the order of its acts. Acts that were one
// part of a joint event, and had to wait for others, are none; the last one is,
// with what it stated itself.
func (q *Questions) Rows(f Facts, rec *Record, now int64, stated Stated, visit func(*Answers) error) error {
	if q.ev == nil {
		return q.row(f, rec, nil, now, stated, visit)
	}
	for i := range rec.Acts {
		note := &rec.Acts[i]
		if name := note.Event; note.Part || name != q.span.Event {
			continue
		}
		if err := q.row(f, rec, note, now, stated, visit); err != nil {
			return err
		}
	}
	return nil
}

// row visits one act, or the record, with its items.
func (q *Questions) row(f Facts, rec *Record, note *ActNote, now int64, stated Stated, visit func(*Answers) error) error {
	act := Act{At: now, Now: now}
	if note != nil {
		act = Act{Event: note.Event, Region: note.Region, Org: note.Org, Role: note.Role, Person: note.Person, At: note.At, Now: note.Now, Seq: note.Seq}
	}
	c := q.p.frame(f, rec, act)
	defer c.release()
	if note != nil {
		c.party = note.Party
		c.in.names = note.Fields
		event, fields, err := stated(note.Seq)
		if err != nil {
			return err
		}
		if event == note.Event { // else a condition caused it: it states nothing
			if err := c.restate(fields); err != nil {
				return err
			}
		}
	}
	a := &Answers{Act: note, c: c}
	if q.each == nil {
		return visit(a)
	}
	return q.items(a, visit)
}

// restate reads what an act stated, which was checked when it was applied.
func (c *frame) restate(fields []byte) error {
	if len(fields) == 0 {
		return nil
	}
	var ok bool
	if c.in.list, ok = parseJSON(c.in.list, fields); !ok {
		return fmt.Errorf("couldn't read what was stated about %s: %w", c.rec.ID, errForm)
	}
	list := c.in.list
	for i := 1; i < int(list[0].next); i = int(list[i].next) {
		if d := c.p.ix.field(list[i].key); d != nil {
			c.in.clear = append(c.in.clear, given{field: d, node: i})
		}
	}
	return nil
}

// items visits what the row is taken apart into.
func (q *Questions) items(a *Answers, visit func(*Answers) error) error {
	in := a.c.value(q.span.Each)
	if in.list == nil {
		return nil
	}
	other := place{}
	if q.list != nil {
		other = a.c.value(q.span.Match)
	}
	once := in.list[in.at].kind != jsonArray
	next := in.at + 1
	if once {
		next = in.at
	}
	for end := int(in.list[in.at].next); next < end; next = int(in.list[next].next) {
		a.c.item = place{in.list, next}
		a.c.match = other.with(q.span.By, a.c.item)
		if err := visit(a); err != nil {
			return err
		}
		a.Item++
	}
	return nil
}

// place is a value in a parsed text; the zero place is nowhere.
type place struct {
	list []jsonNode
	at   int
}

// value finds the value that a path names.
func (c *frame) value(path string) place {
	if name, stated := strings.CutPrefix(path, "in."); stated {
		if g := c.in.find(name); g != nil {
			return place{c.in.list, g.node}
		}
		return place{}
	}
	list, ok := parseJSONValue(c.rec.Fields[strings.TrimPrefix(path, recordName)])
	if !ok {
		return place{}
	}
	return place{list, 0}
}

// member finds a member of an object.
func (p place) member(name string) place {
	if p.list == nil || p.list[p.at].kind != jsonObject {
		return place{}
	}
	for i := p.at + 1; i < int(p.list[p.at].next); i = int(p.list[i].next) {
		if p.list[i].key == name {
			return place{p.list, i}
		}
	}
	return place{}
}

// with finds the first item of a list that has the same member as an item.
func (p place) with(member string, item place) place {
	want := item.member(member)
	if p.list == nil || want.list == nil {
		return place{}
	}
	for i := p.at + 1; i < int(p.list[p.at].next); i = int(p.list[i].next) {
		at := place{p.list, i}
		if m := at.member(member); m.list != nil && m.list[m.at].text == want.list[want.at].text {
			return at
		}
	}
	return place{}
}

func (c *frame) itemOf(f *Field) ref.Val  { return c.item.read(f) }
func (c *frame) matchOf(f *Field) ref.Val { return c.match.read(f) }

// read is an item, or its member, as expressions see it; a field without a name
// is the item of a list.
func (p place) read(f *Field) ref.Val {
	if f.Name != "" {
		p = p.member(f.Name)
	}
	if p.list == nil {
		return celZero(f)
	}
	return celValue(f, p.list, p.at)
}
