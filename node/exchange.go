package node

import (
	"fmt"

	"sandi.internal/gateway/api/peer"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/node/exchange"
)

// openExchange opens what carries private objects to other bureaus and fetches
// theirs. Its connections are its own.
func (n *Node) openExchange() error {
	n.bulk = peer.NewBulk(n.transport, n.log)
	n.onClose(n.bulk.Close)
	x, err := exchange.New(exchange.Config{
		Region: n.cfg.Region, Nodes: n.nodesOf, Ledger: n.watched(), Desk: n.desk, Vault: n.materials.Vault, Peers: n.bulk,
		Local: n.stores.state.Local(), Clock: n.now, Rate: n.cfg.Limits.ExchangeMiBPerS << 20, Logger: n.log, Metrics: n.reg,
	})
	if err != nil {
		return fmt.Errorf("couldn't open the exchange: %w", err)
	}
	n.given = newGiven(x, n.access, n.books)
	n.bulk.Serve(peer.Config{Node: n.cfg.Node, Version: Version, Objects: n.given})
	n.exchange.Store(x)
	return nil
}

// applied passes on what the ledger has just applied.
func (n *Node) applied(results []ledger.Result) {
	n.agenda.applied(results)
	if x := n.exchange.Load(); x != nil {
		x.Applied(results)
	}
}
