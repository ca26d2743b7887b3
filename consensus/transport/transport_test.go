//lint:file-ignore SA1019 hashicorp/raft still fills and reads the deprecated fields, so the gate has to hold them too

package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-msgpack/v2/codec"
	"github.com/hashicorp/raft"

	"sandi.internal/gateway/certs/authority"
)

// Ensure heartbeats take the same way as everything else. hashicorp/raft#695 is
// open: its fast path would run beside Raft's main goroutine.
func TestHeartbeatHandlerStaysNil(t *testing.T) {
	n := newTestNet(t)
	a, b := n.listen(t, "110000-a"), n.listen(t, "120000-a")
	var fast atomic.Bool
	b.SetHeartbeatHandler(func(raft.RPC) { fast.Store(true) })
	if f := reflect.ValueOf(b.NetworkTransport).Elem().FieldByName("heartbeatFn"); !f.IsValid() || !f.IsNil() {
		t.Fatal("the embedded transport has a heartbeat handler")
	}
	got := make(chan raft.RPC, 1)
	answer(t, b, func(rpc raft.RPC) {
		rpc.Respond(&raft.AppendEntriesResponse{RPCHeader: header("120000-a"), Term: 7, Success: true}, nil)
		got <- rpc
	})
	var resp raft.AppendEntriesResponse
	if err := a.AppendEntries("120000-a", "120000-a", heartbeat("110000-a", 7), &resp); err != nil || !resp.Success {
		t.Fatalf("got %+v, %v", resp, err)
	}
	if rpc := <-got; rpc.Command.(*raft.AppendEntriesRequest).Term != 7 || fast.Load() {
		t.Error("the heartbeat did not come through Consumer")
	}
	var _ raft.WithPreVote = b
	var _ raft.WithClose = b
}

// Ensure Raft addresses are ids on both sides of the wire.
func TestAddressesAreIDs(t *testing.T) {
	n := newTestNet(t)
	a := n.listen(t, "110000-a")
	if a.LocalAddr() != "110000-a" {
		t.Errorf("local address %q", a.LocalAddr())
	}
	if got := a.DecodePeer(a.EncodePeer("120000-a", "120000-a")); got != "120000-a" {
		t.Errorf("peer %q", got)
	}
}

// Ensure a header with another id than the certificate's never reaches Raft,
// and costs the liar its connection.
func TestHeaderTiedToCertificate(t *testing.T) {
	n := newTestNet(t)
	a, b := n.listen(t, "110000-a"), n.listen(t, "120000-a")
	answer(t, b, func(rpc raft.RPC) {
		t.Error("a lie reached Raft")
		rpc.Respond(&raft.AppendEntriesResponse{}, nil)
	})
	var resp raft.AppendEntriesResponse
	if err := a.AppendEntries("120000-a", "120000-a", heartbeat("130000-a", 7), &resp); err == nil {
		t.Error("accepted")
	}
	vote := &raft.RequestVoteRequest{RPCHeader: header("130000-a"), Term: 9, Candidate: []byte("130000-a")}
	if err := a.RequestVote("120000-a", "120000-a", vote, &raft.RequestVoteResponse{}); err == nil {
		t.Error("accepted a vote request")
	}
	await(t, "connections closed", func() bool { return b.inbound.count() == 0 })
}

func await(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !cond(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("timed out: %s", what)
		}
	}
}

// Ensure who may not connect does not, whatever its certificate.
func TestRefusedConnections(t *testing.T) {
	n := newTestNet(t)
	b := n.listen(t, "120000-a")
	b.SetMembers([]string{"110000-a", "120000-a", "130000-a"})
	foreign := newTestNet(t) // same names, other CAs
	for _, tc := range []struct {
		name string
		k    *authority.Keeper
		alpn string
	}{
		{"a client on the Raft purpose", n.keeper(t, "110000", authority.RoleClient, "desk"), ALPNRaft},
		{"a client on the peer purpose", n.keeper(t, "110000", authority.RoleClient, "desk"), ALPNPeer},
		{"a node outside the configuration", n.keeper(t, "110000", authority.RoleNode, "110000-b"), ALPNRaft},
		{"a node outside genesis", n.keeper(t, "110000", authority.RoleNode, "110000-z"), ALPNPeer},
		{"this node's own id", n.keeper(t, "120000", authority.RoleNode, "120000-a"), ALPNRaft},
		{"an unknown purpose", n.keeper(t, "110000", authority.RoleNode, "110000-a"), "h2"},
	} {
		conn, err := dialAs(t, tc.k, b, tc.alpn)
		if err == nil && !closedSoon(t, conn) {
			t.Errorf("%s: connected", tc.name)
		}
	}
	k := foreign.keeper(t, "110000", authority.RoleNode, "110000-a")
	raw := &tls.Config{InsecureSkipVerify: true, NextProtos: []string{ALPNRaft}, GetClientCertificate: k.ClientTLS("x", ALPNRaft).GetClientCertificate}
	conn, err := tls.Dial("tcp", b.Addr().String(), raw)
	if err == nil && !closedSoon(t, conn) {
		t.Error("a CA of another network: connected")
	}
	if b.inbound.count()+b.peerIn.count() != 0 {
		t.Error("a refused connection is still open")
	}
}

// Ensure a removed node loses the connections it has, and gets no new ones.
func TestRemovedNode(t *testing.T) {
	n := newTestNet(t)
	a, b := n.listen(t, "110000-a"), n.listen(t, "120000-a")
	answer(t, b, func(rpc raft.RPC) { rpc.Respond(&raft.AppendEntriesResponse{Success: true}, nil) })
	var resp raft.AppendEntriesResponse
	if err := a.AppendEntries("120000-a", "120000-a", heartbeat("110000-a", 1), &resp); err != nil {
		t.Fatal(err)
	}
	b.SetMembers([]string{"120000-a", "130000-a"})
	await(t, "connections closed", func() bool { return b.inbound.count() == 0 })
	for range 2 { // the pooled connection, then a new one
		if err := a.AppendEntries("120000-a", "120000-a", heartbeat("110000-a", 1), &resp); err == nil {
			t.Error("a removed node was heard")
		}
	}
	if err := b.Inject(context.Background(), "110000-a", raft.RPC{Command: heartbeat("110000-a", 1)}); err == nil {
		t.Error("a removed node's message was injected")
	}
	if _, err := b.NetworkTransport.AppendEntriesPipeline("110000-a", "110000-a"); err == nil {
		t.Error("dialled a removed node")
	}
}

// Ensure bytes of any kind end in a closed connection and nothing else.
func TestRandomBytes(t *testing.T) {
	n := newTestNet(t)
	b := n.listen(t, "120000-a")
	answer(t, b, func(rpc raft.RPC) {
		if err := Check("110000-a", rpc.Command, Situation{}); err != nil {
			t.Errorf("reached Raft: %v", err)
		}
		rpc.Respond(&raft.AppendEntriesResponse{}, nil)
	})
	rng := rand.New(rand.NewPCG(1, 2))
	k := n.keeper(t, "110000", authority.RoleNode, "110000-a")
	for i := range 20 {
		conn, err := dialAs(t, k, b, ALPNRaft)
		if err != nil {
			t.Fatal(err)
		}
		junk := make([]byte, 1+rng.IntN(64<<10))
		for j := range junk {
			junk[j] = byte(rng.Uint32())
		}
		junk[0] = byte(i % 6)
		_, _ = conn.Write(junk)
		_ = conn.CloseWrite()
		if !closedSoon(t, conn) {
			t.Errorf("round %d: still open", i)
		}
	}
}

// sendRaw writes one message as hashicorp/raft would, without its own checks.
func sendRaw(t *testing.T, conn io.Writer, kind byte, m any) error {
	t.Helper()
	var buf bytes.Buffer
	buf.WriteByte(kind)
	if err := codec.NewEncoder(&buf, &codec.MsgpackHandle{}).Encode(m); err != nil {
		t.Fatal(err)
	}
	_, err := conn.Write(buf.Bytes())
	return err
}

// Ensure an entry of 1 MiB never reaches Raft, and that a message without end is
// cut off at the budget.
func TestOversized(t *testing.T) {
	n := newTestNet(t)
	b := n.listen(t, "120000-a")
	answer(t, b, func(rpc raft.RPC) { t.Error("reached Raft"); rpc.Respond(&raft.AppendEntriesResponse{}, nil) })
	k := n.keeper(t, "110000", authority.RoleNode, "110000-a")
	conn, err := dialAs(t, k, b, ALPNRaft)
	if err != nil {
		t.Fatal(err)
	}
	m := heartbeat("110000-a", 1)
	m.Entries = []*raft.Log{{Index: 1, Term: 1, Data: make([]byte, 1<<20)}}
	_ = sendRaw(t, conn, 0, m)
	if !closedSoon(t, conn) {
		t.Error("a 1 MiB entry: still open")
	}
	if conn, err = dialAs(t, k, b, ALPNRaft); err != nil {
		t.Fatal(err)
	}
	m.Entries[0].Data = make([]byte, messageBudget+1<<20)
	_ = sendRaw(t, conn, 0, m) // the other side stops reading; the write fails or not
	if !closedSoon(t, conn) {
		t.Error("a message beyond the budget: still open")
	}
}

// Ensure a voter cannot end elections by naming the last term there is.
func TestTermInflation(t *testing.T) {
	n := newTestNet(t)
	a, b := n.listen(t, "110000-a"), n.listen(t, "120000-a")
	for _, tr := range []*Transport{a, b} {
		tr.SetSituation(func() Situation { return Situation{Term: 5} })
	}
	answer(t, b, func(rpc raft.RPC) {
		rpc.Respond(&raft.RequestVoteResponse{RPCHeader: header("120000-a"), Term: 1 << 63}, nil)
	})
	vote := &raft.RequestVoteRequest{RPCHeader: header("110000-a"), Term: 6, Candidate: []byte("110000-a")}
	if err := a.RequestVote("120000-a", "120000-a", vote, &raft.RequestVoteResponse{}); err == nil {
		t.Error("an answer of term 2^63 was taken")
	}
	vote.Term = 1<<64 - 1
	if err := a.RequestVote("120000-a", "120000-a", vote, &raft.RequestVoteResponse{}); err == nil {
		t.Error("a request of term 2^64-1 was taken")
	}
}

// Ensure a node has a bounded number of connections, and others are unharmed.
func TestConnectionLimit(t *testing.T) {
	n := newTestNet(t)
	b := n.listen(t, "120000-a")
	answer(t, b, func(rpc raft.RPC) { rpc.Respond(&raft.AppendEntriesResponse{Success: true}, nil) })
	k := n.keeper(t, "110000", authority.RoleNode, "110000-a")
	var extra *tls.Conn
	for i := range connsPerNode + 1 {
		conn, err := dialAs(t, k, b, ALPNRaft)
		if err != nil {
			t.Fatal(err)
		}
		extra = conn
		want := min(i+1, connsPerNode)
		await(t, "registered", func() bool { return b.inbound.count() >= want })
	}
	if !closedSoon(t, extra) {
		t.Error("one connection too many stays open")
	}
	c := n.listen(t, "130000-a")
	if err := c.AppendEntries("120000-a", "120000-a", heartbeat("130000-a", 1), &raft.AppendEntriesResponse{}); err != nil {
		t.Errorf("another node suffers: %v", err)
	}
}

// Ensure a stranger who opens connections and says nothing keeps no node out.
func TestHalfOpenCrowd(t *testing.T) {
	n := newTestNet(t)
	b := n.listen(t, "120000-a")
	answer(t, b, func(rpc raft.RPC) { rpc.Respond(&raft.AppendEntriesResponse{Success: true}, nil) })
	stranger := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	for range maxHandshakes + 50 {
		conn, err := stranger.Dial("tcp", b.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
	}
	ctx, cancel := context.WithTimeout(t.Context(), handshakeTimeout-time.Second) // before the stranger's time is up
	defer cancel()
	dialer := tls.Dialer{Config: n.keeper(t, "110000", authority.RoleNode, "110000-a").ClientTLS("120000-a", ALPNRaft)}
	conn, err := dialer.DialContext(ctx, "tcp", b.Addr().String())
	if err != nil {
		t.Fatalf("a node is kept out: %v", err)
	}
	defer conn.Close()
	await(t, "registered", func() bool { return b.inbound.count() == 1 })
}

// Ensure an address counts as long as its handshakes last, an IPv6 /64 as one.
func TestDoorway(t *testing.T) {
	var d doorway
	at := func(s string) netip.Prefix { return origin(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(s))) }
	for range maxHandshakesFrom {
		if !d.enter(at("[2001:db8::1]:1")) {
			t.Fatal("turned away too soon")
		}
	}
	for from, want := range map[string]bool{
		"[2001:db8::2]:9": false, "[2001:db8:0:1::1]:9": true, "192.0.2.1:9": true, "[::ffff:192.0.2.1]:9": true,
	} {
		if got := d.enter(at(from)); got != want {
			t.Errorf("%s: let in: %v", from, got)
		}
	}
	d.leave(at("[2001:db8::3]:7"))
	if !d.enter(at("[2001:db8::4]:7")) {
		t.Error("a place that was left is not free")
	}
	for range maxHandshakesFrom {
		d.leave(at("[2001:db8::1]:1"))
	}
	d.leave(at("[2001:db8:0:1::1]:9"))
	d.leave(at("192.0.2.1:9"))
	d.leave(at("192.0.2.1:9"))
	if len(d.from) != 0 {
		t.Errorf("remembers %v", d.from)
	}
}

// Ensure the peer API gets its connections with their TLS state, over the same
// port, and that CloseStreams ends them.
func TestPeerAPI(t *testing.T) {
	n := newTestNet(t)
	a, b := n.listen(t, "110000-a"), n.listen(t, "120000-a")
	server := &http.Server{ConnContext: ConnContext, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, ok := PeerFrom(r.Context())
		if !ok {
			t.Error("no peer")
		}
		io.WriteString(w, id.ID)
	})}
	done := make(chan error, 1)
	go func() { done <- server.Serve(b.PeerListener()) }()
	client := &http.Client{Transport: &http.Transport{DialTLSContext: dialer1(a, "120000-a")}}
	resp, err := client.Get("https://120000-a/")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || string(body) != "110000-a" {
		t.Errorf("the handler saw %q, %v", body, err)
	}
	if b.peerIn.count() != 1 {
		t.Errorf("%d peer connections", b.peerIn.count())
	}
	b.CloseStreams()
	await(t, "peer connections closed", func() bool { return b.peerIn.count() == 0 })
	server.Close()
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
}

// Ensure a node that is barred loses every connection, in both directions and of
// both purposes, gets no new one, and that nobody else notices.
func TestBarred(t *testing.T) {
	n := newTestNet(t)
	a, b, c := n.listen(t, "110000-a"), n.listen(t, "120000-a"), n.listen(t, "130000-a")
	nodes := map[string]*Transport{"110000-a": a, "120000-a": b, "130000-a": c}
	get := func(from *Transport, to string) error {
		client := &http.Client{Transport: &http.Transport{DialTLSContext: dialer1(from, to)}}
		resp, err := client.Get("https://" + to + "/")
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		return errors.Join(err, resp.Body.Close())
	}
	beat := func(from, to string) error {
		return nodes[from].AppendEntries(raft.ServerID(to), raft.ServerAddress(to), heartbeat(from, 1), &raft.AppendEntriesResponse{})
	}
	for _, tr := range nodes {
		server := &http.Server{ConnContext: ConnContext, Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
		go server.Serve(tr.PeerListener())
		t.Cleanup(func() { server.Close() })
		go func() {
			for {
				select {
				case rpc := <-tr.Consumer():
					rpc.Respond(&raft.AppendEntriesResponse{Success: true}, nil)
				case <-tr.life.Done():
					return
				}
			}
		}()
	}
	for from := range nodes {
		for to := range nodes {
			if from == to {
				continue
			}
			if err := errors.Join(get(nodes[from], to), beat(from, to)); err != nil {
				t.Fatalf("%s to %s: %v", from, to, err)
			}
		}
	}
	b.SetBarred([]string{"110000-a"})
	for name, r := range map[string]*registry{"inbound": &b.inbound, "outbound": &b.outbound, "peerIn": &b.peerIn, "peerOut": &b.peerOut} {
		r.mu.Lock()
		barred, other := len(r.open["110000-a"]), len(r.open["130000-a"])
		r.mu.Unlock()
		if barred != 0 || other == 0 {
			t.Errorf("%s: %d connections of the barred node, %d of the other", name, barred, other)
		}
	}
	if err := get(a, "120000-a"); err == nil {
		t.Error("the barred node reached the peer API")
	}
	if err := get(b, "110000-a"); err == nil {
		t.Error("the barred node was called")
	}
	if err := beat("110000-a", "120000-a"); err == nil {
		t.Error("the barred node's message was taken")
	}
	if err := errors.Join(get(b, "130000-a"), get(c, "120000-a"), beat("120000-a", "130000-a"), beat("130000-a", "120000-a")); err != nil {
		t.Errorf("another node suffers: %v", err)
	}
	b.SetBarred(nil)
	if err := get(a, "120000-a"); err != nil {
		t.Errorf("no longer barred, and not let in: %v", err)
	}
}

// Ensure new certificates are used after CloseStreams, during live traffic: a
// message may fail once, because Raft repeats it, and never twice.
func TestRotation(t *testing.T) {
	n := newTestNet(t)
	a, b := n.listen(t, "110000-a"), n.listen(t, "120000-a")
	answer(t, b, func(rpc raft.RPC) { rpc.Respond(&raft.AppendEntriesResponse{Success: true}, nil) })
	ka := a.cfg.TLS.(*authority.Keeper)
	for i := range 10 {
		cert, key, err := n.issuing["110000"].IssueNode("110000-a", testLife)
		if err != nil {
			t.Fatal(err)
		}
		if err := ka.Swap(cert, key); err != nil {
			t.Fatal(err)
		}
		a.CloseStreams()
		var resp raft.AppendEntriesResponse
		err = a.AppendEntries("120000-a", "120000-a", heartbeat("110000-a", 1), &resp)
		if err != nil {
			err = a.AppendEntries("120000-a", "120000-a", heartbeat("110000-a", 1), &resp)
		}
		if err != nil {
			t.Fatalf("round %d: %v", i, err)
		}
	}
}

// Ensure Close ends everything it started.
func TestClose(t *testing.T) {
	n := newTestNet(t)
	a, b := n.listen(t, "110000-a"), n.listen(t, "120000-a")
	answer(t, b, func(rpc raft.RPC) { rpc.Respond(&raft.AppendEntriesResponse{Success: true}, nil) })
	if err := a.AppendEntries("120000-a", "120000-a", heartbeat("110000-a", 1), &raft.AppendEntriesResponse{}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(b.Close(), a.Close(), b.Close()); err != nil {
		t.Fatal(err)
	}
	if a.outbound.count()+b.inbound.count() != 0 {
		t.Error("connections outlive Close")
	}
	err := a.AppendEntries("120000-a", "120000-a", heartbeat("110000-a", 1), &raft.AppendEntriesResponse{})
	if err == nil || strings.Contains(err.Error(), "panic") {
		t.Errorf("after Close: %v", err)
	}
	if err := b.Inject(context.Background(), "110000-a", raft.RPC{Command: heartbeat("110000-a", 1)}); err == nil {
		t.Error("injected after Close")
	}
}
