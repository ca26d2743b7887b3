package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/hashicorp/raft"
)

// dialer is the StreamLayer of the outgoing side: it dials, and never accepts.
type dialer struct{ t *Transport }

// Accept implements net.Listener: incoming connections go another way.
func (d *dialer) Accept() (net.Conn, error) {
	<-d.t.life.Done()
	return nil, net.ErrClosed
}

func (d *dialer) Close() error   { return nil }
func (d *dialer) Addr() net.Addr { return d.t.listener.Addr() }

// Dial implements raft.StreamLayer. The address is a node id.
func (d *dialer) Dial(node raft.ServerAddress, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(d.t.life, timeout)
	defer cancel()
	id := string(node)
	if !(*d.t.members.Load())[id] {
		return nil, fmt.Errorf("node %q is not a member", id)
	}
	return d.t.dial(ctx, id, ALPNRaft, &d.t.outbound)
}

// DialPeer opens a connection to another node's peer API.
func (t *Transport) DialPeer(ctx context.Context, node string) (net.Conn, error) {
	return t.dial(ctx, node, ALPNPeer, &t.peerOut)
}

// dial connects, proves who answers and registers the connection.
func (t *Transport) dial(ctx context.Context, node, alpn string, in *registry) (net.Conn, error) {
	addr, ok := t.cfg.Resolve(node)
	if !ok {
		return nil, fmt.Errorf("no address known for node %q", node)
	}
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("couldn't reach node %s: %w", node, err)
	}
	tracked := &trackedConn{Conn: raw}
	if !in.add(node, tracked, 0) {
		_ = tracked.Close()
		return nil, raft.ErrTransportShutdown
	}
	tracked.watch(func() { in.remove(node, tracked) })
	raw = tracked
	if t.isBarred(node) { // after add: SetBarred closes what it finds there
		_ = raw.Close()
		return nil, fmt.Errorf("node %q has been removed", node)
	}
	conn := tls.Client(raw, t.cfg.TLS.ClientTLS(node, alpn))
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		t.metrics.handshakes.WithLabelValues("out", "failed").Inc()
		return nil, fmt.Errorf("couldn't agree on TLS with node %s: %w", node, err)
	}
	if got := conn.ConnectionState().NegotiatedProtocol; got != alpn {
		_ = conn.Close()
		return nil, fmt.Errorf("node %s speaks %q, not %q", node, got, alpn)
	}
	return conn, nil
}

// RequestVote implements raft.Transport. Raft takes over the term of any answer
// to a vote, so an answer meets the same bound as a request.
func (t *Transport) RequestVote(id raft.ServerID, to raft.ServerAddress, m *raft.RequestVoteRequest, resp *raft.RequestVoteResponse) error {
	if err := t.NetworkTransport.RequestVote(id, to, m, resp); err != nil {
		return err
	}
	return t.checkAnswer(id, resp.Term)
}

// RequestPreVote implements raft.WithPreVote; see RequestVote.
func (t *Transport) RequestPreVote(id raft.ServerID, to raft.ServerAddress, m *raft.RequestPreVoteRequest, resp *raft.RequestPreVoteResponse) error {
	if err := t.NetworkTransport.RequestPreVote(id, to, m, resp); err != nil {
		return err
	}
	return t.checkAnswer(id, resp.Term)
}

func (t *Transport) checkAnswer(id raft.ServerID, term uint64) error {
	err := checkTerm(term, (*t.situation.Load())())
	if err == nil {
		return nil
	}
	t.refuse(string(id), err)
	return errors.New("answer refused: " + err.Error())
}
