package witness_test

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/replica/clustertest"
	"sandi.internal/gateway/consensus/witness"
)

// size is the ledger of a node.
func size(node *clustertest.Node) uint64 { return node.Replica.Status().Size }

// awaitFinal waits until every running node shows a final checkpoint of its whole
// ledger, and that the whole is at least atLeast leaves.
func (n *network) awaitFinal(atLeast uint64) {
	n.t.Helper()
	n.Await("a final checkpoint of everything", func() bool {
		for _, node := range n.Running() {
			final := n.at(node).Board().Final()
			if final == nil || final.Size < atLeast || final.Size != size(node) {
				return false
			}
		}
		return true
	})
}

// Ensure every node comes to show a note of the whole ledger that all regions
// have cosigned and all nodes have signed as the log, and that a note once shown
// is on its disk.
func TestFinal(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 1)
	n.Fill(n.Leader(), 300)
	n.awaitFinal(300)
	n.Await("a log line of every node on every node", func() bool {
		return !slices.ContainsFunc(n.Nodes, func(node *clustertest.Node) bool { return len(n.at(node).Board().Final().Signatures) != 6 })
	})
	for _, node := range n.Nodes {
		w := n.at(node)
		if got := w.Board().Final().CosignedBy(); len(got) != 3 {
			t.Errorf("%s: final with %v", node.ID, got)
		}
		if s := w.State(); s.Size != size(node) || s.Index == 0 || s.Term == 0 {
			t.Errorf("%s: cosigned %+v of %d leaves", node.ID, s, size(node))
		}
		if e := w.Evidence(); len(e) > 0 || w.Trouble() != nil || w.Quarantine() != "" {
			t.Errorf("%s: %v, %v, %q", node.ID, e, w.Trouble(), w.Quarantine())
		}
	}
	n.CheckAll()
	node := n.Followers()[0]
	shown := n.at(node).Board().Final()
	n.Stop(node)
	n.Start(node)
	if again := n.at(node).Board().Final(); again == nil || again.Size < shown.Size {
		t.Errorf("after a restart %+v is shown, before it was %d leaves", again, shown.Size)
	}
}

// Ensure checkpoints are published by two regions while the third is down, that
// the final one lags, and that one round covers everything once it is back.
func TestRegionDown(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 2)
	n.Fill(n.Leader(), 20)
	n.awaitFinal(20)
	down := n.Followers()[0]
	n.Stop(down)
	began := time.Now()
	leader := n.Leader()
	n.Fill(leader, 30)
	n.Await("publishing at two", func() bool {
		return !slices.ContainsFunc(n.Running(), func(node *clustertest.Node) bool {
			p := n.at(node).Board().Published()
			return p.Size != size(node) || len(p.CosignedBy()) != 2
		})
	})
	n.Await("the running node's newest checkpoint, and the other one's last", func() bool {
		at := n.at(leader).Reached()
		return len(at) == 2 && !slices.ContainsFunc(at, func(r witness.Reach) bool {
			if r.Node == down.ID {
				return r.Size >= size(leader)
			}
			return r.At.Before(began) || r.Size != size(leader)
		})
	})
	for _, node := range n.Running() {
		if f := n.at(node).Board().Final(); f.Size >= 50 {
			t.Errorf("%s: final at %d with a region down", node.ID, f.Size)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	waited := make(chan error, 1)
	go func() {
		_, err := n.at(leader).Board().Wait(ctx, 50, true)
		waited <- err
	}()
	n.Start(down)
	n.awaitFinal(50)
	if err := <-waited; err != nil {
		t.Errorf("who waited for the final checkpoint: %v", err)
	}
	n.CheckAll()
}

// Ensure an idle leader renews the newest note, with a later time and the same
// tree, and that nothing is signed in between.
func TestRestamp(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 3, func(_ *clustertest.Options, tuning *witness.Tuning) { tuning.Restamp = 300 * time.Millisecond })
	n.Fill(n.Leader(), 5)
	n.awaitFinal(5)
	before := n.at(n.Nodes[0]).Board().Final()
	n.Advance(time.Hour)
	n.Await("a renewed note on every node", func() bool {
		return !slices.ContainsFunc(n.Nodes, func(node *clustertest.Node) bool {
			return slices.ContainsFunc(n.at(node).Board().Final().Signatures, func(s checkpoint.Signature) bool {
				return s.Key.Kind == checkpoint.KindCosigner && s.At < n.Clock().Unix()
			})
		})
	})
	if now := n.at(n.Nodes[0]).Board().Final(); now.Checkpoint != before.Checkpoint {
		t.Errorf("renewed %+v as %+v", before.Checkpoint, now.Checkpoint)
	}
}

// Ensure that when a leader shows two histories, every honest node holds evidence
// without asking that leader, and cosigning stops everywhere.
func TestFork(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 4)
	liar := n.Leader()
	n.Fill(liar, 10)
	n.awaitFinal(10)
	a, b := n.Followers()[0], n.Followers()[1]
	n.CutRaft(liar) // from now on it says only what the test lets it say
	n.CutRaft(a)    // and nobody elects another leader before both have heard
	for _, victim := range []*clustertest.Node{a, b} {
		n.Foist(liar, victim, n.OpenMemo(liar.Region))
	}
	n.Await("evidence on every node, with cosigning stopped", func() bool {
		return !slices.ContainsFunc(n.Nodes, func(node *clustertest.Node) bool { return n.at(node).Trouble() == nil })
	})
	for _, node := range n.Nodes {
		for _, e := range n.at(node).Evidence() {
			keys, err := checkpoint.FromGenesis(n.Signed.Genesis)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := witness.ParseEvidence(keys, e.Marshal()); err != nil || again.ID != e.ID {
				t.Errorf("%s: the evidence does not speak for itself: %v", node.ID, err)
			}
			first, _ := keys.Open(e.First)
			second, _ := keys.Open(e.Second)
			if first.Size != second.Size || first.Root == second.Root {
				t.Errorf("%s: no contradiction: %+v, %+v", node.ID, first, second)
			}
		}
		if s := n.at(node).State(); s.Size > 10 {
			t.Errorf("%s: cosigned %d leaves of a fork", node.ID, s.Size)
		}
	}
}

// Ensure a node whose data folder was put back does not vote, says so, and votes
// again once everybody has answered, but in no term that it may have voted in.
func TestRolledBack(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 5)
	n.Fill(n.Leader(), 10)
	n.awaitFinal(10)
	old := n.Followers()[0]
	backup := n.Backup(old)
	n.Fill(n.Leader(), 40)
	n.awaitFinal(50)
	n.Stop(old)
	n.PutBack(old, backup)

	third := n.Followers()[0]
	leader := n.Leader()
	n.Crash(leader, 0) // two are left, one of which has forgotten: nobody may lead
	n.Start(old)
	n.Await("probation", func() bool { return n.at(old).Quarantine() != "" })
	if got := n.at(old).Abstain(); got != math.MaxUint64 {
		t.Fatalf("abstains up to %d", got)
	}
	before := old.Replica.Status().Term
	if granted, err := n.Canvass(third, old, before+10); granted || err != nil || old.Replica.Status().Term != before {
		t.Fatalf("voted on probation: %v, %v, term %d, before %d", granted, err, old.Replica.Status().Term, before)
	}
	if got := old.Replica.HandleTerm(); got != 0 {
		t.Errorf("named term %d for another's read round", got)
	}
	n.Stop(old) // a restart does not end it
	n.Start(old)
	if n.at(old).Quarantine() == "" {
		t.Fatal("a restart ended the probation")
	}
	if len(n.Running()) != 2 || third.Replica.Status().Role == "leader" {
		t.Fatalf("%s leads with the vote of a node that forgot", third.ID)
	}

	n.Start(leader)
	n.Leader()
	n.Await("an end of the probation", func() bool { return n.at(old).Quarantine() == "" })
	floor := n.at(old).Abstain()
	if term := old.Replica.Status().Term; floor == 0 || floor > term {
		t.Fatalf("abstains up to term %d, in term %d", floor, term)
	}
	if granted, err := n.Canvass(third, old, floor); granted || err != nil {
		t.Errorf("voted in term %d: %v", floor, err)
	}
	if s := n.at(old).State(); s.Size < 50 {
		t.Errorf("still remembers %d leaves only", s.Size)
	}
	n.Fill(n.Leader(), 5)
	n.awaitFinal(55)
	n.CheckAll()
	n.Stop(old)
	n.Start(old)
	if again := n.at(old).Quarantine(); again != "" {
		t.Errorf("quarantined again: %s", again)
	}
	n.Await("the floor after a restart", func() bool { return n.at(old).Abstain() == floor })
}

// Ensure a node holds its vote back until a peer has answered, and no longer.
func TestHold(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 6)
	n.Leader()
	node := n.Followers()[0]
	n.Stop(node)
	n.Isolate(node)
	n.Start(node)
	if got := n.at(node).Abstain(); got != math.MaxUint64 {
		t.Fatalf("abstains up to %d before anybody answered", got)
	}
	n.Heal()
	n.Await("the vote of a node that remembers", func() bool { return n.at(node).Abstain() == 0 })
	n.Fill(n.Leader(), 3)
	n.awaitFinal(3)
}

// Ensure a folder that is new, under keys that have signed, is a rolled-back one.
func TestEmptyFolder(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 7)
	n.Fill(n.Leader(), 10)
	empty := n.Followers()[0]
	n.awaitFinal(10)
	n.Stop(empty)
	n.Erase(empty)
	n.Start(empty)
	n.Await("probation", func() bool { return n.at(empty).Quarantine() != "" || n.at(empty).Abstain() != math.MaxUint64 })
	n.Await("an end of the probation", func() bool { return n.at(empty).Quarantine() == "" && n.at(empty).Abstain() != math.MaxUint64 })
	if s := n.at(empty).State(); s.Size < 10 || n.at(empty).Abstain() == 0 {
		t.Errorf("remembers %+v, abstains up to %d", s, n.at(empty).Abstain())
	}
	n.Fill(n.Leader(), 5)
	n.awaitFinal(15)
	n.CheckAll()
}
