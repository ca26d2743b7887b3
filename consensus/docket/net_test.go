package docket_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/docket"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/mover"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/replica/clustertest"
)

// network is a cluster in which every node has a docket and a mover.
type network struct {
	*clustertest.Cluster
	t testing.TB

	mu    sync.Mutex
	posts map[string]*post // by node
	lazy  map[string]bool  // nodes that promise and do nothing, and hear of no move
}

// post is what a node that is up has.
type post struct {
	*docket.Docket
	mover *mover.Mover
	in    sync.RWMutex // held by whoever asks it; taken when the node goes down
	up    bool
}

func newNetwork(t testing.TB, seed uint64) *network {
	t.Helper()
	n := &network{t: t, posts: map[string]*post{}, lazy: map[string]bool{}}
	n.Cluster = clustertest.New(t, clustertest.Options{Seed: seed, Attach: n.attach, Timeouts: clustertest.Calm})
	return n
}

func (n *network) attach(c *clustertest.Cluster, node *clustertest.Node, config *replica.Config) (func() error, error) {
	keys, err := checkpoint.FromGenesis(c.Signed.Genesis)
	if err != nil {
		return nil, err
	}
	var nodes []string
	for _, other := range c.Nodes {
		nodes = append(nodes, other.ID)
	}
	own, _ := keys.Of(node.Region, node.ID, checkpoint.KindLog)
	open := func() (*ledger.Books, func(), error) {
		view := node.Store.View()
		return node.Ledger.Books(view), func() { _ = view.Close() }, nil
	}
	p := &post{up: true}
	p.Docket, err = docket.New(docket.Config{
		Network: c.Signed.Network(), Node: node.ID, Nodes: func() []string { return nodes }, Keys: func() *checkpoint.Keys { return keys }, Key: own, Signer: node.Keys().Log,
		Pool: node.Pool, PublicKey: node.Ledger.PublicKey, Open: open, Submit: n.raftOf(node).Submit, Peers: peersOf{n, node.ID},
		Store: node.Store.Local(), Clock: config.Clock, Logger: config.Logger, Patience: 50 * time.Millisecond,
	})
	if err != nil {
		return nil, err
	}
	p.mover, err = mover.New(mover.Config{
		Node: node.ID, Genesis: config.Genesis.Genesis, Judge: node.Ledger.JudgeMove, Raft: n.raftOf(node),
		Peers: peersOf{n, node.ID}, Store: node.Store.Local(), Clock: config.Clock, Logger: config.Logger,
	})
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	n.posts[node.ID] = p
	n.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { p.Run(ctx) })
	running.Go(func() { p.mover.Run(ctx) })
	return func() error {
		cancel()
		running.Wait()
		p.in.Lock()
		p.up = false
		p.in.Unlock()
		return p.Close()
	}, nil
}

func (n *network) at(node *clustertest.Node) *post { return n.post(node.ID) }

func (n *network) post(id string) *post {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.posts[id]
}

func (n *network) isLazy(id string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.lazy[id]
}

// raftOf is a node's replica once it runs. A lazy node's does nothing for others.
func (n *network) raftOf(node *clustertest.Node) clustertest.Raft {
	return clustertest.Raft{Node: node, Idle: func() bool { return n.isLazy(node.ID) }}
}

var errDown = errors.New("the node is down")

// peersOf is a node's way to the others.
type peersOf struct {
	n    *network
	from string
}

func ask[A any](ctx context.Context, p peersOf, node string, f func(*post) (A, error)) (A, error) {
	return clustertest.Ask(ctx, p.n.Cluster, p.from, node, func() (none A, err error) {
		other := p.n.post(node)
		if other == nil {
			return none, errDown
		}
		other.in.RLock()
		defer other.in.RUnlock()
		if !other.up {
			return none, errDown
		}
		return f(other)
	})
}

func (p peersOf) AskPromises(ctx context.Context, node string, statements [][]byte) ([][]byte, error) {
	return ask(ctx, p, node, func(other *post) ([][]byte, error) { return other.Give(statements), nil })
}

func (p peersOf) PushMove(ctx context.Context, node string, raw []byte) error {
	_, err := ask(ctx, p, node, func(other *post) (struct{}, error) { return struct{}{}, other.mover.Take(raw) })
	return err
}
