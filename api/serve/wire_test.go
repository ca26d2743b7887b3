package serve

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/api/problem"
)

// door is a door with two routes on a loopback listener.
type door struct {
	addr    string
	metrics *prometheus.Registry
	bodies  chan string // what the echo route read
}

func openDoor(t *testing.T, config *tls.Config, hosts ...string) *door {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	d := &door{metrics: prometheus.NewRegistry(), bodies: make(chan string, 16)}
	rt := NewRouter(NewMetrics(d.metrics, "test"), log)
	rt.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		body, err := Body(w, r, 1000, "application/json")
		if err != nil {
			rt.Fail(w, r, err)
			return
		}
		d.bodies <- string(body)
		w.Write(body)
	})
	rt.HandleFunc("GET /thing/{id}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(w, r.PathValue("id"))
	})
	rt.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("secret") })
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	guard := NewGuard(rt, hosts, 100)
	srv := NewServer(guard, log)
	guard.timeout, srv.ReadHeaderTimeout = 300*time.Millisecond, 300*time.Millisecond // as in production, sooner
	done := make(chan struct{})
	go func() { srv.Serve(Listen(ln, config, 100)); close(done) }()
	t.Cleanup(func() { srv.Close(); <-done })
	d.addr = ln.Addr().String()
	return d
}

// Ensure whatever bytes arrive, the answer is one problem and the connection
// carries no second request out of the first one's body.
func TestWire(t *testing.T) {
	d := openDoor(t, nil, "bureau.example")
	const smuggled = "GET /thing/smuggled HTTP/1.1\r\nHost: bureau.example\r\n\r\n"
	post := func(headers, body string) string {
		return "POST /echo HTTP/1.1\r\nHost: bureau.example\r\nContent-Type: application/json\r\n" + headers + "\r\n" + body
	}
	get := func(target string) string {
		return "GET " + target + " HTTP/1.1\r\nHost: bureau.example\r\nConnection: close\r\n\r\n"
	}
	for _, tc := range []struct {
		name, send string
		status     int
		code       string
	}{
		{"sound", post("Content-Length: 2\r\nConnection: close\r\n", "{}"), 200, ""},
		{"CL and TE", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"+smuggled), 411, problem.LengthRequired},
		{"TE only", post("Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"+smuggled), 411, problem.LengthRequired},
		{"bad chunk", post("Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n"+smuggled), 411, problem.LengthRequired},
		{"TE obfuscated", post("Transfer-Encoding: xchunked\r\nContent-Length: 2\r\n", "{}"+smuggled), 411, problem.LengthRequired},
		{"TE twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"), 411, problem.LengthRequired},
		{"TE with a space", post("Transfer-Encoding : chunked\r\nContent-Length: 2\r\n", "{}"), 400, problem.BadRequest},
		{"two CLs", post("Content-Length: 2\r\nContent-Length: 3\r\n", "{}"+smuggled), 400, problem.BadRequest},
		{"CL list", post("Content-Length: 2, 2\r\n", "{}"), 400, problem.BadRequest},
		{"CL signed", post("Content-Length: +2\r\n", "{}"), 400, problem.BadRequest},
		{"CL negative", post("Content-Length: -1\r\n", "{}"), 400, problem.BadRequest},
		{"no length", post("Connection: close\r\n", ""), 200, ""},
		{"body over limit", post("Content-Length: 1001\r\nConnection: close\r\n", strings.Repeat("x", 1001)), 413, problem.BodyTooLarge},
		{"body over limit, announced only", post("Content-Length: 100000000\r\n", "x"), 413, problem.BodyTooLarge},
		{"gzip", post("Content-Length: 2\r\nContent-Encoding: gzip\r\nConnection: close\r\n", "{}"), 415, problem.ContentEncoding},
		{"wrong type", strings.Replace(post("Content-Length: 2\r\nConnection: close\r\n", "{}"), "application/json", "text/plain", 1), 415, problem.MediaType},
		{"type twice", post("Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n", "{}"), 415, problem.MediaType},
		{"type with another charset", strings.Replace(post("Content-Length: 2\r\nConnection: close\r\n", "{}"), "application/json", "application/json; charset=gbk", 1), 415, problem.MediaType},
		{"HTTP/1.1 without host", "GET /thing/a HTTP/1.1\r\n\r\n", 400, problem.BadRequest},
		{"two hosts", "GET /thing/a HTTP/1.1\r\nHost: bureau.example\r\nHost: evil\r\n\r\n", 400, problem.BadRequest},
		{"foreign host", "GET /thing/a HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 421, problem.BadHost},
		{"foreign host in the target", "GET http://evil.example/thing/a HTTP/1.1\r\nHost: bureau.example\r\nConnection: close\r\n\r\n", 421, problem.BadHost},
		{"HTTP/2.0 by hand", "GET /thing/a HTTP/2.0\r\nHost: bureau.example\r\n\r\n", 505, problem.BadRequest},
		{"header name", "GET /thing/a HTTP/1.1\r\nHost: bureau.example\r\nBad Name: x\r\n\r\n", 400, problem.BadRequest},
		{"NUL in a header", "GET /thing/a HTTP/1.1\r\nHost: bureau.example\r\nX: a\x00b\r\n\r\n", 400, problem.BadRequest},
		{"headers over limit", "GET /thing/a HTTP/1.1\r\nHost: bureau.example\r\nX: " + strings.Repeat("x", 2*MaxHeaderBytes) + "\r\n\r\n", 431, problem.HeadersTooLarge},
		{"target over limit", get("/thing/" + strings.Repeat("x", MaxTarget)), 414, problem.URITooLong},
		{"garbage", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, problem.BadRequest},
		{"unknown path", get("/nothing"), 404, problem.NotFound},
		{"trailing slash", get("/thing/a/"), 404, problem.NotFound},
		{"empty segment", get("//thing/a"), 404, problem.NotFound},
		{"dot segments", get("/thing/../thing/a"), 404, problem.NotFound},
		{"encoded traversal", get("/thing/%2e%2e%2fsecret"), 404, problem.NotFound},
		{"encoded slash", get("/thing/a%2fb"), 404, problem.NotFound},
		{"encoded letter", get("/thing/%61"), 404, problem.NotFound},
		{"encoded NUL", get("/thing/a%00"), 404, problem.NotFound},
		{"overlong dot", get("/thing/%c0%ae"), 404, problem.NotFound},
		{"backslash", get("/thing/..\\secret"), 404, problem.NotFound},
		{"unknown method", "BREW /echo HTTP/1.1\r\nHost: bureau.example\r\nConnection: close\r\n\r\n", 405, problem.MethodNotAllowed},
		{"TRACE", "TRACE /thing/a HTTP/1.1\r\nHost: bureau.example\r\nConnection: close\r\n\r\n", 405, problem.MethodNotAllowed},
		{"CONNECT", "CONNECT bureau.example:443 HTTP/1.1\r\nHost: bureau.example:443\r\nConnection: close\r\n\r\n", 404, problem.NotFound},
		{"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: bureau.example\r\nConnection: close\r\n\r\n", 404, problem.NotFound},
		{"foreign origin", strings.Replace(post("Content-Length: 2\r\nConnection: close\r\n", "{}"), "\r\n", "\r\nOrigin: https://evil.example\r\n", 1), 403, problem.Forbidden},
		{"cross-site fetch", strings.Replace(post("Content-Length: 2\r\nConnection: close\r\n", "{}"), "\r\n", "\r\nSec-Fetch-Site: cross-site\r\n", 1), 403, problem.Forbidden},
		{"panic", get("/panic"), 500, problem.Internal},
	} {
		t.Run(tc.name, func(t *testing.T) {
			answers := talk(t, d.addr, tc.send)
			if len(answers) != 1 {
				t.Fatalf("%d answers, want 1: %v", len(answers), answers)
			}
			a := answers[0]
			if a.status != tc.status && tc.status != 505 { // 505 is answered as 400: one answer for what is not HTTP/1
				t.Fatalf("status %d, want %d: %s", a.status, tc.status, a.body)
			}
			if tc.code == "" {
				return
			}
			var p problem.Problem
			if err := json.Unmarshal([]byte(a.body), &p); err != nil || a.mediaType != problem.ContentType {
				t.Fatalf("not a problem: %q %q", a.mediaType, a.body)
			}
			if p.Code != tc.code || p.Type != problem.TypePrefix+tc.code || p.Title == "" || p.Status != a.status {
				t.Errorf("problem %+v, want code %s", p, tc.code)
			}
			if strings.Contains(a.body, "secret") || strings.Contains(a.body, "goroutine") {
				t.Errorf("the answer tells of the inside: %s", a.body)
			}
			if a.status == 405 && a.allow == "" {
				t.Error("405 without Allow")
			}
		})
	}
}

type answer struct {
	status                 int
	mediaType, body, allow string
}

// talk sends bytes and reads answers until the server closes.
func talk(t *testing.T, addr, send string) []answer {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	go io.WriteString(c, send) // the server may answer before it has read all
	var answers []answer
	br := bufio.NewReader(c)
	for {
		res, err := http.ReadResponse(br, nil)
		if err != nil {
			return answers
		}
		body, _ := io.ReadAll(res.Body)
		answers = append(answers, answer{res.StatusCode, res.Header.Get("Content-Type"), string(body), res.Header.Get("Allow")})
		if res.Close {
			return answers
		}
		c.SetReadDeadline(time.Now().Add(100 * time.Millisecond)) // a second answer would be smuggled
	}
}

// Ensure slow senders are cut off: an endless header without an answer, an
// endless body with 408, also when nobody wants the body.
func TestSlow(t *testing.T) {
	d := openDoor(t, nil)
	const half = " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"
	for target, want := range map[string]int{"/echo": 408, "/nothing": 404} {
		start := time.Now()
		got := talk(t, d.addr, "POST "+target+half)
		if len(got) != 1 || got[0].status != want {
			t.Errorf("%s with half a body: %v, want %d", target, got, want)
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("%s held for %v by half a body", target, took)
		}
	}
	start := time.Now()
	if got := talk(t, d.addr, "GET /thing/a HTTP/1.1\r\nHost: a\r\nX: "); len(got) != 0 {
		t.Errorf("answered half a header: %v", got)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("held for %v by half a header", took)
	}
}

// Ensure the number of metric series does not depend on what callers send.
func TestMetricSeriesBounded(t *testing.T) {
	d := openDoor(t, nil)
	talk(t, d.addr, "GET /thing/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	talk(t, d.addr, "GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	talk(t, d.addr, "BREW /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	before := seriesCount(t, d.metrics)
	for i := range 200 {
		n := big.NewInt(int64(i)).Text(36)
		talk(t, d.addr, "GET /thing/"+n+" HTTP/1.1\r\nHost: h"+n+"\r\nConnection: close\r\n\r\n")
		talk(t, d.addr, "GET /x"+n+" HTTP/1.1\r\nHost: h"+n+"\r\nConnection: close\r\n\r\n")
		talk(t, d.addr, "M"+n+" /echo HTTP/1.1\r\nHost: h"+n+"\r\nConnection: close\r\n\r\n")
	}
	if after := seriesCount(t, d.metrics); after != before {
		t.Errorf("%d series became %d", before, after)
	}
}

func seriesCount(t *testing.T, reg *prometheus.Registry) int {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range families {
		n += len(f.Metric)
	}
	return n
}

// Ensure a TLS door gives Request.TLS, speaks both protocols and answers broken
// requests as problems too.
func TestTLSDoor(t *testing.T) {
	cert, pool := selfSigned(t)
	d := openDoor(t, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13, NextProtos: []string{"h2", "http/1.1"}})
	for _, h2 := range []bool{false, true} {
		tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: h2}
		res, err := (&http.Client{Transport: tr}).Get("https://" + d.addr + "/thing/a")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		tr.CloseIdleConnections()
		if string(body) != "a" || (res.ProtoMajor == 2) != h2 {
			t.Errorf("h2 %v: %s %q", h2, res.Proto, body)
		}
	}
	c, err := tls.Dial("tcp", d.addr, &tls.Config{RootCAs: pool})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	io.WriteString(c, "NONSENSE\r\n\r\n")
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != 400 || res.Header.Get("Content-Type") != problem.ContentType {
		t.Errorf("broken request over TLS: %d %q", res.StatusCode, res.Header.Get("Content-Type"))
	}
	// A caller that never finishes its handshake holds up nobody.
	silent, err := net.Dial("tcp", d.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	again, err := tls.Dial("tcp", d.addr, &tls.Config{RootCAs: pool})
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// Ensure what callers send cannot forge a line of the log, nor an inner error
// reach an answer.
func TestLogInjection(t *testing.T) {
	var log strings.Builder
	rt := NewRouter(NewMetrics(prometheus.NewRegistry(), "test"), slog.New(slog.NewTextHandler(&log, nil)))
	rt.HandleFunc("GET /fail/{id}", func(w http.ResponseWriter, r *http.Request) {
		rt.Fail(w, r, errors.New("bad id "+r.PathValue("id")+"\nlevel=ERROR msg=forged"))
	})
	w := httptest.NewRecorder()
	rt.ServeHTTP(w, httptest.NewRequest("GET", "/fail/x%0alevel=ERROR%20msg=forged", nil))
	if lines := strings.Count(strings.TrimSpace(log.String()), "\n"); lines != 0 {
		t.Errorf("one failure logged as %d lines: %s", lines+1, log.String())
	}
	if w.Code != 500 || strings.Contains(w.Body.String(), "forged") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
