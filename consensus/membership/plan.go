package membership

import (
	"cmp"
	"fmt"
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
	// Absent: it belongs to the network and is not in Raft's configuration yet.
	Absent bool
	// Removed: it is in Raft's configuration and belongs to the network no more.
	// Nobody speaks to it, so it counts as dead whatever Health says.
	Removed bool
	// Held: by its own word it gives no vote at present (consensus/witness).
	Held bool
}

func (n *Node) dead() bool { return n.Removed || n.Health == Dead }

// fit reports whether the node could be given a vote.
func (n *Node) fit() bool { return !n.Absent && !n.Removed && !n.Held && n.Health == Alive }

// Action is a change of one server of the configuration.
type Action uint8

const (
	Promote Action = iota // give the node a vote
	Demote                // take its vote
	Add                   // take the node in, without a vote
	Remove                // take the node out, and its vote with it
)

var actions = [...]string{"promote", "demote", "add", "remove"}

// String implements fmt.Stringer.
func (a Action) String() string {
	if int(a) < len(actions) {
		return actions[a]
	}
	return "unknown"
}

// MarshalText implements encoding.TextMarshaler.
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *Action) UnmarshalText(text []byte) error {
	i := slices.Index(actions[:], string(text))
	if i < 0 {
		return fmt.Errorf("no change of a configuration is called %.16q", text)
	}
	*a = Action(i)
	return nil
}

// Step is one change of the Raft configuration. Steps are made one at a time,
// each against the configuration the step before it left (prevIndex).
type Step struct {
	Action Action `json:"action"`
	Node   string `json:"node"`
	Region string `json:"region"`
}

// Unsafe says why a set of nodes must not be a configuration, or "".
//
//   - region_quorum: one region's voters suffice to commit
//   - too_many: more than one voter beyond one per region
//   - too_few: fewer voters than a majority of the regions
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
	if total < quorum(len(perRegion)) {
		return "too_few"
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
			if !n.dead() {
				up++
			}
		}
	}
	return total > 0 && up >= quorum(total)
}

// Plan returns the steps that lead from nodes towards one healthy voter per
// region, all nodes of the network as servers and no others, in the order to make
// them. It returns none when nothing can be improved safely: when the voters have
// no quorum to commit a change, or when the present configuration is itself unsafe
// and needs people: all but one with too few voters, as after a recovery.
//
// Every step, applied to the view the steps before it left, leaves a
// configuration that is safe and that its live voters can commit.
func Plan(nodes []Node) []Step {
	view := slices.Clone(nodes)
	slices.SortFunc(view, func(a, b Node) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.ID, b.ID))
	})
	if Unsafe(view) != "" {
		return mend(view)
	}
	var steps []Step
	// No node takes part in more than two steps and no step is ever undone, so the
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

// mend gives regions without a voter theirs back, one after the other, where the voters
// are fewer than the regions' majority: two regions have signed that the network goes on
// with those that were left (recovery.order), and each voter more of another region makes
// it safer. Nothing else is changed in such a configuration.
func mend(view []Node) (steps []Step) {
	regions, votes := make(map[string]bool), make(map[string]int)
	for _, n := range view {
		regions[n.Region] = true
		if n.Voter {
			votes[n.Region]++
		}
	}
	for _, own := range votes {
		if own > 1 {
			return nil
		}
	}
	for i := range view {
		n := &view[i]
		if len(votes) == 0 || len(votes) >= quorum(len(regions)) || !live(view) {
			break
		}
		if n.fit() && !n.Voter && votes[n.Region] == 0 {
			n.Voter, votes[n.Region] = true, 1
			steps = append(steps, Step{Action: Promote, Node: n.ID, Region: n.Region})
		}
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
		for _, w := range wishes(view[from:to]) {
			if n := &view[from+w.at]; try(view, n, w.action) {
				return Step{Action: w.action, Node: n.ID, Region: n.Region}, true
			}
		}
		from = to
	}
	return Step{}, false
}

// wish is a change of one node of a region.
type wish struct {
	action Action
	at     int
}

// wishes lists what should change in one region, the most useful first. The aim:
// one voter, alive if any node of the region is.
func wishes(region []Node) []wish {
	best, bestVoter, worstVoter, voters := -1, -1, -1, 0
	var list, joining []wish
	for i := range region {
		n := &region[i]
		switch {
		case n.Absent && !n.Removed:
			joining = append(joining, wish{Add, i})
		case n.Removed && !n.Absent && !n.Voter:
			list = append(list, wish{Remove, i})
		case n.fit() && !n.Voter && best < 0:
			best = i
		}
		if !n.Voter {
			continue
		}
		voters++
		if bestVoter < 0 || better(n, &region[bestVoter]) {
			bestVoter = i
		}
		if worstVoter < 0 || !better(n, &region[worstVoter]) {
			worstVoter = i
		}
	}
	switch {
	case voters == 0 && best >= 0:
		list = append(list, wish{Promote, best})
	case voters > 1:
		// Keep the healthiest voter, drop the unhealthiest other one.
		list = append(list, drop(region, worstVoter))
	case voters == 1 && (region[bestVoter].Removed || region[bestVoter].dead() && best >= 0):
		// A dead voter goes first: promoting beside it would make the dead one
		// count towards a larger quorum.
		if list = append(list, drop(region, bestVoter)); best >= 0 {
			list = append(list, wish{Promote, best})
		}
	case voters == 1 && region[bestVoter].Health == Lagging && best >= 0:
		list = append(list, wish{Promote, best})
	}
	return append(list, joining...)
}

// better reports whether a should rather keep its vote than b.
func better(a, b *Node) bool {
	if a.Removed != b.Removed {
		return b.Removed
	}
	return a.Health > b.Health
}

// drop takes a vote, and with a removed node the whole server.
func drop(region []Node, i int) wish {
	if region[i].Removed {
		return wish{Remove, i}
	}
	return wish{Demote, i}
}

// try makes a change if the result is safe and still live.
func try(view []Node, n *Node, action Action) bool {
	before := *n
	switch action {
	case Promote:
		n.Voter = true
	case Demote:
		n.Voter = false
	case Add:
		n.Absent = false
	case Remove:
		n.Voter, n.Absent = false, true
	}
	if Unsafe(view) == "" && live(view) {
		return true
	}
	*n = before
	return false
}

// Wait is why the configuration is not as it should be and no step mends it.
type Wait struct {
	Code   string `json:"code"`
	Region string `json:"region"`
	Node   string `json:"node,omitempty"`
}

// Codes of Wait.
const (
	WaitQuorum  = "no_quorum"     // too few voters answer to commit any change
	WaitUnsafe  = "unsafe"        // the present configuration needs people
	WaitNoVote  = "no_vote"       // the region has no voter, and no node that could be one
	WaitDead    = "voter_dead"    // the region's voter is silent, and no other node can take over
	WaitLagging = "catching_up"   // the node is not far enough yet to be given a vote
	WaitSilent  = "standby_dead"  // a node without a vote is silent
	WaitHeld    = "held"          // the node gives no vote at present
	WaitRemoved = "removed_voter" // a removed node cannot be taken out: the others need its vote
)

// IsWait reports whether a code is one of Wait's.
func IsWait(code string) bool {
	switch code {
	case WaitQuorum, WaitUnsafe, WaitNoVote, WaitDead, WaitLagging, WaitSilent, WaitHeld, WaitRemoved:
		return true
	}
	return false
}

// Waits says, after the steps of Plan have been made, what is still amiss and why;
// in a fixed order.
func Waits(nodes []Node) []Wait {
	view := slices.Clone(nodes)
	slices.SortFunc(view, func(a, b Node) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.ID, b.ID))
	})
	if Unsafe(view) != "" {
		return []Wait{{Code: WaitUnsafe}}
	}
	if !live(view) {
		return []Wait{{Code: WaitQuorum}}
	}
	for range 2 * len(view) {
		if _, ok := next(view); !ok {
			break
		}
	}
	var list []Wait
	for from := 0; from < len(view); {
		to := from
		for to < len(view) && view[to].Region == view[from].Region {
			to++
		}
		list = append(list, waitsOf(view[from:to])...)
		from = to
	}
	return list
}

// waitsOf is Waits of one region.
func waitsOf(region []Node) (list []Wait) {
	say := func(code string, n *Node) {
		w := Wait{Code: code, Region: region[0].Region}
		if n != nil {
			w.Node = n.ID
		}
		list = append(list, w)
	}
	voters, standing := 0, 0
	for i := range region {
		n := &region[i]
		if !n.Removed {
			standing++
		}
		if !n.Voter {
			continue
		}
		voters++
		switch {
		case n.Removed:
			say(WaitRemoved, n)
		case n.dead():
			say(WaitDead, n)
		}
	}
	if voters == 0 && standing > 0 {
		say(WaitNoVote, nil)
	}
	for i := range region {
		n := &region[i]
		switch {
		case n.Voter || n.Absent || n.Removed:
		case n.Held:
			say(WaitHeld, n)
		case n.Health == Dead:
			say(WaitSilent, n)
		case n.Health == Lagging:
			say(WaitLagging, n)
		}
	}
	return list
}
