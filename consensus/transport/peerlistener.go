package transport

import (
	"context"
	"crypto/tls"
	"net"
	"sync"

	"sandi.internal/gateway/certs/authority"
)

const (
	// peerConnsPerNode bounds one node's connections to the peer API.
	peerConnsPerNode = 64
	// peerBacklog are connections that wait for the server's Accept.
	peerBacklog = 16
)

// PeerConn is a connection of the peer API after its handshake. It hides its
// *tls.Conn: net/http drops TLS connections whose ALPN it does not know.
type PeerConn struct {
	net.Conn
	Peer authority.Identity // who the certificate says is at the other end
	TLS  tls.ConnectionState
}

type peerKey struct{}

// ConnContext is for http.Server.ConnContext: it gives every request its Peer.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	if p, ok := c.(*PeerConn); ok {
		return context.WithValue(ctx, peerKey{}, p.Peer)
	}
	return ctx
}

// PeerFrom returns the node that sent a request, under ConnContext.
func PeerFrom(ctx context.Context) (authority.Identity, bool) {
	id, ok := ctx.Value(peerKey{}).(authority.Identity)
	return id, ok
}

// peerListener is the peer API's share of the port.
type peerListener struct {
	addr  net.Addr
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPeerListener(addr net.Addr) *peerListener {
	return &peerListener{addr: addr, conns: make(chan net.Conn, peerBacklog), done: make(chan struct{})}
}

// hand gives a connection to the server, or closes it when nobody takes it.
func (l *peerListener) hand(c net.Conn) {
	select {
	case <-l.done:
	case l.conns <- c:
		return
	default: // the server does not keep up, or there is none
	}
	_ = c.Close()
}

// Accept implements net.Listener.
func (l *peerListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener. Connections already handed over live on.
func (l *peerListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Addr implements net.Listener.
func (l *peerListener) Addr() net.Addr { return l.addr }
