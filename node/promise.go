package node

import (
	"context"
	"fmt"

	"sandi.internal/gateway/api/audit"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/peer"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/docket"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

// openDocket opens what keeps account of submission promises.
func (n *Node) openDocket(pool *statement.Pool, peers *peer.Client) error {
	own := checkpoint.NewKey(checkpoint.KindLog, n.genesis.Origin, n.cfg.Region, n.cfg.Node, n.self.Log.Key)
	nodes := func() (ids []string) {
		for _, a := range addresses(n.today()) {
			ids = append(ids, a[0])
		}
		return ids
	}
	keys := func() *checkpoint.Keys { return n.roster().Ever }
	var err error
	n.docket, err = docket.New(docket.Config{
		Network: n.genesis.Network(), Node: n.cfg.Node, Nodes: nodes, Keys: keys, Key: own, Signer: n.secrets.log,
		Pool: pool, PublicKey: n.ledger.PublicKey, Open: n.books, Submit: n.replica.Submit, Peers: peers,
		Store: n.stores.state.Local(), Clock: n.now, Logger: n.log, Metrics: n.reg,
	})
	if err != nil {
		return fmt.Errorf("couldn't open the submission promises: %w", err)
	}
	n.onClose(n.docket.Close)
	return nil
}

// watched is the replica for what this bureau itself submits: a statement that
// takes longer is shown to the other nodes, which promise to bring it in.
type watched struct {
	desk.Replicated
	docket *docket.Docket
}

// Submit implements desk.Ledger.
func (w watched) Submit(ctx context.Context, raw []byte) (ledger.Result, error) {
	return w.docket.Submit(ctx, raw)
}

func (n *Node) watched() watched { return watched{n.replicated(), n.docket} }

// promises is what the public door says of the promises about a statement.
func (n *Node) promises(region, id string) []v1.Promise {
	var list []v1.Promise
	for _, h := range n.docket.Of(region, id) {
		list = append(list, v1.Promise{
			Node: h.Node, Seen: statement.FormatAt(h.Seen), Due: statement.FormatAt(h.Due), Late: h.Late, KeptLateS: h.KeptLate(), Note: string(h.Marshal()),
		})
	}
	return list
}

// delays are the promises that were not kept in time, as the log shows them.
func (n *Node) delays() []audit.Delay {
	var list []audit.Delay
	for _, h := range n.docket.Late() {
		list = append(list, audit.Delay{Promise: h.Promise, Note: h.Marshal(), Committed: h.Committed, Index: h.Index, At: h.At, Found: h.Found, KeptLate: h.KeptLate()})
	}
	return list
}

// probePromises warns of statements that were promised and are missing.
func (n *Node) probePromises(context.Context) error { return n.docket.Warning() }
