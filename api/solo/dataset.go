package solo

import (
	"context"
	"encoding/json"
	"errors"

	"sandi.internal/gateway/api/dataset"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/ledger"
)

// sets opens a bureau's shared data sets over its tables.
func (n *Network) sets(b *Bureau, o Options) *dataset.Sets {
	if o.Tables == nil {
		return nil
	}
	node := n.Keys.Region(b.Region).Nodes[0]
	b.DataConfig = dataset.Config{
		Region: b.Region, Node: node.ID, Network: n.Genesis.Network(), Tables: o.Tables, Local: b.Local,
		Books: func() (*ledger.Books, func(), error) { return open(o.Ledger) }, Nodes: n.nodes, Peers: n, Access: b.Access,
		Key:    checkpoint.NewKey(checkpoint.KindLog, n.Genesis.Origin, b.Region, node.ID, node.Log.Public().Key),
		Signer: node.Log, Keys: n.logKeys, Secret: []byte(node.ID), Clock: n.Clock,
	}
	d, err := dataset.New(b.DataConfig)
	if err != nil {
		n.t.Fatal(err)
	}
	return d
}

// logKeys are the nodes' keys, as genesis has them.
func (n *Network) logKeys() *checkpoint.Keys {
	keys, err := checkpoint.FromGenesis(n.Genesis.Genesis)
	if err != nil {
		n.t.Error(err)
	}
	return keys
}

var _ dataset.Peers = (*Network)(nil)

// Query implements dataset.Peers: the bureaus ask each other without a network, each in
// the name of the region that its organisation is of. What goes over is JSON.
func (n *Network) Query(ctx context.Context, node string, q dataset.Question) (*dataset.Page, error) {
	n.mu.Lock()
	b := n.bureaus[node[:6]]
	n.mu.Unlock()
	if b == nil || b.Data == nil {
		return nil, errors.New("the bureau is closed")
	}
	body, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	var there dataset.Question
	if err := json.Unmarshal(body, &there); err != nil {
		return nil, err
	}
	return b.Data.Answer(ctx, q.Org[:2]+"0000", there)
}
