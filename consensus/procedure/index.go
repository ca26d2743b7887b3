package procedure

// index finds the names of a document. Its maps are only looked up by key;
// everything that needs an order walks the document's lists.
type index struct {
	doc     *Document
	fields  map[string]*Field
	states  map[string]bool
	final   map[string]bool // terminal states
	parties map[string]*PartyRule
	events  map[string]bool
	limits  map[string]int // position in doc.Limits
	vars    map[string]variable
}

func newIndex(d *Document) *index {
	ix := &index{
		doc:     d,
		fields:  make(map[string]*Field, len(d.Fields)),
		states:  make(map[string]bool, len(d.States)),
		final:   make(map[string]bool, len(d.Terminal)),
		parties: make(map[string]*PartyRule, len(d.Parties)),
		events:  make(map[string]bool, len(d.Events)),
		limits:  make(map[string]int, len(d.Limits)),
		vars:    variables(d),
	}
	for i := range d.Fields {
		ix.fields[d.Fields[i].Name] = &d.Fields[i]
	}
	for i := range d.States {
		ix.states[d.States[i].Name] = true
	}
	for _, s := range d.Terminal {
		ix.final[s] = true
	}
	for i := range d.Parties {
		ix.parties[d.Parties[i].Name] = &d.Parties[i]
	}
	ix.events[OpenEvent] = true
	for i := range d.Events {
		ix.events[d.Events[i].Name] = true
	}
	for i := range d.Limits {
		ix.limits[d.Limits[i].Name] = i
	}
	return ix
}

func (ix *index) field(name string) *Field { return ix.fields[name] }

// named reports whether a name that an expression gives as text exists.
func (ix *index) named(kind argKind, name string) bool {
	switch kind {
	case argEvent:
		return ix.events[name]
	case argLimit:
		_, ok := ix.limits[name]
		return ok
	case argParty:
		return ix.parties[name] != nil
	case argField:
		return ix.fields[name] != nil
	case argMark:
		return isName(name) // sets may belong to other documents
	}
	return false
}
