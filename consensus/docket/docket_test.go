package docket_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/docket"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/promise"
	"sandi.internal/gateway/consensus/replica/clustertest"
	"sandi.internal/gateway/consensus/statement"
)

func parse(t *testing.T, raw []byte) *statement.Statement {
	t.Helper()
	st, err := statement.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// nodes lists whose promises are held about a statement at a node.
func (n *network) nodes(node *clustertest.Node, st *statement.Statement) []string {
	var list []string
	for _, h := range n.at(node).Of(st.Region, st.ID) {
		list = append(list, h.Node)
	}
	return list
}

// start submits a statement at a node in the background, through its docket.
func (n *network) start(node *clustertest.Node, raw []byte) <-chan ledger.Result {
	done := make(chan ledger.Result, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		res, err := n.at(node).Submit(ctx, raw)
		if err != nil {
			n.t.Errorf("%s: %v", node.ID, err)
		}
		done <- res
	}()
	return done
}

// Ensure a statement that a leader drops is promised by it and by the others, that
// the promises become evidence when they are over, that the other region's help is
// enough to move leadership, and that the statement is then committed, late for
// everybody to see.
func TestCensorship(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 71)
	leader := n.Leader()
	victim, third := n.Followers()[0], n.Followers()[1]
	n.Fill(third, 10)
	n.mu.Lock()
	n.lazy[leader.ID] = true // it promises, like everybody
	n.mu.Unlock()
	n.Censor(leader, victim.Region)

	raw := n.OpenMemo(victim.Region)
	st := parse(t, raw)
	done := n.start(victim, raw)
	if err := n.at(victim).Own(st); err != nil {
		t.Fatal(err)
	}
	all := []string{leader.ID, third.ID, victim.ID}
	slices.Sort(all)
	n.Await("a promise of every node", func() bool { return slices.Equal(n.nodes(victim, st), all) })
	if late := n.at(victim).Late(); len(late) != 0 || n.at(victim).Warning() != nil {
		t.Fatalf("late at once: %+v", late)
	}
	n.Fill(third, 10) // the others notice nothing

	n.Advance(docket.Period + 10*time.Second)
	n.Await("evidence of delay", func() bool { return len(n.at(victim).Late()) == 3 && n.at(victim).Warning() != nil })
	keys, err := checkpoint.FromGenesis(n.Signed.Genesis)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range n.at(victim).Late() {
		p, err := promise.Open(keys, h.Marshal())
		if err != nil || p.Hash != st.Hash || p.Due >= n.Clock().Unix() || h.Committed {
			t.Errorf("evidence %+v: %v", h, err)
		}
	}
	select {
	case res := <-done:
		t.Fatalf("not censored: %+v", res)
	default:
	}

	body := statement.MoveBody{Leader: leader.ID, Candidate: third.ID, Term: leader.Replica.Status().Term, Reason: "delay"}.Marshal()
	for _, node := range []*clustertest.Node{victim, third} {
		if err := n.at(node).mover.Take(n.Govern(node.Region, statement.KindLeaderMove, body, n.Clock())); err != nil {
			t.Fatal(err)
		}
	}
	res := <-done
	if res.Status != ledger.Committed || n.Leader() == leader {
		t.Fatalf("after the move: %+v", res)
	}
	n.Await("the warning's end", func() bool { return n.at(victim).Warning() == nil })
	late := n.at(victim).Late()
	if len(late) != 3 {
		t.Fatalf("%d promises in evidence, want 3", len(late))
	}
	for _, h := range late {
		if !h.Committed || h.Index != res.Index || h.At <= h.Due || h.Found <= h.Due || h.KeptLate() != max(h.At, h.Found)-h.Due {
			t.Errorf("evidence %+v of leaf %d", h, res.Index)
		}
	}
	n.Stop(victim) // evidence outlives the process
	n.Start(victim)
	n.Await("the evidence again", func() bool {
		again := n.at(victim).Late()
		return len(again) == 3 && again[0].Found == late[0].Found && again[0].Index == res.Index
	})
	n.CheckAll()
}

// Ensure promises that were kept are forgotten, and that the helpers' submissions
// bring a statement in that its own node could not bring to the leader.
func TestKept(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 72)
	leader := n.Leader()
	victim, third := n.Followers()[0], n.Followers()[1]
	n.Cut(victim, leader) // what it says does not reach the leader; the leader's does reach it
	raw := n.OpenMemo(victim.Region)
	st := parse(t, raw)
	if err := n.at(victim).Own(st); err != nil {
		t.Fatal(err)
	}
	done := n.start(victim, raw)
	n.Await("the statement on the third node", func() bool {
		view := third.Store.View()
		defer view.Close()
		o, err := third.Ledger.Books(view).Statement(st.Region, st.ID)
		return err == nil && o.Committed != nil
	})
	n.Heal()
	if res := <-done; res.Status != ledger.Committed {
		t.Fatalf("%+v", res)
	}
	n.Await("no promise left", func() bool { return len(n.nodes(victim, st)) == 0 })
	if late := n.at(victim).Late(); len(late) != 0 {
		t.Errorf("late: %+v", late)
	}
	n.Stop(victim)
	n.Start(victim)
	if left := n.nodes(victim, st); len(left) != 0 {
		t.Errorf("a restart brought back %v", left)
	}
	n.CheckAll()
}

// Ensure nobody promises what it cannot answer for.
func TestGive(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 73)
	leader := n.Leader()
	known := n.OpenMemo("110000")
	n.Write(leader, known)
	forged := n.OpenMemo("110000")
	forged[len(forged)-5] ^= 1
	p := parse(t, n.OpenMemo("110000")).Payload
	p.Network = statement.RequestDigest([]byte("another"))
	foreign, _, err := statement.Sign(n.Keys.Region("110000").Statement, p)
	if err != nil {
		t.Fatal(err)
	}
	p.Network = n.Signed.Network()
	stranger, err := keyring.Generate(keyring.EdDSA, keyring.UseStatement, "st-9")
	if err != nil {
		t.Fatal(err)
	}
	unknown, _, err := statement.Sign(stranger, p)
	if err != nil {
		t.Fatal(err)
	}
	good := n.OpenMemo("110000")
	notes := n.at(leader).Give([][]byte{nil, []byte("noise"), known, forged, foreign, unknown, good})
	keys, err := checkpoint.FromGenesis(n.Signed.Genesis)
	if err != nil {
		t.Fatal(err)
	}
	for i, note := range notes[:6] {
		if len(note) != 0 {
			t.Errorf("promised number %d", i)
		}
	}
	got, err := promise.Open(keys, notes[6])
	if err != nil || got.Node != leader.ID || got.Hash != parse(t, good).Hash || got.Due-got.Seen != int64(docket.Period.Seconds()) {
		t.Fatalf("%+v, %v", got, err)
	}
	st := parse(t, good)
	n.Await("what was promised", func() bool {
		view := leader.Store.View()
		defer view.Close()
		o, err := leader.Ledger.Books(view).Statement(st.Region, st.ID)
		return err == nil && o.Committed != nil
	})
	n.CheckAll()
}

// Ensure what a node has missed at the due time stays evidence, though the leader
// that committed it late has stamped it with a time before.
func TestBackdated(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 74)
	leader := n.Leader()
	victim := n.Followers()[0]
	n.mu.Lock()
	n.lazy[leader.ID] = true
	n.mu.Unlock()
	n.Censor(leader, victim.Region)
	raw := n.OpenMemo(victim.Region)
	st := parse(t, raw)
	if err := n.at(victim).Own(st); err != nil {
		t.Fatal(err)
	}
	n.Advance(docket.Period + time.Second)
	n.Await("evidence of delay", func() bool { return len(n.at(victim).Late()) == 1 })
	n.Advance(-docket.Period) // every clock: what the leader stamps now lies before the due time
	n.Write(leader, raw)
	n.Advance(docket.Period)
	n.Await("the statement found late", func() bool {
		late := n.at(victim).Late()
		return len(late) == 1 && late[0].Committed && late[0].At <= late[0].Due
	})
	n.CheckAll()
}
