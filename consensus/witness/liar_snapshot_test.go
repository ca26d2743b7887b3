package witness_test

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"testing"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/replica/clustertest"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/consensus/witness"
)

// Ensure a snapshot that contradicts what a node has cosigned, or continues it
// otherwise than the others do, is refused or found out.
func TestLiarSnapshots(t *testing.T) {
	t.Parallel()
	for name, tell := range map[string]func(t *testing.T, s deceit){
		"another history": func(t *testing.T, s deceit) {
			if s.install(s.Another(s.liar.Region, 40)) {
				t.Error("taken over")
			}
			s.healthy(20)
		},
		"a shorter history": func(t *testing.T, s deceit) {
			if s.install(s.Another(s.liar.Region, 5)) {
				t.Error("taken over")
			}
			s.healthy(20)
		},
		"the victim's own history, otherwise continued": func(t *testing.T, s deceit) {
			s.CutRaft(s.liar)
			s.CutRaft(s.victim)
			if !s.install(s.Continued(s.victim, s.liar.Region, 3)) {
				t.Error("a ledger that verifies and continues one's own was refused")
			}
			s.Foist(s.liar, s.other, s.OpenMemo(s.other.Region), s.OpenMemo(s.other.Region), s.OpenMemo(s.other.Region))
			s.foundOut()
		},
		"another history, to a node that has lost its own": func(t *testing.T, s deceit) {
			s.CutRaft(s.victim) // nothing but the liar's snapshot reaches it
			s.lose(s.victim)
			s.Await("what it has cosigned", func() bool { return s.at(s.victim).Quarantine() != "" })
			if s.install(s.Another(s.liar.Region, 40)) {
				t.Error("taken over against what it has cosigned")
			}
			s.Heal()
			s.healthy(20)
		},
		"the truth, at a false place of the log": func(t *testing.T, s deceit) {
			s.CutRaft(s.victim)
			s.Fill(s.liar, 5)
			if !s.install(clustertest.Copied(s.victim, nil)) {
				t.Error("its own ledger was refused")
			}
			s.Heal()
			s.Await("something that an operator sees", func() bool {
				return s.at(s.victim).Warning() != nil || !s.victim.Replica.Status().Ready
			})
			s.lose(s.victim) // what OPERATIONS.md says for a node that is off
			s.healthy(25)
			s.CheckAll()
		},
		"another history, before the others are heard": func(t *testing.T, s deceit) {
			s.Isolate(s.victim)
			s.lose(s.victim)
			if !s.install(s.Another(s.liar.Region, 40)) {
				t.Error("a node that has nothing and heard nobody refused a ledger that verifies")
			}
			s.Heal()
			s.foundOut()
			if s.at(s.victim).Abstain() != math.MaxUint64 || s.at(s.victim).State().Size > 0 {
				t.Errorf("votes, or cosigned %+v", s.at(s.victim).State())
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t, 51)
			n.Fill(n.Leader(), 20)
			n.healthy(20)
			tell(t, deceit{n, n.Leader(), n.Followers()[0], n.Followers()[1]})
		})
	}
}

// deceit is a liar, whom it lies to, and who else is there.
type deceit struct {
	*network
	liar, victim, other *clustertest.Node
}

// install sends the victim a snapshot from a leader of a later term, and reports
// whether it was taken over.
func (d deceit) install(fill func(ledger.Tx) error) bool {
	d.t.Helper()
	meta := d.other.Store.Meta()
	meta.RaftIndex += 1000
	meta.RaftTerm = max(d.other.Replica.Status().Term, d.victim.Replica.Status().Term) + 1
	resp, err := d.Install(d.liar, d.victim, meta.RaftTerm, d.Forge(meta, fill))
	return err == nil && resp.Success
}

// lose has a node start with an empty disk.
func (d deceit) lose(node *clustertest.Node) {
	d.Stop(node)
	d.Erase(node)
	d.Start(node)
}

// foundOut waits until both the victim and the other one know of a fork.
func (d deceit) foundOut() {
	d.t.Helper()
	d.Await("a fork found out on both", func() bool {
		return errors.Is(d.at(d.victim).Trouble(), witness.ErrFork) && errors.Is(d.at(d.other).Trouble(), witness.ErrFork)
	})
	d.checkFinal(d.victim)
}

// Ensure a refusal planted in a snapshot, which nothing in the ledger binds, is
// found out with the first statement that it touches: the victim's tree differs.
func TestPlantedRefusal(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 52)
	liar, victim, other := n.Leader(), n.Followers()[0], n.Followers()[1]
	memo := n.Write(other, n.OpenMemo(other.Region))
	n.Write(other, n.AddNote(other.Region, memo.Record, memo.Hash.String(), "first"))
	late, err := n.Submit(t.Context(), other, n.AddNote(other.Region, memo.Record, memo.Hash.String(), "too late"))
	if err != nil || late.Status != ledger.Refused {
		t.Fatalf("%+v, %v", late, err)
	}
	n.healthy(2)
	target := n.OpenMemo(other.Region)
	st, err := statement.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	const refusals = 0x40
	planted := 0
	n.CutRaft(victim)
	n.Stop(victim)
	n.Erase(victim)
	n.Start(victim)
	n.Await("what it has cosigned", func() bool { return n.at(victim).Quarantine() != "" })
	f := n.Forge(liar.Store.Meta(), clustertest.Copied(liar, func(k, v []byte) []byte {
		if k[0] == refusals {
			planted++
			return bytes.Replace(v, []byte(late.Hash.String()), []byte(st.Hash.String()), 1)
		}
		return v
	}))
	if resp, err := n.Install(liar, victim, liar.Replica.Status().Term, f); err != nil || !resp.Success || planted != 1 {
		t.Fatalf("the doctored snapshot was not taken over, or had %d refusals: %+v, %v", planted, resp, err)
	}
	n.Heal()
	n.Await("the victim among the others", func() bool { return n.at(victim).Quarantine() == "" })
	n.Write(other, target) // refused at the victim
	n.Write(other, n.OpenMemo(other.Region))
	n.Write(other, n.OpenMemo(other.Region))
	n.Await("a fork found out on all", func() bool {
		return !slices.ContainsFunc(n.Nodes, func(node *clustertest.Node) bool { return !errors.Is(n.at(node).Trouble(), witness.ErrFork) })
	})
	n.checkFinal(victim)
}
