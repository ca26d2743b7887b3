package peer

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/certs/authority"
	"sandi.internal/gateway/consensus/transport"
)

// A connection that a node lends was dialled by it, and is used the other way
// round: the node that was dialled asks. POST /peer/v1/lend turns it over; after
// 101 the dialling side is the server.

const (
	lendProtocol = "sandi-objects/1"
	// lentMost bounds the lent connections of one node that wait to be used.
	lentMost = 8
	// lentIdle is how long a lent connection may rest before it is given up.
	lentIdle = time.Minute
)

// lend is POST /peer/v1/lend: another node offers this connection.
func (d *door) lend(w http.ResponseWriter, r *http.Request) {
	if d.Bulk == nil || r.Header.Get("Upgrade") != lendProtocol {
		w.WriteHeader(http.StatusUpgradeRequired)
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	_ = conn.SetDeadline(time.Time{})
	_, err = buffered.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " + lendProtocol + "\r\n\r\n")
	if err = errors.Join(err, buffered.Flush()); err != nil || buffered.Reader.Buffered() > 0 {
		_ = conn.Close() // a server that speaks first is none
		return
	}
	d.Bulk.keep(asker(r), conn)
}

// keep adds a lent connection; the oldest goes when there are too many.
func (b *Bulk) keep(node string, c net.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.lent[node]
	if len(list) == lentMost {
		_ = list[0].Close()
		list = append(list[:0:0], list[1:]...)
	}
	b.lent[node] = append(list, c)
}

// Lend dials a node and answers what it asks over that connection, until it breaks,
// rests for too long, or ctx ends.
func (b *Bulk) Lend(ctx context.Context, node string) error {
	conn, err := b.dialer.DialPeer(ctx, node)
	if err != nil {
		return err
	}
	one := &oneConn{conn: conn, done: make(chan struct{})}
	peer, err := identified(conn)
	if err == nil {
		err = turnOver(peer)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("couldn't lend node %s a connection: %w", node, err), conn.Close())
	}
	one.conn = &closing{Conn: peer, done: one.done}
	server := serve.NewServer(b.door, b.log)
	server.ReadHeaderTimeout, server.IdleTimeout = lentIdle, lentIdle
	server.ConnContext = func(ctx context.Context, _ net.Conn) context.Context { return transport.ConnContext(ctx, peer) }
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(one); !errors.Is(err, net.ErrClosed) && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return server.Close()
}

// identified gives a dialled connection the identity that its handshake proved.
func identified(conn net.Conn) (*transport.PeerConn, error) {
	switch c := conn.(type) {
	case *transport.PeerConn:
		return c, nil
	case *tls.Conn:
		state := c.ConnectionState()
		id, err := authority.PeerIdentity(state)
		return &transport.PeerConn{Conn: c, Peer: id, TLS: state}, err
	}
	return nil, errors.New("nobody proved who is at its other end")
}

// turnOver makes the other side the one that asks.
func turnOver(conn net.Conn) error {
	_ = conn.SetDeadline(time.Now().Add(dialPatience))
	req := "POST " + pathLend + " HTTP/1.1\r\nHost: node\r\nConnection: Upgrade\r\nUpgrade: " + lendProtocol + "\r\nContent-Length: 0\r\n\r\n"
	if _, err := conn.Write([]byte(req)); err != nil {
		return err
	}
	// The answer has no body, and nothing follows it before we are asked: a reader
	// that takes in ahead takes nothing in that is not the answer's, unless the other
	// side asks at once; so byte by byte.
	resp, err := http.ReadResponse(bufio.NewReaderSize(byteByByte{conn}, 16), nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusSwitchingProtocols || resp.Header.Get("Upgrade") != lendProtocol {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return conn.SetDeadline(time.Time{})
}

type byteByByte struct{ conn net.Conn }

func (b byteByByte) Read(p []byte) (int, error) { return b.conn.Read(p[:min(1, len(p))]) }

// closing tells when a connection was closed.
type closing struct {
	net.Conn
	once sync.Once
	done chan struct{}
}

func (c *closing) Close() error {
	c.once.Do(func() { close(c.done) })
	return c.Conn.Close()
}

// oneConn is a listener with one connection; it is closed when that is.
type oneConn struct {
	conn  net.Conn
	given bool
	done  chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	if !l.given {
		l.given = true
		return l.conn, nil
	}
	<-l.done
	return nil, net.ErrClosed
}

// Close implements net.Listener: the connection ends with its server.
func (l *oneConn) Close() error {
	if c, ok := l.conn.(*closing); ok {
		return c.Close()
	}
	return l.conn.Close()
}

func (l *oneConn) Addr() net.Addr { return l.conn.LocalAddr() }
