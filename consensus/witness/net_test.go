package witness_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/replica/clustertest"
	"sandi.internal/gateway/consensus/witness"
)

// network is a cluster in which every node has a witness.
type network struct {
	*clustertest.Cluster
	t      testing.TB
	tuning witness.Tuning
	others []checkpoint.Key // foreign logs that every node witnesses

	mu    sync.Mutex
	nodes map[string]*post // by node
	lies  map[string]*lies // by node: what it says instead of the truth
	dealt []string         // ids of evidence that the operators have dealt with
	bad   string           // node whose disk gives back other bytes than were written
}

// post is the witness of a node that is up.
type post struct {
	*witness.Witness
	in sync.RWMutex // held by whoever asks it; taken when the node goes down
	up bool
}

// quick is the tuning of tests: intervals of milliseconds.
var quick = witness.Tuning{
	Publish: 20 * time.Millisecond, Retry: 50 * time.Millisecond, Restamp: time.Hour, Pull: 30 * time.Millisecond,
	Gather: 2 * time.Second, CatchUp: time.Second, Late: 300 * time.Millisecond,
}

func newNetwork(t testing.TB, seed uint64, options ...func(*clustertest.Options, *witness.Tuning)) *network {
	t.Helper()
	return newWitnesses(t, seed, nil, options...)
}

// newWitnesses is a network whose nodes witness other logs too.
func newWitnesses(t testing.TB, seed uint64, others []checkpoint.Key, options ...func(*clustertest.Options, *witness.Tuning)) *network {
	t.Helper()
	n := &network{t: t, tuning: quick, others: others, nodes: make(map[string]*post), lies: make(map[string]*lies)}
	o := clustertest.Options{Seed: seed, Attach: n.attach, Timeouts: clustertest.Calm}
	for _, change := range options {
		change(&o, &n.tuning)
	}
	n.Cluster = clustertest.New(t, o)
	return n
}

// attach gives a node that starts its witness, and runs it.
func (n *network) attach(c *clustertest.Cluster, node *clustertest.Node, config *replica.Config) (func() error, error) {
	last, err := node.Log.LastIndex()
	if err != nil {
		return nil, err
	}
	term, err := node.Log.GetUint64([]byte("CurrentTerm"))
	if err != nil {
		return nil, err
	}
	keys := node.Keys()
	p := &post{up: true}
	p.Witness, err = witness.Open(witness.Config{
		Node: node.ID, Genesis: config.Genesis.Genesis, Log: keys.Log, Cosigner: keys.Cosigner, Store: node.Store.Local(),
		Ledger: ledgerOf{n, node}, Past: witness.Past{LastIndex: last, Term: term}, Peers: peersOf{n, c, node.ID}, Raft: raftOf{node},
		Clock: config.Clock, Logger: config.Logger, Tuning: n.tuning, Foreign: n.others, Resolved: n.resolved(),
	})
	if err != nil {
		return nil, err
	}
	config.Cosigned, config.Abstain = p.Cosigned, p.Abstain
	n.mu.Lock()
	n.nodes[node.ID] = p
	n.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.Run(ctx)
	}()
	return func() error {
		cancel()
		<-ended
		p.in.Lock()
		p.up = false
		p.in.Unlock()
		return p.Close()
	}, nil
}

func (n *network) resolved() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.dealt)
}

// at is the witness of a node.
func (n *network) at(node *clustertest.Node) *witness.Witness {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.nodes[node.ID].Witness
}

var errDown = errors.New("the node is down")

// ask carries a question to another node's witness.
func ask[A any](ctx context.Context, p peersOf, to string, f func(w *witness.Witness) (A, error)) (A, error) {
	return clustertest.Ask(ctx, p.c, p.from, to, func() (none A, err error) {
		p.n.mu.Lock()
		other := p.n.nodes[to]
		p.n.mu.Unlock()
		if other == nil {
			return none, errDown
		}
		other.in.RLock()
		defer other.in.RUnlock()
		if !other.up {
			return none, errDown
		}
		return f(other.Witness)
	})
}

// peersOf is a node's way to the others' witnesses.
type peersOf struct {
	n    *network
	c    *clustertest.Cluster
	from string
}

func (p peersOf) Pull(ctx context.Context, node string) (witness.Pulled, error) {
	return ask(ctx, p, node, func(w *witness.Witness) (witness.Pulled, error) {
		shown := w.HandlePull(ctx, p.from)
		if lie := p.n.lieOf(node).pull; lie != nil {
			shown = lie(p.from, shown)
		}
		return witness.DecodePulled(witness.EncodePulled(shown))
	})
}

func (p peersOf) AddCheckpoint(ctx context.Context, node string, request []byte) (int, []byte, error) {
	a, err := ask(ctx, p, node, func(w *witness.Witness) (witness.Answer, error) {
		answer := w.AddCheckpoint(ctx, p.from, request)
		if lie := p.n.lieOf(node).add; lie != nil {
			answer = lie(p.from, request, answer)
		}
		return answer, nil
	})
	return a.Status, a.Body, err
}

func (p peersOf) PushNote(ctx context.Context, node string, note []byte) error {
	_, err := ask(ctx, p, node, func(w *witness.Witness) (struct{}, error) {
		return struct{}{}, w.Accept(ctx, p.from, note)
	})
	return err
}

func (p peersOf) PushEvidence(ctx context.Context, node string, evidence []byte) error {
	_, err := ask(ctx, p, node, func(w *witness.Witness) (struct{}, error) {
		return struct{}{}, w.AcceptEvidence(p.from, evidence)
	})
	return err
}

// lies are what a node says to others in the place of its witness, which stays
// honest. Unset ones are the truth.
type lies struct {
	pull func(asker string, truth witness.Pulled) witness.Pulled
	add  func(asker string, request []byte, truth witness.Answer) witness.Answer
}

// lie has a node lie from now on.
func (n *network) lie(node *clustertest.Node, l lies) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lies[node.ID] = &l
}

func (n *network) lieOf(node string) lies {
	n.mu.Lock()
	defer n.mu.Unlock()
	if l := n.lies[node]; l != nil {
		return *l
	}
	return lies{}
}

// ledgerOf is a node's own replica.
type ledgerOf struct {
	n    *network
	node *clustertest.Node
}

func (l ledgerOf) Open() (*witness.Sight, error) {
	view := l.node.Store.View()
	meta, err := view.Meta()
	if err != nil {
		return nil, errors.Join(err, view.Close())
	}
	return &witness.Sight{Books: l.node.Ledger.Books(l.n.disk(l.node, view)), Index: meta.RaftIndex, Term: meta.RaftTerm, Close: func() { _ = view.Close() }}, nil
}

// disk is what a node reads from: the last byte of what it scans is flipped when
// its disk is bad.
func (n *network) disk(node *clustertest.Node, r ledger.Reader) ledger.Reader {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.bad != node.ID {
		return r
	}
	return flipping{r}
}

type flipping struct{ ledger.Reader }

// Scan implements ledger.Reader.
func (f flipping) Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (bool, error)) error {
	return f.Reader.Scan(lower, upper, reverse, func(key, value []byte) (bool, error) {
		value = slices.Clone(value)
		value[len(value)-1] ^= 1
		return fn(key, value)
	})
}

func (l ledgerOf) Size() uint64 {
	sight, err := l.Open()
	if err != nil {
		return 0
	}
	defer sight.Close()
	standing, _ := sight.Standing()
	return standing.Size
}

func (l ledgerOf) Wait(ctx context.Context, size uint64) error {
	for l.Size() < size {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

// raftOf is a node's Raft, once it runs.
type raftOf struct{ node *clustertest.Node }

func (r raftOf) Leads() bool {
	p := r.node.Now()
	if p == nil {
		return false
	}
	s := p.Replica.Status()
	return s.Role == "leader" && s.Ready
}

func (r raftOf) Rejoin(ctx context.Context) (uint64, error) {
	p := r.node.Now()
	if p == nil {
		return 0, errDown
	}
	return p.Replica.Rejoin(ctx)
}

func (r raftOf) StepAside(ctx context.Context) {
	if p := r.node.Now(); p != nil {
		p.Replica.StepAside(ctx)
	}
}
