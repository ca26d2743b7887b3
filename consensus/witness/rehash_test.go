package witness_test

import (
	"errors"
	"testing"

	"sandi.internal/gateway/consensus/witness"
)

// Ensure a flipped bit stops the cosigner that reads it, for good and aloud, and
// neither the node nor the log.
func TestDamaged(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 8)
	n.Fill(n.Leader(), 20)
	n.awaitFinal(20)
	sick := n.Followers()[0]
	n.mu.Lock()
	n.bad = sick.ID
	n.mu.Unlock()
	n.Fill(n.Leader(), 10)
	n.Await("a cosigner that has stopped", func() bool { return errors.Is(n.at(sick).Trouble(), witness.ErrDamaged) })
	n.Await("publishing at two", func() bool {
		p := n.at(n.Leader()).Board().Published()
		return p.Size >= 30 && len(p.CosignedBy()) == 2
	})
	if s := n.at(sick).State(); s.Size > 20 {
		t.Errorf("cosigned %d leaves that it cannot read", s.Size)
	}
	n.mu.Lock()
	n.bad = ""
	n.mu.Unlock()
	n.Fill(n.Leader(), 5)
	n.Await("publishing at two", func() bool {
		p := n.at(n.Leader()).Board().Published()
		return p.Size >= 35 && len(p.CosignedBy()) == 2
	})
	if err := n.at(sick).Trouble(); !errors.Is(err, witness.ErrDamaged) {
		t.Errorf("signs again without anybody having looked: %v", err)
	}
	n.Stop(sick) // a restart reads it all again
	n.Start(sick)
	n.awaitFinal(35)
	n.CheckAll()
}

// Ensure a node that a crash robbed of all that it had not synced forgets
// nothing that it cosigned: it needs no probation, however far its ledger store
// lags behind its Raft log.
func TestLaggingStore(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, 9)
	n.Fill(n.Leader(), 20)
	n.awaitFinal(20)
	node := n.Followers()[0]
	for range 3 {
		n.Fill(n.Leader(), 30) // into the ledger store, which only cosignatures sync
		n.Crash(node, 0)
		n.Start(node)
		if why := n.at(node).Quarantine(); why != "" {
			t.Fatalf("quarantined at the start: %s", why)
		}
		n.Await("its vote", func() bool { return n.at(node).Abstain() == 0 })
		if why := n.at(node).Quarantine(); why != "" {
			t.Fatalf("quarantined: %s", why)
		}
	}
	n.awaitFinal(110)
	n.CheckAll()
}
