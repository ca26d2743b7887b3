package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sandi.internal/gateway/certs/authority"
	"sandi.internal/gateway/consensus/transport"
)

// shelf gives objects to one region.
type shelf struct{ region string }

var aRef = OfferRef{Region: "110000", ID: "01J9ZZZZZZZZZZZZZZZZZZZZZZ"}

func (s shelf) give(region string, o OfferRef, data []byte) ([]byte, error) {
	if region != s.region || o != aRef {
		return nil, ErrAbsent
	}
	return data, nil
}

func (s shelf) GiveList(_ context.Context, region string, o OfferRef) ([]byte, error) {
	return s.give(region, o, []byte("a list"))
}

func (s shelf) GiveTree(_ context.Context, region string, o OfferRef, item int) ([]byte, error) {
	if item == 9 {
		return nil, errors.New("the disk is damaged")
	}
	return s.give(region, o, fmt.Appendf(nil, "tree %d", item))
}

func (s shelf) GiveChunk(_ context.Context, region string, o OfferRef, item int, chunk int64, buf []byte) ([]byte, error) {
	return s.give(region, o, append(buf[:0], bytes.Repeat([]byte{byte(item), byte(chunk)}, 500_000)...))
}

// switchboard dials the one server as a named peer, and can be cut.
type switchboard struct {
	addr string
	self authority.Identity // who the server's other end is to the dialler
	cut  atomic.Bool
}

func (s *switchboard) DialPeer(ctx context.Context, node string) (net.Conn, error) {
	if s.cut.Load() {
		return nil, errors.New("no route to " + node)
	}
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return nil, err
	}
	return &transport.PeerConn{Conn: c, Peer: s.self}, nil
}

// serveObjects serves a door to a peer of a region.
func serveObjects(t *testing.T, c Config, peer authority.Identity) string {
	t.Helper()
	server := httptest.NewUnstartedServer(New(c))
	server.Listener = &peerListener{server.Listener, peer}
	server.Config.ConnContext = transport.ConnContext
	server.Start()
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

type peerListener struct {
	net.Listener
	peer authority.Identity
}

func (l *peerListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &transport.PeerConn{Conn: c, Peer: l.peer}, nil
}

var (
	owner = authority.Identity{Region: "110000", Role: authority.RoleNode, ID: "110000-a"}
	taker = authority.Identity{Region: "130000", Role: authority.RoleNode, ID: "130000-a"}
	quiet = slog.New(slog.NewTextHandler(io.Discard, nil))
)

// fetches asks for all three kinds of things.
func fetches(t *testing.T, b *Bulk) {
	t.Helper()
	ctx := t.Context()
	if got, err := b.List(ctx, owner.ID, aRef); err != nil || string(got) != "a list" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := b.Tree(ctx, owner.ID, aRef, 3); err != nil || string(got) != "tree 3" {
		t.Errorf("%q, %v", got, err)
	}
	got, err := b.Chunk(ctx, owner.ID, aRef, 1, 2, make([]byte, 1_000_000))
	if err != nil || !bytes.Equal(got, bytes.Repeat([]byte{1, 2}, 500_000)) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// Ensure objects are given to the region they are for, and to no other; that what
// is longer or shorter than a chunk should be can be told; and that a failure is not
// taken for an absence.
func TestBulk(t *testing.T) {
	c := Config{Node: owner.ID, Replica: &stub{}, Objects: shelf{taker.Region}, Clock: time.Now}
	b := NewBulk(&switchboard{addr: serveObjects(t, c, taker), self: owner}, quiet)
	t.Cleanup(func() { _ = b.Close() })
	fetches(t, b)
	ctx := t.Context()
	for _, size := range []int{999_999, 1_000_001} {
		if got, err := b.Chunk(ctx, owner.ID, aRef, 1, 2, make([]byte, size)); err != nil || len(got) == size {
			t.Errorf("a chunk of another size: %d bytes, %v", len(got), err)
		}
	}
	for name, o := range map[string]OfferRef{
		"another offer": {Region: "110000", ID: "01J9ZZZZZZZZZZZZZZZZZZZZZY"}, "another region": {Region: "120000", ID: aRef.ID}, "no id": {Region: "110000", ID: "x"},
	} {
		if _, err := b.List(ctx, owner.ID, o); !errors.Is(err, ErrAbsent) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.Tree(ctx, owner.ID, aRef, 9); err == nil || errors.Is(err, ErrAbsent) {
		t.Errorf("a failure: %v", err)
	}
	other := NewBulk(&switchboard{addr: serveObjects(t, c, authority.Identity{Region: "120000", Role: authority.RoleNode, ID: "120000-a"}), self: owner}, quiet)
	t.Cleanup(func() { _ = other.Close() })
	if _, err := other.List(ctx, owner.ID, aRef); !errors.Is(err, ErrAbsent) {
		t.Errorf("a third region: %v", err)
	}
}

// stuck is a reader that takes nothing.
type stuck struct {
	http.ResponseWriter
	at   *atomic.Int64
	free chan struct{}
}

func (s *stuck) Write(b []byte) (int, error) {
	s.at.Add(1)
	<-s.free
	return len(b), nil
}

// everyone gives whoever asks.
type everyone struct{ shelf }

func (e everyone) GiveChunk(ctx context.Context, region string, o OfferRef, item int, chunk int64, buf []byte) ([]byte, error) {
	return shelf{region}.GiveChunk(ctx, region, o, item, chunk, buf)
}

// Ensure a bureau whose nodes ask for chunks and do not read them holds up itself only,
// and takes no more than its share of memory.
func TestSlowReader(t *testing.T) {
	h := New(Config{Node: owner.ID, Replica: &stub{}, Objects: everyone{}, Clock: time.Now})
	ask := func(who authority.Identity, w http.ResponseWriter) {
		ctx, cancel := context.WithTimeout(transport.ConnContext(context.Background(), &transport.PeerConn{Peer: who}), 10*time.Second)
		defer cancel()
		h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/peer/v1/offers/"+aRef.Region+"/"+aRef.ID+"/items/1/chunks/2", nil))
	}
	slow := authority.Identity{Region: "120000", Role: authority.RoleNode, ID: "120000-a"}
	var at atomic.Int64
	free := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 * givenMost {
		readers.Go(func() { ask(slow, &stuck{httptest.NewRecorder(), &at, free}) })
	}
	for deadline := time.Now().Add(10 * time.Second); at.Load() < givenMost; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d answers begun", at.Load())
		}
	}
	w := httptest.NewRecorder()
	ask(taker, w)
	if w.Body.Len() != 1_000_000 {
		t.Errorf("another region got %d bytes", w.Body.Len())
	}
	if n := at.Load(); n != givenMost {
		t.Errorf("%d answers at a time, at most %d may be", n, givenMost)
	}
	close(free)
	readers.Wait()
}

// Ensure a recipient that can't dial the owner fetches over connections that the
// owner lends, and over its own again when it can.
func TestLend(t *testing.T) {
	// The recipient's door takes connections; its way to the owner is cut.
	way := &switchboard{self: owner}
	way.cut.Store(true)
	takes := NewBulk(way, quiet)
	t.Cleanup(func() { _ = takes.Close() })
	door := serveObjects(t, Config{Node: taker.ID, Replica: &stub{}, Bulk: takes, Clock: time.Now}, owner)

	// The owner lends two connections, over which objects only are served.
	gives := NewBulk(&switchboard{addr: door, self: taker}, quiet)
	t.Cleanup(func() { _ = gives.Close() })
	gives.Serve(Config{Node: owner.ID, Objects: shelf{taker.Region}})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	for range 2 {
		go func() { ended <- gives.Lend(ctx, taker.ID) }()
	}
	wait(t, func() bool {
		takes.mu.Lock()
		defer takes.mu.Unlock()
		return len(takes.lent[owner.ID]) == 2
	})
	fetches(t, takes)
	cancel()
	for range 2 {
		if err := <-ended; err != nil {
			t.Errorf("lending ended with %v", err)
		}
	}
	if _, err := takes.List(t.Context(), owner.ID, aRef); err == nil {
		t.Error("fetched without a way")
	}
}

// Ensure more lent connections than are kept push out the oldest.
func TestLentBounded(t *testing.T) {
	b := NewBulk(&switchboard{}, quiet)
	first, other := net.Pipe()
	defer other.Close()
	b.keep("n", first)
	for range lentMost {
		c, _ := net.Pipe()
		b.keep("n", c)
	}
	if n := len(b.lent["n"]); n != lentMost {
		t.Errorf("%d are kept", n)
	}
	if _, err := first.Write([]byte("x")); err == nil {
		t.Error("the oldest is still open")
	}
	if err := b.Close(); err != nil || len(b.lent) != 0 {
		t.Errorf("%v, %d", err, len(b.lent))
	}
}

func wait(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain")
		}
	}
}
