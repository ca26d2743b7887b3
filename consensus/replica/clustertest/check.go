package clustertest

import (
	"errors"
	"fmt"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/storage/state"
)

// CheckAll verifies everything on every running node: each ledger from its own
// bytes (every signature, the tree, the digests, the indexes), all of them
// against each other, every acknowledged result in its place, and no statement
// twice. It waits until the nodes have caught up with each other.
func (c *Cluster) CheckAll() {
	c.t.Helper()
	nodes := c.Running()
	leader := c.Leader(nodes...)
	size := leader.Replica.Status().Size
	c.Await(fmt.Sprintf("all nodes at %d leaves", size), func() bool {
		for _, n := range nodes {
			if n.Replica.Status().Size < size {
				return false
			}
		}
		return true
	})
	var first ledger.Standing
	for i, n := range nodes {
		standing, err := n.check(c.history.acknowledged())
		for errors.Is(err, state.ErrRestored) { // a snapshot overtook the view
			standing, err = n.check(c.history.acknowledged())
		}
		if err != nil {
			c.t.Errorf("%s: %s: %v", c, n.ID, err)
			continue
		}
		if i == 0 {
			first = standing
		} else if standing.Size == first.Size && standing != first {
			c.t.Errorf("%s: %s and %s differ: %+v, %+v", c, nodes[0].ID, n.ID, first, standing)
		}
		if f := n.Replica.Status().Findings; len(f) > 0 {
			c.t.Errorf("%s: %s: the configuration is not that of genesis: %v", c, n.ID, f)
		}
	}
}

func (h *History) acknowledged() []ledger.Result {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.acked[:len(h.acked):len(h.acked)]
}

// check verifies one node in one view.
func (n *Node) check(acked []ledger.Result) (ledger.Standing, error) {
	view := n.Store.View()
	defer view.Close()
	books := n.Ledger.Books(view)
	standing, err := books.Standing()
	if err != nil {
		return standing, err
	}
	if err := n.Ledger.Verify(view); err != nil {
		return standing, err
	}
	leaves, err := books.Leaves(0, standing.Size)
	if err != nil {
		return standing, err
	}
	if uint64(len(leaves)) != standing.Size {
		return standing, fmt.Errorf("%d leaves of %d", len(leaves), standing.Size)
	}
	at := make(map[statement.Hash]uint64, len(leaves))
	for i, leaf := range leaves {
		if before, twice := at[leaf.Statement.Hash]; twice {
			return standing, fmt.Errorf("leaves %d and %d are the same statement", before, i)
		}
		at[leaf.Statement.Hash] = uint64(i)
	}
	for _, res := range acked {
		i, there := at[res.Hash]
		if !there {
			if res.Index >= standing.Size {
				continue // acknowledged after this view was opened
			}
			return standing, fmt.Errorf("acknowledged leaf %d is not there", res.Index)
		}
		if i != res.Index || leaves[i].LeafHash != res.LeafHash {
			return standing, fmt.Errorf("acknowledged as leaf %d, stands as %d, or as another leaf", res.Index, i)
		}
	}
	return standing, nil
}
