package witness_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/replica/clustertest"
	"sandi.internal/gateway/consensus/witness"
)

// Ensure a leader that puts statements of another bureau into the log gets them
// refused by every replica alike: a false signature, another bureau's name over
// its own signature, a genuine statement with one byte changed.
func TestLiarForgesStatements(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 41)
	liar := n.Leader()
	victim := n.Followers()[0]
	n.Fill(liar, 10)
	n.healthy(10)
	changed := n.OpenMemo(victim.Region)
	changed[len(changed)/2] ^= 1
	unsigned := n.OpenMemo(victim.Region)
	unsigned = append(unsigned[:bytes.LastIndexByte(unsigned, '.')+1], bytes.Repeat([]byte("A"), 86)...)
	genuine := n.OpenMemo(liar.Region)
	n.impose(liar, n.Clock(), n.ForgeMemo(liar.Region, victim.Region), changed, unsigned, genuine)
	n.healthy(11)
	for _, node := range n.Nodes {
		if got := size(node); got != 11 {
			t.Errorf("%s: %d leaves, want the liar's own one and no other", node.ID, got)
		}
	}
	n.CheckAll()
}

// Ensure two replicas that were given different entries at one index, or the same
// statements in another order, find out from each other.
func TestLiarReorders(t *testing.T) {
	t.Parallel()
	for name, differ := range map[string]func(one, other []byte) (a, b [][]byte){
		"other statements": func(one, other []byte) (a, b [][]byte) { return [][]byte{one}, [][]byte{other} },
		"another order":    func(one, other []byte) (a, b [][]byte) { return [][]byte{one, other}, [][]byte{other, one} },
		"one kept back":    func(one, other []byte) (a, b [][]byte) { return [][]byte{one, other}, [][]byte{one} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t, 42)
			liar := n.Leader()
			n.Fill(liar, 10)
			n.awaitFinal(10)
			a, b := n.Followers()[0], n.Followers()[1]
			n.CutRaft(liar) // from now on it says only what the test lets it say
			n.CutRaft(a)
			// It says nothing of its own to the others' witnesses: they have each other.
			n.lie(liar, lies{
				pull: func(string, witness.Pulled) witness.Pulled { return witness.Pulled{} },
				add:  func(string, []byte, witness.Answer) witness.Answer { return witness.Answer{Status: 503} },
			})
			toA, toB := differ(n.OpenMemo(liar.Region), n.OpenMemo(b.Region))
			n.Foist(liar, a, toA...)
			n.Foist(liar, b, toB...)
			if len(toA) != len(toB) { // one is a beginning of the other, as far as it goes
				n.Foist(liar, b, n.OpenMemo(a.Region))
			}
			n.Await("evidence on both", func() bool {
				return errors.Is(n.at(a).Trouble(), witness.ErrFork) && errors.Is(n.at(b).Trouble(), witness.ErrFork)
			})
			for _, node := range []*clustertest.Node{a, b} {
				if s := n.at(node).State(); s.Size > 10 {
					t.Errorf("%s: cosigned %d leaves of a fork", node.ID, s.Size)
				}
				if final := n.at(node).Board().Final(); final.Size > 10 {
					t.Errorf("%s: %d leaves are final", node.ID, final.Size)
				}
			}
		})
	}
}

// Ensure a replica that a leader keeps entries from says so, while nothing that
// it lacks becomes final, and all is well once it gets them.
func TestLiarHidesEntries(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 43)
	liar := n.Leader()
	n.Fill(liar, 10)
	n.healthy(10)
	victim, other := n.Followers()[0], n.Followers()[1]
	n.Starve(liar, victim)
	n.Starve(other, victim) // should it come to lead
	n.Fill(other, 5)
	n.awaitWarning(victim, "keeps entries from it")
	n.awaitWarning(other, victim.ID) // has not cosigned
	for _, node := range n.Nodes {
		if final := n.at(node).Board().Final(); final.Size > 10 {
			t.Errorf("%s: %d leaves are final, and %s has not seen them", node.ID, final.Size, victim.ID)
		}
	}
	n.checkFinal()
	n.Heal()
	n.healthy(15)
	n.Await("no warning", func() bool {
		return !slices.ContainsFunc(n.Nodes, func(node *clustertest.Node) bool { return n.at(node).Warning() != nil })
	})
	n.CheckAll()
}

// Ensure a leader that moves ledger time ahead gets no cosignature for it, and
// that every honest node says why; once the clocks are there, all goes on.
func TestLiarJumpsTime(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 50)
	liar := n.Leader()
	n.Fill(liar, 10)
	n.healthy(10)
	n.impose(liar, n.Clock().Add(time.Hour), n.OpenMemo(liar.Region))
	// The liar's own witness would not sign it either; so the liar asks with its keys.
	n.Await("the entry everywhere", func() bool {
		return !slices.ContainsFunc(n.Nodes, func(node *clustertest.Node) bool { return size(node) != 11 })
	})
	view := liar.Store.View()
	standing, err := liar.Ledger.Books(view).Standing()
	_ = view.Close()
	if err != nil {
		t.Fatal(err)
	}
	c := checkpoint.Checkpoint{Origin: n.Signed.Genesis.Origin, Size: standing.Size, Root: standing.Root}
	note := n.cosigned(liar, c, n.Clock().Unix())
	for _, node := range n.honest(liar) {
		n.awaitWarning(node, "ahead of this node's clock")
		request := checkpoint.AddRequest{Old: n.at(node).State().Size, Note: note.Marshal()}.Marshal()
		if a := n.at(node).AddCheckpoint(t.Context(), liar.ID, request); a.Status != witness.StatusNotNow {
			t.Errorf("%s: answered %d %s", node.ID, a.Status, a.Body)
		}
		if s := n.at(node).State(); s.Size > 10 {
			t.Errorf("%s: cosigned %d leaves", node.ID, s.Size)
		}
	}
	n.checkFinal()
	n.Advance(time.Hour)
	n.healthy(11)
	n.Await("no warning", func() bool {
		return !slices.ContainsFunc(n.Nodes, func(node *clustertest.Node) bool { return n.at(node).Warning() != nil })
	})
}
