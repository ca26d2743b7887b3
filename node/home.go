package node

import (
	"context"

	"sandi.internal/gateway/api/home"
)

// openHome opens what reads the values that stay at home.
func (n *Node) openHome(peers home.Peers) {
	n.home = home.New(home.Config{
		Region: n.cfg.Region, Nodes: n.nodesOf, Vault: n.materials, Peers: peers, Access: n.access,
	})
}

// nodesOf are the ids of a region's nodes.
func (n *Node) nodesOf(region string) []string {
	var ids []string
	r := n.today().Region(region)
	if r == nil {
		return nil
	}
	for _, node := range r.Nodes {
		ids = append(ids, node.ID)
	}
	return ids
}

// releases answers other regions from this node's own ledger.
type releases struct{ *Node }

// Release implements peer.Home.
func (n releases) Release(ctx context.Context, region string, q home.Question) ([]home.Object, error) {
	books, done, err := n.books()
	if err != nil {
		return nil, err
	}
	defer done()
	return n.home.Release(ctx, books, region, q)
}
