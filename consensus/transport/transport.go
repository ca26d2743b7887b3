package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"
	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/certs/authority"
	"sandi.internal/gateway/consensus/genesis"
)

// The purposes a connection can have, as TLS names them.
const (
	ALPNRaft = "sandi-raft/1"
	ALPNPeer = "sandi-peer/1"
)

const (
	// rpcTimeout bounds one Raft message with its answer. A snapshot gets this
	// much again for every 256 KiB.
	rpcTimeout = 10 * time.Second
	// pooled connections per node that wait for the next message.
	maxPool = 3
)

// TLS makes the two sides of a connection; authority.Keeper is one.
type TLS interface {
	ServerTLS(alpn []string, accept func(id authority.Identity, alpn string) error) *tls.Config
	ClientTLS(wantNodeID, alpn string) *tls.Config
}

// Config is what a Transport is made of.
type Config struct {
	NodeID  string
	Genesis *genesis.Genesis // with the nodes that stand at the start; see SetNodes
	TLS     TLS
	Bind    string // host:port to listen on; empty: the peer address genesis gives this node
	// Resolve gives a node's current host:port; nil means genesis.
	Resolve func(node string) (addr string, ok bool)
	Logger  *slog.Logger
	Metrics prometheus.Registerer // nil: not registered
}

// Transport is Raft's transport over mutual TLS, and the listener of the peer
// API beside it. The embedded NetworkTransport makes the outgoing side.
type Transport struct {
	*raft.NetworkTransport
	cfg      Config
	nodes    atomic.Pointer[nodes]
	log      *slog.Logger
	metrics  *metrics
	listener net.Listener
	peers    *peerListener
	consume  chan raft.RPC // to Raft, from every inbound connection
	inbound  registry      // Raft connections that others opened
	outbound registry      // Raft connections that we opened
	peerIn   registry      // peer API connections that others opened
	peerOut  registry      // peer API connections that we opened

	strangers throttle
	doorway   doorway

	members   atomic.Pointer[map[string]bool] // who may speak Raft
	barred    atomic.Pointer[map[string]bool] // who may not connect at all
	situation atomic.Pointer[func() Situation]

	life    context.Context // ends with Close
	end     context.CancelFunc
	once    sync.Once
	running sync.WaitGroup // accept loop, handshakes, inbound connections
}

var (
	_ raft.Transport   = (*Transport)(nil)
	_ raft.WithPreVote = (*Transport)(nil)
	_ raft.WithClose   = (*Transport)(nil)
)

// Listen opens the node's peer port. Until SetMembers is called, the nodes of
// genesis may speak Raft.
func Listen(cfg Config) (*Transport, error) {
	t := &Transport{
		cfg: cfg, log: cfg.Logger,
		consume: make(chan raft.RPC),
	}
	t.life, t.end = context.WithCancel(context.Background())
	t.SetNodes(cfg.Genesis)
	self := (*t.nodes.Load())[cfg.NodeID]
	if self.region == "" {
		return nil, fmt.Errorf("node %q is not one of the network", cfg.NodeID)
	}
	if cfg.Resolve == nil {
		t.cfg.Resolve = func(node string) (string, bool) { n, ok := (*t.nodes.Load())[node]; return n.peer, ok }
	}
	if cfg.Bind == "" {
		t.cfg.Bind = self.peer
	}
	known := make(map[string]bool)
	for id := range *t.nodes.Load() {
		known[id] = true
	}
	t.members.Store(&known)
	t.barred.Store(&map[string]bool{})
	t.SetSituation(func() Situation { return Situation{} })
	t.metrics = newMetrics(cfg.Metrics, t)

	l, err := net.Listen("tcp", t.cfg.Bind)
	if err != nil {
		return nil, fmt.Errorf("couldn't listen for other nodes on %s: %w", t.cfg.Bind, err)
	}
	t.listener = l
	t.peers = newPeerListener(l.Addr())
	t.NetworkTransport = raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
		Stream: &dialer{t: t}, MaxPool: maxPool, Timeout: rpcTimeout, Logger: Logger(cfg.Logger, "raft-net"),
	})
	t.running.Go(t.acceptLoop)
	return t, nil
}

// Consumer implements raft.Transport.
func (t *Transport) Consumer() <-chan raft.RPC { return t.consume }

// LocalAddr implements raft.Transport: in Raft, a server's address is its id.
func (t *Transport) LocalAddr() raft.ServerAddress { return raft.ServerAddress(t.cfg.NodeID) }

// SetHeartbeatHandler implements raft.Transport and does nothing, so that
// heartbeats go through Consumer to Raft's main goroutine like all else. The
// fast path it would install runs beside that goroutine and lets replicas
// diverge (hashicorp/raft#695).
func (t *Transport) SetHeartbeatHandler(func(raft.RPC)) {}

// Addr is the address the node listens on.
func (t *Transport) Addr() net.Addr { return t.listener.Addr() }

// PeerListener yields the connections other nodes open for the peer API, after
// their handshake, as *PeerConn. It is for one http.Server, with ConnContext.
func (t *Transport) PeerListener() net.Listener { return t.peers }

// nodes are those that may connect: by id their region, and where they are reached.
type nodes map[string]struct{ region, peer string }

// SetNodes says which nodes the network has: those of genesis, or of a later
// roster (genesis.WithNodes). A node that is missing from it gets no new
// connection; SetBarred ends those it has.
func (t *Transport) SetNodes(g *genesis.Genesis) {
	list := make(nodes)
	for _, r := range g.Regions {
		for _, n := range r.Nodes {
			list[n.ID] = struct{ region, peer string }{r.Code, n.Peer}
		}
	}
	t.nodes.Store(&list)
}

// SetMembers says who may speak Raft: the servers of the committed
// configuration. Connections of all others are closed before it returns.
func (t *Transport) SetMembers(ids []string) {
	members := make(map[string]bool, len(ids))
	for _, id := range ids {
		members[id] = true
	}
	t.members.Store(&members)
	gone := func(id string) bool { return !members[id] }
	t.inbound.closeWhere(gone)
	t.outbound.closeWhere(gone)
}

// SetBarred says which nodes have been removed: they may not connect for any
// purpose, nor are they called. Their connections are closed before it returns.
func (t *Transport) SetBarred(ids []string) {
	barred := make(map[string]bool, len(ids))
	for _, id := range ids {
		barred[id] = true
	}
	t.barred.Store(&barred)
	for _, r := range []*registry{&t.inbound, &t.outbound, &t.peerIn, &t.peerOut} {
		r.closeWhere(t.isBarred)
	}
}

func (t *Transport) isBarred(node string) bool { return (*t.barred.Load())[node] }

// SetSituation tells the gate where to ask for this node's term and leader. The
// function is called from many goroutines.
func (t *Transport) SetSituation(f func() Situation) { t.situation.Store(&f) }

// Inject hands Raft a message as if from had sent it, for facts that arrived by
// another authenticated way. It passes the same gate.
func (t *Transport) Inject(ctx context.Context, from string, rpc raft.RPC) error {
	if !(*t.members.Load())[from] {
		return fmt.Errorf("node %q is not a member", from)
	}
	if err := Check(from, rpc.Command, (*t.situation.Load())()); err != nil {
		return err
	}
	if t.life.Err() != nil {
		return raft.ErrTransportShutdown
	}
	select {
	case t.consume <- rpc:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-t.life.Done():
		return raft.ErrTransportShutdown
	}
}

// CloseStreams closes every Raft connection; both sides open new ones with the
// certificates of the moment. Called after a certificate changed.
func (t *Transport) CloseStreams() {
	t.NetworkTransport.CloseStreams()
	t.outbound.closeWhere(func(string) bool { return true })
	t.inbound.closeWhere(func(string) bool { return true })
	t.peerIn.closeWhere(func(string) bool { return true })
}

// Close implements raft.WithClose. It ends the listener and every connection
// and waits for their goroutines.
func (t *Transport) Close() error {
	var err error
	t.once.Do(func() {
		t.end()
		err = errors.Join(t.listener.Close(), t.NetworkTransport.Close(), t.peers.Close())
		t.inbound.end()
		t.outbound.end()
		t.peerIn.end()
		t.peerOut.end()
		t.running.Wait()
		t.metrics.unregister()
	})
	return err
}
