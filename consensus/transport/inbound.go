package transport

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/certs/authority"
)

const (
	// handshakeTimeout bounds what a stranger can hold open.
	handshakeTimeout = 5 * time.Second
	// maxHandshakes at a time: more connections wait in the kernel's queue. One
	// address may have maxHandshakesFrom of them.
	maxHandshakes = 256
	// acceptPause after a failing accept, e.g. no file descriptors left.
	acceptPause = 50 * time.Millisecond
)

// acceptLoop takes connections until the listener closes.
func (t *Transport) acceptLoop() {
	slots := make(chan struct{}, maxHandshakes)
	server := t.cfg.TLS.ServerTLS([]string{ALPNRaft, ALPNPeer}, t.accept)
	for {
		raw, err := t.listener.Accept()
		if err != nil {
			select {
			case <-t.life.Done():
				return
			case <-time.After(acceptPause):
				t.log.Error("couldn't accept a connection", "error", err)
				continue
			}
		}
		from := origin(raw.RemoteAddr())
		if !t.doorway.enter(from) {
			_ = raw.Close()
			t.metrics.handshakes.WithLabelValues("in", "crowded").Inc()
			continue
		}
		select {
		case slots <- struct{}{}:
		case <-t.life.Done():
			_ = raw.Close()
			return
		}
		t.running.Go(func() {
			serve := t.handshake(raw, server)
			<-slots
			t.doorway.leave(from)
			if serve != nil {
				serve()
			}
		})
	}
}

// accept decides, inside the handshake, whether an authenticated node may use
// this purpose.
func (t *Transport) accept(id authority.Identity, alpn string) error {
	if id.Role != authority.RoleNode {
		return fmt.Errorf("a %s may not connect here", id.Role)
	}
	if n, ok := (*t.nodes.Load())[id.ID]; !ok || n.region != id.Region {
		return fmt.Errorf("node %q of %s is not one of the network", id.ID, id.Region)
	}
	if id.ID == t.cfg.NodeID {
		return fmt.Errorf("another node uses this node's id %q", id.ID)
	}
	if t.isBarred(id.ID) {
		return fmt.Errorf("node %q has been removed", id.ID)
	}
	if alpn == ALPNRaft && !(*t.members.Load())[id.ID] {
		return fmt.Errorf("node %q is not in the committed configuration", id.ID)
	}
	return nil
}

// handshake authenticates a connection and returns what serves it, or nil when
// nothing does or another goroutine will.
func (t *Transport) handshake(raw net.Conn, server *tls.Config) func() {
	tracked := &trackedConn{Conn: raw}
	conn := tls.Server(tracked, server)
	ctx, cancel := context.WithTimeout(t.life, handshakeTimeout)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = tracked.Close()
		t.metrics.handshakes.WithLabelValues("in", "failed").Inc()
		if t.strangers.allow(time.Now()) {
			t.log.Warn("refused a connection", "address", raw.RemoteAddr().String(), "error", err)
		}
		return nil
	}
	state := conn.ConnectionState()
	id, err := authority.PeerIdentity(state)
	if err != nil {
		_ = tracked.Close()
		t.log.Error("no identity after a handshake", "error", err)
		return nil
	}
	t.metrics.handshakes.WithLabelValues("in", "ok").Inc()
	switch state.NegotiatedProtocol {
	case ALPNRaft:
		return func() { t.serveRaft(id.ID, tracked, conn) }
	case ALPNPeer:
		t.handPeer(tracked, &PeerConn{Conn: conn, Peer: id, TLS: state})
	default:
		_ = tracked.Close() // no ALPN at all: not for us
	}
	return nil
}

// handPeer registers a connection of the peer API and hands it on.
func (t *Transport) handPeer(tracked *trackedConn, conn *PeerConn) {
	node := conn.Peer.ID
	if !t.peerIn.add(node, tracked, peerConnsPerNode) {
		_ = tracked.Close()
		t.log.Warn("refused a connection: too many", "node", node, "purpose", ALPNPeer)
		return
	}
	tracked.watch(func() { t.peerIn.remove(node, tracked) })
	if t.isBarred(node) { // since its handshake
		_ = tracked.Close()
		return
	}
	t.peers.hand(conn)
}

// serveRaft runs one inbound Raft connection until it ends. Each has a
// NetworkTransport of its own: the library's decoder does not tell which
// connection a message came from, so there is one per connection.
func (t *Transport) serveRaft(node string, tracked *trackedConn, conn *tls.Conn) {
	if !t.inbound.add(node, tracked, connsPerNode) {
		_ = tracked.Close()
		t.log.Warn("refused a connection: too many", "node", node, "purpose", ALPNRaft)
		return
	}
	ended := make(chan struct{})
	tracked.watch(func() {
		t.inbound.remove(node, tracked)
		close(ended)
	})
	if t.isBarred(node) { // since its handshake
		_ = tracked.Close()
		return
	}
	b := newBudgetConn(conn)
	one := &single{conn: make(chan net.Conn, 1), ended: ended, addr: conn.LocalAddr()}
	one.conn <- b
	in := raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
		Stream: one, Timeout: rpcTimeout, Logger: Logger(t.log, "raft-net"),
	})
	defer func() {
		_ = in.Close()
		_ = tracked.Close()
	}()
	for {
		select {
		case rpc := <-in.Consumer():
			now := (*t.situation.Load())()
			if err := Check(node, rpc.Command, now); err != nil {
				t.refuse(node, err)
				rpc.Respond(nil, errRefused)
				return
			}
			if answer := Withhold(rpc.Command, now); answer != nil {
				rpc.Respond(answer, nil)
				continue
			}
			if m, ok := rpc.Command.(*raft.InstallSnapshotRequest); ok {
				b.expect(m.Size)
			}
			select {
			case t.consume <- rpc:
			case <-ended:
				return
			case <-t.life.Done():
				return
			}
		case <-ended:
			return
		case <-t.life.Done():
			return
		}
	}
}

// refuse reports a message that no honest node sends.
func (t *Transport) refuse(node string, reason error) {
	t.metrics.refused.WithLabelValues(node).Inc()
	t.log.Error("refused a Raft message; its sender is broken or dishonest", "node", node, "reason", reason)
}

// single is a StreamLayer that accepts exactly one connection.
type single struct {
	conn  chan net.Conn
	ended chan struct{}
	addr  net.Addr
}

// Accept implements net.Listener.
func (s *single) Accept() (net.Conn, error) {
	select {
	case c := <-s.conn:
		return c, nil
	case <-s.ended:
		return nil, net.ErrClosed
	}
}

func (s *single) Close() error   { return nil }
func (s *single) Addr() net.Addr { return s.addr }

// Dial implements raft.StreamLayer: the inbound side never dials.
func (s *single) Dial(raft.ServerAddress, time.Duration) (net.Conn, error) {
	return nil, net.ErrClosed
}
