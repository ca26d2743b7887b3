package membership

import (
	"cmp"
	"slices"
)

// Health is what is known about a node at the moment of planning.
type Health uint8

const (
	Dead    Health = iota // no contact for as long as the caller calls that dead
	Lagging               // in contact, too far behind to be given a vote
	Alive                 // in contact and caught up
)

// String implements fmt.Stringer.
func (h Health) String() string { return [...]string{"dead", "lagging", "alive"}[h] }

// Node is one server as the planner sees it.
type Node struct {
	ID     string
	Region string
	Voter  bool
	Health Health
}

// Action is a change of one node's suffrage.
type Action uint8

const (
	Promote Action = iota // give the node a vote
	Demote                // take its vote
)

// String implements fmt.Stringer.
func (a Action) String() string { return [...]string{"promote", "demote"}[a] }

// Step is one change of the Raft configuration. Steps are made one at a time,
// each against the configuration the step before it left (prevIndex).
type Step struct {
	Action Action
	Node   string
	Region string
}

// Unsafe says why a set of nodes must not be a configuration, or "".
//
//   - region_quorum: one region's voters suffice to commit
//   - too_many: more than one voter beyond one per region
//   - none: nobody votes
func Unsafe(nodes []Node) string {
	perRegion := make(map[string]int)
	total := 0
	for _, n := range nodes {
		perRegion[n.Region] += 0 // a region without a voter still counts as one
		if n.Voter {
			perRegion[n.Region]++
			total++
		}
	}
	if total == 0 {
		return "none"
	}
	for _, voters := range perRegion {
		if voters >= quorum(total) {
			return "region_quorum"
		}
	}
	if total > len(perRegion)+1 {
		return "too_many"
	}
	return ""
}

func quorum(voters int) int { return voters/2 + 1 }

// live reports whether enough voters are in contact to commit a step.
func live(nodes []Node) bool {
	total, up := 0, 0
	for _, n := range nodes {
		if n.Voter {
			total++
			if n.Health != Dead {
				up++
			}
		}
	}
	return total > 0 && up >= quorum(total)
}

// Plan returns the steps that lead from nodes towards one healthy voter per
// region, in the order to make them. It returns none when nothing can be
// improved safely: when the voters have no quorum to commit a change, or when
// the present configuration is itself unsafe and needs people.
//
// Every step, applied to the view the steps before it left, leaves a
// configuration that is safe and that its live voters can commit.
func Plan(nodes []Node) []Step {
	view := slices.Clone(nodes)
	slices.SortFunc(view, func(a, b Node) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.ID, b.ID))
	})
	if Unsafe(view) != "" {
		return nil
	}
	var steps []Step
	// Each region needs two steps at most and no step is ever undone, so the
	// bound is never reached; it turns a mistake here into an error of one plan.
	for range 2 * len(view) {
		step, ok := next(view)
		if !ok {
			break
		}
		steps = append(steps, step)
	}
	return steps
}

// next finds the first useful step that is safe, and applies it to view.
func next(view []Node) (Step, bool) {
	if !live(view) {
		return Step{}, false
	}
	for from := 0; from < len(view); {
		to := from
		for to < len(view) && view[to].Region == view[from].Region {
			to++
		}
		for _, i := range wishes(view[from:to]) {
			if try(view, from+i) {
				n := view[from+i]
				action := Demote
				if n.Voter {
					action = Promote
				}
				return Step{Action: action, Node: n.ID, Region: n.Region}, true
			}
		}
		from = to
	}
	return Step{}, false
}

// wishes lists the nodes of one region whose suffrage should change, the most
// useful first. The aim: one voter, alive if any node of the region is.
func wishes(region []Node) []int {
	best, bestVoter, voters := -1, -1, 0
	for i, n := range region {
		if n.Voter {
			voters++
			if bestVoter < 0 || n.Health > region[bestVoter].Health {
				bestVoter = i
			}
		}
		if !n.Voter && n.Health == Alive && best < 0 {
			best = i
		}
	}
	switch {
	case voters == 0 && best >= 0:
		return []int{best}
	case voters > 1:
		// Keep the healthiest voter, drop the unhealthiest other one.
		drop := -1
		for i, n := range region {
			if n.Voter && i != bestVoter && (drop < 0 || n.Health < region[drop].Health) {
				drop = i
			}
		}
		return []int{drop}
	case voters == 1 && region[bestVoter].Health == Dead && best >= 0:
		// A dead voter goes first: promoting beside it would make the dead one
		// count towards a larger quorum.
		return []int{bestVoter, best}
	case voters == 1 && region[bestVoter].Health == Lagging && best >= 0:
		return []int{best}
	default:
		return nil
	}
}

// try flips the suffrage of view[i] if the result is safe and still live.
func try(view []Node, i int) bool {
	view[i].Voter = !view[i].Voter
	if Unsafe(view) == "" && live(view) {
		return true
	}
	view[i].Voter = !view[i].Voter
	return false
}
