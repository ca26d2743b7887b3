package transport

import (
	"net"
	"sync"
)

const (
	// peerConnsPerNode bounds one node's connections to the peer API.
	peerConnsPerNode = 64
	// peerBacklog are connections that wait for the server's Accept.
	peerBacklog = 16
)

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
