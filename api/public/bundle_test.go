package public_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/certs/authority"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/bundle"
)

// exporter is a bureau with an auditor in front of it, over real connections.
type exporter struct {
	*door
	records []string
	client  *client.Client
}

func newExporter(t *testing.T, entries int) *exporter {
	t.Helper()
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{Rate: 1 << 20})
	e := &exporter{door: d.as(solo.Someone(solo.Beijing, "shen", "auditor"))}
	e.enter(entries)
	srv := httptest.NewServer(d.bureau.API)
	t.Cleanup(srv.Close)
	var err error
	e.client, err = client.New(client.Options{
		Base: srv.URL, Token: func(context.Context) (string, error) { return e.token, nil }, Retry: client.Retry{Total: -1},
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// export fetches a bundle and opens it.
func (e *exporter) export(o client.BundleOptions) *bundle.Bundle {
	e.t.Helper()
	var file bytes.Buffer
	if err := e.client.Bundle(e.t.Context(), &file, o); err != nil {
		e.t.Fatal(err)
	}
	b, err := bundle.Open(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		e.t.Fatal(err)
	}
	return b
}

// Ensure a bundle holds what was asked for, on the newest final checkpoint, and
// that its progress adds up.
func TestBundle(t *testing.T) {
	e := newExporter(t, 5)
	older := e.net.Notes.Publish()
	e.enter(1)
	newest := e.net.Notes.Publish()
	e.enter(1)
	e.net.Notes.Publish(solo.Beijing, solo.Tianjin) // not final
	var entries, size uint64
	whole := e.export(client.BundleOptions{Progress: func(_ int64, done, of uint64) { entries, size = done, of }})
	if entries != 6 || size != 6 {
		t.Errorf("progress ended at %d of %d entries", entries, size)
	}
	m := whole.Manifest()
	if note, err := whole.Read(bundle.NameCheckpoint); err != nil || !bytes.Equal(note, newest.Marshal()) || m.Size != 6 || m.Kind != bundle.KindLog || m.Network != e.net.Genesis.Network() {
		t.Errorf("%+v %v", m, err)
	}
	if note, err := whole.Read(bundle.EarlierName(older.Size)); err != nil || !bytes.Equal(note, older.Marshal()) {
		t.Errorf("the earlier checkpoint: %v", err)
	}
	if file, err := whole.Read(bundle.NameGenesis); err != nil || !bytes.Equal(file, e.net.File) {
		t.Errorf("the genesis: %v", err)
	}
	for _, tc := range []struct {
		name string
		o    client.BundleOptions
		want []string
	}{
		{"a record", client.BundleOptions{Records: e.records[2:3]}, []string{"entries/2"}},
		{"two records", client.BundleOptions{Records: []string{e.records[4], e.records[0]}}, []string{"entries/0", "entries/4"}},
		{"indexes", client.BundleOptions{From: "1", To: "4"}, []string{"entries/1", "entries/2", "entries/3"}},
		{"from an index on", client.BundleOptions{From: "4"}, []string{"entries/4", "entries/5"}},
		{"one day", client.BundleOptions{From: "2025-11-05", To: "2025-11-05"}, []string{"entries/2"}},
		{"days", client.BundleOptions{From: "2025-01-01", To: "2025-11-04"}, []string{"entries/0", "entries/1"}},
		{"from a day on", client.BundleOptions{From: "2025-11-07"}, []string{"entries/4", "entries/5"}},
	} {
		tc.o.Progress = func(_ int64, done, _ uint64) { entries = done }
		b := e.export(tc.o)
		if got := b.Names(bundle.ClassEntry); !slices.Equal(got, tc.want) || b.Manifest().Kind != bundle.KindExtract || int(entries) != len(tc.want) {
			t.Errorf("%s: %v, %d entries counted, want %v", tc.name, got, entries, tc.want)
		}
	}
}

// enter adds entries, a day apart.
func (e *exporter) enter(count int) {
	e.t.Helper()
	clerk := e.as(solo.Someone(solo.Beijing, "zhang", "clerk"))
	for range count {
		e.records = append(e.records, clerk.open("unqualified", "clerk", strings.Replace(unqualified, "0412", client.NewKey(), 1)).Record)
		e.net.Pass(24 * time.Hour)
	}
}

// Ensure a bundle that breaks off is no bundle to whoever fetches it.
func TestBundlePartial(t *testing.T) {
	e := newExporter(t, 300)
	e.net.Notes.Publish()
	for _, tc := range []struct {
		name  string
		spoil func(w http.ResponseWriter, whole *httptest.ResponseRecorder)
	}{
		{"cut", func(w http.ResponseWriter, whole *httptest.ResponseRecorder) {
			w.Write(whole.Body.Bytes()[:1000])
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}},
		{"cut by a proxy that closes it well", func(w http.ResponseWriter, whole *httptest.ResponseRecorder) {
			w.Write(whole.Body.Bytes()[:1000])
		}},
		{"without its digest", func(w http.ResponseWriter, whole *httptest.ResponseRecorder) { w.Write(whole.Body.Bytes()) }},
		{"another byte", func(w http.ResponseWriter, whole *httptest.ResponseRecorder) {
			w.Header().Set("Trailer", "Content-Digest")
			body := whole.Body.Bytes()
			body[500] ^= 1
			w.Write(body)
			w.Header().Set("Content-Digest", whole.Result().Trailer.Get("Content-Digest"))
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				whole := httptest.NewRecorder()
				e.bureau.API.ServeHTTP(whole, r)
				for _, name := range []string{"Content-Type", "Bundle-Size"} {
					w.Header().Set(name, whole.Header().Get(name))
				}
				tc.spoil(w, whole)
			}))
			defer srv.Close()
			c, err := client.New(client.Options{Base: srv.URL, Token: func(context.Context) (string, error) { return e.token, nil }})
			if err != nil {
				t.Fatal(err)
			}
			var file bytes.Buffer
			if err := c.Bundle(t.Context(), &file, client.BundleOptions{}); !errors.Is(err, client.ErrPartial) {
				t.Errorf("%d bytes: %v", file.Len(), err)
			}
		})
	}
	// The node itself breaks off when it cannot go on.
	broken := errors.New("a disk that ends")
	reads := 0
	e.net.Ledger.Break(&solo.Fault{View: func(f desk.Fresh) error {
		if reads++; reads > 8 {
			return broken
		}
		return nil
	}})
	var file bytes.Buffer
	if err := e.client.Bundle(t.Context(), &file, client.BundleOptions{}); !errors.Is(err, client.ErrPartial) {
		t.Errorf("%d bytes: %v", file.Len(), err)
	}
}

// Ensure who may not export gets nothing.
func TestBundleRefused(t *testing.T) {
	e := newExporter(t, 3)
	who := func(p solo.Person) *door { return e.as(p) }
	auditor := e.door
	problemOf(t, auditor.do("GET", "/v1/audit/bundle?all", ""), 503, problem.NoCheckpoint)
	if w := auditor.do("GET", "/v1/audit/bundle?all", ""); w.Header().Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
	}
	e.net.Notes.Publish()
	for _, tc := range []struct {
		name   string
		who    *door
		query  string
		status int
		code   string
	}{
		{"clerk", who(solo.Someone(solo.Beijing, "zhang", "clerk")), "all", 403, problem.Forbidden},
		{"operator", who(solo.Someone(solo.Beijing, "op", "operator")), "all", 403, problem.Forbidden},
		{"nobody", who(solo.Someone(solo.Beijing, "nobody")), "all", 403, problem.Forbidden},
		{"nothing asked for", auditor, "", 422, problem.ValidationFailed},
		{"two things", auditor, "all&record=UN-110000-2025-000001", 422, problem.ValidationFailed},
		{"all and a range", auditor, "all&from=0", 422, problem.ValidationFailed},
		{"record and a range", auditor, "record=UN-110000-2025-000001&from=0", 422, problem.ValidationFailed},
		{"an end without a beginning", auditor, "to=3", 422, problem.ValidationFailed},
		{"not all", auditor, "all=false", 422, problem.ValidationFailed},
		{"no record", auditor, "record=", 422, problem.ValidationFailed},
		{"not a record", auditor, "record=UN-110000-2025-000001,..%2f", 422, problem.ValidationFailed},
		{"too many records", auditor, "record=" + strings.Repeat("UN-110000-2025-000001,", 100) + "UN-110000-2025-000001", 422, problem.ValidationFailed},
		{"unknown record", auditor, "record=UN-110000-2025-999999", 404, problem.NotFound},
		{"not an index", auditor, "from=-1", 422, problem.ValidationFailed},
		{"not a day", auditor, "from=2025-13-01", 422, problem.ValidationFailed},
		{"beyond the checkpoint", auditor, "from=0&to=4", 422, problem.ValidationFailed},
		{"from beyond", auditor, "from=3", 422, problem.ValidationFailed},
		{"empty", auditor, "from=1&to=1", 422, problem.ValidationFailed},
		{"backwards", auditor, "from=2&to=1", 422, problem.ValidationFailed},
		{"after the last day", auditor, "from=2030-01-01", 422, problem.ValidationFailed},
		{"unknown parameter", auditor, "all&x=1", 422, problem.ValidationFailed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			problemOf(t, tc.who.do("GET", "/v1/audit/bundle?"+tc.query, ""), tc.status, tc.code)
		})
	}
	if w := auditor.do("GET", "/v1/audit/bundle?all", "", "Authorization", ""); w.Code != 401 {
		t.Errorf("without a token %d", w.Code)
	}
	if w := auditor.do("POST", "/v1/audit/bundle?all", ""); w.Code != 405 {
		t.Errorf("POST %d", w.Code)
	}
}

// Ensure that on a network with real data a bundle is given only to an auditor
// whose token has the scope and is bound to the certificate of the connection.
func TestBundleBound(t *testing.T) {
	e := newExporter(t, 2)
	e.net.Notes.Publish()
	e.net.Genesis.Genesis.Synthetic = false
	srv := httptest.NewUnstartedServer(e.bureau.API)
	srv.TLS = &tls.Config{ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS13}
	srv.StartTLS()
	defer srv.Close()
	ours, theirs := certificate(t, e.net, solo.Beijing), certificate(t, e.net, solo.Tianjin)
	token := func(cert *tls.Certificate, roles []string, scope string) string {
		now := time.Now().Unix()
		claims := keyring.Claims{
			Subject: "export", Audience: auth.Audience(solo.Beijing), IssuedAt: now, Expires: now + 300,
			ID: fmt.Sprint(client.NewKey()), Roles: roles, Org: solo.Beijing + "-SJ", Scope: scope,
		}
		if cert != nil {
			claims.Confirm = &keyring.Confirmation{X5T: authority.Thumbprint(cert.Leaf)}
		}
		text, err := e.net.Keys.Region(solo.Beijing).SignToken(claims)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	auditor := []string{"auditor"}
	for _, tc := range []struct {
		name   string
		shown  *tls.Certificate
		token  string
		status int
	}{
		{"bound", ours, token(ours, auditor, "bulk:export"), 200},
		{"bound, no certificate shown", nil, token(ours, auditor, "bulk:export"), 401},
		{"bound to another certificate", theirs, token(ours, auditor, "bulk:export"), 401},
		{"not bound", ours, token(nil, auditor, "bulk:export"), 401},
		{"without the scope", ours, token(nil, auditor, "records:read"), 403},
		{"bound, without the scope", ours, token(ours, auditor, "records:read"), 403},
		{"not an auditor", ours, token(ours, []string{"clerk"}, "bulk:export"), 403},
	} {
		t.Run(tc.name, func(t *testing.T) {
			transport := srv.Client().Transport.(*http.Transport).Clone()
			defer transport.CloseIdleConnections()
			if tc.shown != nil {
				transport.TLSClientConfig.Certificates = []tls.Certificate{*tc.shown}
			}
			c, err := client.New(client.Options{
				Base: srv.URL, HTTP: &http.Client{Transport: transport}, Token: func(context.Context) (string, error) { return tc.token, nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			var file bytes.Buffer
			err = c.Bundle(t.Context(), &file, client.BundleOptions{})
			var p *problem.Problem
			if errors.As(err, &p) && p.Status != tc.status || err == nil && tc.status != 200 || err != nil && p == nil {
				t.Errorf("%d bytes: %v, want %d", file.Len(), err, tc.status)
			}
		})
	}
}

func certificate(t *testing.T, n *solo.Network, region string) *tls.Certificate {
	t.Helper()
	node := n.Keys.Region(region).Nodes[0]
	pair, err := tls.X509KeyPair(node.CertPEM, node.KeyPEM)
	if err != nil {
		t.Fatal(err)
	}
	return &pair
}
