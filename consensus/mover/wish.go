package mover

import (
	"cmp"
	"slices"
	"strings"

	"sandi.internal/gateway/consensus/statement"
)

// Wish is a move of leadership that at least one region has signed and that was not done.
type Wish struct {
	Leader, Candidate string // node ids
	Term              uint64
	Regions           []string // that have signed, ascending
	Needs             int      // regions that have to
	Until             int64    // unix s: then the first of these signatures counts no more
}

// Waiting lists the wishes that this node knows, by term. Keys that were revoked since are
// judged when a wish would come into force.
func (m *Mover) Waiting() []Wish {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := []Wish{}
	for _, h := range m.held {
		if h.body.Term <= m.done || !m.fresh(h.st) {
			continue
		}
		until := h.st.AtUnix + int64(maxAge.Seconds())
		at := slices.IndexFunc(list, func(w Wish) bool {
			return w.Leader == h.body.Leader && w.Candidate == h.body.Candidate && w.Term == h.body.Term
		})
		if at < 0 {
			at = len(list)
			list = append(list, Wish{Leader: h.body.Leader, Candidate: h.body.Candidate, Term: h.body.Term, Needs: statement.MoveRegions, Until: until})
		}
		w := &list[at]
		if w.Until = min(w.Until, until); !slices.Contains(w.Regions, h.st.Region) {
			w.Regions = append(w.Regions, h.st.Region)
			slices.Sort(w.Regions)
		}
	}
	slices.SortFunc(list, func(a, b Wish) int {
		return cmp.Or(cmp.Compare(a.Term, b.Term), strings.Compare(a.Leader, b.Leader), strings.Compare(a.Candidate, b.Candidate))
	})
	return list
}
