package mover_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/mover"
	"sandi.internal/gateway/consensus/replica/clustertest"
	"sandi.internal/gateway/consensus/statement"
)

// wanted is the move that deposes the present leader.
func (n *network) wanted(leader, candidate *clustertest.Node) statement.MoveBody {
	return statement.MoveBody{Leader: leader.ID, Candidate: candidate.ID, Term: leader.Replica.Status().Term, Reason: "delay"}
}

func (n *network) take(node *clustertest.Node, raw []byte) {
	n.t.Helper()
	if err := n.at(node).Take(raw); err != nil {
		n.t.Fatalf("%s: %v", node.ID, err)
	}
}

// awaitRecord waits until every node's ledger holds a move, and its mover nothing.
func (n *network) awaitRecord(body statement.MoveBody, regions ...string) {
	n.t.Helper()
	n.Await("the move on the ledger of every node", func() bool {
		for _, node := range n.Running() {
			if m := n.lastMove(node); m == nil || !m.Same(body) || fmt.Sprint(m.Regions) != fmt.Sprint(regions) || n.at(node).Held() != 0 {
				return false
			}
		}
		return true
	})
}

// inForce counts the moves in force at a node as it stands.
func (n *network) inForce(node *clustertest.Node) int {
	term, leader, _ := node.Replica.Standing()
	return n.at(node).InForce(term, leader)
}

// Ensure an honest leader hands over to the named candidate when it sees two
// regions' signatures, that one region's do nothing, and that the ledger tells
// afterwards.
func TestHonestLeader(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 81)
	leader := n.Leader()
	n.Fill(leader, 20)
	other, candidate := n.Followers()[0], n.Followers()[1]
	body := n.wanted(leader, candidate)
	n.take(other, n.sign(other.Region, body))
	n.take(other, n.sign(other.Region, body)) // the same region twice is one region
	n.Await("the wish on every node", func() bool {
		return n.at(leader).Held() == 2 && n.at(candidate).Held() == 2 && n.at(other).Held() == 2
	})
	n.Fill(other, 20)
	if n.inForce(leader)+n.inForce(candidate) != 0 {
		t.Fatal("one region's wish is in force")
	}
	again := body
	again.Reason = "suspicion"
	n.take(candidate, n.sign(candidate.Region, again))
	n.Await("the candidate leading", func() bool { return n.Leader() == candidate })
	n.awaitRecord(body, sorted(other.Region, candidate.Region)...)
	n.CheckAll()
}

func sorted(a, b string) []string {
	if a < b {
		return []string{a, b}
	}
	return []string{b, a}
}

// Ensure a leader that drops one region's statements, and takes no notice of a
// move either, is deposed within seconds, and that the statement is committed.
func TestCensoringLeader(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 82)
	leader := n.Leader()
	n.Fill(leader, 20)
	victim, third := n.Followers()[0], n.Followers()[1]
	n.deafen(leader)
	n.Censor(leader, victim.Region)
	done := make(chan ledger.Result, 1)
	go func() { done <- n.Write(victim, n.OpenMemo(victim.Region)) }()
	n.Await("the statement waiting", func() bool { return victim.Replica.Status().Waiting > 0 })
	n.Fill(third, 20) // the others notice nothing
	select {
	case res := <-done:
		t.Fatalf("not censored: %+v", res)
	default:
	}
	body := n.wanted(leader, third)
	n.take(victim, n.sign(victim.Region, body))
	n.Await("the wish on the candidate", func() bool { return n.at(third).Held() == 1 })
	if w := n.at(third).Waiting(); len(w) != 1 || w[0].Candidate != body.Candidate || len(w[0].Regions) != 1 || w[0].Needs != 2 || w[0].Until == 0 {
		t.Errorf("what waits: %+v", w)
	}
	if n.inForce(third) != 0 || n.Leader() != leader {
		t.Fatal("one region moved leadership")
	}
	start := time.Now()
	n.take(third, n.sign(third.Region, body))
	n.Await("the candidate leading", func() bool { return n.Leader() == third })
	if res := <-done; res.Status != ledger.Committed {
		t.Fatalf("%+v", res)
	}
	t.Logf("led and committed after %v", time.Since(start))
	n.Await("the move on the honest ledgers", func() bool {
		a, b := n.lastMove(victim), n.lastMove(third)
		return a != nil && b != nil && a.Same(body) && b.Same(body)
	})
	n.CheckAll()
}

// Ensure a move that has done its work does nothing when it is sent again, not
// even when the deposed node leads once more, nor after a restart.
func TestReplay(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 83)
	leader := n.Leader()
	other, candidate := n.Followers()[0], n.Followers()[1]
	body := n.wanted(leader, candidate)
	statements := [][]byte{n.sign(other.Region, body), n.sign(candidate.Region, body)}
	for _, raw := range statements {
		n.take(other, raw)
	}
	n.Await("the candidate leading", func() bool { return n.Leader() == candidate })
	n.awaitRecord(body, sorted(other.Region, candidate.Region)...)
	n.Stop(other)
	n.Start(other)
	n.Await("the deposed node leading again", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_ = candidate.Replica.HandTo(ctx, leader.ID) // an election may be lost on a busy machine
		return n.Leader() == leader
	})
	before := leader.Replica.Status().Term
	if before > body.Term+statement.MoveTerms {
		t.Fatalf("term %d is too late to tell anything", before)
	}
	for _, node := range n.Nodes {
		for _, raw := range statements {
			if err := n.at(node).Take(raw); !errors.Is(err, mover.ErrRefused) {
				t.Errorf("%s took a move that was done: %v", node.ID, err)
			}
		}
	}
	if held := n.at(leader).Held() + n.at(candidate).Held(); held != 0 || n.inForce(candidate)+n.inForce(leader) != 0 {
		t.Error("a replay is in force")
	}
	n.CheckAll()
}

// Ensure the wish of a region that was down while it was signed by the others, and
// of nodes that restart, is not lost.
func TestRestart(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 84)
	leader := n.Leader()
	other, candidate := n.Followers()[0], n.Followers()[1]
	body := n.wanted(leader, candidate)
	n.deafen(leader)
	n.Cut(other, candidate)
	n.take(other, n.sign(other.Region, body))
	n.Stop(other)
	n.Start(other)
	if n.at(other).Held() != 1 {
		t.Fatal("a restart lost the wish")
	}
	n.take(candidate, n.sign(candidate.Region, body))
	n.Heal()
	n.Await("the candidate leading", func() bool { return n.Leader() == candidate })
	n.CheckAll()
}

// Ensure what cannot count is refused at the door.
func TestTakeRefuses(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 85)
	leader := n.Leader()
	other, candidate := n.Followers()[0], n.Followers()[1]
	body := n.wanted(leader, candidate)
	at := func(after time.Duration) []byte {
		return n.Govern(other.Region, statement.KindLeaderMove, body.Marshal(), n.Clock().Add(after))
	}
	for name, raw := range map[string][]byte{
		"noise":                       []byte("noise"),
		"another kind":                n.OpenMemo(other.Region),
		"four days old":               at(-96 * time.Hour),
		"signed in an hour":           at(time.Hour),
		"a candidate that is no node": n.sign(other.Region, statement.MoveBody{Leader: leader.ID, Candidate: "140000-a", Term: 1, Reason: "delay"}),
	} {
		if err := n.at(other).Take(raw); !errors.Is(err, mover.ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if held := n.at(other).Held(); held != 0 {
		t.Fatalf("%d refused statements are kept", held)
	}
	// A region may sign as much as it likes: it fills its own places only.
	refused := 0
	for range 20 {
		if err := n.at(candidate).Take(n.sign(candidate.Region, body)); errors.Is(err, mover.ErrRefused) {
			refused++
		}
	}
	if held := n.at(candidate).Held(); held != 8 || refused != 12 {
		t.Errorf("%d of one region are kept, %d were refused", held, refused)
	}
	n.take(candidate, n.sign(candidate.Region, statement.MoveBody{Leader: leader.ID, Candidate: candidate.ID, Term: body.Term + 1, Reason: "delay"}))
	if held := n.at(candidate).Held(); held != 8 {
		t.Errorf("%d are kept after one for a later term", held)
	}
	if n.inForce(candidate) != 0 {
		t.Error("one region's wish is in force")
	}
}

// Ensure a move for another leader or another term has no effect, with all the
// signatures in the world.
func TestOfNoEffect(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 86)
	leader := n.Leader()
	other, candidate := n.Followers()[0], n.Followers()[1]
	before := leader.Replica.Status().Term
	for _, body := range []statement.MoveBody{
		{Leader: other.ID, Candidate: candidate.ID, Term: before, Reason: "delay"},
		{Leader: leader.ID, Candidate: candidate.ID, Term: before + 5, Reason: "delay"},
	} {
		for _, region := range []string{leader.Region, other.Region, candidate.Region} {
			n.take(candidate, n.sign(region, body))
		}
	}
	n.Await("the wishes on every node", func() bool {
		for _, node := range n.Nodes {
			if n.at(node).Held() != 6 {
				return false
			}
		}
		return true
	})
	n.Fill(other, 20)
	for _, node := range n.Nodes {
		if term, _, _ := node.Replica.Standing(); n.inForce(node) != 0 && term == before {
			t.Errorf("%s: a move for another leader or term is in force", node.ID)
		}
	}
}

// Ensure a move is for its leader, or nobody leading, in its term and some after
// it, and for as long as its signatures are young and their keys valid.
func TestInForce(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 87)
	leader := n.Leader()
	other, candidate := n.Followers()[0], n.Followers()[1]
	for _, node := range n.Nodes {
		n.deafen(node) // nobody acts: the terms below are not those of the network
	}
	const term = 1000
	body := statement.MoveBody{Leader: leader.ID, Candidate: candidate.ID, Term: term, Reason: "delay"}
	m := n.at(candidate)
	n.take(candidate, n.sign(other.Region, body))
	if m.InForce(term, leader.ID) != 0 {
		t.Error("one region's wish is in force")
	}
	n.take(candidate, n.sign(leader.Region, body))
	for name, tc := range map[string]struct {
		term   uint64
		leader string
		want   int
	}{
		"its term":            {term, leader.ID, 1},
		"nobody leads":        {term, "", 1},
		"the term before":     {term - 1, leader.ID, 0},
		"the last term":       {term + statement.MoveTerms, leader.ID, 1},
		"beyond the last":     {term + statement.MoveTerms + 1, leader.ID, 0},
		"another leader":      {term, other.ID, 0},
		"the candidate leads": {term + 1, candidate.ID, 0},
	} {
		if got := m.InForce(tc.term, tc.leader); got != tc.want {
			t.Errorf("%s: %d in force, want %d", name, got, tc.want)
		}
	}
	n.Write(other, n.Govern(other.Region, statement.KindKeyAdd, n.nextKey(other.Region).Marshal(), n.Clock()))
	n.Write(other, n.Govern(other.Region, statement.KindKeyRetire, statement.KeyBody{Key: "gov-1"}.Marshal(), n.Clock()))
	n.Await("the key's end on the candidate", func() bool { return m.InForce(term, leader.ID) == 0 })
	n.take(candidate, n.sign(candidate.Region, body))
	if m.InForce(term, leader.ID) != 1 {
		t.Error("another region's wish does not count")
	}
	n.Advance(80 * time.Hour)
	if m.InForce(term, leader.ID) != 0 {
		t.Error("a wish of last week is in force")
	}
}

// nextKey is a second governance key of a region, active at once.
func (n *network) nextKey(region string) statement.KeyAddBody {
	n.t.Helper()
	key, err := keyring.Generate(keyring.EdDSA, keyring.UseGovernance, "gov-2")
	if err != nil {
		n.t.Fatal(err)
	}
	proven, err := statement.Prove(key, n.Signed.Network(), region, "")
	if err != nil {
		n.t.Fatal(err)
	}
	return statement.KeyAddBody{Proven: proven, Active: true}
}
