package replica_test

import (
	"errors"
	"math"
	"sync/atomic"
	"testing"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/replica/clustertest"
)

// Ensure a node does not start on a ledger that contradicts what it cosigned, and
// does on one that is only shorter.
func TestBrokenPromise(t *testing.T) {
	t.Parallel()
	var cosigned atomic.Pointer[ledger.Check]
	c := clustertest.New(t, clustertest.Options{Seed: 61, Attach: func(_ *clustertest.Cluster, _ *clustertest.Node, config *replica.Config) (func() error, error) {
		config.Cosigned = func() ledger.Check {
			if check := cosigned.Load(); check != nil {
				return *check
			}
			return ledger.Check{}
		}
		return func() error { return nil }, nil
	}})
	c.Fill(c.Leader(), 10)
	c.CheckAll()
	node := c.Followers()[0]
	view := node.Store.View()
	standing, err := node.Ledger.Books(view).Standing()
	if err := errors.Join(err, view.Close()); err != nil {
		t.Fatal(err)
	}
	c.Stop(node)
	cosigned.Store(&ledger.Check{Points: []ledger.Point{{Size: 9, Root: [32]byte{1}}}})
	if err := c.TryStart(node); !errors.Is(err, replica.ErrBroken) {
		t.Fatalf("started on another history: %v", err)
	}
	cosigned.Store(&ledger.Check{Points: []ledger.Point{{Size: standing.Size, Root: standing.Root}, {Size: 1000, Root: [32]byte{1}}}})
	c.Start(node)
	c.Fill(c.Leader(), 1)
	c.CheckAll()
}

// Ensure a node that abstains neither leads nor helps anybody to lead or to read,
// and still follows.
func TestAbstain(t *testing.T) {
	t.Parallel()
	var abstain atomic.Uint64
	abstain.Store(math.MaxUint64)
	var quiet atomic.Pointer[string]
	c := clustertest.New(t, clustertest.Options{Seed: 62, Attach: func(_ *clustertest.Cluster, n *clustertest.Node, config *replica.Config) (func() error, error) {
		id := n.ID
		config.Abstain = func() uint64 {
			if q := quiet.Load(); q != nil && *q == id {
				return abstain.Load()
			}
			return 0
		}
		return func() error { return nil }, nil
	}})
	leader := c.Leader()
	node, third := c.Followers()[0], c.Followers()[1]
	quiet.Store(&node.ID)
	c.Fill(leader, 10)
	c.CheckAll() // it follows
	if term, err := leader.Replica.Rejoin(within(t, patience)); err == nil {
		t.Errorf("a leader rejoined itself in term %d", term)
	}
	c.Isolate(third)
	if _, err := leader.Replica.View(within(t, patience), replica.Consistency{Mode: replica.Linearizable}); !errors.Is(err, replica.ErrNoLeader) {
		t.Errorf("a node that abstains counted for a read round: %v", err)
	}
	c.Fill(leader, 3) // its acknowledgements count
	c.Heal()
	term, err := node.Replica.Rejoin(within(t, patience))
	if err != nil {
		t.Fatal(err)
	}
	abstain.Store(term)
	if granted, err := c.Canvass(third, node, term); err != nil || granted {
		t.Errorf("voted again in term %d: %v", term, err)
	}
	c.Stop(leader) // the two others can elect one of them only together
	c.Fill(c.Leader(), 2)
	c.Start(leader)
	c.CheckAll()
}
