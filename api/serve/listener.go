package serve

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"sync"
	"time"

	"sandi.internal/gateway/api/problem"
)

// handshakeTimeout bounds a TLS handshake: two round trips and one signature.
const handshakeTimeout = 10 * time.Second

// Listen prepares a listener for NewServer's server: at most max connections at
// a time (further ones wait in the kernel's queue), TLS handshakes done before
// the server sees a connection, and net/http's own text answers to broken
// requests turned into problems. A nil config means plain HTTP.
func Listen(ln net.Listener, config *tls.Config, max int) net.Listener {
	l := &listener{Listener: ln, slots: make(chan struct{}, max)}
	if config == nil {
		return l
	}
	l.config = config
	l.ready = make(chan net.Conn)
	l.done = make(chan struct{})
	go l.handshakes()
	return l
}

type listener struct {
	net.Listener
	slots  chan struct{} // one per open connection
	config *tls.Config   // nil for plain HTTP

	ready chan net.Conn // connections past their handshake
	done  chan struct{} // closed when accepting ended; err is set before
	err   error
}

// Accept gives the next connection that may speak HTTP.
func (l *listener) Accept() (net.Conn, error) {
	if l.config == nil {
		c, err := l.accept()
		if err != nil {
			return nil, err
		}
		return &conn{Conn: c}, nil
	}
	select {
	case c := <-l.ready:
		return c, nil
	case <-l.done:
		return nil, l.err
	}
}

// accept waits for a free slot first, so that connections above the bound cost
// this process nothing.
func (l *listener) accept() (net.Conn, error) {
	l.slots <- struct{}{}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &counted{Conn: c, release: func() { <-l.slots }}, nil
}

// handshakes accepts until the listener closes. Each handshake has a goroutine,
// bounded by the slots: one silent caller must not hold up the next.
func (l *listener) handshakes() {
	defer close(l.done)
	for {
		c, err := l.accept()
		var temporary net.Error
		if errors.As(err, &temporary) && temporary.Timeout() {
			continue
		}
		if err != nil {
			l.err = err
			return
		}
		go l.handshake(c)
	}
}

func (l *listener) handshake(raw net.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), handshakeTimeout)
	defer cancel()
	tc := tls.Server(raw, l.config)
	if err := tc.HandshakeContext(ctx); err != nil {
		raw.Close()
		return
	}
	state := tc.ConnectionState()
	var ready net.Conn = &tlsConn{conn{tc}, state}
	if state.NegotiatedProtocol == "h2" {
		ready = tc // the server hands h2 over by this very type
	}
	select {
	case l.ready <- ready:
	case <-l.done:
		raw.Close()
	}
}

// counted gives its slot back once.
type counted struct {
	net.Conn
	once    sync.Once
	release func()
}

func (c *counted) Close() error {
	c.once.Do(c.release)
	return c.Conn.Close()
}

func (c *counted) CloseWrite() error { return closeWrite(c.Conn) }

// conn is an HTTP/1 connection whose canned refusals are translated.
type conn struct{ net.Conn }

// canned is what net/http puts right after the status line when it refuses a
// request that it could not parse (net/http server.go, conn.serve). Real
// answers have a Date there, so this cannot match one.
const canned = "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"

// maxStatusLine bounds the search for the end of a status line; net/http's own
// are shorter than 80 bytes.
const maxStatusLine = 128

// Write passes bytes on, except net/http's canned refusals.
func (c *conn) Write(b []byte) (int, error) {
	end := bytes.IndexByte(b[:min(len(b), maxStatusLine)], '\r')
	if end < 0 || !bytes.HasPrefix(b[end:], []byte(canned)) || !bytes.HasPrefix(b, []byte("HTTP/1.1 ")) {
		return c.Conn.Write(b)
	}
	if _, err := c.Conn.Write(translate(b)); err != nil {
		return 0, err
	}
	return len(b), nil
}

// translate turns a canned refusal into a problem. Which rule broke stays
// unsaid.
func translate(b []byte) []byte {
	code := problem.BadRequest
	switch string(b[len("HTTP/1.1 "):][:3]) {
	case "431":
		code = problem.HeadersTooLarge
	case "501": // a transfer coding that nobody knows
		code = problem.LengthRequired
	}
	p := problem.New(code)
	body := p.Body(problem.Chinese)
	head := "HTTP/1.1 " + strconv.Itoa(p.Status) + " Refused\r\nContent-Type: " + problem.ContentType +
		"\r\nContent-Language: zh\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\nConnection: close\r\n\r\n"
	return append([]byte(head), body...)
}

// CloseWrite lets net/http end an answer before it drops the connection.
func (c *conn) CloseWrite() error { return closeWrite(c.Conn) }

func closeWrite(c net.Conn) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// tlsConn is a conn over TLS. Plain connections must not have ConnectionState:
// net/http fills Request.TLS for whatever has it.
type tlsConn struct {
	conn
	state tls.ConnectionState
}

func (c *tlsConn) ConnectionState() tls.ConnectionState { return c.state }
