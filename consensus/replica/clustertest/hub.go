package clustertest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/sleep"
	"sandi.internal/gateway/consensus/transport"
)

// errLost is what a caller gets for a message, or an answer, that did not arrive.
var errLost = errors.New("the network lost it")

const (
	// lostAfter is how long a caller waits before it learns of a loss: real
	// networks are slower, Raft's own back-off is what matters.
	lostAfter = 20 * time.Millisecond
	// rpcMax bounds one message with its answer.
	rpcMax = 5 * time.Second
)

// kind is what a message is about.
type kind string

const (
	raftKind kind = "raft"
	peerKind kind = "peer"
)

// way is one direction between two nodes, for one kind of message.
type way struct {
	kind     kind
	from, to string
}

// hub is the network between the nodes.
type hub struct {
	mu      sync.Mutex
	rng     *rand.Rand
	links   map[string]*Link      // of the nodes that are up
	cut     map[way]bool          // messages from -> to are lost
	held    map[way]chan struct{} // answers of to, to messages from -> to, wait for this
	starved map[way]bool          // messages from -> to are lost unless they are bare heartbeats
	delay   time.Duration         // up to this much, each message and each answer
	repeats float64               // chance that a message arrives twice
	lost    float64               // chance that a message, or an answer, is lost
	censor  censor                // what nodes drop of what they are handed to propose
}

func newHub(seed uint64) *hub {
	return &hub{
		rng: rand.New(rand.NewPCG(seed, 0xc1)), links: map[string]*Link{},
		cut: map[way]bool{}, held: map[way]chan struct{}{}, starved: map[way]bool{},
	}
}

// fate is what happens to one message.
type fate struct {
	target        *Link
	there, back   time.Duration
	lost, noReply bool
	twice         bool
	hold          chan struct{}
}

func (h *hub) draw(k kind, from, to string) fate {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := fate{target: h.links[to], hold: h.held[way{k, from, to}]}
	f.lost = f.target == nil || h.links[from] == nil || h.cut[way{k, from, to}] || h.rng.Float64() < h.lost
	f.noReply = h.rng.Float64() < h.lost
	f.twice = h.rng.Float64() < h.repeats
	if h.delay > 0 {
		f.there, f.back = time.Duration(h.rng.Int64N(int64(h.delay))), time.Duration(h.rng.Int64N(int64(h.delay)))
	}
	return f
}

// starves reports whether a message that says more than a heartbeat is lost.
func (h *hub) starves(from, to string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.starved[way{raftKind, from, to}]
}

// open reports whether an answer from one node reaches another now.
func (h *hub) open(k kind, from, to string, target *Link) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.links[from] != nil && h.links[to] == target && !h.cut[way{k, to, from}]
}

// carry takes a question from one node to another and its answer back. deliver
// runs at the other end.
func carry[A any](ctx context.Context, h *hub, k kind, from, to string, deliver func(*Link) (A, error)) (A, error) {
	var none A
	f := h.draw(k, from, to)
	if err := sleep.For(ctx, f.there); err != nil {
		return none, err
	}
	if f.lost {
		if err := sleep.For(ctx, lostAfter); err != nil {
			return none, err
		}
		return none, fmt.Errorf("%s to %s: %w", from, to, errLost)
	}
	if f.twice {
		go func() { _, _ = deliver(f.target) }()
	}
	answer, err := deliver(f.target)
	if f.hold != nil {
		select {
		case <-f.hold:
		case <-ctx.Done():
			return none, ctx.Err()
		}
	}
	if e := sleep.For(ctx, f.back); e != nil {
		return none, e
	}
	if f.noReply || !h.open(k, from, to, f.target) && f.hold == nil {
		if e := sleep.For(ctx, lostAfter); e != nil {
			return none, e
		}
		return none, fmt.Errorf("%s back to %s: %w", to, from, errLost)
	}
	return answer, err
}

// Link is a node's end of the network: its Raft transport and its Peers.
type Link struct {
	id        string
	hub       *hub
	consume   chan raft.RPC
	down      context.Context
	cut       context.CancelFunc
	mu        sync.Mutex
	members   map[string]bool
	situation func() transport.Situation
	replica   *replica.Replica // once it runs
}

var (
	_ replica.Link  = (*Link)(nil)
	_ replica.Peers = (*Link)(nil)
)

// attach gives a node its end of the network.
func (h *hub) attach(id string) *Link {
	l := &Link{id: id, hub: h, consume: make(chan raft.RPC), situation: func() transport.Situation { return transport.Situation{} }}
	l.down, l.cut = context.WithCancel(context.Background())
	h.mu.Lock()
	defer h.mu.Unlock()
	h.links[id] = l
	return l
}

// detach takes a node off the network at once: nothing it has sent or will send
// arrives any more, answers included.
func (h *hub) detach(l *Link) {
	h.mu.Lock()
	if h.links[l.id] == l {
		delete(h.links, l.id)
	}
	h.mu.Unlock()
	l.cut()
}

// Consumer implements raft.Transport.
func (l *Link) Consumer() <-chan raft.RPC { return l.consume }

// LocalAddr implements raft.Transport.
func (l *Link) LocalAddr() raft.ServerAddress { return raft.ServerAddress(l.id) }

// SetHeartbeatHandler implements raft.Transport.
func (l *Link) SetHeartbeatHandler(func(raft.RPC)) {}

// EncodePeer implements raft.Transport.
func (l *Link) EncodePeer(_ raft.ServerID, a raft.ServerAddress) []byte { return []byte(a) }

// DecodePeer implements raft.Transport.
func (l *Link) DecodePeer(b []byte) raft.ServerAddress { return raft.ServerAddress(b) }

// SetMembers implements replica.Link.
func (l *Link) SetMembers(ids []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.members = map[string]bool{}
	for _, id := range ids {
		l.members[id] = true
	}
}

// SetSituation implements replica.Link.
func (l *Link) SetSituation(f func() transport.Situation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.situation = f
}

// Inject implements replica.Link.
func (l *Link) Inject(ctx context.Context, from string, rpc raft.RPC) error {
	if err := l.admit(from, rpc.Command); err != nil {
		return err
	}
	select {
	case l.consume <- rpc:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-l.down.Done():
		return raft.ErrTransportShutdown
	}
}

// now is what the node knows of its own term and vote.
func (l *Link) now() transport.Situation {
	l.mu.Lock()
	situation := l.situation
	l.mu.Unlock()
	return situation()
}

// admit is the same gate as the real transport's.
func (l *Link) admit(from string, command any) error {
	l.mu.Lock()
	member, situation := l.members == nil || l.members[from], l.situation
	l.mu.Unlock()
	if !member {
		return fmt.Errorf("%s is not a member", from)
	}
	return transport.Check(from, command, situation())
}
