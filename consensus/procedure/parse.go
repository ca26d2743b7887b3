package procedure

import (
	"slices"
	"strings"

	"sandi.internal/gateway/consensus/procedure/lawtext"
)

// Parse reads a procedure document. It checks form: keys, kinds of values,
// names, bounds. Whether the names refer to anything is checked by Compile.
// Errors are *lawtext.Error and name the line.
func Parse(text []byte) (*Document, error) {
	file, err := lawtext.Parse(text)
	if err != nil {
		return nil, err
	}
	d := &Document{}
	m := file.Root.Map()
	if v := m.Need("schema"); v.Int() != Schema {
		v.Failf("schema has to be %d", Schema)
	}
	d.Name = name(m.Need("name"))
	if n := m.Need("name"); len(d.Name) < 3 || len(d.Name) > 32 {
		n.Failf("a procedure's name has 3 to 32 characters")
	}
	d.Version = integer(m.Need("version"), 1, 1_000_000)
	d.Prefix = prefix(m.Need("prefix"))
	d.Title = label(m.Need("title").Map(), maxLabel)
	d.Basis = texts(m.Find("basis"), maxMessage)
	d.Initial = name(m.Need("initial"))
	d.Terminal = names(m.Need("terminal"))
	d.States = readStates(m.Need("states"))
	d.Parties = readParties(m.Need("parties"))
	d.Fields = readFields(m.Need("fields"), maxFields, 0, true)
	resolveItems(d.Fields)
	d.Open = readOpen(m.Need("open"))
	d.Events = readEvents(m.Need("events"))
	d.Limits = readLimits(m.Find("deadlines"))
	d.Private = readPrivate(m.Find("private"))
	d.Pool = readPool(m.Find("pool"))
	d.Import = readImport(m.Find("import"))
	d.Shares = readShares(m.Find("shares"))
	d.Notes = texts(m.Find("invariants_note"), lawtext.MaxText)
	m.Done()
	if err := file.Err(); err != nil {
		return nil, err
	}
	return d, nil
}

// resolveItems lets each collection know what it collects; checkFields refuses
// one that names nothing.
func resolveItems(fields []Field) {
	for i := range fields {
		for k := range fields {
			if fields[i].Type == TypeCollection && fields[k].Name == fields[i].Item && fields[k].Type != TypeCollection {
				fields[i].Of = &fields[k]
			}
		}
	}
}

// name reads an identifier: a lower-case letter, then letters, digits and
// underscores, at most 40 bytes.
func name(n *lawtext.Node) string {
	s := n.String(40)
	if s != "" && !isName(s) {
		n.Failf("%q is not a name (a-z, 0-9, _; a letter first; at most 40)", s)
	}
	return s
}

func isName(s string) bool {
	if s == "" || len(s) > 40 || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}

// names reads a list of distinct identifiers; nil for a nil node.
func names(n *lawtext.Node) []string {
	if n == nil {
		return nil
	}
	items := n.List()
	if len(items) > maxNames {
		n.Failf("more than %d names", maxNames)
		return nil
	}
	out := make([]string, 0, len(items))
	for _, it := range items {
		s := name(it)
		for _, o := range out {
			if o == s {
				it.Failf("%q stands here twice", s)
			}
		}
		out = append(out, s)
	}
	return out
}

func texts(n *lawtext.Node, max int) []string {
	if n == nil {
		return nil
	}
	if len(n.Items) > maxNames {
		n.Failf("more than %d entries", maxNames)
		return nil
	}
	return n.Strings(max)
}

func prefix(n *lawtext.Node) string {
	s := n.String(2)
	if len(s) != 2 || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		n.Failf("a prefix is two capital letters")
	}
	return s
}

func integer(n *lawtext.Node, min, max int64) int {
	v := n.Int()
	if v < min || v > max {
		n.Failf("expected a number from %d to %d", min, max)
		return 0
	}
	return int(v)
}

// label reads zh and en from a mapping that may hold more.
func label(m *lawtext.Map, max int) Label {
	return Label{ZH: m.NeedString("zh", max), EN: m.NeedString("en", max*2)}
}

func title(n *lawtext.Node) Label {
	m := n.Map()
	l := label(m, maxLabel)
	m.Done()
	return l
}

func readStates(n *lawtext.Node) []State {
	n.Map()
	if len(n.Pairs) > maxStates {
		n.Failf("more than %d states", maxStates)
		return nil
	}
	out := make([]State, 0, len(n.Pairs))
	for _, p := range n.Pairs {
		out = append(out, State{Name: keyName(p), Label: title(p.Value), Line: p.Line})
	}
	return out
}

// keyName checks a name that is a key of a mapping.
func keyName(p lawtext.Pair) string {
	if !isName(p.Key) {
		p.Value.Failf("%q is not a name (a-z, 0-9, _; a letter first; at most 40)", p.Key)
	}
	return p.Key
}

func readParties(n *lawtext.Node) []PartyRule {
	n.Map()
	if len(n.Pairs) > maxParties {
		n.Failf("more than %d parties", maxParties)
		return nil
	}
	out := make([]PartyRule, 0, len(n.Pairs))
	for _, p := range n.Pairs {
		m := p.Value.Map()
		r := PartyRule{Name: keyName(p), Label: label(m, maxLabel), Line: p.Line}
		r.Owner = m.Bool("owner")
		r.SameRegion = m.Bool("same_region_allowed")
		if f := m.Find("field"); f != nil {
			r.Field = name(f)
		}
		if f := m.Find("list"); f != nil {
			r.List = name(f)
		}
		if f := m.Find("level_equal"); f != nil {
			r.LevelEqual = name(f)
		}
		m.Done()
		out = append(out, r)
	}
	return out
}

// readOpen reads the creation of a record as an event without states.
func readOpen(n *lawtext.Node) Event {
	m := n.Map()
	e := Event{Name: OpenEvent, Line: n.Line, Title: Label{ZH: "创建", EN: "Open"}}
	if t := m.Find("title"); t != nil {
		e.Title = title(t)
	}
	readCommon(m, &e)
	m.Done()
	return e
}

func readEvents(n *lawtext.Node) []Event {
	items := n.List()
	if len(items) > maxEvents {
		n.Failf("more than %d events", maxEvents)
		return nil
	}
	out := make([]Event, 0, len(items))
	for _, it := range items {
		out = append(out, readEvent(it))
	}
	return out
}

// autos are the kinds of events that nobody presses a button for.
var autos = []Auto{AutoReceipt, AutoDue, AutoCondition, AutoLinked, AutoDraw, AutoRank}

func readEvent(n *lawtext.Node) Event {
	m := n.Map()
	e := Event{Line: n.Line, Name: name(m.Need("name")), Title: title(m.Need("title"))}
	if e.Name == OpenEvent {
		n.Failf("%q names the creation of a record", OpenEvent)
	}
	e.From = names(m.Need("from"))
	if to := m.Find("to"); to != nil {
		e.To = name(to)
	}
	readCommon(m, &e)
	e.FourEyes = names(m.Find("four_eyes"))
	if a := m.Find("auto"); a != nil {
		e.Auto = Auto(a.String(20))
		if !slices.Contains(autos, e.Auto) {
			a.Failf("auto is one of %s", autos)
		}
	}
	if w := m.Find("when"); w != nil {
		wm := w.Map()
		e.After = name(wm.Need("after"))
		wm.Done()
	}
	e.Condition = m.String("condition", maxGuardText)
	e.Joint = readJoint(m.Find("joint"))
	e.SetParty = readAssign(m.Find("set_party"))
	e.Reassign = readAssign(m.Find("reassign"))
	for _, a := range readAssign(m.Find("echo")) {
		e.Echo = append(e.Echo, Echo{Field: a.Party, From: a.Field})
	}
	e.Over = names(m.Find("over"))
	m.Done()
	return e
}

// readCommon reads what creation and events share.
func readCommon(m *lawtext.Map, e *Event) {
	e.By = readActors(m.Find("by"))
	e.Require = names(m.Find("require"))
	e.Optional = names(m.Find("optional"))
	e.Guards = readGuards(m.Find("guards"))
	e.Marks = readMarks(m.Find("marks"))
	e.Unmarks = readMarks(m.Find("unmarks"))
	e.Tallies = readTallies(m.Find("tally"))
	for _, a := range readAssign(m.Find("append")) {
		e.Appends = append(e.Appends, Append{List: a.Party, From: a.Field})
	}
	e.Basis = texts(m.Find("basis"), maxMessage)
}

func readActors(n *lawtext.Node) []Actor {
	if n == nil {
		return nil
	}
	items := n.List()
	if len(items) > maxNames {
		n.Failf("more than %d actors", maxNames)
		return nil
	}
	out := make([]Actor, 0, len(items))
	for _, it := range items {
		party, role, ok := strings.Cut(it.String(80), ".")
		if !ok || !isName(party) || !isName(role) {
			it.Failf("an actor is written party.role")
		}
		out = append(out, Actor{Party: party, Role: role})
	}
	return out
}

func readJoint(n *lawtext.Node) *Joint {
	if n == nil {
		return nil
	}
	m := n.Map()
	j := &Joint{By: readActors(m.Need("by")), All: m.Bool("all"), Persons: m.Bool("persons"), Same: names(m.Find("same"))}
	if c := m.Find("n"); c != nil {
		j.N = integer(c, 2, maxNames)
	}
	if j.All == (j.N != 0) {
		n.Failf("a joint event says either `all: true` or `n`")
	}
	m.Done()
	return j
}

func readTallies(n *lawtext.Node) []Tallying {
	if n == nil {
		return nil
	}
	items := n.List()
	if len(items) > maxMarks {
		n.Failf("more than %d tallies", maxMarks)
		return nil
	}
	out := make([]Tallying, 0, len(items))
	for _, it := range items {
		m := it.Map()
		t := Tallying{Line: it.Line, Set: name(m.Need("set")), Key: m.NeedString("key", maxGuardText), Add: m.String("add", maxGuardText)}
		if t.Add == "" {
			t.Add = "1"
		}
		m.Done()
		out = append(out, t)
	}
	return out
}

func readAssign(n *lawtext.Node) []Assign {
	if n == nil {
		return nil
	}
	n.Map()
	if len(n.Pairs) > maxParties {
		n.Failf("more than %d parties", maxParties)
		return nil
	}
	out := make([]Assign, 0, len(n.Pairs))
	for _, p := range n.Pairs {
		out = append(out, Assign{Party: keyName(p), Field: name(p.Value)})
	}
	return out
}

func readGuards(n *lawtext.Node) []Guard {
	if n == nil {
		return nil
	}
	items := n.List()
	if len(items) > maxGuards {
		n.Failf("more than %d guards", maxGuards)
		return nil
	}
	out := make([]Guard, 0, len(items))
	for _, it := range items {
		m := it.Map()
		g := Guard{Line: it.Line, If: m.NeedString("if", maxGuardText)}
		g.Code = name(m.Need("code"))
		g.Cite = m.NeedString("cite", maxMessage)
		g.Label = label(m, maxMessage)
		g.Then = ThenRefuse
		if t := m.Find("then"); t != nil {
			g.Then = Then(t.String(10))
			if g.Then != ThenRefuse && g.Then != ThenLate && g.Then != ThenWarn {
				t.Failf("then is refuse, late or warn")
			}
		}
		m.Done()
		out = append(out, g)
	}
	return out
}

func readMarks(n *lawtext.Node) []MarkRule {
	if n == nil {
		return nil
	}
	items := n.List()
	if len(items) > maxMarks {
		n.Failf("more than %d marks", maxMarks)
		return nil
	}
	out := make([]MarkRule, 0, len(items))
	for _, it := range items {
		m := it.Map()
		r := MarkRule{Line: it.Line, Set: name(m.Need("set")), Key: m.NeedString("key", maxGuardText), Unique: m.Bool("unique")}
		if c := m.Find("code"); c != nil {
			r.Code = name(c)
			r.Label = label(m, maxMessage)
		}
		r.Cite = m.String("cite", maxMessage)
		m.Done()
		out = append(out, r)
	}
	return out
}
