package roster

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
)

// Query is what is looked for. Empty members ask for nothing.
type Query struct {
	Pool   string // procedure; empty: the only one
	Viewer string // region: members that it may see, and no others
	Skill  string
	Region string // of the members
	From   string // first and last day of the service, dates
	To     string
	Party  string // credit code of whom they would visit
	Group  string // credit code of its group
	Host   string // region where that is; empty: by the credit code's division
	Round  string // record of the round that they are chosen for: visits in it don't count
	Today  string // for terms, and the year of the load, when no days are asked for
}

// Result is who was found.
type Result struct {
	Law      *ledger.Law
	Year     string   // of the loads
	Free     []Member // nothing speaks against them; who served least first
	Excluded []Member // with the reasons
}

// Member is one of the pool.
type Member struct {
	Record  string
	Region  string
	Org     string
	State   string
	Skills  []string
	From    string // term
	To      string
	Fields  map[string]json.RawMessage // what is clear
	Load    Load
	Visits  []Visit // to the party asked about, latest first
	Hits    []Hit   // why they must stay away from the party
	Missing []Hit   // why they cannot serve: state, term, busy
}

// Load is what somebody served in a year.
type Load struct {
	Services int
	Days     int // person-days
}

// Visit is a service at the party that was asked about.
type Visit struct {
	Record   string // empty: the viewer may not see it
	From, To string
}

// Hit is one reason against somebody.
type Hit struct {
	Reason string // of the pool's section; or state, term, busy
	Unit   string // credit code
	Until  string
	Record string // empty: none, or the viewer may not see it
}

// Reasons that somebody cannot serve, whatever the law calls reasons to stay away.
const (
	NotInPool = "state"
	OffTerm   = "term"
	Busy      = "busy"
)

// Search finds who may be chosen. The error wraps ErrNoPool.
func (r *Roster) Search(books *ledger.Books, q Query) (*Result, error) {
	law, err := Law(books, q.Pool)
	if err != nil {
		return nil, err
	}
	if q.Host == "" && len(q.Party) == 18 {
		q.Host = q.Party[2:4] + "0000" // GB 32100: digits 3 to 8 are the division of registration
	}
	if q.From == "" {
		q.From = q.Today
	}
	if q.To == "" {
		q.To = q.From
	}
	out := &Result{Law: law, Year: q.From[:4], Free: []Member{}, Excluded: []Member{}}
	err = r.follow(books, law, func(p *pool) {
		by := p.byMember()
		recent := p.recentRounds(&q)
		for _, m := range p.members {
			if !slices.Contains(m.regions, q.Viewer) || q.Region != "" && m.owner != q.Region || q.Skill != "" && !slices.Contains(m.skills, q.Skill) {
				continue
			}
			one := judge(law.Document.Pool, m, by[m.id], recent, &q)
			if len(one.Hits)+len(one.Missing) > 0 {
				out.Excluded = append(out.Excluded, one)
			} else {
				out.Free = append(out.Free, one)
			}
		}
	})
	order := func(a, b Member) int {
		return cmp.Or(cmp.Compare(a.Load.Days, b.Load.Days), cmp.Compare(a.Load.Services, b.Load.Services), strings.Compare(a.Record, b.Record))
	}
	slices.SortFunc(out.Free, order)
	slices.SortFunc(out.Excluded, order)
	return out, err
}

// byMember turns the uses over.
func (p *pool) byMember() map[string][]*use {
	by := make(map[string][]*use, len(p.members))
	for id := range p.uses {
		for i := range p.uses[id] {
			u := &p.uses[id][i]
			for _, m := range u.members {
				by[m] = append(by[m], u)
			}
			if u.recused != "" && !slices.Contains(u.members, u.recused) {
				by[u.recused] = append(by[u.recused], u)
			}
		}
	}
	return by
}

// recentRounds are the latest rounds in which the party was visited, before the one
// that is being prepared, with the reason that a visit then is.
func (p *pool) recentRounds(q *Query) map[string]string {
	type round struct {
		id, last string // the last day of a visit in it
		use      *use
	}
	rounds := map[string]*round{}
	for _, list := range p.uses {
		for i := range list {
			u := &list[i]
			if q.Party == "" || u.target != q.Party || u.rounds == 0 || u.round == "" || u.round == q.Round {
				continue
			}
			if rounds[u.round] == nil {
				rounds[u.round] = &round{id: u.round, use: u}
			}
			rounds[u.round].last = max(rounds[u.round].last, u.to)
		}
	}
	var sorted []*round
	for _, r := range rounds {
		sorted = append(sorted, r)
	}
	slices.SortFunc(sorted, func(a, b *round) int { return cmp.Or(-strings.Compare(a.last, b.last), -strings.Compare(a.id, b.id)) })
	recent := map[string]string{}
	for i, r := range sorted {
		if i < r.use.rounds {
			recent[r.id] = r.use.visited
		}
	}
	return recent
}

// judge says what speaks against a member, and what it has served.
func judge(p *procedure.Pool, m *member, uses []*use, recent map[string]string, q *Query) Member {
	out := Member{
		Record: m.id, Region: m.owner, Org: m.org, State: m.state, Skills: m.skills, From: m.from, To: m.to, Fields: m.fields,
		Visits: []Visit{}, Hits: []Hit{}, Missing: []Hit{},
	}
	if !slices.Contains(p.States, m.state) {
		out.Missing = append(out.Missing, Hit{Reason: NotInPool})
	} else if m.from > q.From || m.to < q.To {
		out.Missing = append(out.Missing, Hit{Reason: OffTerm, Until: m.to})
	}
	if p.SameRegion != "" && q.Host != "" && m.owner == q.Host {
		out.Hits = append(out.Hits, Hit{Reason: p.SameRegion})
	}
	for _, u := range m.units {
		if u.uscc != "" && (u.uscc == q.Party || u.uscc == q.Group) && (u.until == "" || u.until >= q.From) {
			out.Hits = append(out.Hits, Hit{Reason: u.reason, Unit: u.uscc, Until: u.until})
		}
	}
	for _, u := range uses {
		shown := ""
		if slices.Contains(u.regions, q.Viewer) {
			shown = u.record
		}
		if u.recused == m.id && q.Party != "" && u.target == q.Party {
			out.Hits = append(out.Hits, Hit{Reason: u.reason, Unit: u.target, Record: shown})
		}
		if !slices.Contains(u.members, m.id) {
			continue
		}
		out.Load.add(u, q.From[:4])
		if u.from <= q.To && u.to >= q.From {
			out.Missing = append(out.Missing, Hit{Reason: Busy, Until: u.to, Record: shown})
		}
		if q.Party == "" || u.target != q.Party {
			continue
		}
		out.Visits = append(out.Visits, Visit{Record: shown, From: u.from, To: u.to})
		if reason, is := recent[u.round]; is {
			out.Hits = append(out.Hits, Hit{Reason: reason, Unit: u.target, Record: shown})
		}
	}
	// Uses come in no order.
	byReason := func(a, b Hit) int {
		return cmp.Or(strings.Compare(a.Reason, b.Reason), strings.Compare(a.Record, b.Record), strings.Compare(a.Unit, b.Unit))
	}
	slices.SortFunc(out.Hits, byReason)
	slices.SortFunc(out.Missing, byReason)
	slices.SortFunc(out.Visits, func(a, b Visit) int { return -strings.Compare(a.From, b.From) })
	return out
}

// add counts the days of a service that lie in a year.
func (l *Load) add(u *use, year string) {
	from, okFrom := day(max(u.from, year+"-01-01"))
	to, okTo := day(min(u.to, year+"-12-31"))
	if okFrom && okTo && from <= to {
		l.Services++
		l.Days += to - from + 1
	}
}
