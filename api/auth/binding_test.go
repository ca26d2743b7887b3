package auth

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"testing"

	"sandi.internal/gateway/certs/authority"
	"sandi.internal/gateway/certs/devca"
)

// TestBinding runs RFC 8705 over real TLS: a bound token is good with its
// certificate and with no other, and peer and bulk scopes demand a binding.
func TestBinding(t *testing.T) {
	b := newBureau(t)
	net, err := devca.New("", "110000", "120000")
	must(t, err)
	client := func(id string) (tls.Certificate, string) {
		chain, key, err := net.Region("110000").Issuing.IssueClient(id, authority.NodeLife)
		must(t, err)
		pair, err := tls.X509KeyPair(chain, key)
		must(t, err)
		cert, err := x509.ParseCertificate(pair.Certificate[0])
		must(t, err)
		return pair, authority.Thumbprint(cert)
	}
	mine, thumb := client("loader")
	other, otherThumb := client("thief")
	bind := func(scope, x5t string) string {
		changes := map[string]any{"scope": scope, "jti": scope + x5t}
		if x5t != "" {
			changes["cnf"] = map[string]string{"x5t#S256": x5t}
		}
		changes["jti"] = "j" + x5t + "-" + scope[:4]
		return token(t, b.ed, with(changes))
	}
	var reason Reason
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, err := b.Check(r, "")
		if reason = innerReason(err); err == nil && (caller.Service != caller.HasScope(ScopeBulk)) && !caller.HasScope(ScopePeer) {
			reason = "service?"
		}
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS13}
	server.StartTLS()
	defer server.Close()
	for _, c := range []struct {
		name, scope, thumb string
		certs              []tls.Certificate
		want               Reason
	}{
		{"bound, right certificate", ScopeRead, thumb, []tls.Certificate{mine}, ""},
		{"bound, another certificate", ScopeRead, thumb, []tls.Certificate{other}, OtherBinding},
		{"bound, no certificate", ScopeRead, thumb, nil, OtherBinding},
		{"not bound, any certificate", ScopeRead, "", []tls.Certificate{other}, ""},
		{"bulk, bound", ScopeBulk, thumb, []tls.Certificate{mine}, ""},
		{"bulk, bound to another", ScopeBulk, otherThumb, []tls.Certificate{mine}, OtherBinding},
		{"bulk, not bound", ScopeBulk, "", []tls.Certificate{mine}, Unbound},
		{"peer, bound", ScopePeer, thumb, []tls.Certificate{mine}, ""},
		{"peer, not bound", ScopePeer, "", []tls.Certificate{mine}, Unbound},
		{"peer among others, not bound", ScopeRead + " " + ScopePeer, "", []tls.Certificate{mine}, Unbound},
	} {
		for _, again := range []string{"", ", again"} { // the second from the cache
			transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: c.certs}}
			req, err := http.NewRequest(http.MethodGet, server.URL, nil)
			must(t, err)
			req.Header.Set("Authorization", "Bearer "+bind(c.scope, c.thumb))
			resp, err := transport.RoundTrip(req)
			must(t, err)
			resp.Body.Close()
			transport.CloseIdleConnections()
			if reason != c.want {
				t.Errorf("%s%s: got %q, want %q", c.name, again, reason, c.want)
			}
		}
	}
	b.refused(t, "bound token over plain HTTP", request(bind(ScopeRead, thumb)), OtherBinding)
}
