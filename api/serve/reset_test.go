package serve_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"sandi.internal/gateway/api/serve"
)

// Ensure that a caller who opens HTTP/2 streams and resets them at once
// (CVE-2023-44487) keeps no more handlers busy than one connection may have
// streams, is cut off, and takes nothing from other callers.
func TestRapidReset(t *testing.T) {
	const (
		streams = 100    // what one connection may have open
		resets  = 20_000 // far beyond what the server queues
	)
	var active, most atomic.Int64
	release := make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/quick" {
			return
		}
		now := active.Add(1)
		defer active.Add(-1)
		for {
			seen := most.Load()
			if now <= seen || most.CompareAndSwap(seen, now) {
				break
			}
		}
		<-release // busy whatever becomes of the request
	})
	// A throw-away certificate; the test server that made it is not used.
	donor := httptest.NewTLSServer(nil)
	pair := donor.TLS.Certificates[0]
	roots := x509.NewCertPool()
	roots.AddCert(donor.Certificate())
	donor.Close()

	raw, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := serve.NewServer(handler, slog.New(slog.DiscardHandler))
	ln := serve.Listen(raw, &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS13}, serve.MaxConns)
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(ln) }()
	t.Cleanup(func() {
		_ = server.Close()
		<-served
	})
	defer close(release)

	client := &tls.Config{RootCAs: roots, ServerName: "example.com", NextProtos: []string{"h2"}}
	conn, err := tls.Dial("tcp", raw.Addr().String(), client)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got := conn.ConnectionState().NegotiatedProtocol; got != "h2" {
		t.Fatalf("negotiated %q", got)
	}
	cut := make(chan struct{}) // the server ended the connection
	go func() {
		defer close(cut)
		_, _ = io.Copy(io.Discard, conn)
	}()
	_ = conn.SetWriteDeadline(time.Now().Add(30 * time.Second))
	if err := flood(conn, resets); err == nil {
		select {
		case <-cut:
		case <-time.After(30 * time.Second):
			t.Error("20,000 resets did not end the connection")
		}
	}
	if n := most.Load(); n == 0 || n > streams {
		t.Errorf("up to %d handlers were busy for one connection, want 1 to %d", n, streams)
	}
	others := &http.Client{Transport: &http.Transport{TLSClientConfig: client.Clone(), ForceAttemptHTTP2: true}, Timeout: 10 * time.Second}
	resp, err := others.Get("https://" + raw.Addr().String() + "/quick")
	if err != nil {
		t.Fatalf("another caller was not served: %v", err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("another caller got %d", resp.StatusCode)
	}
}

// flood opens n streams and resets each at once.
func flood(w io.Writer, n int) error {
	if _, err := io.WriteString(w, http2.ClientPreface); err != nil {
		return err
	}
	framer := http2.NewFramer(w, nil)
	if err := framer.WriteSettings(); err != nil {
		return err
	}
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for i := range n {
		block.Reset()
		for _, f := range [][2]string{{":method", "GET"}, {":scheme", "https"}, {":authority", "example.com"}, {":path", "/busy"}} {
			if err := encoder.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]}); err != nil {
				return err
			}
		}
		id := uint32(2*i + 1)
		if err := framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block.Bytes(), EndStream: true, EndHeaders: true}); err != nil {
			return err
		}
		if err := framer.WriteRSTStream(id, http2.ErrCodeCancel); err != nil {
			return err
		}
	}
	return nil
}
