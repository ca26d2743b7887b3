package procedure

import "slices"

// Option is an event that is possible from the record's state, as a form needs
// it: who may act, what has to be filled in, what stands against it.
type Option struct {
	Event    string         `json:"event"`
	Title    Label          `json:"title"`
	To       string         `json:"to"`
	Basis    []string       `json:"basis,omitempty"`
	By       []OptionActor  `json:"by"`
	FourEyes []string       `json:"four_eyes,omitempty"` // acts whose persons may not do it
	Require  []string       `json:"require,omitempty"`
	Optional []string       `json:"optional,omitempty"`
	Auto     Auto           `json:"auto,omitempty"`
	Echo     []Echo         `json:"echo,omitempty"`
	Over     []string       `json:"over,omitempty"` // with AutoDraw: digests that are signed
	Due      int64          `json:"due,omitempty"`  // with AutoDue: possible after this moment, unix s
	Joint    *OptionJoint   `json:"joint,omitempty"`
	Blocked  *Refusal       `json:"blocked,omitempty"` // stands against it whoever acts
	Warnings []OptionNotice `json:"warnings,omitempty"`
}

// OptionActor is one who may act, with the party's region and organisation as
// far as they are known.
type OptionActor struct {
	Party  string `json:"party"`
	Role   string `json:"role"`
	Region string `json:"region,omitempty"` // empty: any member region
	Org    string `json:"org,omitempty"`
}

// IsFor reports whether a region's office may do it, as far as can be said without
// trying: holds says which offices are meant. A party that has made its part of a
// joint act is not asked again.
func (o *Option) IsFor(region string, holds func(role string) bool) bool {
	return slices.ContainsFunc(o.By, func(b OptionActor) bool {
		ours := b.Region == region || b.Region == "" && b.Party == AnyParty
		return ours && holds(b.Role) && o.awaits(b)
	})
}

// awaits reports whether a party's part of a joint act is still missing.
func (o *Option) awaits(b OptionActor) bool {
	if o.Joint == nil || len(o.Joint.Missing) == 0 {
		return true
	}
	return slices.Contains(o.Joint.Missing, b.Party) || slices.Contains(o.Joint.Missing, b.Party+"@"+b.Region)
}

// OptionJoint says how far a joint event has come.
type OptionJoint struct {
	Needed  int      `json:"needed"`
	Acted   []Party  `json:"acted"`             // who has made their statement
	Missing []string `json:"missing,omitempty"` // relative roles that have not; nobody's when persons are counted
}

// OptionNotice is a guard that would mark the act now.
type OptionNotice struct {
	Then Then   `json:"then"`
	Code string `json:"code"`
	Cite string `json:"cite"`
	Label
}

// Options lists the events possible from the record's state at ledger time now
// (unix s), in the order of the document. Guards that need the actor or the
// input are left to the act itself.
func (p *Procedure) Options(f Facts, rec *Record, now int64) []Option {
	list := p.at[rec.State]
	out := make([]Option, 0, len(list))
	c := p.frame(f, rec, Act{At: max(now, rec.UpdatedAt), Now: now})
	defer c.release()
	for _, e := range list {
		out = append(out, c.option(e))
	}
	return out
}

func (c *frame) option(e *event) Option {
	o := Option{
		Event: e.Name, Title: e.Title, To: e.To, Basis: e.Basis, FourEyes: e.FourEyes,
		Require: e.Require, Optional: e.Optional, Auto: e.Auto, Echo: e.Echo, Over: e.Over,
	}
	if o.To == "" {
		o.To = c.rec.State
	}
	by := e.By
	if e.Joint != nil {
		by = e.Joint.By
		o.Joint = c.jointSoFar(e.Event)
	}
	for _, b := range by {
		if named := c.rec.listed(b.Party); len(named) > 0 {
			for _, name := range named {
				party := c.rec.Parties[name]
				o.By = append(o.By, OptionActor{Party: b.Party, Role: b.Role, Region: party.Region, Org: party.Org})
			}
			continue
		}
		party := c.rec.Parties[b.Party]
		o.By = append(o.By, OptionActor{Party: b.Party, Role: b.Role, Region: party.Region, Org: party.Org})
	}
	if e.After != "" {
		if k := c.rec.running(e.After); k != nil {
			o.Due, _ = c.p.due(c.facts, c.rec, k, c.act.At)
		}
	}
	c.forecast(e, &o)
	return o
}

// forecast tries what can be tried before anybody acts.
func (c *frame) forecast(e *event, o *Option) {
	if r, ok := c.after(e.Event).(*Refusal); ok {
		o.Blocked = r
		return
	}
	if r, ok := c.met(e).(*Refusal); ok {
		o.Blocked = r
		return
	}
	for i, x := range e.guards {
		if x.needs != 0 {
			continue
		}
		yes, failed, err := c.truth(x)
		if err != nil || failed || !yes {
			continue
		}
		g := &e.Guards[i]
		if g.Then == ThenRefuse {
			o.Blocked = &Refusal{Code: g.Code, Cite: g.Cite, ZH: g.ZH, EN: g.EN}
			return
		}
		o.Warnings = append(o.Warnings, OptionNotice{Then: g.Then, Code: g.Code, Cite: g.Cite, Label: g.Label})
	}
	o.Blocked = c.clocksAgainst(e)
}

// clocksAgainst looks for limits that refuse the event now: windows not open
// yet, limits that refuse late acts, extensions used up.
func (c *frame) clocksAgainst(e *event) *Refusal {
	for _, x := range c.p.effects[e.Name] {
		l := &c.p.limits[x.limit]
		k := c.rec.running(l.Name)
		if k == nil {
			continue
		}
		due, ok := c.p.due(c.facts, c.rec, k, c.act.At)
		if !ok {
			continue
		}
		r, _ := k.rule(c.facts)
		switch notBefore := l.NotBefore || r.NotBefore; {
		case x.stop && notBefore && c.act.Now <= due:
			return refuse(CodeTooEarly, "deadline", l.Name, "due", dateText(due)).cite(r.Cite)
		case x.stop && !notBefore && l.LateRefuse && c.act.Now > due:
			return refuse(CodeDeadlinePassed, "deadline", l.Name, "due", dateText(due)).cite(r.Cite)
		}
		for _, i := range x.extends {
			if l.Extend[i].Times > 0 && k.used(i) >= l.Extend[i].Times {
				return refuse(CodeExtensionUsed, "deadline", l.Name)
			}
		}
	}
	return nil
}

func (c *frame) jointSoFar(e *Event) *OptionJoint {
	j := &OptionJoint{Needed: e.Joint.needed(c.facts, c.rec), Acted: []Party{}}
	done := make([]string, 0, len(c.rec.Joint))
	for i := range c.rec.Joint {
		if part := &c.rec.Joint[i]; part.Event == e.Name {
			j.Acted = append(j.Acted, Party{Region: part.Region, Org: part.Org})
			done = append(done, part.Party)
		}
	}
	for _, p := range e.Joint.parties() {
		named := c.rec.listed(p)
		for _, name := range named {
			if !slices.ContainsFunc(j.Acted, func(a Party) bool { return a.Region == c.rec.Parties[name].Region }) {
				j.Missing = append(j.Missing, name)
			}
		}
		if p != AnyParty && len(named) == 0 && !e.Joint.Persons && !has(done, p) {
			j.Missing = append(j.Missing, p)
		}
	}
	return j
}
