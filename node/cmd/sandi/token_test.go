package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/certs/authority"
	"sandi.internal/gateway/certs/devca"
)

// Ensure a token can be bound to a certificate, and that the certificate is shown
// with it.
func TestBoundToken(t *testing.T) {
	dir := t.TempDir()
	net, err := devca.New(filepath.Join(dir, "net"))
	if err != nil {
		t.Fatal(err)
	}
	region := net.Regions[1]
	pair, token := filepath.Join(dir, "auditor.pem"), ""
	ca := filepath.Join(region.Dir, "ca")
	for range 2 { // the second finds the file there
		code, _ := call(t, "token", "certificate", "--ca", filepath.Join(ca, "issuing.pem"), "--ca-key", filepath.Join(ca, "issuing-key.pem"),
			"--region", region.Code, "--name", "auditor", "-f", pair, "--life", "1h")
		if code != exitOK && token == "" {
			t.Fatalf("exit %d", code)
		}
		if code == exitOK && token != "" {
			t.Error("a key was overwritten")
		}
		var out string
		code, out = call(t, "token", "issue", "--key", filepath.Join(ca, "token.pem"), "--region", region.Code, "--role", "auditor", "--scope", "bulk:export", "--bind", pair)
		if token = strings.TrimSpace(out); code != exitOK {
			t.Fatalf("exit %d", code)
		}
	}
	claims, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var bound struct {
		Cnf struct {
			X5T string `json:"x5t#S256"`
		}
	}
	if err := json.Unmarshal(claims, &bound); err != nil {
		t.Fatal(err)
	}
	asked := 0
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if len(r.TLS.PeerCertificates) == 0 || authority.Thumbprint(r.TLS.PeerCertificates[0]) != bound.Cnf.X5T {
			t.Error("another certificate was shown than the token is bound to")
			return
		}
		opts := x509.VerifyOptions{Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), CurrentTime: time.Now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
		opts.Roots.AddCert(region.Root.Cert())
		for _, c := range r.TLS.PeerCertificates[1:] {
			opts.Intermediates.AddCert(c)
		}
		if _, err := r.TLS.PeerCertificates[0].Verify(opts); err != nil {
			t.Error(err)
		}
		_, _ = w.Write([]byte("{}"))
	}))
	srv.TLS = &tls.Config{ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS13}
	srv.StartTLS()
	defer srv.Close()
	b := &bureau{t: t, dir: dir}
	roots := b.file("server.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}))
	if code, _ := call(t, "status", "--addr", srv.URL, "--cacert", roots, "--cert", pair, "--token", token, "-o", "json"); code != exitDegraded || asked == 0 {
		t.Errorf("exit %d, asked %d times", code, asked)
	}
	for _, bad := range []string{"--cert", "--cacert"} {
		if code, _ := call(t, "status", "--addr", srv.URL, bad, filepath.Join(dir, "absent.pem"), "--token", token); code != exitFailed {
			t.Errorf("%s of nowhere: exit %d", bad, code)
		}
	}
}
