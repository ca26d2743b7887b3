package peer

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	// bulkConns is how many connections bulk has to one node. They are its own: a
	// chunk never stands before a statement on a line.
	bulkConns = 5
	// chunkPatience bounds one chunk: 1 MiB on a line of 300 kbit/s.
	chunkPatience = 30 * time.Second
	// dialPatience bounds a dial before a lent connection is taken instead, and
	// unreachableFor is how long a node that could not be dialled is not dialled
	// while it lends connections.
	dialPatience   = 3 * time.Second
	unreachableFor = 30 * time.Second
	bulkBuffer     = 128 << 10
)

// Bulk fetches private objects from other nodes, over connections of its own or
// over those that they lend this node. Safe for concurrent use.
type Bulk struct {
	dialer Dialer
	http   *http.Client
	pool   *http.Transport
	door   http.Handler // what is served over connections that this node lends
	log    *slog.Logger

	mu   sync.Mutex
	lent map[string][]net.Conn // by node, not used yet; guarded by mu
	lost map[string]time.Time  // node -> when it could not be dialled; guarded by mu
}

// NewBulk speaks through connections of d.
func NewBulk(d Dialer, log *slog.Logger) *Bulk {
	b := &Bulk{dialer: d, log: log, lent: map[string][]net.Conn{}, lost: map[string]time.Time{}}
	b.pool = &http.Transport{
		DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
			node, _, err := net.SplitHostPort(addr)
			if err != nil {
				return nil, fmt.Errorf("couldn't read the address %q: %w", addr, err)
			}
			return b.connect(ctx, node)
		},
		MaxConnsPerHost: bulkConns, MaxIdleConnsPerHost: bulkConns, IdleConnTimeout: idleTimeout, DisableCompression: true,
		MaxResponseHeaderBytes: 16 << 10, ReadBufferSize: bulkBuffer, WriteBufferSize: 4 << 10,
	}
	b.http = &http.Client{
		Transport:     b.pool,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return b
}

// Serve says what is answered over connections that this node lends. It is called
// before the first Lend.
func (b *Bulk) Serve(c Config) {
	d := &door{c}
	b.door = known(muxOf(d.objectRoutes()))
}

// Close closes idle and lent connections.
func (b *Bulk) Close() error {
	b.pool.CloseIdleConnections()
	b.mu.Lock()
	defer b.mu.Unlock()
	for node, list := range b.lent {
		for _, c := range list {
			_ = c.Close()
		}
		delete(b.lent, node)
	}
	return nil
}

// connect dials a node, or takes a connection that it has lent.
func (b *Bulk) connect(ctx context.Context, node string) (net.Conn, error) {
	b.mu.Lock()
	lost, waiting := b.lost[node], len(b.lent[node]) > 0
	b.mu.Unlock()
	if waiting && time.Since(lost) < unreachableFor {
		if c := b.borrow(node); c != nil {
			return c, nil
		}
	}
	dial, cancel := context.WithTimeout(ctx, dialPatience)
	defer cancel()
	c, err := b.dialer.DialPeer(dial, node)
	if err == nil {
		return c, nil
	}
	b.mu.Lock()
	b.lost[node] = time.Now()
	b.mu.Unlock()
	if c := b.borrow(node); c != nil {
		return c, nil
	}
	return nil, err
}

// borrow takes the connection that a node lent last.
func (b *Bulk) borrow(node string) net.Conn {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.lent[node]
	if len(list) == 0 {
		return nil
	}
	c := list[len(list)-1]
	b.lent[node] = list[:len(list)-1]
	return c
}

// List fetches the salt of an offer's list of materials, and the list.
func (b *Bulk) List(ctx context.Context, node string, o OfferRef) ([]byte, error) {
	return b.fetch(ctx, node, o, "/list", nil, maxListBytes)
}

// Tree fetches the hashes of an object's chunks.
func (b *Bulk) Tree(ctx context.Context, node string, o OfferRef, item int) ([]byte, error) {
	return b.fetch(ctx, node, o, "/items/"+strconv.Itoa(item)+"/tree", nil, maxTree)
}

// Chunk fetches a chunk into a buffer of the size that it should have. What comes
// may be shorter, or one byte longer: then it is not that chunk.
func (b *Bulk) Chunk(ctx context.Context, node string, o OfferRef, item int, chunk int64, into []byte) ([]byte, error) {
	return b.fetch(ctx, node, o, "/items/"+strconv.Itoa(item)+"/chunks/"+strconv.FormatInt(chunk, 10), into, len(into))
}

func (b *Bulk) fetch(ctx context.Context, node string, o OfferRef, path string, into []byte, most int) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, chunkPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+node+"/peer/v1/offers/"+o.Region+"/"+o.ID+path, nil)
	if err != nil {
		return nil, fmt.Errorf("couldn't ask node %s: %w", node, err)
	}
	resp, err := b.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("couldn't ask node %s: %w", node, err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotFound:
		return nil, fmt.Errorf("node %s: %w", node, ErrAbsent)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("node %s gave no object: status %d", node, resp.StatusCode)
	case resp.ContentLength < 0 || into == nil && resp.ContentLength > int64(most):
		return nil, fmt.Errorf("node %s gave an object of %d bytes", node, resp.ContentLength)
	}
	if into == nil {
		into = make([]byte, resp.ContentLength)
	}
	n, err := io.ReadFull(resp.Body, into[:min(int64(len(into)), resp.ContentLength)])
	if err != nil {
		return nil, fmt.Errorf("couldn't read node %s's object: %w", node, err)
	}
	if resp.ContentLength > int64(n) {
		return append(into[:n:n], 0), nil // longer than asked for: not the same whatever it is
	}
	return into[:n], nil
}
