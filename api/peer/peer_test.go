package peer

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/certs/authority"
	"sandi.internal/gateway/consensus/membership"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/transport"
)

// stub answers as a leader, or as a node that does not lead.
type stub struct {
	leads bool
	got   [][]byte
}

func (s *stub) HandleForward(_ context.Context, statements [][]byte) []replica.Verdict {
	s.got = statements
	out := make([]replica.Verdict, len(statements))
	for i := range out {
		out[i] = replica.Verdict{Code: replica.CodeCommitted, Term: 3, Index: uint64(i + 10)}
	}
	return out
}

func (s *stub) HandleTerm() uint64 { return 7 }

func (s *stub) HandleHealth() replica.Health {
	return replica.Health{
		Applied: 40, Abstains: true,
		Plan:  []membership.Step{{Action: membership.Remove, Node: "110000-a", Region: "110000"}},
		Waits: []membership.Wait{{Code: membership.WaitNoVote, Region: "110000"}},
	}
}

func (s *stub) HandleReadIndex(context.Context) (uint64, uint64, error) {
	if !s.leads {
		return 0, 0, replica.ErrNoLeader
	}
	return 7, 42, nil
}

// plain dials the test server, whatever node is asked for; the identity that a
// real connection carries is put in by withPeer.
type plain string

func (p plain) DialPeer(ctx context.Context, _ string) (net.Conn, error) {
	return (&net.Dialer{}).DialContext(ctx, "tcp", string(p))
}

func serveAs(t *testing.T, s *stub, known bool) *Client {
	t.Helper()
	h := New(Config{Node: "110000-a", Version: "v1", Replica: s, Clock: time.Now})
	server := httptest.NewUnstartedServer(h)
	if known {
		server.Config.ConnContext = withPeer(t)
	}
	server.Start()
	t.Cleanup(server.Close)
	c := NewClient(plain(strings.TrimPrefix(server.URL, "http://")))
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// Ensure both sides of the door understand each other.
func TestRoundTrip(t *testing.T) {
	s := &stub{leads: true}
	c := serveAs(t, s, true)
	ctx := t.Context()
	in := [][]byte{[]byte("one"), []byte("two")}
	verdicts, err := c.Forward(ctx, "110000-a", in)
	if err != nil || len(verdicts) != 2 || verdicts[1] != (replica.Verdict{Code: replica.CodeCommitted, Term: 3, Index: 11}) {
		t.Fatalf("verdicts %v, %v", verdicts, err)
	}
	if len(s.got) != 2 || !bytes.Equal(s.got[0], in[0]) || !bytes.Equal(s.got[1], in[1]) {
		t.Fatalf("got %q", s.got)
	}
	if term, err := c.Term(ctx, "110000-a"); err != nil || term != 7 {
		t.Fatalf("term %d, %v", term, err)
	}
	if term, index, err := c.ReadIndex(ctx, "110000-a"); err != nil || term != 7 || index != 42 {
		t.Fatalf("read index %d %d, %v", term, index, err)
	}
	if h, err := c.Health(ctx, "110000-a"); err != nil || !reflect.DeepEqual(h, s.HandleHealth()) {
		t.Fatalf("health %+v, %v", h, err)
	}
	if h, err := c.Hello(ctx, "110000-a"); err != nil || h.Node != "110000-a" || h.Version != "v1" {
		t.Fatalf("hello %+v, %v", h, err)
	}
	s.leads = false
	if _, _, err := c.ReadIndex(ctx, "110000-a"); err == nil {
		t.Fatal("a node that does not lead gave a read index")
	}
}

// Ensure a request that carries no node's identity gets nothing.
func TestNoIdentity(t *testing.T) {
	s := &stub{leads: true}
	c := serveAs(t, s, false)
	if _, err := c.Term(t.Context(), "110000-a"); err == nil {
		t.Fatal("answered a connection without identity")
	}
	if _, err := c.Forward(t.Context(), "110000-a", [][]byte{[]byte("x")}); err == nil || s.got != nil {
		t.Fatalf("took a forward without identity: %v", err)
	}
}

// Ensure hostile requests end at the door.
func TestRefusals(t *testing.T) {
	s := &stub{leads: true}
	h := New(Config{Node: "110000-a", Replica: s, Clock: time.Now})
	for _, tc := range []struct {
		name, method, path, media string
		body                      []byte
		want                      int
	}{
		{"wrong method", http.MethodGet, pathForward, mediaBytes, nil, http.StatusMethodNotAllowed},
		{"wrong type", http.MethodPost, pathForward, "application/json", []byte("{}"), http.StatusUnsupportedMediaType},
		{"garbage", http.MethodPost, pathForward, mediaBytes, []byte("garbage"), http.StatusUnprocessableEntity},
		{"empty", http.MethodPost, pathForward, mediaBytes, []byte{}, http.StatusUnprocessableEntity},
		{"too long", http.MethodPost, pathForward, mediaBytes, make([]byte, replica.MaxForwardBytes+1), http.StatusRequestEntityTooLarge},
		{"unknown path", http.MethodGet, "/peer/v1/other", "", nil, http.StatusNotFound},
		{"post to term", http.MethodPost, pathTerm, "", nil, http.StatusMethodNotAllowed},
	} {
		req := httptest.NewRequest(tc.method, tc.path, bytes.NewReader(tc.body))
		if tc.media != "" {
			req.Header.Set("Content-Type", tc.media)
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, req.WithContext(withPeer(t)(req.Context(), nil)))
		if rec.Code != tc.want {
			t.Errorf("%s: status %d, want %d", tc.name, rec.Code, tc.want)
		}
	}
	req := httptest.NewRequest(http.MethodPost, pathForward, strings.NewReader("x"))
	req.ContentLength = -1 // chunked
	req.Header.Set("Content-Type", mediaBytes)
	rec := httptest.NewRecorder()
	if h.ServeHTTP(rec, req.WithContext(withPeer(t)(req.Context(), nil))); rec.Code != http.StatusLengthRequired {
		t.Errorf("without a length: status %d", rec.Code)
	}
	if s.got != nil {
		t.Errorf("a refused request reached the replica: %q", s.got)
	}
}

// withPeer puts a node's identity into a connection's context, as
// transport.ConnContext does for a proven connection.
// served is a client of a door; a known one speaks as another region's node.
func served(t *testing.T, c Config, known bool) *Client {
	t.Helper()
	server := httptest.NewUnstartedServer(New(c))
	if known {
		server.Config.ConnContext = withPeer(t)
	}
	server.Start()
	t.Cleanup(server.Close)
	client := NewClient(plain(strings.TrimPrefix(server.URL, "http://")))
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func withPeer(t *testing.T) func(context.Context, net.Conn) context.Context {
	t.Helper()
	return func(ctx context.Context, c net.Conn) context.Context {
		return transport.ConnContext(ctx, &transport.PeerConn{Conn: c, Peer: authority.Identity{Region: "120000", Role: authority.RoleNode, ID: "120000-a"}})
	}
}
