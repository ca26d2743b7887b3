package procedure

import (
	"slices"

	"sandi.internal/gateway/consensus/draw"
	"sandi.internal/gateway/consensus/procedure/lawtext"
)

// officeRoles are the office roles a `by` list may name (DOMAIN section 2) and
// `node`, the region's own server.
var officeRoles = []string{"clerk", "officer", "unit_head", "bureau_head", "liaison", "legal", "expert", "lead", NodeRole}

// NodeRole is the role in which a region's server acts by itself.
const NodeRole = "node"

// checks are the parts of a document, in the order of the text's sections.
var checks = []func(*index) error{
	checkStates, checkParties, checkFields, checkOpen, checkEvents, checkLimits, checkPrivate, checkPool, checkImport, checkShares, checkUse, checkGraph,
}

// check holds a document's names together. The first mistake in the order of
// the text's sections is reported.
func check(ix *index) error {
	for _, step := range checks {
		if err := step(ix); err != nil {
			return err
		}
	}
	return nil
}

func has(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func checkStates(ix *index) error {
	d := ix.doc
	if !ix.states[d.Initial] {
		return lawtext.Errorf(0, "initial: no state %q", d.Initial)
	}
	if len(d.Terminal) == 0 {
		return lawtext.Errorf(0, "terminal: at least one state has to be an end")
	}
	for _, s := range d.Terminal {
		if !ix.states[s] {
			return lawtext.Errorf(0, "terminal: no state %q", s)
		}
	}
	return nil
}

func checkParties(ix *index) error {
	for i := range ix.doc.Parties {
		p := &ix.doc.Parties[i]
		if p.Name == AnyParty || p.Name == OutsideParty {
			return lawtext.Errorf(p.Line, "%q has a meaning of its own and cannot name a party", p.Name)
		}
		if p.Owner != (i == 0) {
			return lawtext.Errorf(p.Line, "the first party, and no other, is the owner")
		}
		if p.Owner && (p.Field != "" || p.LevelEqual != "" || p.SameRegion) {
			return lawtext.Errorf(p.Line, "the owner is the organisation that opens the record")
		}
		if p.LevelEqual != "" && (ix.parties[p.LevelEqual] == nil || p.LevelEqual == p.Name) {
			return lawtext.Errorf(p.Line, "level_equal: no other party %q", p.LevelEqual)
		}
		if p.List != "" && (p.Field != "" || p.Owner) {
			return lawtext.Errorf(p.Line, "a party of a list has no field of its own and does not open the record")
		}
		if err := checkNamed(ix, p); err != nil {
			return err
		}
	}
	if len(ix.doc.Parties) == 0 {
		return lawtext.Errorf(0, "parties: at least the owner has to be declared")
	}
	return nil
}

// checkNamed wants a way in which the party comes to be known: a field, or an
// event that sets it.
func checkNamed(ix *index, p *PartyRule) error {
	if p.Owner {
		return nil
	}
	if p.Field != "" {
		return ix.orgField(p.Line, p.Field)
	}
	if p.List != "" {
		f := ix.field(p.List)
		if f == nil || f.Type != TypeList || f.Of.Type != TypeOrg || f.See != SeeClear || f.most() > maxListed {
			return lawtext.Errorf(p.Line, "list: %q is not a clear list of at most %d organisations", p.List, maxListed)
		}
		return nil
	}
	for i := range ix.doc.Events {
		for _, a := range ix.doc.Events[i].SetParty {
			if a.Party == p.Name {
				return nil
			}
		}
	}
	return lawtext.Errorf(p.Line, "nothing names the party %q: it has no field and no event sets it", p.Name)
}

// orgField wants a clear field of type org.
func (ix *index) orgField(line int, name string) error {
	if f := ix.field(name); f == nil || f.Type != TypeOrg || f.See != SeeClear {
		return lawtext.Errorf(line, "%q is not a clear field of type org", name)
	}
	return nil
}

func checkFields(ix *index) error {
	for i := range ix.doc.Fields {
		if f := &ix.doc.Fields[i]; f.Type == TypeCollection && f.Of == nil {
			return lawtext.Errorf(f.Line, "item: no field %q to collect", f.Item)
		}
		if err := checkField(&ix.doc.Fields[i]); err != nil {
			return err
		}
	}
	return nil
}

// checkField holds `distinct` to a member whose values compare as text.
func checkField(f *Field) error {
	for i := range f.Members {
		if err := checkField(&f.Members[i]); err != nil {
			return err
		}
	}
	for _, p := range slices.Concat(f.Ordered, f.Differ) {
		a, b := memberOf(f, p.First), memberOf(f, p.Second)
		if a == nil || b == nil || a == b || a.Type != b.Type {
			return lawtext.Errorf(f.Line, "%q and %q are not two members of one type", p.First, p.Second)
		}
	}
	for _, p := range f.Ordered {
		if a := memberOf(f, p.First); a.Type != TypeInt && !isMoment(a) {
			return lawtext.Errorf(f.Line, "ordered: %q is neither a number nor a date or time", p.First)
		}
	}
	if f.Of == nil || f.Type == TypeCollection {
		return nil
	}
	if err := checkField(f.Of); err != nil {
		return err
	}
	if f.Distinct == "" {
		return nil
	}
	members := f.Of.Members
	if f.Of.Type == TypeOfficer {
		members = officerMembers
	}
	item := f.Of
	if f.Distinct != "true" {
		item = nil
		for i := range members {
			if members[i].Name == f.Distinct {
				item = &members[i]
			}
		}
	}
	if item == nil || item.Of != nil || item.Members != nil || item.Type == TypeOfficer {
		return lawtext.Errorf(f.Line, "distinct: %q is not a simple member of the items", f.Distinct)
	}
	return nil
}

func memberOf(f *Field, name string) *Field {
	for i := range f.Members {
		if f.Members[i].Name == name {
			return &f.Members[i]
		}
	}
	return nil
}

func checkOpen(ix *index) error {
	e := &ix.doc.Open
	owner := ix.doc.Parties[0].Name
	for _, a := range e.By {
		if a.Party != owner {
			return lawtext.Errorf(e.Line, "only the owner (%s) opens a record", owner)
		}
	}
	return checkCommon(ix, e)
}

// checkCommon checks what creation and events share.
func checkCommon(ix *index, e *Event) error {
	if err := checkActors(ix, e.Line, e.By); err != nil {
		return err
	}
	if len(e.By) == 0 && e.Joint == nil && e.Auto != AutoCondition {
		return lawtext.Errorf(e.Line, "by: nobody may do this")
	}
	for _, list := range [][]string{e.Require, e.Optional} {
		for _, name := range list {
			f := ix.field(name)
			if f == nil {
				return lawtext.Errorf(e.Line, "no field %q", name)
			}
			if f.Type == TypeCollection {
				return lawtext.Errorf(e.Line, "%q is a collection: acts append to it, they do not state it", name)
			}
		}
	}
	if err := checkAppends(ix, e); err != nil {
		return err
	}
	for _, f := range e.Optional {
		if has(e.Require, f) {
			return lawtext.Errorf(e.Line, "%q is both required and optional", f)
		}
	}
	return nil
}

// maxListed bounds the regions that one field names as parties.
const maxListed = 30

// checkAppends: what is appended is a clear field of the act, of the collection's
// own kind.
func checkAppends(ix *index, e *Event) error {
	for _, a := range e.Appends {
		list, from := ix.fields[a.List], ix.fields[a.From]
		if list == nil || list.Type != TypeCollection || list.See != SeeClear {
			return lawtext.Errorf(e.Line, "append: %q is not a clear collection", a.List)
		}
		if from == nil || from.See != SeeClear || a.From != list.Item || !e.takes(a.From) {
			return lawtext.Errorf(e.Line, "append: %q wants to be a clear field of the event, the one that %q collects", a.From, a.List)
		}
		if e.Joint != nil {
			return lawtext.Errorf(e.Line, "append: the statements of a joint event are merged, not collected")
		}
	}
	return nil
}

func checkActors(ix *index, line int, by []Actor) error {
	for i, a := range by {
		if a.Party != AnyParty && ix.parties[a.Party] == nil {
			return lawtext.Errorf(line, "no party %q", a.Party)
		}
		if !has(officeRoles, a.Role) {
			return lawtext.Errorf(line, "no office role %q", a.Role)
		}
		for _, o := range by[:i] {
			if o == a {
				return lawtext.Errorf(line, "%s.%s stands here twice", a.Party, a.Role)
			}
		}
	}
	return nil
}

func checkEvents(ix *index) error {
	d := ix.doc
	for i := range d.Events {
		e := &d.Events[i]
		if err := checkEvent(ix, e); err != nil {
			return err
		}
		for k := range d.Events[:i] {
			if d.Events[k].Name != e.Name {
				continue
			}
			for _, s := range e.From {
				if has(d.Events[k].From, s) {
					return lawtext.Errorf(e.Line, "two events %q in the state %q", e.Name, s)
				}
			}
		}
	}
	return nil
}

func checkEvent(ix *index, e *Event) error {
	if len(e.From) == 0 {
		return lawtext.Errorf(e.Line, "from: at least one state is needed")
	}
	for _, s := range e.From {
		if !ix.states[s] {
			return lawtext.Errorf(e.Line, "from: no state %q", s)
		}
	}
	if e.To != "" && !ix.states[e.To] {
		return lawtext.Errorf(e.Line, "to: no state %q", e.To)
	}
	if err := checkCommon(ix, e); err != nil {
		return err
	}
	for _, name := range e.FourEyes {
		if !ix.events[name] {
			return lawtext.Errorf(e.Line, "four_eyes: no event %q", name)
		}
	}
	if err := checkAuto(ix, e); err != nil {
		return err
	}
	if err := checkEcho(ix, e); err != nil {
		return err
	}
	if err := checkDraw(ix, e); err != nil {
		return err
	}
	if err := checkJoint(ix, e); err != nil {
		return err
	}
	for _, list := range [][]Assign{e.SetParty, e.Reassign} {
		for _, a := range list {
			if p := ix.parties[a.Party]; p == nil || p.Owner {
				return lawtext.Errorf(e.Line, "%q is not a party that can be named", a.Party)
			}
			if err := ix.orgField(e.Line, a.Field); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkEcho: a node must be able to make its automatic receipt from the record
// alone, so every field that a receipt requires is repeated from one of the
// record's clear fields of the same type.
func checkEcho(ix *index, e *Event) error {
	if len(e.Echo) > 0 && e.Auto != AutoReceipt {
		return lawtext.Errorf(e.Line, "echo belongs to auto: %s", AutoReceipt)
	}
	for _, x := range e.Echo {
		from, to := ix.fields[x.From], ix.fields[x.Field]
		if from == nil || to == nil || from.Type != to.Type || from.See != SeeClear || !slices.Contains(e.Require, x.Field) {
			return lawtext.Errorf(e.Line, "echo: %q wants to be a required field, and %q a clear field of its type", x.Field, x.From)
		}
	}
	if e.Auto == AutoReceipt && len(e.Echo) != len(e.Require) {
		return lawtext.Errorf(e.Line, "auto: %s wants echo for each required field", AutoReceipt)
	}
	return nil
}

// checkDraw: a node makes its contribution from the record alone: it signs two
// digests, and states one thing, the signature.
func checkDraw(ix *index, e *Event) error {
	if (e.Auto == AutoDraw) != (len(e.Over) > 0) {
		return lawtext.Errorf(e.Line, "auto: %s and over belong together", AutoDraw)
	}
	if e.Auto != AutoDraw {
		return nil
	}
	if len(e.Over) != 2 || len(e.Require) != 1 {
		return lawtext.Errorf(e.Line, "auto: %s is over two digests, of pool and rule, and requires one field", AutoDraw)
	}
	for _, name := range e.Over {
		if f := ix.fields[name]; f == nil || f.Type != TypeHash || f.See != SeeClear {
			return lawtext.Errorf(e.Line, "over: %q is not a clear field of type %s", name, TypeHash)
		}
	}
	if f := ix.fields[e.Require[0]]; f == nil || f.Type != TypeString || f.See != SeeClear {
		return lawtext.Errorf(e.Line, "auto: %s states a clear field of type %s", AutoDraw, TypeString)
	}
	return nil
}

// checkRank: a node draws again from the record, pool and rule, and states the
// outcome and nothing else; others may have to state the same.
func checkRank(ix *index, e *Event) error {
	for _, x := range []struct {
		name   string
		typ    FieldType
		stated bool
	}{
		{draw.FieldPool, TypeHash, false},
		{draw.FieldRule, TypeHash, false},
		{draw.FieldContributions, TypeCollection, false},
		{draw.FieldSeed, TypeHash, true},
		{draw.FieldRanking, TypeHash, true},
		{draw.FieldSelected, TypeList, true},
		{draw.FieldReserves, TypeList, true},
	} {
		f := ix.fields[x.name]
		if f == nil || f.See != SeeClear || f.Type != x.typ || x.stated && !slices.Contains(e.Require, x.name) {
			return lawtext.Errorf(e.Line, "auto: %s wants the clear field %s of type %s", AutoRank, x.name, x.typ)
		}
	}
	if len(e.Require) != 4 {
		return lawtext.Errorf(e.Line, "auto: %s requires the outcome of a draw and nothing else", AutoRank)
	}
	by := e.By
	if e.Joint != nil {
		by = e.Joint.By
	}
	return checkNodes(e, by)
}

// checkNodes: nobody but nodes does what is automatic.
func checkNodes(e *Event, by []Actor) error {
	for _, a := range by {
		if a.Role != NodeRole {
			return lawtext.Errorf(e.Line, "an automatic event is done by a %s, not by %q", NodeRole, a.Role)
		}
	}
	return nil
}

func checkAuto(ix *index, e *Event) error {
	if e.Auto == AutoRank {
		return checkRank(ix, e)
	}
	if e.After != "" {
		if _, ok := ix.limits[e.After]; !ok {
			return lawtext.Errorf(e.Line, "when.after: no deadline %q", e.After)
		}
	}
	if (e.Auto == AutoCondition || e.Auto == AutoLinked) != (e.Condition != "") {
		return lawtext.Errorf(e.Line, "auto: condition, auto: linked and condition belong together")
	}
	switch e.Auto {
	case AutoCondition:
		if e.Joint != nil || len(e.By)+len(e.Require)+len(e.Optional)+len(e.Guards)+len(e.FourEyes) > 0 || e.After != "" {
			return lawtext.Errorf(e.Line, "an event that a condition causes has no actor, fields or guards")
		}
	case AutoDue:
		if e.After == "" {
			return lawtext.Errorf(e.Line, "auto: due wants when.after")
		}
	}
	if e.Auto == AutoLinked && len(e.Require) > 0 {
		return lawtext.Errorf(e.Line, "auto: linked takes no required fields: a node has nothing to state")
	}
	if e.Auto == AutoDue && len(e.Require) > 0 {
		return lawtext.Errorf(e.Line, "auto: due takes no required fields: a node has nothing to state")
	}
	if e.Auto == AutoDue || e.Auto == AutoReceipt || e.Auto == AutoLinked || e.Auto == AutoDraw {
		if e.Joint != nil {
			return lawtext.Errorf(e.Line, "a joint event is not automatic")
		}
		return checkNodes(e, e.By)
	}
	return nil
}

func checkJoint(ix *index, e *Event) error {
	j := e.Joint
	if j == nil {
		return nil
	}
	if len(e.By) > 0 {
		return lawtext.Errorf(e.Line, "a joint event names its actors in joint.by only")
	}
	if err := checkActors(ix, e.Line, j.By); err != nil {
		return err
	}
	parties := j.parties()
	open := has(parties, AnyParty)
	for _, p := range parties {
		open = open || ix.parties[p] != nil && ix.parties[p].List != ""
	}
	if j.Persons && (j.All || len(parties) == 0) {
		return lawtext.Errorf(e.Line, "joint.persons: say how many persons with n")
	}
	if open && len(parties) > 1 {
		return lawtext.Errorf(e.Line, "joint.by: `any`, or a party of a list, stands alone")
	}
	if !open && !j.Persons && (len(parties) < 2 || j.N > len(parties)) {
		return lawtext.Errorf(e.Line, "joint.by: too few parties")
	}
	for _, f := range j.Same {
		if !has(e.Require, f) {
			return lawtext.Errorf(e.Line, "joint.same: %q has to be required", f)
		}
		if ix.field(f).See != SeeClear {
			return lawtext.Errorf(e.Line, "joint.same: %q cannot be compared, it is not clear", f)
		}
	}
	return nil
}

// parties lists the distinct parties of a joint event in order.
func (j *Joint) parties() []string {
	var out []string
	for _, a := range j.By {
		if !has(out, a.Party) {
			out = append(out, a.Party)
		}
	}
	return out
}
