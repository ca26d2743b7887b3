package procedure

import (
	"bytes"
	"encoding/json"
	"maps"
)

// acted reports whether a party's part of a joint event is there already.
func (r *Record) acted(event, party, region string) bool {
	for i := range r.Joint {
		if j := &r.Joint[i]; j.Event == event && j.Party == party && j.Region == region {
			return true
		}
	}
	return false
}

// join files an act as one part of a joint event. When it is the last one
// needed, the parts before it are merged into the record and returned; done
// is then true.
func (p *Procedure) join(f Facts, rec *Record, e *Event, a *Act, party string, in *input) (before []JointPart, done bool, err error) {
	part := newPart(e, a, party, in)
	var others []JointPart // of other events
	for _, j := range rec.Joint {
		switch {
		case j.Event != e.Name:
			others = append(others, j)
		case j.Party == party && j.Region == a.Region && (!e.Joint.Persons || j.Person == a.Person): // replaced by this one
		default:
			before = append(before, j)
		}
	}
	for i := range before {
		j := &before[i]
		if j.Region == a.Region && j.Person == a.Person {
			return nil, false, refuse(CodeFourEyes, "event", e.Name, "party", j.Party)
		}
		for _, name := range e.Joint.Same {
			if !bytes.Equal(j.Fields[name], part.Fields[name]) {
				return nil, false, refuse(CodeJointDiffers, "field", name, "party", j.Party)
			}
		}
	}
	if len(before)+1 < e.Joint.needed(f, rec) {
		rec.Joint = append(append(others, before...), part)
		return nil, false, nil
	}
	for i := range before {
		p.mergePart(rec, &before[i])
	}
	rec.Joint = others
	return before, true, nil
}

func newPart(e *Event, a *Act, party string, in *input) JointPart {
	part := JointPart{
		Event: e.Name, Party: party, Region: a.Region, Org: a.Org, Person: a.Person, Seq: a.Seq,
		Fields: make(map[string]json.RawMessage, len(in.clear)), Commits: in.commits, Home: in.homes(),
	}
	in.values(part.Fields)
	return part
}

// needed is how many distinct parties have to act.
func (j *Joint) needed(f Facts, rec *Record) int {
	if !j.All {
		return j.N
	}
	if j.By[0].Party == AnyParty {
		return f.Regions()
	}
	if n := len(rec.listed(j.By[0].Party)); n > 0 {
		return n
	}
	return len(j.parties())
}

func (p *Procedure) mergePart(rec *Record, j *JointPart) {
	rec.Fields = grown(rec.Fields, len(j.Fields))
	maps.Copy(rec.Fields, j.Fields)
	var small [16]string
	for _, name := range sortedKeys(j.Fields, small[:]) {
		rec.link(p.ix.field(name), rec.Fields[name])
	}
	mergeHidden(rec, j.Commits, j.Home)
}
