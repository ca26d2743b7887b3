package procedure

import (
	"github.com/google/cel-go/cel"

	"sandi.internal/gateway/consensus/procedure/lawtext"
)

// Procedure is a compiled document. It is immutable and safe for concurrent
// use.
type Procedure struct {
	doc     *Document
	ix      *index
	open    *event
	named   map[string][]*event // by name, in the order of the document
	at      map[string][]*event // by state, without those that conditions cause
	auto    map[string][]*event // by state, those that conditions cause
	limits  []limit
	effects map[string][]effect // by event name, in the order of the limits
	rules   []string            // ids of the rules it needs, in order, each once
}

// event is an event with its compiled expressions, in the order of the
// declarations.
type event struct {
	*Event
	guards    []*expr
	marks     []*expr
	unmarks   []*expr
	condition *expr
	tallies   []tallying
}

// tallying is a compiled tally.
type tallying struct{ key, add *expr }

// limit is a declared time limit with its compiled start conditions; nil where
// a start has none.
type limit struct {
	*Limit
	starts []*expr
}

// effect is what an event does to a limit.
type effect struct {
	limit   int   // position in limits
	starts  []int // positions in Starts that name the event
	extends []int // positions in Extend that name the event
	stop    bool
	cancel  bool
	pause   bool
	resume  bool
}

// Document returns the document as parsed. It is shared: do not change it.
func (p *Procedure) Document() *Document { return p.doc }

// Field returns the declaration of a field, nil when there is none.
func (p *Procedure) Field(name string) *Field { return p.ix.field(name) }

// Rules returns the ids of the deadline rules that the procedure needs.
func (p *Procedure) Rules() []string { return p.rules }

// Events returns the declarations that share a name, in the order of the
// document; creation for OpenEvent.
func (p *Procedure) Events(name string) []*Event {
	if name == OpenEvent {
		return []*Event{p.open.Event}
	}
	out := make([]*Event, 0, len(p.named[name]))
	for _, e := range p.named[name] {
		out = append(out, e.Event)
	}
	return out
}

// Compile checks a document and compiles its expressions. The document must
// not change afterwards. Errors are *lawtext.Error and name the line.
func Compile(d *Document) (*Procedure, error) {
	ix := newIndex(d)
	if err := check(ix); err != nil {
		return nil, err
	}
	lang, err := newLanguage(ix)
	if err != nil {
		return nil, err
	}
	p := &Procedure{
		doc: d, ix: ix,
		named:   make(map[string][]*event, len(d.Events)),
		at:      make(map[string][]*event, len(d.States)),
		auto:    make(map[string][]*event),
		effects: make(map[string][]effect),
	}
	if p.open, err = lang.event(&d.Open); err != nil {
		return nil, err
	}
	for i := range d.Events {
		e, err := lang.event(&d.Events[i])
		if err != nil {
			return nil, err
		}
		p.named[e.Name] = append(p.named[e.Name], e)
		for _, s := range e.From {
			if e.Auto == AutoCondition {
				p.auto[s] = append(p.auto[s], e)
			} else {
				p.at[s] = append(p.at[s], e)
			}
		}
	}
	for i := range d.Limits {
		if err := p.addLimit(lang, i); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// event compiles the expressions of one event.
func (l *language) event(e *Event) (*event, error) {
	out := &event{Event: e}
	for i := range e.Guards {
		x, err := l.compile(e.Guards[i].If, e, cel.BoolType)
		if err != nil {
			return nil, lawtext.Errorf(e.Guards[i].Line, "%v", err)
		}
		out.guards = append(out.guards, x)
	}
	keys := func(rules []MarkRule) (list []*expr, err error) {
		for i := range rules {
			x, err := l.compile(rules[i].Key, e, cel.StringType)
			if err != nil {
				return nil, lawtext.Errorf(rules[i].Line, "%v", err)
			}
			list = append(list, x)
		}
		return list, nil
	}
	var err error
	if out.marks, err = keys(e.Marks); err != nil {
		return nil, err
	}
	if out.unmarks, err = keys(e.Unmarks); err != nil {
		return nil, err
	}
	for i := range e.Tallies {
		t := &e.Tallies[i]
		key, err := l.compile(t.Key, e, cel.StringType)
		if err != nil {
			return nil, lawtext.Errorf(t.Line, "%v", err)
		}
		add, err := l.compile(t.Add, e, cel.IntType)
		if err != nil {
			return nil, lawtext.Errorf(t.Line, "%v", err)
		}
		out.tallies = append(out.tallies, tallying{key, add})
	}
	if e.Condition != "" {
		if out.condition, err = l.compile(e.Condition, nil, cel.BoolType); err != nil {
			return nil, lawtext.Errorf(e.Line, "%v", err)
		}
		if out.condition.needs != 0 {
			return nil, lawtext.Errorf(e.Line, "a condition looks at the record and the ledger only, not at who acts")
		}
	}
	return out, nil
}

// addLimit compiles one limit and files what each event does to it.
func (p *Procedure) addLimit(lang *language, i int) error {
	l := &p.doc.Limits[i]
	out := limit{Limit: l, starts: make([]*expr, len(l.Starts))}
	byEvent := make(map[string]*effect)
	order := make([]string, 0, 8)
	of := func(name string) *effect {
		if byEvent[name] == nil {
			byEvent[name] = &effect{limit: i}
			order = append(order, name)
		}
		return byEvent[name]
	}
	for k := range l.Starts {
		s := &l.Starts[k]
		if s.If != "" {
			x, err := lang.compile(s.If, p.anyOf(s.On), cel.BoolType)
			if err != nil {
				return lawtext.Errorf(s.Line, "%v", err)
			}
			out.starts[k] = x
		}
		for _, e := range s.On {
			f := of(e)
			f.starts = append(f.starts, k)
		}
	}
	for k := range l.Extend {
		for _, e := range l.Extend[k].On {
			f := of(e)
			f.extends = append(f.extends, k)
		}
	}
	for _, e := range l.Stop {
		of(e).stop = true
	}
	for _, e := range l.Cancel {
		of(e).cancel = true
	}
	for _, e := range l.PauseFrom {
		of(e).pause = true
	}
	for _, e := range l.PauseTo {
		of(e).resume = true
	}
	for _, e := range order {
		p.effects[e] = append(p.effects[e], *byEvent[e])
	}
	p.limits = append(p.limits, out)
	for _, id := range p.rules {
		if id == l.Rule {
			return nil
		}
	}
	p.rules = append(p.rules, l.Rule)
	return nil
}

// anyOf stands for an act of any of the events: it takes what all of them take
// together.
func (p *Procedure) anyOf(names []string) *Event {
	out := &Event{}
	for _, n := range names {
		for _, e := range p.Events(n) {
			out.Optional = append(append(out.Optional, e.Require...), e.Optional...)
		}
	}
	return out
}
