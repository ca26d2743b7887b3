package clustertest

import (
	"fmt"
	"log/slog"
	"sync"

	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/transport"
)

// ports are where the nodes of TLS clusters listen, by cluster and node.
var ports sync.Map

type portKey struct {
	c    *Cluster
	node string
}

// TLS is an Options.Wire: Raft runs over mutual TLS on loopback, as in a real
// network. Faults of the network do not reach it.
func TLS(c *Cluster, node string) (replica.Link, func() error, error) {
	keeper, err := c.Keys.Keeper(node)
	if err != nil {
		return nil, nil, err
	}
	t, err := transport.Listen(transport.Config{
		NodeID: node, Genesis: c.Signed.Genesis, TLS: keeper, Bind: "127.0.0.1:0", Logger: slog.New(slog.DiscardHandler),
		Resolve: func(id string) (string, bool) {
			addr, ok := ports.Load(portKey{c, id})
			return fmt.Sprint(addr), ok
		},
	})
	if err != nil {
		return nil, nil, err
	}
	ports.Store(portKey{c, node}, t.Addr().String())
	return t, t.Close, nil
}
