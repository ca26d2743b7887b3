package public

import (
	"context"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/genesis"
)

type nodesOut struct {
	Stamp
	Body v1.Nodes
}

// nodes is GET /v1/nodes: which nodes the network has, as this node has applied it.
func (a *API) nodes(ctx context.Context, c *auth.Caller, _ *noInput) (*nodesOut, error) {
	view, _, err := a.lookLocal(ctx, c)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	list, err := a.network()
	return &nodesOut{Stamp: stampOf(view), Body: list}, err
}

// network is the nodes of now, or those of genesis where nobody tells.
func (a *API) network() (v1.Nodes, error) {
	if a.cfg.Nodes != nil {
		return a.cfg.Nodes()
	}
	list := v1.Nodes{Network: a.cfg.Network, Nodes: []v1.Node{}, Plan: []v1.MembershipStep{}, Waits: []v1.MembershipWait{}}
	for _, r := range a.cfg.Genesis.Regions {
		for _, n := range r.Nodes {
			list.Nodes = append(list.Nodes, nodeOf(r.Code, n))
		}
	}
	return list, nil
}

func nodeOf(region string, n genesis.Node) v1.Node {
	one := v1.Node{ID: n.ID, Region: region, Peer: n.Peer, Gossip: n.Gossip, Public: n.Public, Server: "standby", Against: []string{}}
	if n.Voter {
		one.Server = "voter"
	}
	return one
}
