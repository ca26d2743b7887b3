package procedure

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// Extract is what a stored record has come to, without its acts and clocks:
// what a reader of the record asks for most. Objects and lists are the stored
// bytes, canonical JSON, nil when empty. Making one costs half of what ParseRecord
// costs, with a third of the garbage.
type Extract struct {
	ID        string
	Procedure string
	Version   int
	Owner     string          // region
	Parties   json.RawMessage // {"<role>":{"region":…,"org":…}}
	State     string
	Seq       int
	Head      string
	Fields    json.RawMessage // {"<field>":…}
	Commits   json.RawMessage // {"<field>":"<commitment>"}
	Home      json.RawMessage // {"<field>":"<commitment>"}
	Joint     []JointPart
	Links     json.RawMessage // [{"rel":…,"id":…}]
	CreatedAt int64           // signed, unix s
	UpdatedAt int64           // signed, unix s
	Synthetic bool
	Regions   []string // Record.Regions
}

// ParseExtract reads what Record.Marshal wrote and nothing else, as ParseRecord
// does. The result holds slices of data.
func ParseExtract(data []byte) (*Extract, error) {
	if len(data) > MaxRecordBytes {
		return nil, fmt.Errorf("couldn't read a record: %d bytes, at most %d are allowed", len(data), MaxRecordBytes)
	}
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("couldn't read a record: not valid UTF-8")
	}
	p := recordReader{data: data, s: view(data)}
	x := &Extract{}
	p.object(func() { p.extract(x) })
	if p.bad || p.pos != len(p.s) {
		return nil, fmt.Errorf("couldn't read a record at byte %d: %w", p.pos, errForm)
	}
	slices.Sort(x.Regions)
	return x, nil
}

// extract reads the members that record reads.
func (p *recordReader) extract(x *Extract) {
	var none int
	p.str("id", &x.ID)
	p.str("procedure", &x.Procedure)
	p.count("version", &x.Version)
	p.count("rules_version", &none)
	p.count("calendar_version", &none)
	p.str("owner", &x.Owner)
	x.Regions = addRegion(x.Regions, x.Owner)
	x.Parties = p.members("parties", func() { x.Regions = addRegion(x.Regions, p.party().Region) })
	p.str("state", &x.State)
	p.count("seq", &x.Seq)
	p.str("head", &x.Head)
	x.Fields = p.members("fields", func() { p.skip(0) })
	x.Commits = p.members("commits", func() { p.text() })
	x.Home = p.members("home", func() { p.text() })
	var names [16]string
	a := ActNote{Fields: names[:0]} // one for all, with its lists' room
	p.items("acts", func() {
		a = ActNote{Fields: a.Fields[:0], Late: a.Late[:0], Warn: a.Warn[:0]}
		p.act(&a)
		if a.Party != AnyParty {
			x.Regions = addRegion(x.Regions, a.Region)
		}
	})
	readList(p, "joint", &x.Joint, p.joint)
	p.items("clocks", func() { p.clock(&Clock{}) })
	x.Links = p.items("links", func() {
		var l Link
		p.link(&l)
	})
	p.int("created_at", &x.CreatedAt)
	p.int("updated_at", &x.UpdatedAt)
	p.bool("synthetic", &x.Synthetic)
}

// members passes over an object whose names ascend and returns its bytes.
func (p *recordReader) members(k string, value func()) json.RawMessage {
	if !p.has(k) {
		return nil
	}
	start, last := p.pos, ""
	p.byte('{')
	for n := 0; !p.bad; n++ {
		name := p.text()
		if n > 0 && last >= name {
			p.fail()
		}
		last = name
		p.byte(':')
		value()
		if !p.peek(',') {
			break
		}
		p.pos++
	}
	p.byte('}')
	return p.since(start)
}

// items passes over a list of objects and returns its bytes.
func (p *recordReader) items(k string, item func()) json.RawMessage {
	if !p.has(k) {
		return nil
	}
	start := p.pos
	p.byte('[')
	for !p.bad {
		p.object(item)
		if !p.peek(',') {
			break
		}
		p.pos++
	}
	p.byte(']')
	return p.since(start)
}

func (p *recordReader) since(start int) json.RawMessage {
	if p.bad {
		return nil
	}
	return p.data[start:p.pos:p.pos]
}

// Regions are those that are parties of the record or have acted as one,
// ascending. A region that merely did what any member may do (an event that time
// caused) is not.
func (r *Record) Regions() []string {
	list := addRegion(make([]string, 0, len(r.Parties)+1), r.Owner)
	for _, p := range r.Parties {
		list = addRegion(list, p.Region)
	}
	for i := range r.Acts {
		if r.Acts[i].Party != AnyParty {
			list = addRegion(list, r.Acts[i].Region)
		}
	}
	slices.Sort(list)
	return list
}

func addRegion(list []string, region string) []string {
	if region == "" || slices.Contains(list, region) {
		return list
	}
	return append(list, region)
}
