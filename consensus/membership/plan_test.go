package membership

import (
	"fmt"
	"slices"
	"testing"
)

// regionStates lists every region of up to three nodes, once per multiset: the
// planner sees ids only to break ties.
func regionStates(region string) [][]Node {
	var kinds []Node
	for _, voter := range []bool{false, true} {
		for h := Dead; h <= Alive; h++ {
			kinds = append(kinds, Node{Region: region, Voter: voter, Health: h})
		}
	}
	var all [][]Node
	var grow func(from int, have []Node)
	grow = func(from int, have []Node) {
		if len(have) > 0 {
			all = append(all, slices.Clone(have))
		}
		if len(have) == 3 {
			return
		}
		for k := from; k < len(kinds); k++ {
			n := kinds[k]
			n.ID = fmt.Sprintf("%s-%c", region, 'a'+len(have))
			grow(k, append(have, n))
		}
	}
	grow(0, nil)
	return all
}

// TestPlanAllStates walks every state of three regions of one to three nodes
// (83^3) and checks each step of each plan, and where the plan ends.
func TestPlanAllStates(t *testing.T) {
	a, b, c := regionStates("110000"), regionStates("120000"), regionStates("130000")
	if len(a) != 83 {
		t.Fatalf("%d states of a region, want 83", len(a))
	}
	stride := 1
	if testing.Short() {
		stride = 7 // coprime to 83: still visits every state of every region
	}
	nodes := make([]Node, 0, 9)
	for i := 0; i < len(a)*len(b)*len(c); i += stride {
		nodes = append(append(append(nodes[:0], a[i%83]...), b[i/83%83]...), c[i/83/83]...)
		checkPlan(t, nodes)
		if t.Failed() {
			return
		}
	}
}

func checkPlan(t *testing.T, start []Node) {
	t.Helper()
	steps := Plan(start)
	if Unsafe(start) != "" || !live(start) {
		if len(steps) != 0 {
			t.Errorf("plan %v from a state nobody may or can change: %v", steps, start)
		}
		return
	}
	view := slices.Clone(start)
	for _, s := range steps {
		i := slices.IndexFunc(view, func(n Node) bool { return n.ID == s.Node && n.Region == s.Region })
		if i < 0 || view[i].Voter != (s.Action == Demote) {
			t.Errorf("step %v of %v does not apply to %v", s, steps, view)
			return
		}
		if s.Action == Promote && view[i].Health != Alive {
			t.Errorf("step %v of %v gives a vote to a node that is %v", s, steps, view[i].Health)
		}
		view[i].Voter = !view[i].Voter
		if why := Unsafe(view); why != "" {
			t.Errorf("step %v of %v from %v leaves an unsafe configuration: %s", s, steps, start, why)
		}
		if !live(view) {
			t.Errorf("step %v of %v from %v leaves voters that cannot commit", s, steps, start)
		}
		checkRegions(t, view)
	}
	if again := Plan(view); len(again) != 0 {
		t.Errorf("plan %v from %v stops early: %v follows", steps, start, again)
	}
	checkEnd(t, start, view)
}

// checkRegions states the promise in plain numbers, apart from Unsafe.
func checkRegions(t *testing.T, view []Node) {
	t.Helper()
	votes := map[string]int{}
	total := 0
	for _, n := range view {
		if n.Voter {
			votes[n.Region]++
			total++
		}
	}
	if total > 4 {
		t.Errorf("%d voters", total)
	}
	for region, v := range votes {
		if 2*v > total {
			t.Errorf("region %s holds %d of %d votes", region, v, total)
		}
	}
}

// checkEnd: a region with a healthy node ends with a healthy voter, and no plan
// takes the last vote of a region that has no better node.
func checkEnd(t *testing.T, start, end []Node) {
	t.Helper()
	for _, region := range []string{"110000", "120000", "130000"} {
		var before, after, aliveVoters, alive int
		for i := range start {
			if start[i].Region != region {
				continue
			}
			if start[i].Voter {
				before++
			}
			if start[i].Health == Alive {
				alive++
			}
		}
		for _, n := range end {
			if n.Region == region && n.Voter {
				after++
				if n.Health == Alive {
					aliveVoters++
				}
			}
		}
		if before > 0 && after == 0 {
			t.Errorf("%v ends without a voter in %s: %v", start, region, end)
		}
		if alive > 0 && aliveVoters == 0 && Unsafe(promoted(end, region)) == "" {
			t.Errorf("%v ends without a healthy voter in %s, though one could be had: %v", start, region, end)
		}
		if after > 1 && spare(end, region) {
			t.Errorf("%v ends with %d voters in %s, though one could go: %v", start, after, region, end)
		}
	}
}

// spare reports whether the region's least healthy voter could lose its vote.
func spare(end []Node, region string) bool {
	out := slices.Clone(end)
	drop := -1
	for i, n := range out {
		if n.Region == region && n.Voter && (drop < 0 || n.Health < out[drop].Health) {
			drop = i
		}
	}
	out[drop].Voter = false
	return Unsafe(out) == "" && live(out)
}

// promoted is end with the first alive non-voter of region given a vote.
func promoted(end []Node, region string) []Node {
	out := slices.Clone(end)
	for i, n := range out {
		if n.Region == region && !n.Voter && n.Health == Alive {
			out[i].Voter = true
			break
		}
	}
	return out
}

// TestPlanReplace spells out the two orders of ENGINEERING.md section 7.
func TestPlanReplace(t *testing.T) {
	others := []Node{
		{ID: "120000-a", Region: "120000", Voter: true, Health: Alive},
		{ID: "130000-a", Region: "130000", Voter: true, Health: Alive},
	}
	for _, tc := range []struct {
		name  string
		first Health
		want  []Step
	}{
		{"a lagging voter keeps its vote until the other has one", Lagging, []Step{
			{Promote, "110000-b", "110000"}, {Demote, "110000-a", "110000"},
		}},
		{"a dead voter goes first", Dead, []Step{
			{Demote, "110000-a", "110000"}, {Promote, "110000-b", "110000"},
		}},
		{"a healthy voter stays", Alive, nil},
	} {
		nodes := append(slices.Clone(others),
			Node{ID: "110000-a", Region: "110000", Voter: true, Health: tc.first},
			Node{ID: "110000-b", Region: "110000", Health: Alive})
		if got := Plan(nodes); !slices.Equal(got, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
}

// TestPlanNeverAcrossRegions: a lost region is not replaced by another's node.
func TestPlanNeverAcrossRegions(t *testing.T) {
	nodes := []Node{
		{ID: "110000-a", Region: "110000", Voter: true, Health: Dead},
		{ID: "120000-a", Region: "120000", Voter: true, Health: Alive},
		{ID: "120000-b", Region: "120000", Health: Alive},
		{ID: "130000-a", Region: "130000", Voter: true, Health: Alive},
	}
	if got := Plan(nodes); len(got) != 0 {
		t.Errorf("got %v, want nothing", got)
	}
}
