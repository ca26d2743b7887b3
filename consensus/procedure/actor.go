package procedure

import (
	"bytes"
	"slices"
	"strings"
)

// who checks that the actor is a member's and returns the relative role that
// lets it act.
func (p *Procedure) who(f Facts, rec *Record, e *Event, a *Act) (string, error) {
	if !f.IsRegion(a.Region) {
		return "", refuse(CodeUnknownRegion, "region", a.Region)
	}
	if !isOrg(a.Org) || RegionOf(a.Org) != a.Region || !f.OrgKnown(a.Org) {
		return "", refuse(CodeUnknownOrg, "org", a.Org)
	}
	by := e.By
	if e.Joint != nil {
		by = e.Joint.By
	}
	found, roleDiffers := "", false
	for _, b := range by {
		if !rec.fills(b.Party, a) {
			continue
		}
		if b.Role != a.Role {
			roleDiffers = true
			continue
		}
		if e.Joint == nil || !rec.acted(e.Name, b.Party, a.Region) {
			return b.Party, nil
		}
		if found == "" {
			found = b.Party // acts again: the new statement replaces the earlier one
		}
	}
	switch {
	case found != "":
		return found, nil
	case roleDiffers:
		return "", refuse(CodeWrongRole, "role", a.Role)
	}
	return "", refuse(CodeNotParty, "region", a.Region, "org", a.Org)
}

// fills reports whether the actor belongs to a party of the record. The party
// of an act that opens the record is the actor's own.
func (r *Record) fills(party string, a *Act) bool {
	if party == AnyParty {
		return true
	}
	p, ok := r.Parties[party]
	if !ok {
		p, ok = r.Parties[listedName(party, a.Region)]
	}
	return ok && p.Region == a.Region && mayActFor(a.Org, p.Org)
}

// listedName is the key of one region's party where a list names several:
// `member@120000`.
func listedName(party, region string) string { return party + listedSign + region }

const listedSign = "@"

// listed are the keys of the parties that a list has named, sorted.
func (r *Record) listed(party string) []string {
	var out []string
	for name := range r.Parties {
		if strings.HasPrefix(name, party+listedSign) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// fourEyes refuses an actor who did one of the named acts on this record.
func fourEyes(rec *Record, e *Event, a *Act) error {
	for _, name := range e.FourEyes {
		for i := range rec.Acts {
			t := &rec.Acts[i]
			if t.Event == name && t.Region == a.Region && t.Person == a.Person {
				return refuse(CodeFourEyes, "event", name)
			}
		}
	}
	return nil
}

// bind names a party: the organisation has to be registered, its region a
// member, and the declared conditions between the parties have to hold.
func (p *Procedure) bind(f Facts, rec *Record, rule *PartyRule, org string) error {
	region := RegionOf(org)
	if !f.OrgKnown(org) {
		return refuse(CodeUnknownOrg, "org", org, "party", rule.Name)
	}
	if !f.IsRegion(region) {
		return refuse(CodeUnknownRegion, "region", region, "party", rule.Name)
	}
	if !rule.SameRegion && region == rec.Owner {
		return refuse(CodeSameRegion, "party", rule.Name, "region", region)
	}
	if rule.LevelEqual != "" {
		other, ok := rec.Parties[rule.LevelEqual]
		if !ok {
			return refuse(CodePartyMissing, "party", rule.LevelEqual)
		}
		if LevelOf(other.Org) != LevelOf(org) {
			return refuse(CodeLevelDiffers, "party", rule.Name, "org", org)
		}
	}
	rec.Parties = grown(rec.Parties, 1)
	name := rule.Name
	if rule.List != "" {
		name = listedName(name, region)
		if _, twice := rec.Parties[name]; twice {
			return refuse(CodePartySet, "party", rule.Name, "region", region)
		}
	}
	rec.Parties[name] = Party{Region: region, Org: org}
	return nil
}

// bindList names one party per organisation of a list, in place of those that it
// named before.
func (p *Procedure) bindList(f Facts, rec *Record, rule *PartyRule) error {
	rec.Parties = grown(rec.Parties, 1)
	for _, name := range rec.listed(rule.Name) {
		delete(rec.Parties, name)
	}
	list, ok := parseJSONValue(rec.Fields[rule.List])
	if !ok {
		return nil
	}
	for i := 1; i < int(list[0].next); i = int(list[i].next) {
		if err := p.bind(f, rec, rule, list[i].text); err != nil {
			return err
		}
	}
	return nil
}

// bindAll names the parties whose field was given, then those that the event
// sets or moves.
func (p *Procedure) bindAll(f Facts, rec *Record, e *Event, given func(string) bool) error {
	for i := range p.doc.Parties {
		rule := &p.doc.Parties[i]
		if rule.List != "" && given(rule.List) {
			if err := p.bindList(f, rec, rule); err != nil {
				return err
			}
		}
		if rule.Field == "" || !given(rule.Field) {
			continue
		}
		if err := p.bind(f, rec, rule, rec.textField(rule.Field)); err != nil {
			return err
		}
	}
	for _, s := range e.SetParty {
		if _, set := rec.Parties[s.Party]; set && !p.renamed(s.Party, given) {
			return refuse(CodePartySet, "party", s.Party)
		}
		if err := p.bind(f, rec, p.ix.parties[s.Party], rec.textField(s.Field)); err != nil {
			return err
		}
	}
	for _, s := range e.Reassign {
		if _, set := rec.Parties[s.Party]; !set {
			return refuse(CodePartyMissing, "party", s.Party)
		}
		if err := p.bind(f, rec, p.ix.parties[s.Party], rec.textField(s.Field)); err != nil {
			return err
		}
	}
	return nil
}

// renamed reports whether the act states the field that names a party.
func (p *Procedure) renamed(party string, given func(string) bool) bool {
	f := p.ix.parties[party].Field
	return f != "" && given(f)
}

// textField is the text of a clear field, "" when absent or not text.
func (r *Record) textField(name string) string {
	raw := r.Fields[name]
	if len(raw) < 2 || raw[0] != '"' {
		return ""
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	list, ok := parseJSONValue(raw)
	if !ok {
		return ""
	}
	return list[0].text
}
