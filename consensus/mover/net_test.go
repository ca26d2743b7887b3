package mover_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/mover"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/replica/clustertest"
	"sandi.internal/gateway/consensus/statement"
)

// network is a cluster in which every node has a mover.
type network struct {
	*clustertest.Cluster
	t testing.TB

	mu     sync.Mutex
	movers map[string]*post // by node
	deaf   map[string]bool  // nodes that say yes to every move and do nothing
}

// post is the mover of a node.
type post struct {
	*mover.Mover
	in sync.RWMutex // held by whoever asks it; taken when the node goes down
	up bool
}

func newNetwork(t testing.TB, seed uint64) *network {
	t.Helper()
	n := &network{t: t, movers: map[string]*post{}, deaf: map[string]bool{}}
	n.Cluster = clustertest.New(t, clustertest.Options{Seed: seed, Attach: n.attach, Timeouts: clustertest.Calm})
	return n
}

func (n *network) attach(c *clustertest.Cluster, node *clustertest.Node, config *replica.Config) (func() error, error) {
	m, err := mover.New(mover.Config{
		Node: node.ID, Genesis: config.Genesis.Genesis, Judge: node.Ledger.JudgeMove, Raft: n.raftOf(node),
		Peers: peersOf{n, node.ID}, Store: node.Store.Local(), Clock: config.Clock, Logger: config.Logger,
	})
	if err != nil {
		return nil, err
	}
	p := &post{Mover: m, up: true}
	n.mu.Lock()
	n.movers[node.ID] = p
	n.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		m.Run(ctx)
	}()
	return func() error {
		cancel()
		<-ended
		p.in.Lock()
		defer p.in.Unlock()
		p.up = false
		return nil
	}, nil
}

// at is the mover of a node.
func (n *network) at(node *clustertest.Node) *mover.Mover { return n.post(node.ID).Mover }

func (n *network) post(id string) *post {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.movers[id]
}

// deafen makes a node dishonest: it takes every move and ignores it.
func (n *network) deafen(node *clustertest.Node) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.deaf[node.ID] = true
}

func (n *network) isDeaf(id string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.deaf[id]
}

// raftOf is a node's replica once it runs. A deaf node's does nothing for others.
func (n *network) raftOf(node *clustertest.Node) clustertest.Raft {
	return clustertest.Raft{Node: node, Idle: func() bool { return n.isDeaf(node.ID) }}
}

var errDown = errors.New("the node is down")

// peersOf is a node's way to the others' movers.
type peersOf struct {
	n    *network
	from string
}

func (p peersOf) PushMove(ctx context.Context, node string, raw []byte) error {
	_, err := clustertest.Ask(ctx, p.n.Cluster, p.from, node, func() (struct{}, error) {
		other := p.n.post(node)
		if other == nil {
			return struct{}{}, errDown
		}
		other.in.RLock()
		defer other.in.RUnlock()
		switch {
		case !other.up:
			return struct{}{}, errDown
		case p.n.isDeaf(node):
			return struct{}{}, nil
		}
		return struct{}{}, other.Take(raw)
	})
	return err
}

// sign makes a region's leader.move.
func (n *network) sign(region string, body statement.MoveBody) []byte {
	return n.Govern(region, statement.KindLeaderMove, body.Marshal(), n.Clock())
}

// lastMove is what a node's ledger says of moves.
func (n *network) lastMove(node *clustertest.Node) *ledger.Move {
	n.t.Helper()
	view := node.Store.View()
	defer view.Close()
	m, err := node.Ledger.Books(view).LastMove()
	if err != nil {
		n.t.Fatal(err)
	}
	return m
}
