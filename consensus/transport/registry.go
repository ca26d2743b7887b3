package transport

import (
	"net"
	"sync"
)

// connsPerNode bounds the inbound Raft connections of one node. An honest one
// uses five at most: pipeline, heartbeat, votes, snapshot, and one reconnecting.
const connsPerNode = 8

// registry knows the open connections by the node at their other end, so that a
// node that is removed, or that lies, loses all of them at once.
type registry struct {
	mu    sync.Mutex
	open  map[string]map[net.Conn]struct{} // by node id
	ended bool
}

// add registers a connection of node. It reports false when the node has too
// many, or the transport is closed; limit 0 means no bound.
func (r *registry) add(node string, c net.Conn, limit int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended || limit > 0 && len(r.open[node]) >= limit {
		return false
	}
	if r.open == nil {
		r.open = make(map[string]map[net.Conn]struct{})
	}
	if r.open[node] == nil {
		r.open[node] = make(map[net.Conn]struct{})
	}
	r.open[node][c] = struct{}{}
	return true
}

func (r *registry) remove(node string, c net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open[node], c)
	if len(r.open[node]) == 0 {
		delete(r.open, node)
	}
}

// closeWhere closes every connection of the nodes for which drop says so.
func (r *registry) closeWhere(drop func(node string) bool) {
	var conns []net.Conn
	r.mu.Lock()
	for node, open := range r.open {
		if !drop(node) {
			continue
		}
		for c := range open {
			conns = append(conns, c)
		}
	}
	r.mu.Unlock()
	for _, c := range conns { // outside the lock: Close calls remove
		_ = c.Close()
	}
}

// end closes everything and refuses what comes later.
func (r *registry) end() {
	r.mu.Lock()
	r.ended = true
	r.mu.Unlock()
	r.closeWhere(func(string) bool { return true })
}

func (r *registry) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, open := range r.open {
		n += len(open)
	}
	return n
}

// trackedConn tells who watches it when it closes. It lies beneath TLS, so that
// closing it waits for no farewell from the other side.
type trackedConn struct {
	net.Conn
	mu      sync.Mutex
	closed  bool
	onClose func()
}

// watch sets what runs once, when the connection closes or already is closed.
func (c *trackedConn) watch(f func()) {
	c.mu.Lock()
	late := c.closed
	c.onClose = f
	c.mu.Unlock()
	if late {
		f()
	}
}

// Close implements net.Conn.
func (c *trackedConn) Close() error {
	c.mu.Lock()
	first, f := !c.closed, c.onClose
	c.closed = true
	c.mu.Unlock()
	err := c.Conn.Close()
	if first && f != nil {
		f()
	}
	return err
}
