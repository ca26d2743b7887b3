package procedure

import (
	"encoding/json"
	"maps"
	"slices"
	"sort"
)

// input is what one act states: its clear fields, parsed and validated, and
// the names of those that are committed or stay at home.
type input struct {
	list    []jsonNode
	clear   []given // in the order of the text
	commits map[string]string
	home    []string
	private string
	names   []string // all fields given, sorted
	size    int      // of the clear fields as they came, bytes
}

// given is one clear field and where its value stands in the list.
type given struct {
	field *Field
	node  int
}

// find returns the position of a clear field's value, 0 when it is not given.
func (in *input) find(name string) int {
	for i := range in.clear {
		if in.clear[i].field.Name == name {
			return in.clear[i].node
		}
	}
	return 0
}

func (in *input) has(name string) bool {
	return slices.Contains(in.names, name)
}

// readInput holds the fields of an act to the event's declaration. Refusals
// name the field.
func (p *Procedure) readInput(f Facts, e *Event, a *Act) (*input, error) {
	in := &input{commits: a.Commits, home: a.Home, private: a.Private}
	in.names = make([]string, 0, len(e.Require)+len(e.Optional))
	if err := p.readClear(f, e, a, in); err != nil {
		return nil, err
	}
	if err := p.readHidden(e, a, in); err != nil {
		return nil, err
	}
	sort.Strings(in.names)
	for _, name := range e.Require {
		if !in.has(name) {
			r := refuse(CodeMissingField, "field", name)
			d := p.ix.field(name)
			r.ZH += "：" + d.ZH
			r.EN += ": " + d.EN
			return nil, r
		}
	}
	return in, nil
}

// declared finds a field that the event takes and whose values stand in the
// given place.
func (p *Procedure) declared(e *Event, name string, see See) (*Field, error) {
	d := p.ix.field(name)
	if d == nil || !e.takes(name) {
		return nil, refuse(CodeUnknownField, "field", name)
	}
	if d.See != see {
		return nil, refuse(CodeVisibility, "field", name, "see", string(d.See))
	}
	return d, nil
}

func (p *Procedure) readClear(f Facts, e *Event, a *Act, in *input) error {
	if len(a.Fields) == 0 {
		return nil
	}
	list, ok := parseJSON(a.Fields)
	if !ok {
		return refuse(CodeFieldsForm)
	}
	in.list, in.size = list, len(a.Fields)
	in.clear = make([]given, 0, list[0].n)
	c := checker{list: list, facts: f}
	for i := 1; i < int(list[0].next); i = int(list[i].next) {
		d, err := p.declared(e, list[i].key, SeeClear)
		if err != nil {
			return err
		}
		if why := c.value(d, i); why != valid {
			if c.err != nil {
				return c.err
			}
			return d.refuse(why, c.where)
		}
		in.clear = append(in.clear, given{d, i})
		in.names = append(in.names, d.Name)
	}
	return nil
}

// readHidden checks what stands on the ledger of the fields that are not
// clear: commitments, and names with the commitment of the vault's copy.
func (p *Procedure) readHidden(e *Event, a *Act, in *input) error {
	if len(a.Commits) > 0 {
		var small [16]string
		for _, name := range sortedKeys(a.Commits, small[:]) {
			d, err := p.declared(e, name, SeeCommit)
			if err != nil {
				return err
			}
			if !isCommitment(a.Commits[name]) {
				return d.refuse(badCommitment, "")
			}
			in.names = append(in.names, name)
		}
	}
	for _, name := range a.Home {
		d, err := p.declared(e, name, SeeHome)
		if err != nil {
			return err
		}
		if slices.Contains(in.names, name) {
			return d.refuse(badRepeated, "")
		}
		in.names = append(in.names, name)
	}
	if (len(a.Home) > 0) != (a.Private != "") || a.Private != "" && !isCommitment(a.Private) {
		return refuse(CodeVisibility, "field", "private")
	}
	return nil
}

// values renders the clear fields in canonical form; the results share one
// buffer.
func (in *input) values() []json.RawMessage {
	out := make([]json.RawMessage, len(in.clear))
	buf := make([]byte, 0, in.size)
	for i := range in.clear {
		// A value that outgrows the buffer moves it; the earlier ones keep the
		// old one, which is not written to again.
		start := len(buf)
		buf = appendJSON(buf, in.list, in.clear[i].node)
		out[i] = json.RawMessage(buf[start:len(buf):len(buf)])
	}
	return out
}

// merge writes what an act states into the record: a value given again
// replaces the earlier one.
func (in *input) merge(r *Record) {
	if len(in.clear) > 0 {
		r.Fields = grown(r.Fields, len(in.clear))
	}
	for i, v := range in.values() {
		name := in.clear[i].field.Name
		r.Fields[name] = v
		r.link(in.clear[i].field, v)
	}
	mergeHidden(r, in.commits, in.homes())
}

func (in *input) homes() map[string]string {
	if len(in.home) == 0 {
		return nil
	}
	m := make(map[string]string, len(in.home))
	for _, h := range in.home {
		m[h] = in.private
	}
	return m
}

func mergeHidden(r *Record, commits, home map[string]string) {
	if len(commits) > 0 {
		r.Commits = grown(r.Commits, len(commits))
		maps.Copy(r.Commits, commits)
	}
	if len(home) > 0 {
		r.Home = grown(r.Home, len(home))
		maps.Copy(r.Home, home)
	}
}

// grown copies a map of the record before it is written to: the old record
// keeps its own until the act is accepted.
func grown[V any](old map[string]V, n int) map[string]V {
	m := make(map[string]V, len(old)+n)
	maps.Copy(m, old)
	return m
}

// link notes the records that a field names; they replace those that it named
// before.
func (r *Record) link(f *Field, value []byte) {
	if f.Type != TypeRecord && (f.Of == nil || f.Of.Type != TypeRecord) {
		return
	}
	list, ok := parseJSONValue(value)
	if !ok {
		return
	}
	kept := make([]Link, 0, len(r.Links)+len(list))
	for _, l := range r.Links {
		if l.Rel != f.Name {
			kept = append(kept, l)
		}
	}
	for i := range list {
		if list[i].kind == jsonString {
			kept = append(kept, Link{Rel: f.Name, ID: list[i].text})
		}
	}
	r.Links = kept
}
