package procedure

import (
	"slices"
	"strings"

	"sandi.internal/gateway/consensus/procedure/lawtext"
)

// Private says who may read what a record keeps at home. Nothing of it is read when
// statements are applied: it binds the doors of the region whose vault holds the
// values, and every region can hold that region to it.
type Private struct {
	Read    []string  `json:"read"` // office roles at home
	Release []Release `json:"release,omitempty"`
	Line    int       `json:"-"`
}

// Release lets other regions read the home fields of a record: once a record of
// another procedure has selected it, its parties may ask.
type Release struct {
	Because string   `json:"because"` // procedure of the record that selects
	Names   []string `json:"names"`   // its fields; one of them names this record
	States  []string `json:"states"`  // in which it does so
	To      []string `json:"to"`      // its parties
	Roles   []string `json:"roles"`   // office roles there that may ask
	Basis   []string `json:"basis"`
	Line    int      `json:"-"`
}

// maxReleases bounds what a document may release its records for, and what a pool
// counts as use.
const maxReleases = 16

func readPrivate(n *lawtext.Node) *Private {
	if n == nil {
		return nil
	}
	m := n.Map()
	p := &Private{Read: names(m.Need("read")), Line: n.Line}
	if list := m.Find("release"); list != nil {
		if len(list.List()) > maxReleases {
			list.Failf("more than %d releases", maxReleases)
		}
		for _, item := range list.List() {
			r := item.Map()
			p.Release = append(p.Release, Release{
				Because: name(r.Need("because")), Names: names(r.Need("names")), States: names(r.Need("states")),
				To: names(r.Need("to")), Roles: names(r.Need("roles")), Basis: texts(r.Need("basis"), maxMessage), Line: item.Line,
			})
			r.Done()
		}
	}
	m.Done()
	return p
}

// checkPrivate holds the roles to those that exist. What a release says of another
// procedure cannot be checked here: documents are adopted one by one.
func checkPrivate(ix *index) error {
	p := ix.doc.Private
	if p == nil {
		return nil
	}
	if !slices.ContainsFunc(ix.doc.Fields, func(f Field) bool { return f.See != SeeClear }) {
		return lawtext.Errorf(p.Line, "private: every field is clear, there is nothing to keep")
	}
	if err := checkOffices(p.Line, p.Read); err != nil {
		return err
	}
	for _, r := range p.Release {
		if len(r.Names) == 0 || len(r.States) == 0 || len(r.To) == 0 {
			return lawtext.Errorf(r.Line, "release: names, states and to are not empty")
		}
		if err := checkOffices(r.Line, r.Roles); err != nil {
			return err
		}
	}
	return nil
}

// checkOffices wants office roles of persons.
func checkOffices(line int, roles []string) error {
	if len(roles) == 0 {
		return lawtext.Errorf(line, "no role is named")
	}
	for _, role := range roles {
		if role == NodeRole || !has(officeRoles, role) {
			return lawtext.Errorf(line, "no office role %q", role)
		}
	}
	return nil
}

// MayRead reports whether a role at home may read what the record keeps there.
// Without a section about it every office may.
func (d *Document) MayRead(role string) bool {
	if d.Private == nil {
		return role != NodeRole && has(officeRoles, role)
	}
	return slices.Contains(d.Private.Read, role)
}

// ReleaseOf finds the release by which a record that selects another lets a region
// read it in a role; nil when there is none.
func (d *Document) ReleaseOf(id string, because *Record, region, role string) *Release {
	if d.Private == nil || because == nil {
		return nil
	}
	for i := range d.Private.Release {
		r := &d.Private.Release[i]
		if r.Because != because.Procedure || !slices.Contains(r.States, because.State) || !slices.Contains(r.Roles, role) {
			continue
		}
		if because.isParty(r.To, region) && because.namesIn(r.Names, id) {
			return r
		}
	}
	return nil
}

// isParty reports whether a region fills one of the parties now.
func (r *Record) isParty(parties []string, region string) bool {
	for name, p := range r.Parties {
		base, _, _ := strings.Cut(name, listedSign)
		if p.Region == region && slices.Contains(parties, base) {
			return true
		}
	}
	return false
}

// namesIn reports whether one of the fields links to a record.
func (r *Record) namesIn(fields []string, id string) bool {
	return slices.ContainsFunc(r.Links, func(l Link) bool { return l.ID == id && slices.Contains(fields, l.Rel) })
}
