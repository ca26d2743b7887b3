package audit

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"sandi.internal/gateway/consensus/statement"
)

// Summary is check 9.
type Summary struct {
	Entries      uint64          `json:"entries"`
	From         string          `json:"from,omitempty"` // ledger time of the first entry
	To           string          `json:"to,omitempty"`   // of the last
	Kinds        []Count         `json:"kinds"`
	Actors       []Actor         `json:"actors"`
	Records      uint64          `json:"records"` // whole logs only
	Deadlines    []DeadlineCount `json:"deadlines,omitempty"`
	Bureaus      []Bureau        `json:"bureaus,omitempty"` // deadlines that somebody missed or misses
	Missed       []Deadline      `json:"missed,omitempty"`  // each of them, as many as missedMax
	MissedMore   uint64          `json:"missed_more,omitempty"`
	RefusedDraws int             `json:"refused_draws"`
	Forks        []Fork          `json:"forks"`
	Delays       []Delay         `json:"delays,omitempty"` // submission promises that a node says were not kept
}

// Count is how many entries a kind of statement has.
type Count struct {
	Kind string `json:"kind"`
	N    uint64 `json:"n"`
}

// Actor is what an office of an organisation has done.
type Actor struct {
	Region string `json:"region"`
	Org    string `json:"org"`
	Role   string `json:"role"`
	Acts   uint64 `json:"acts"`
}

// Fork is a contradiction that signatures prove.
type Fork struct {
	Size    uint64      `json:"size"`
	Signers [2][]string `json:"signers"`          // regions under whose keys each of the two stands
	File    string      `json:"file"`             // in the bundle
	Return  *uint64     `json:"return,omitempty"` // first entry of the return that settled it
}

// tally counts entries.
type tally struct {
	entries     uint64
	first, last int64 // unix ms
	kinds       map[string]uint64
	actors      map[actor]uint64
}

type actor struct{ region, org, role string }

func newTally() *tally { return &tally{kinds: make(map[string]uint64), actors: make(map[actor]uint64)} }

func (t *tally) add(e *entry) {
	if t.entries++; t.entries == 1 {
		t.first = e.leaf.TS
	}
	t.last = e.leaf.TS
	who := actor{e.st.Region, e.st.Actor.Org, e.st.Actor.Role}
	if n, ok := t.actors[who]; ok {
		t.actors[who] = n + 1
	} else { // the statement's strings are cut from its bytes
		t.actors[actor{strings.Clone(who.region), strings.Clone(who.org), strings.Clone(who.role)}] = 1
	}
	if n, ok := t.kinds[e.st.Kind]; ok {
		t.kinds[e.st.Kind] = n + 1
	} else {
		t.kinds[strings.Clone(e.st.Kind)] = 1
	}
}

func (t *tally) summary(a *audit) *Summary {
	s := &Summary{Entries: t.entries, Kinds: []Count{}, Actors: []Actor{}, Forks: a.forks}
	if t.entries > 0 {
		s.From, s.To = statement.FormatAt(t.first/1000), statement.FormatAt(t.last/1000)
	}
	for _, kind := range slices.Sorted(maps.Keys(t.kinds)) {
		s.Kinds = append(s.Kinds, Count{kind, t.kinds[kind]})
	}
	for who, n := range t.actors {
		s.Actors = append(s.Actors, Actor{who.region, who.org, who.role, n})
	}
	slices.SortFunc(s.Actors, func(x, y Actor) int {
		return cmp.Or(cmp.Compare(x.Region, y.Region), cmp.Compare(x.Org, y.Org), cmp.Compare(x.Role, y.Role))
	})
	if s.Forks == nil {
		s.Forks = []Fork{}
	}
	return s
}

// summarise says the summary in a sentence. whole is false when records and
// deadlines are not known, or not to the end.
func (a *audit) summarise(whole bool) {
	s := a.report.Summary
	if !whole {
		a.unsure(CheckSummary, CodeSummary, say("%d 条声明；分叉 %d 处；事项与期限未能统计完整。", "%d statements; forks: %d; records and deadlines could not be counted to the end.", s.Entries, len(s.Forks)))
		return
	}
	missed := uint64(0)
	for _, b := range s.Bureaus {
		missed += b.Overdue + b.Late
	}
	a.pass(CheckSummary, CodeSummary, say("%d 条声明，%d 件事项；逾期（含已补办）%d 项；分叉 %d 处。", "%d statements on %d records; deadlines missed: %d; forks: %d.", s.Entries, s.Records, missed, len(s.Forks)))
}
