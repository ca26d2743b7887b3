package authority

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	alpnRaft = "sandi-raft/1"
	alpnPeer = "sandi-peer/1"
)

// handshake runs both sides over an in-memory connection with one byte each
// way, as a TLS 1.3 client learns of a refusal only when it reads.
func handshake(t testing.TB, server, client *tls.Config) (state tls.ConnectionState, serverErr, clientErr error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer ln.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		raw, err := ln.Accept()
		if err != nil {
			done <- err
			return
		}
		conn := tls.Server(raw, server)
		defer conn.Close()
		if err = conn.HandshakeContext(ctx); err == nil {
			state = conn.ConnectionState()
			_, err = conn.Write([]byte{1})
			io.Copy(io.Discard, conn)
		}
		done <- err
	}()
	raw, err := net.Dial("tcp", ln.Addr().String())
	must(t, err)
	conn := tls.Client(raw, client)
	if clientErr = conn.HandshakeContext(ctx); clientErr == nil {
		_, clientErr = io.ReadFull(conn, make([]byte, 1))
	}
	conn.Close()
	serverErr = <-done
	return state, serverErr, clientErr
}

func codeIn(err error) string {
	var refused *VerifyError
	if errors.As(err, &refused) {
		return refused.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// rawClient presents any certificate and checks nothing.
func rawClient(cert tls.Certificate, alpn ...string) *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, NextProtos: alpn, GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &cert, nil }}
}

// rawServer presents any certificate and checks nothing.
func rawServer(cert tls.Certificate, alpn ...string) *tls.Config {
	return &tls.Config{ClientAuth: tls.RequestClientCert, NextProtos: alpn, Certificates: []tls.Certificate{cert}}
}

// TestServerRefuses: every bad client certificate ends the handshake, with the
// exact reason here and nothing but an alert there.
func TestServerRefuses(t *testing.T) {
	w := newWorld(t, nil)
	server := w.keeper(t, "130000-a").ServerTLS([]string{alpnRaft, alpnPeer}, nil)
	for _, b := range badClients(t, w) {
		_, serverErr, clientErr := handshake(t, server, rawClient(b.cert, alpnPeer))
		got := codeIn(serverErr)
		if b.code == CodeNoCertificate { // crypto/tls itself refuses
			if serverErr == nil {
				t.Errorf("%s: accepted", b.name)
			}
		} else if got != b.code {
			t.Errorf("%s: got %s, want %s", b.name, got, b.code)
		}
		if clientErr == nil {
			t.Errorf("%s: the client saw no refusal", b.name)
		}
	}
	state, serverErr, clientErr := handshake(t, server, rawClient(w.pair(t, "110000-a"), alpnPeer))
	if serverErr != nil || clientErr != nil {
		t.Fatalf("a good client is refused: %v, %v", serverErr, clientErr)
	}
	if id, err := PeerIdentity(state); err != nil || id != node("110000-a") {
		t.Fatalf("peer is %v, %v", id, err)
	}
}

// TestClientRefuses: the same certificates shown by a server.
func TestClientRefuses(t *testing.T) {
	w := newWorld(t, nil)
	client := w.keeper(t, "130000-a").ClientTLS("110000-a", alpnPeer)
	for _, b := range badClients(t, w) {
		if b.code == CodeNoCertificate {
			continue // a TLS 1.3 server cannot be without one
		}
		_, _, clientErr := handshake(t, rawServer(b.cert, alpnPeer), client)
		if got := codeIn(clientErr); got != b.code {
			t.Errorf("%s: got %s, want %s", b.name, got, b.code)
		}
	}
	for _, c := range []struct {
		name, want string
		server     *tls.Config
	}{
		{"the node asked for", "", rawServer(w.pair(t, "110000-a"), alpnPeer)},
		{"another node of the region", CodeOtherNode, rawServer(w.pair(t, "110000-b"), alpnPeer)},
		{"a node of another region", CodeOtherNode, rawServer(w.pair(t, "120000-a"), alpnPeer)},
		{"no ALPN", CodeProtocol, rawServer(w.pair(t, "110000-a"))},
	} {
		if _, _, err := handshake(t, c.server, client); codeIn(err) != c.want {
			t.Errorf("%s: got %q, want %q", c.name, codeIn(err), c.want)
		}
	}
}

func TestProtocols(t *testing.T) {
	w := newWorld(t, nil)
	server := w.keeper(t, "130000-a").ServerTLS([]string{alpnRaft, alpnPeer}, nil)
	good := w.pair(t, "110000-a")
	tls12 := rawClient(good, alpnPeer)
	tls12.MaxVersion = tls.VersionTLS12
	for _, c := range []struct {
		name   string
		client *tls.Config
		ok     bool
	}{
		{"raft", rawClient(good, alpnRaft), true},
		{"one of two", rawClient(good, "h2", alpnPeer), true},
		{"TLS 1.2", tls12, false},
		{"no ALPN", rawClient(good), false},
		{"wrong ALPN", rawClient(good, "h2"), false},
		{"other version", rawClient(good, "sandi-raft/2"), false},
	} {
		_, serverErr, clientErr := handshake(t, server, c.client)
		if ok := serverErr == nil && clientErr == nil; ok != c.ok {
			t.Errorf("%s: %v, %v", c.name, serverErr, clientErr)
		}
	}
}

// TestAccept: the registry decides by identity and purpose, and a client
// certificate never speaks Raft by default.
func TestAccept(t *testing.T) {
	w := newWorld(t, nil)
	keeper := w.keeper(t, "130000-a")
	chain, key, err := w.issuing["110000"].IssueClient("loader", NodeLife)
	must(t, err)
	pair, err := loadPair(chain, key)
	must(t, err)
	removed := map[string]bool{"120000-a": true}
	registry := keeper.ServerTLS([]string{alpnRaft, alpnPeer}, func(id Identity, alpn string) error {
		if removed[id.ID] || alpn == alpnRaft && id.Role != RoleNode {
			return errors.New("not a member")
		}
		return nil
	})
	for _, c := range []struct {
		name   string
		server *tls.Config
		client *tls.Config
		want   string
	}{
		{"member", registry, rawClient(w.pair(t, "110000-a"), alpnRaft), ""},
		{"removed node", registry, rawClient(w.pair(t, "120000-a"), alpnRaft), CodeNotAccepted},
		{"client on the peer ALPN", registry, rawClient(*pair, alpnPeer), ""},
		{"client on the Raft ALPN", registry, rawClient(*pair, alpnRaft), CodeNotAccepted},
		{"client without a registry", keeper.ServerTLS([]string{alpnRaft}, nil), rawClient(*pair, alpnRaft), CodeRole},
	} {
		if _, err, _ := handshake(t, c.server, c.client); codeIn(err) != c.want {
			t.Errorf("%s: got %q, want %q", c.name, codeIn(err), c.want)
		}
	}
}

// TestNoResumption: a client that keeps sessions still does a full handshake
// each time, so a revoked peer cannot come back on an old ticket.
func TestNoResumption(t *testing.T) {
	w := newWorld(t, nil)
	var allowed atomic.Bool
	allowed.Store(true)
	server := w.keeper(t, "130000-a").ServerTLS([]string{alpnPeer}, func(Identity, string) error {
		if !allowed.Load() {
			return errors.New("revoked")
		}
		return nil
	})
	client := rawClient(w.pair(t, "110000-a"), alpnPeer)
	client.ServerName, client.ClientSessionCache = "x", tls.NewLRUClientSessionCache(8)
	for range 2 {
		state, serverErr, clientErr := handshake(t, server, client)
		if serverErr != nil || clientErr != nil || state.DidResume {
			t.Fatalf("%v, %v, resumed %v", serverErr, clientErr, state.DidResume)
		}
	}
	allowed.Store(false)
	if _, err, _ := handshake(t, server, client); codeIn(err) != CodeNotAccepted {
		t.Fatalf("a revoked peer resumed: %v", err)
	}
	if _, err := PeerIdentity(tls.ConnectionState{HandshakeComplete: true, DidResume: true}); err == nil {
		t.Fatal("a resumed connection has an identity")
	}
}

// TestMergedPoolWouldAccept shows why pools are apart: the vector "CA of
// another region" passes a merged pool when that CA is unconstrained.
func TestMergedPoolWouldAccept(t *testing.T) {
	w := newWorld(t, nil)
	key, err := newKey()
	must(t, err)
	template := caTemplate("120000", "unconstrained", time.Now(), time.Hour)
	template.PermittedDNSDomains, template.PermittedURIDomains, template.PermittedEmailAddresses, template.ExcludedIPRanges = nil, nil, nil, nil
	der, err := create(template, template, key.Public(), key)
	must(t, err)
	tianjin, err := (&CA{Region: "120000", Clock: time.Now}).adopt(der, key)
	must(t, err)
	forged := forge(t, tianjin, leaf(t, "110000-a"), nil)
	cert, err := x509.ParseCertificate(forged.Certificate[0])
	must(t, err)

	merged := x509.NewCertPool()
	merged.AddCert(w.root["110000"].Cert())
	merged.AddCert(tianjin.Cert())
	if _, err := cert.Verify(x509.VerifyOptions{Roots: merged, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		t.Fatalf("the vector does not show the danger: %v", err)
	}
	apart, err := NewRoots(map[string][][]byte{"110000": {w.root["110000"].Cert().Raw}, "120000": {tianjin.Cert().Raw}})
	must(t, err)
	if _, err := apart.Verify([]*x509.Certificate{cert}, RoleNode); codeIn(err) != CodeUntrusted {
		t.Fatalf("got %v", err)
	}
}

func TestRootsRefuse(t *testing.T) {
	w := newWorld(t, nil)
	beijing := w.root["110000"].Cert().Raw
	notCA := w.pair(t, "110000-a").Certificate[0]
	many := make([][]byte, maxRoots+1)
	for i := range many {
		many[i] = beijing
	}
	for name, m := range map[string]map[string][][]byte{
		"one CA under two regions": {"110000": {beijing}, "120000": {beijing}},
		"none":                     {"110000": {}},
		"garbage":                  {"110000": {[]byte("x")}},
		"a leaf":                   {"110000": {notCA}},
		"too many":                 {"110000": many},
	} {
		if _, err := NewRoots(m); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	// Two CAs of one region overlap during a rollover.
	next, err := NewRoot("110000", RootLife, nil)
	must(t, err)
	if _, err := NewRoots(map[string][][]byte{"110000": {beijing, next.Cert().Raw}}); err != nil {
		t.Errorf("rollover: %v", err)
	}
}

// TestHotSwap: the server's and the client's certificates are replaced while
// clients send requests over kept and over fresh connections; none fails.
func TestHotSwap(t *testing.T) {
	w := newWorld(t, nil)
	server, client := w.keeper(t, "110000-a"), w.keeper(t, "120000-a")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	srv := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		id, err := PeerIdentity(*r.TLS)
		if err != nil {
			rw.WriteHeader(http.StatusForbidden)
			return
		}
		fmt.Fprint(rw, id.ID, r.TLS.PeerCertificates[0].SerialNumber)
	})}
	go srv.Serve(tls.NewListener(ln, server.ServerTLS([]string{"http/1.1"}, nil)))
	defer srv.Close()

	var failed, done atomic.Int64
	var serials sync.Map
	var swaps atomic.Int64
	server.OnSwap(func() { swaps.Add(1) })
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for i := range 4 {
		clients.Go(func() {
			transport := &http.Transport{DisableKeepAlives: i%2 == 0, DialTLSContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				d := tls.Dialer{Config: client.ClientTLS("110000-a", "http/1.1")}
				return d.DialContext(ctx, network, addr)
			}}
			defer transport.CloseIdleConnections()
			c := &http.Client{Transport: transport, Timeout: 10 * time.Second}
			for {
				select {
				case <-stop:
					return
				default:
				}
				resp, err := c.Get("https://" + ln.Addr().String() + "/")
				if err != nil {
					failed.Add(1)
					t.Error(err)
					return
				}
				body, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if err != nil || resp.StatusCode != http.StatusOK {
					failed.Add(1)
					t.Error(resp.Status, err)
					return
				}
				serials.Store(string(body), true)
				done.Add(1)
			}
		})
	}
	const rounds = 40
	for range rounds {
		want := done.Load() + 4
		for _, k := range []*Keeper{server, client} {
			chain, key, err := w.issuing[k.Identity().Region].IssueNode(k.Identity().ID, NodeLife)
			must(t, err)
			must(t, k.Swap(chain, key))
		}
		for done.Load() < want && failed.Load() == 0 { // traffic between any two swaps
			time.Sleep(time.Millisecond)
		}
	}
	close(stop)
	clients.Wait()
	seen := 0
	serials.Range(func(any, any) bool { seen++; return true })
	if failed.Load() != 0 || swaps.Load() != rounds || seen < rounds/2 {
		t.Fatalf("%d failed of %d requests, %d swaps, %d certificates seen", failed.Load(), done.Load(), swaps.Load(), seen)
	}
	t.Logf("%d requests, %d swaps of both sides, %d client certificates seen, 0 failed", done.Load(), rounds, seen)
}
