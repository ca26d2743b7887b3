package console

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sandi.internal/gateway/certs/strict"
)

// provider is a small identity provider: discovery, keys and tokens. Whoever comes
// to it is signed in as claims say.
type provider struct {
	*httptest.Server
	key       *ecdsa.PrivateKey
	claims    map[string]any
	alg       string // of the ID token's header
	challenge string // of the authorization request
	exchanges int
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{key: key, alg: "ES256"}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"ES256"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		point, _ := p.key.PublicKey.Bytes() // a key of a named curve has bytes
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]string{
			"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "k1", "x": strict.B64(point[1:33]), "y": strict.B64(point[33:]),
		}}})
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		p.exchanges++
		sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		if r.FormValue("code") != "code-1" || strict.B64(sum[:]) != p.challenge {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": p.sign(t)})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *provider) sign(t *testing.T) string {
	t.Helper()
	payload, err := json.Marshal(p.claims)
	if err != nil {
		t.Fatal(err)
	}
	input := strict.B64([]byte(`{"alg":"`+p.alg+`","kid":"k1"}`)) + "." + strict.B64(payload)
	sum := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, p.key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	raw := make([]byte, 64)
	for i, n := range []*big.Int{r, s} {
		n.FillBytes(raw[32*i : 32*i+32])
	}
	return input + "." + strict.B64(raw)
}

// journey is one person at the provider.
type journey struct {
	state, nonce, challenge string
	cookie                  *http.Cookie
}

// set out for the provider, which notes the challenge and says who the person is.
func (b *bench) journey(p *provider) journey {
	b.t.Helper()
	w := b.ask("GET", "/console/oidc/start", "", header("Sec-Fetch-Site", "none"))
	to, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code != http.StatusSeeOther || !strings.HasPrefix(to.String(), p.URL+"/authorize?") {
		b.t.Fatalf("set out: %d %v", w.Code, w.Header())
	}
	q := to.Query()
	if q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" || q.Get("redirect_uri") != "http://127.0.0.1:8012/console/oidc/callback" || !strings.Contains(q.Get("scope"), "openid") {
		b.t.Errorf("asked for %v", q)
	}
	p.challenge = q.Get("code_challenge")
	now := b.now.Unix()
	p.claims = map[string]any{
		"iss": p.URL, "aud": "sandi", "sub": "u-17", "name": "王五", "nonce": q.Get("nonce"), "iat": now, "exp": now + 300,
		"org": "120000-SJ", "roles": []string{"clerk", "liaison", "clerk"},
	}
	cookie := w.Result().Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode {
		b.t.Errorf("the flow's cookie is %+v", cookie)
	}
	return journey{state: q.Get("state"), nonce: q.Get("nonce"), challenge: p.challenge, cookie: cookie}
}

// back comes back from the provider, as a navigation that began at another site.
func (b *bench) back(j journey, change ...func(url.Values)) *httptest.ResponseRecorder {
	q := url.Values{"state": {j.state}, "code": {"code-1"}}
	for _, f := range change {
		f(q)
	}
	return b.ask("GET", "/console/oidc/callback?"+q.Encode(), "", header("Sec-Fetch-Site", "cross-site"), with(j.cookie))
}

func newOIDCBench(t *testing.T) (*bench, *provider) {
	b, p := newBench(t), newProvider(t)
	b.now = time.Now() // certificates and the provider keep real time
	b.door.cfg.OIDC = NewOIDC(Provider{
		Issuer: p.URL, Client: "sandi", Redirect: "http://127.0.0.1:8012/console/oidc/callback", Org: "org", Roles: "roles",
	}, func(org string) bool { return strings.HasPrefix(org, "1200") }, func() time.Time { return b.now })
	return b, p
}

// Ensure somebody whom the bureau's provider knows comes in as what it says, with
// a session like everybody's.
func TestOIDC(t *testing.T) {
	b, p := newOIDCBench(t)
	if w := b.ask("GET", "/console/ways", ""); !strings.Contains(w.Body.String(), `"oidc":true`) {
		t.Errorf("ways: %s", w.Body)
	}
	j := b.journey(p)
	w := b.back(j)
	var session *http.Cookie
	for _, c := range w.Result().Cookies() {
		if c.Name == "sandi-"+region {
			session = c
		}
	}
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/console" || session == nil || session.SameSite != http.SameSiteStrictMode {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	var s Standing
	if err := json.Unmarshal(b.ask("GET", "/console/session", "", with(session)).Body.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	if s.Person != "u-17" || s.Name != "王五" || s.Org.Code != "120000-SJ" || strings.Join(s.Roles, " ") != "clerk liaison" {
		t.Errorf("standing %+v", s)
	}
	if w := b.back(j); w.Header().Get("Location") != "/console/enter?refused" {
		t.Error("the way back was walked twice")
	}
	if p.exchanges != 1 {
		t.Errorf("%d exchanges", p.exchanges)
	}
}

// Ensure nobody comes in with what is not for this person, this browser, this
// client, now; and that the answer does not say which.
func TestOIDCRefusals(t *testing.T) {
	claim := func(name string, value any) func(*provider, *journey) {
		return func(p *provider, _ *journey) { p.claims[name] = value }
	}
	for what, spoil := range map[string]func(*provider, *journey){
		"another browser":               func(_ *provider, j *journey) { j.cookie.Value = "x" },
		"another state":                 func(_ *provider, j *journey) { j.state = "x" },
		"a made-up flow":                func(_ *provider, j *journey) { j.state, j.cookie.Value = "x", "x" },
		"another verifier":              func(p *provider, _ *journey) { p.challenge = "x" },
		"another nonce":                 claim("nonce", "x"),
		"another issuer":                claim("iss", "https://elsewhere.example"),
		"another client":                claim("aud", "other"),
		"expired":                       claim("exp", 1_700_000_000),
		"no subject":                    claim("sub", ""),
		"a long subject":                claim("sub", strings.Repeat("x", subjectMax+1)),
		"another region":                claim("org", "110000-SJ"),
		"no organisation":               claim("org", nil),
		"no roles":                      claim("roles", []string{}),
		"roles as a string":             claim("roles", "clerk"),
		"two administrators":            claim("roles", []string{"operator", "security_admin"}),
		"an administrator in an office": claim("roles", []string{"clerk", "audit_admin"}),
		"alg none":                      func(p *provider, _ *journey) { p.alg = "none" },
		"alg HS256":                     func(p *provider, _ *journey) { p.alg = "HS256" },
		"another key": func(p *provider, _ *journey) {
			real := p.key.PublicKey
			p.key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			other := *p.key
			other.PublicKey = real // the provider shows the old key and signs with another
			p.key = &other
		},
	} {
		b, p := newOIDCBench(t)
		j := b.journey(p)
		spoil(p, &j)
		w := b.back(j)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/console/enter?refused" || len(b.door.sessions.all) != 0 {
			t.Errorf("%s: %d to %q, %d sessions", what, w.Code, w.Header().Get("Location"), len(b.door.sessions.all))
		}
	}
	b, p := newOIDCBench(t)
	j := b.journey(p)
	b.account("u17", "security_admin") // of the same person, whom the provider calls a clerk
	p.claims["sub"] = "p-u17"
	if w := b.back(j); w.Header().Get("Location") != "/console/enter?refused" || len(b.door.sessions.all) != 0 {
		t.Error("a security administrator comes in as a clerk")
	}
	j = b.journey(p)
	if w := b.back(j, func(q url.Values) { q.Del("code"); q.Set("error", "access_denied") }); w.Header().Get("Location") != "/console/enter?refused" {
		t.Error("who was refused at the provider comes in")
	}
	j = b.journey(p)
	b.now = b.now.Add(flowLife)
	if w := b.back(j); w.Header().Get("Location") != "/console/enter?refused" {
		t.Error("a flow does not expire")
	}
	j = b.journey(p)
	other := b.journey(p)
	j.cookie = other.cookie
	if w := b.back(j); w.Header().Get("Location") != "/console/enter?refused" {
		t.Error("a state comes back with the flow of another browser")
	}
}

// Ensure strangers who set out for the provider and never come back keep nobody from
// signing in, neither who is on the way nor who sets out later.
func TestOIDCFlood(t *testing.T) {
	b, p := newOIDCBench(t)
	on := b.journey(p)
	for range 3000 {
		if w := b.ask("GET", "/console/oidc/start", ""); w.Code != http.StatusSeeOther {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	p.challenge, p.claims["nonce"] = on.challenge, on.nonce
	if w := b.back(on); w.Header().Get("Location") != "/console" {
		t.Error("who was on the way was kept out")
	}
	if w := b.back(b.journey(p)); w.Header().Get("Location") != "/console" {
		t.Error("who set out later was kept out")
	}
}

// Ensure the ways back that are remembered are bounded.
func TestOIDCBackBounded(t *testing.T) {
	b, p := newOIDCBench(t)
	o := b.door.cfg.OIDC
	for range backMax {
		o.back[random()] = b.now
	}
	if w := b.back(b.journey(p)); w.Header().Get("Location") != "/console" || len(o.back) != 1 {
		t.Errorf("to %q, %d remembered", w.Header().Get("Location"), len(o.back))
	}
}

// Ensure a provider that is away keeps nobody out for longer than it is away, and a
// console without one has no such way in.
func TestOIDCAway(t *testing.T) {
	b, p := newOIDCBench(t)
	issuer := b.door.cfg.OIDC.cfg.Issuer
	b.door.cfg.OIDC.cfg.Issuer = "http://127.0.0.1:1"
	b.refused("away", b.ask("GET", "/console/oidc/start", ""), http.StatusServiceUnavailable, "unavailable")
	b.door.cfg.OIDC.cfg.Issuer = issuer
	b.now = b.now.Add(awayFor)
	b.journey(p)
	b.door.cfg.OIDC = nil
	b.refused("none", b.ask("GET", "/console/oidc/start", ""), http.StatusNotFound, "not_found")
	b.refused("none", b.ask("GET", "/console/oidc/callback?state=x", ""), http.StatusNotFound, "not_found")
}

// Ensure a provider that does not answer is asked by one at a time, and after a failure
// by nobody for a while: everybody else is answered at once.
func TestOIDCAskedOnce(t *testing.T) {
	b, _ := newOIDCBench(t)
	var asked atomic.Int32
	came, free := make(chan struct{}), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 1 {
			close(came)
			<-free
		}
		w.WriteHeader(http.StatusBadGateway)
	}))
	defer slow.Close()
	o := b.door.cfg.OIDC
	o.cfg.Issuer = slow.URL
	first := make(chan error, 1)
	go func() {
		_, _, err := o.begin(t.Context())
		first <- err
	}()
	<-came
	left, leave := context.WithCancel(t.Context())
	leave() // waits no longer
	if _, _, err := o.begin(left); !errors.Is(err, errAsking) {
		t.Errorf("while somebody asks: %v", err)
	}
	close(free)
	failure := <-first
	if failure == nil {
		t.Fatal("a provider that is away let somebody set out")
	}
	b.refused("soon after", b.ask("GET", "/console/oidc/start", ""), http.StatusServiceUnavailable, "unavailable")
	if n := asked.Load(); n != 1 {
		t.Errorf("it was asked %d times", n)
	}
	b.now = b.now.Add(awayFor)
	if _, _, err := o.begin(t.Context()); err == nil || asked.Load() != 2 {
		t.Errorf("later: %v, asked %d times", err, asked.Load())
	}
}
