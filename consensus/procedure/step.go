package procedure

import (
	"errors"
	"slices"
)

// maxActs bounds what one record remembers; a case of real life takes about
// twenty acts, a campaign with quarterly returns about a hundred.
const maxActs = 1000

// Open creates a record. id comes from the ledger. The error is a *Refusal when
// the act breaks a rule; anything else is a failure of Facts.
func (p *Procedure) Open(f Facts, id string, a Act) (*Record, Effects, error) {
	owner := p.doc.Parties[0].Name
	rec := &Record{
		ID: id, Procedure: p.doc.Name, Version: p.doc.Version, Owner: a.Region, State: p.doc.Initial,
		Parties:   map[string]Party{owner: {Region: a.Region, Org: a.Org}},
		CreatedAt: a.At,
	}
	c := p.frame(f, rec, a)
	defer c.release()
	var err error
	if c.party, err = p.who(f, rec, p.open.Event, &c.act); err != nil {
		return nil, Effects{}, err
	}
	if err := c.readInput(p.open.Event); err != nil {
		return nil, Effects{}, err
	}
	note := c.note(p.open.Event)
	var fx Effects
	if err := c.judge(p.open, &note, &fx); err != nil {
		return nil, Effects{}, err
	}
	c.in.merge(rec)
	if err := c.collect(p.open.Event); err != nil {
		return nil, Effects{}, err
	}
	note.To = rec.State
	if err := c.happen(p.open, note, &fx, c.in.has); err != nil {
		return nil, Effects{}, err
	}
	c.finish()
	return rec, fx, nil
}

// Step applies an act to a record. The record changes only when the act is
// accepted. The error is a *Refusal when the act breaks a rule; anything else
// is a failure of Facts.
func (p *Procedure) Step(f Facts, rec *Record, a Act) (Effects, error) {
	c := p.frame(f, rec, a)
	defer c.release()
	e, err := p.find(rec, &c.act)
	if err != nil {
		return Effects{}, err
	}
	if c.party, err = p.who(f, rec, e.Event, &c.act); err != nil {
		return Effects{}, err
	}
	if err := fourEyes(rec, e.Event, &c.act); err != nil {
		return Effects{}, err
	}
	if err := c.after(e.Event); err != nil {
		return Effects{}, err
	}
	if err := c.readInput(e.Event); err != nil {
		return Effects{}, err
	}
	if err := c.met(e); err != nil {
		return Effects{}, err
	}
	note := c.note(e.Event)
	var fx Effects
	if err := c.judge(e, &note, &fx); err != nil {
		return Effects{}, err
	}
	// A shallow copy: whatever the act changes is copied before it is written.
	next := *rec
	next.Acts = slices.Clip(rec.Acts)
	c.rec = &next
	if err := c.act1(e, note, &fx); err != nil {
		return Effects{}, err
	}
	c.finish()
	*rec = next
	return fx, nil
}

// find picks the event by name and state.
func (p *Procedure) find(rec *Record, a *Act) (*event, error) {
	if rec.Procedure != p.doc.Name || rec.Version != p.doc.Version {
		return nil, errors.New("couldn't step a record: it belongs to another procedure or version")
	}
	list := p.named[a.Event]
	if len(list) == 0 {
		return nil, refuse(CodeUnknownEvent)
	}
	if a.At < rec.UpdatedAt {
		return nil, refuse(CodeAtBeforeLast)
	}
	if len(rec.Acts) >= maxActs {
		return nil, refuse(CodeRecordFull)
	}
	for _, e := range list {
		if !has(e.From, rec.State) {
			continue
		}
		if e.Auto == AutoCondition {
			return nil, refuse(CodeAutoOnly, "event", a.Event)
		}
		return e, nil
	}
	return nil, refuse(CodeWrongState, "event", a.Event, "state", rec.State)
}

// after refuses an event that time causes before its time has come.
func (c *frame) after(e *Event) error {
	if e.After == "" {
		return nil
	}
	k := c.rec.running(e.After)
	if k == nil {
		return refuse(CodeNotDue, "deadline", e.After)
	}
	due, ok := c.p.due(c.facts, c.rec, k, c.act.At)
	if !ok {
		return refuse(CodeUnknownRule, "rule", k.Rule)
	}
	if c.act.Now <= due || k.PausedAt != 0 {
		return refuse(CodeNotDue, "deadline", e.After, "due", dateText(due))
	}
	return nil
}

// met refuses an event that other records cause before its condition holds.
func (c *frame) met(e *event) error {
	if e.Auto != AutoLinked {
		return nil
	}
	yes, failed, err := c.truth(e.condition)
	if err != nil {
		return err
	}
	if failed || !yes {
		return refuse(CodeNotMet, "event", e.Name)
	}
	return nil
}

// note starts what the record will remember of the act.
func (c *frame) note(e *Event) ActNote {
	a := &c.act
	return ActNote{
		Event: e.Name, Region: a.Region, Org: a.Org, Role: a.Role, Person: a.Person,
		At: a.At, Now: a.Now, Seq: a.Seq, Party: c.party, Fields: c.in.names,
	}
}

// judge runs the guards and computes the marks, on the record as it was before
// the act.
func (c *frame) judge(e *event, note *ActNote, fx *Effects) error {
	for i, x := range e.guards {
		g := &e.Guards[i]
		yes, failed, err := c.truth(x)
		if err != nil {
			return err
		}
		if failed {
			return refuse(CodeGuardFailed, "code", g.Code).cite(g.Cite)
		}
		if !yes {
			continue
		}
		switch g.Then {
		case ThenLate:
			note.Late = append(note.Late, g.Code)
		case ThenWarn:
			note.Warn = append(note.Warn, g.Code)
		default:
			return &Refusal{Code: g.Code, Cite: g.Cite, ZH: g.ZH, EN: g.EN}
		}
	}
	return c.marks(e, fx)
}

// marks computes the marks that the event sets and removes.
func (c *frame) marks(e *event, fx *Effects) error {
	for i, x := range e.unmarks {
		key, failed, err := c.text(x)
		if err != nil {
			return err
		}
		if failed || key == "" {
			return refuse(CodeGuardFailed, "set", e.Unmarks[i].Set)
		}
		// A record removes only what it set itself.
		if holder, ok := c.facts.Marked(e.Unmarks[i].Set, key); ok && holder == c.rec.ID {
			fx.Unmarks = append(fx.Unmarks, Mark{Set: e.Unmarks[i].Set, Key: key})
		}
	}
	for i, x := range e.marks {
		m := &e.Marks[i]
		key, failed, err := c.text(x)
		if err != nil {
			return err
		}
		if failed || key == "" {
			return refuse(CodeGuardFailed, "set", m.Set)
		}
		if m.Unique && !freed(fx, m.Set, key) {
			if holder, taken := c.facts.Marked(m.Set, key); taken {
				return m.taken(key, holder)
			}
		}
		fx.Marks = append(fx.Marks, Mark{Set: m.Set, Key: key, Value: c.rec.ID})
	}
	return c.tallies(e, fx)
}

// freed reports whether the same act removes a mark that it sets again.
func freed(fx *Effects, set, key string) bool {
	for _, u := range fx.Unmarks {
		if u.Set == set && u.Key == key {
			return true
		}
	}
	return false
}

func (m *MarkRule) taken(key, holder string) *Refusal {
	r := refuse(CodeMarkTaken, "set", m.Set, "key", key, "holder", holder).cite(m.Cite)
	if m.Code != "" {
		r.Code, r.ZH, r.EN = m.Code, m.ZH, m.EN
	}
	return r
}
