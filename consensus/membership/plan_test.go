package membership

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// kindsOf lists what a node of the configuration can be; whole, also what it can
// be while nodes come and go.
func kindsOf(region string, whole bool) (kinds []Node) {
	for _, voter := range []bool{false, true} {
		for h := Dead; h <= Alive; h++ {
			kinds = append(kinds, Node{Region: region, Voter: voter, Health: h})
		}
	}
	if whole {
		kinds = append(kinds,
			Node{Region: region, Health: Alive, Held: true},
			Node{Region: region, Absent: true},
			Node{Region: region, Health: Alive, Removed: true},
			Node{Region: region, Voter: true, Health: Alive, Removed: true})
	}
	return kinds
}

// regionStates lists every region of up to three nodes, once per multiset: the
// planner sees ids only to break ties.
func regionStates(region string, whole bool) [][]Node {
	kinds := kindsOf(region, whole)
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
	a, b, c := regionStates("110000", false), regionStates("120000", false), regionStates("130000", false)
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

// TestPlanComings walks states in which nodes come and go: every one of a region
// of up to three nodes, beside others drawn by lot.
func TestPlanComings(t *testing.T) {
	a, b, c := regionStates("110000", true), regionStates("120000", true), regionStates("130000", true)
	lots := rand.New(rand.NewPCG(20251109, 7))
	rounds := 200
	if testing.Short() {
		rounds = 20
	}
	var nodes []Node
	for range rounds {
		for _, first := range a {
			nodes = append(append(append(nodes[:0], first...), b[lots.IntN(len(b))]...), c[lots.IntN(len(c))]...)
			if checkPlan(t, nodes); t.Failed() {
				return
			}
		}
	}
}

func checkPlan(t *testing.T, start []Node) {
	t.Helper()
	steps := Plan(start)
	if Unsafe(start) != "" || !live(start) {
		if len(steps) != 0 && !mends(start, steps) {
			t.Errorf("plan %v from a state nobody may or can change: %v", steps, start)
		}
		return
	}
	view := slices.Clone(start)
	for _, s := range steps {
		i := slices.IndexFunc(view, func(n Node) bool { return n.ID == s.Node && n.Region == s.Region })
		if i < 0 || !applies(s.Action, view[i]) {
			t.Errorf("step %v of %v does not apply to %v", s, steps, view)
			return
		}
		if s.Action == Promote && (view[i].Health != Alive || view[i].Held || view[i].Removed) {
			t.Errorf("step %v of %v gives a vote to %+v", s, steps, view[i])
		}
		view[i].Voter = s.Action == Promote
		view[i].Absent = s.Action == Remove
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

// mends reports whether steps from an unsafe configuration do no more than give
// regions that have no voter one each, up to a majority of the regions, from one voter
// each elsewhere.
func mends(start []Node, steps []Step) bool {
	votes, regions := make(map[string]int), make(map[string]bool)
	for _, n := range start {
		regions[n.Region] = true
		if n.Voter {
			votes[n.Region]++
		}
	}
	if len(votes) == 0 || len(votes)+len(steps) > len(regions)/2+1 || !live(start) {
		return false
	}
	for _, own := range votes {
		if own > 1 {
			return false
		}
	}
	for _, s := range steps {
		i := slices.IndexFunc(start, func(n Node) bool { return n.ID == s.Node && n.Region == s.Region })
		if i < 0 || s.Action != Promote || votes[s.Region] > 0 || start[i].Voter || start[i].Absent || start[i].Removed || start[i].Held || start[i].Health != Alive {
			return false
		}
		votes[s.Region]++
	}
	return true
}

// Ensure a network that was recovered with one voter gets the others back, one change
// at a time, and then is as safe as any.
func TestPlanMends(t *testing.T) {
	nodes := []Node{
		{ID: "a", Region: "A", Voter: true, Health: Alive},
		{ID: "b", Region: "B", Health: Alive},
		{ID: "c", Region: "C"}, // silent
	}
	steps := Plan(nodes)
	if len(steps) != 1 || steps[0].Action != Promote || steps[0].Node != "b" {
		t.Fatalf("plan %v", steps)
	}
	nodes[1].Voter, nodes[2].Health = true, Alive
	if why := Unsafe(nodes); why != "" {
		t.Fatalf("still unsafe: %s", why)
	}
	if steps := Plan(nodes); len(steps) != 1 || steps[0].Node != "c" {
		t.Fatalf("then %v", steps)
	}
}

func applies(a Action, n Node) bool {
	switch a {
	case Promote:
		return !n.Voter && !n.Absent
	case Demote:
		return n.Voter && !n.Removed
	case Add:
		return n.Absent && !n.Removed
	default:
		return n.Removed && !n.Absent
	}
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
	if total > 4 || total < 2 {
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
			if start[i].Voter && !start[i].Removed {
				before++
			}
			if start[i].fit() {
				alive++
			}
		}
		for _, n := range end {
			if n.Region == region && n.Voter {
				after++
				if n.Health == Alive && !n.Removed {
					aliveVoters++
				}
			}
			if n.Region == region && n.Absent && !n.Removed {
				t.Errorf("%v ends without the server %s: %v", start, n.ID, end)
			}
			if out := slices.Clone(end); n.Region == region && n.Removed && !n.Absent {
				i := slices.IndexFunc(out, func(m Node) bool { return m.Region == n.Region && m.ID == n.ID })
				if out[i].Voter, out[i].Absent = false, true; Unsafe(out) == "" && live(out) {
					t.Errorf("%v ends with the removed server %s, though it could go: %v", start, n.ID, end)
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
		if n.Region == region && n.Voter && (drop < 0 || !better(&n, &out[drop])) {
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
		if n.Region == region && !n.Voter && n.fit() {
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

// TestPlanComesAndGoes spells out how nodes are added and removed.
func TestPlanComesAndGoes(t *testing.T) {
	others := []Node{
		{ID: "120000-a", Region: "120000", Voter: true, Health: Alive},
		{ID: "130000-a", Region: "130000", Voter: true, Health: Alive},
	}
	a := Node{ID: "110000-a", Region: "110000", Voter: true, Health: Alive}
	b := Node{ID: "110000-b", Region: "110000", Health: Alive}
	with := func(n Node, change func(*Node)) Node { change(&n); return n }
	removed := func(n *Node) { n.Removed = true }
	for _, tc := range []struct {
		name  string
		nodes []Node
		want  []Step
		waits []Wait
	}{
		{
			"a new node is taken in without a vote",
			[]Node{a, with(b, func(n *Node) { n.Absent, n.Health = true, Dead })},
			[]Step{{Add, "110000-b", "110000"}},
			[]Wait{{WaitSilent, "110000", "110000-b"}},
		},
		{
			"a removed voter goes first, then the standby votes",
			[]Node{with(a, removed), b},
			[]Step{{Remove, "110000-a", "110000"}, {Promote, "110000-b", "110000"}},
			nil,
		},
		{
			"a removed voter goes though no other node is far enough",
			[]Node{with(a, removed), with(b, func(n *Node) { n.Health = Lagging })},
			[]Step{{Remove, "110000-a", "110000"}},
			[]Wait{{WaitNoVote, "110000", ""}, {WaitLagging, "110000", "110000-b"}},
		},
		{"a removed standby goes", []Node{a, with(b, removed)}, []Step{{Remove, "110000-b", "110000"}}, nil},
		{
			"a standby on probation gets no vote",
			[]Node{with(a, func(n *Node) { n.Health = Dead }), with(b, func(n *Node) { n.Held = true })},
			nil,
			[]Wait{{WaitDead, "110000", "110000-a"}, {WaitHeld, "110000", "110000-b"}},
		},
		{"the last node of a region goes, and its vote", []Node{with(a, removed)}, []Step{{Remove, "110000-a", "110000"}}, nil},
	} {
		nodes := append(slices.Clone(others), tc.nodes...)
		if got := Plan(nodes); !slices.Equal(got, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
		if got := Waits(nodes); !slices.Equal(got, tc.waits) {
			t.Errorf("%s: waits for %v, want %v", tc.name, got, tc.waits)
		}
	}
	half := []Node{with(a, func(n *Node) { n.Health = Dead }), {ID: "120000-a", Region: "120000", Voter: true, Health: Dead}, others[1], b}
	if got := Plan(half); len(got) != 0 {
		t.Errorf("without a quorum: %v", got)
	}
	if got := Waits(half); !slices.Equal(got, []Wait{{Code: WaitQuorum}}) {
		t.Errorf("without a quorum: waits for %v", got)
	}
}

// TestPlanFiveRegions: voters never fall below a majority of the regions.
func TestPlanFiveRegions(t *testing.T) {
	var nodes []Node
	for i := range 5 {
		region := fmt.Sprintf("1%d0000", i+1)
		nodes = append(nodes, Node{ID: region + "-a", Region: region, Voter: i < 3, Health: Alive})
	}
	if why := Unsafe(nodes); why != "" {
		t.Fatal(why)
	}
	nodes[0].Removed = true // and nothing that could take its place: two voters of five regions are left
	nodes[3].Health, nodes[4].Health = Dead, Dead
	if got := Plan(nodes); len(got) != 0 {
		t.Errorf("%v leaves two voters for five regions", got)
	}
	if got := Waits(nodes); !slices.Contains(got, Wait{WaitRemoved, "110000", "110000-a"}) {
		t.Errorf("waits for %v", got)
	}
}
