package procedure

import (
	"encoding/json"
	"maps"
	"slices"
	"sort"

	"github.com/google/cel-go/common/types/ref"
)

// input is what one act states: its clear fields, parsed and validated, and
// the names of those that are committed or stay at home.
type input struct {
	list    []jsonNode
	clear   []given // in the order of the text
	commits map[string]string
	home    []string
	private string
	names   []string // all fields given, sorted; the record keeps them
	size    int      // of the clear fields as they came, bytes
}

// given is one clear field and where its value stands in the list.
type given struct {
	field *Field
	node  int
	value ref.Val // as guards see it; nil until one has asked
}

// find returns a clear field, nil when it is not given.
func (in *input) find(name string) *given {
	for i := range in.clear {
		if in.clear[i].field.Name == name {
			return &in.clear[i]
		}
	}
	return nil
}

func (in *input) has(name string) bool {
	return slices.Contains(in.names, name)
}

// readInput holds the fields of the act to the event's declaration. Refusals
// name the field.
func (c *frame) readInput(e *Event) error {
	p, a, in := c.p, &c.act, &c.in
	in.commits, in.home, in.private = a.Commits, a.Home, a.Private
	if err := p.readClear(c.facts, e, a, in); err != nil {
		return err
	}
	if err := p.readHidden(e, a, in); err != nil {
		return err
	}
	sort.Strings(in.names)
	for _, name := range e.Require {
		if !in.has(name) {
			r := refuse(CodeMissingField, "field", name)
			d := p.ix.field(name)
			r.ZH += "：" + d.ZH
			r.EN += ": " + d.EN
			return r
		}
	}
	return nil
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
	hidden := len(a.Commits) + len(a.Home)
	if len(a.Fields) == 0 {
		in.names = make([]string, 0, hidden)
		return nil
	}
	var ok bool
	if in.list, ok = parseJSON(in.list, a.Fields); !ok {
		return refuse(CodeFieldsForm)
	}
	list := in.list
	in.size = len(a.Fields)
	in.names = make([]string, 0, int(list[0].n)+hidden)
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
		in.clear = append(in.clear, given{field: d, node: i})
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

// values puts the clear fields in canonical form into fields; they share one
// buffer.
func (in *input) values(fields map[string]json.RawMessage) {
	buf := make([]byte, 0, in.size)
	for i := range in.clear {
		// A value that outgrows the buffer moves it; the earlier ones keep the
		// old one, which is not written to again.
		start := len(buf)
		buf = appendJSON(buf, in.list, in.clear[i].node)
		fields[in.clear[i].field.Name] = json.RawMessage(buf[start:len(buf):len(buf)])
	}
}

// merge writes what an act states into the record: a value given again
// replaces the earlier one.
func (in *input) merge(r *Record) {
	if len(in.clear) > 0 {
		r.Fields = grown(r.Fields, len(in.clear))
		in.values(r.Fields)
		for i := range in.clear {
			r.link(in.clear[i].field, r.Fields[in.clear[i].field.Name])
		}
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
