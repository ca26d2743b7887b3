package procedure

import (
	"sandi.internal/gateway/consensus/procedure/lawtext"
)

// Pool says that the records of a procedure are people (or things) to choose from,
// and what its fields mean when somebody chooses: what they are good at, how long
// their term runs, whom they must stay away from, and which records of other
// procedures have used them. Nothing of it is read when statements are applied; the
// search of a pool (api/roster) reads it.
type Pool struct {
	Title      Label    `json:"title"`
	States     []string `json:"states"`     // in which a record may be chosen
	Skill      string   `json:"skill"`      // list of objects, or of enumerated values
	SkillName  string   `json:"skill_name"` // the member that names the skill; empty: the item itself
	TermFrom   string   `json:"term_from"`  // date fields
	TermTo     string   `json:"term_to"`
	SameRegion string   `json:"same_region,omitempty"` // reason: its region is where the target lies
	Units      []Unit   `json:"units,omitempty"`
	Uses       []Use    `json:"uses,omitempty"`
	Reasons    []Value  `json:"reasons"` // why somebody is not chosen, with words
	Line       int      `json:"-"`
}

// Unit is a field with credit codes of enterprises that its record must not judge.
type Unit struct {
	Field  string `json:"field"`            // a credit code, or a list of objects
	Member string `json:"member,omitempty"` // of the objects: the credit code
	Until  string `json:"until,omitempty"`  // member: last day on which it counts
	By     string `json:"by,omitempty"`     // member: an enumeration whose value is the reason when it is one
	Reason string `json:"reason"`           // otherwise
	Line   int    `json:"-"`
}

// Use is a procedure whose records use those of the pool.
type Use struct {
	In      string   `json:"in"`               // procedure
	Names   string   `json:"names"`            // field that names records of the pool
	Target  string   `json:"target,omitempty"` // field with the credit code of whom they visit
	From    string   `json:"from"`             // date fields: first and last day; the same for one day
	To      string   `json:"to"`
	Except  []string `json:"except,omitempty"`  // states in which it is none
	Event   string   `json:"event,omitempty"`   // every act of this event is a use of its own, as it stated the fields
	Round   string   `json:"round,omitempty"`   // field with the record of the round
	Rounds  int      `json:"rounds,omitempty"`  // that many rounds back a visit to the same target counts
	Visited string   `json:"visited,omitempty"` // reason then
	Recused string   `json:"recused,omitempty"` // field that names who stepped back
	Reason  string   `json:"reason,omitempty"`  // reason then, for the same target
	Line    int      `json:"-"`
}

// maxRoundsBack bounds how far back visits are looked for.
const maxRoundsBack = 10

func readPool(n *lawtext.Node) *Pool {
	if n == nil {
		return nil
	}
	m := n.Map()
	p := &Pool{Title: title(m.Need("title")), States: names(m.Need("states")), Reasons: readValues(m.Need("reasons")), Line: n.Line}
	p.Skill, p.SkillName = name(m.Need("skill")), optionalName(m, "skill_name")
	p.TermFrom, p.TermTo, p.SameRegion = name(m.Need("term_from")), name(m.Need("term_to")), optionalName(m, "same_region")
	for _, item := range items(m, "units") {
		u := item.Map()
		p.Units = append(p.Units, Unit{
			Field: name(u.Need("field")), Member: optionalName(u, "member"), Until: optionalName(u, "until"),
			By: optionalName(u, "by"), Reason: name(u.Need("reason")), Line: item.Line,
		})
		u.Done()
	}
	for _, item := range items(m, "uses") {
		u := item.Map()
		p.Uses = append(p.Uses, Use{
			In: name(u.Need("in")), Names: name(u.Need("names")), Target: optionalName(u, "target"), From: name(u.Need("from")), To: name(u.Need("to")),
			Except: names(u.Find("except")), Event: optionalName(u, "event"), Round: optionalName(u, "round"), Visited: optionalName(u, "visited"),
			Recused: optionalName(u, "recused"), Reason: optionalName(u, "reason"), Line: item.Line,
		})
		if rounds := u.Find("rounds"); rounds != nil {
			p.Uses[len(p.Uses)-1].Rounds = integer(rounds, 1, maxRoundsBack)
		}
		u.Done()
	}
	m.Done()
	return p
}

// items are those of a list that may be absent.
func items(m *lawtext.Map, key string) []*lawtext.Node {
	n := m.Find(key)
	if n == nil {
		return nil
	}
	if len(n.List()) > maxReleases {
		n.Failf("more than %d entries", maxReleases)
	}
	return n.Items
}

func optionalName(m *lawtext.Map, key string) string {
	if n := m.Find(key); n != nil {
		return name(n)
	}
	return ""
}

// checkPool holds the section to the document's own fields and states. What it says
// of other procedures cannot be checked here.
func checkPool(ix *index) error {
	p := ix.doc.Pool
	if p == nil {
		return nil
	}
	for _, s := range p.States {
		if !ix.states[s] {
			return lawtext.Errorf(p.Line, "pool: no state %q", s)
		}
	}
	for _, field := range []string{p.TermFrom, p.TermTo} {
		if f := ix.field(field); f == nil || f.Type != TypeDate || f.See != SeeClear {
			return lawtext.Errorf(p.Line, "pool: %q is not a clear date", field)
		}
	}
	if f := skillField(ix.field(p.Skill), p.SkillName); f == nil {
		return lawtext.Errorf(p.Line, "pool: skill %q is not a clear list of enumerated values, or of objects with such a member %q", p.Skill, p.SkillName)
	}
	reasons := make(map[string]bool, len(p.Reasons))
	for _, r := range p.Reasons {
		reasons[r.Name] = true
	}
	known := func(line int, reason string) error {
		if reason != "" && !reasons[reason] {
			return lawtext.Errorf(line, "pool: no reason %q", reason)
		}
		return nil
	}
	if err := known(p.Line, p.SameRegion); err != nil {
		return err
	}
	for _, u := range p.Units {
		if err := known(u.Line, u.Reason); err != nil {
			return err
		}
		if err := checkUnit(ix, u); err != nil {
			return err
		}
	}
	for _, u := range p.Uses {
		for _, reason := range []string{u.Visited, u.Reason} {
			if err := known(u.Line, reason); err != nil {
				return err
			}
		}
		if (u.Rounds > 0) != (u.Round != "" && u.Visited != "" && u.Target != "") || (u.Recused != "") != (u.Reason != "") {
			return lawtext.Errorf(u.Line, "pool: round, rounds, visited and target go together, and so do recused and reason")
		}
	}
	return nil
}

func checkUnit(ix *index, u Unit) error {
	f := ix.field(u.Field)
	if f != nil && f.See == SeeClear && u.Member == "" && f.Type == TypeUSCC {
		return nil
	}
	if f == nil || f.See != SeeClear || f.Type != TypeList || f.Of == nil || f.Of.Type != TypeObject {
		return lawtext.Errorf(u.Line, "pool: %q is neither a clear credit code nor a clear list of objects", u.Field)
	}
	for _, want := range []struct {
		name string
		kind FieldType
	}{{u.Member, TypeUSCC}, {u.Until, TypeDate}, {u.By, TypeEnum}} {
		if want.name == "" && want.kind != TypeUSCC {
			continue
		}
		if member := memberOf(f.Of, want.name); member == nil || member.Type != want.kind {
			return lawtext.Errorf(u.Line, "pool: %q has no member %q of type %s", u.Field, want.name, want.kind)
		}
	}
	return nil
}

// skillField is the enumeration that a pool is searched by; nil when there is none.
func skillField(f *Field, member string) *Field {
	if f == nil || f.See != SeeClear || f.Type != TypeList || f.Of == nil {
		return nil
	}
	item := f.Of
	if member != "" {
		item = memberOf(item, member)
	}
	if item == nil || item.Type != TypeEnum {
		return nil
	}
	return item
}

// Skills are the values that a pool of this document is searched by.
func (d *Document) Skills() []Value {
	if d.Pool == nil {
		return nil
	}
	if f := skillField(d.Field(d.Pool.Skill), d.Pool.SkillName); f != nil {
		return f.Values
	}
	return nil
}

// Field finds a field; nil when there is none.
func (d *Document) Field(name string) *Field {
	for i := range d.Fields {
		if d.Fields[i].Name == name {
			return &d.Fields[i]
		}
	}
	return nil
}

// Event finds the creation or an event by name; of several of one name the one that
// is possible in the given state, the first when the state is empty. nil when there
// is none.
func (d *Document) Event(name, state string) *Event {
	if name == OpenEvent {
		return &d.Open
	}
	for i := range d.Events {
		if e := &d.Events[i]; e.Name == name && (state == "" || has(e.From, state)) {
			return e
		}
	}
	return nil
}
