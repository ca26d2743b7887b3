package console

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/api/account"
	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/genesis"
)

const region = "120000"

// bench is a console before a public door that tells what arrives.
type bench struct {
	t        *testing.T
	door     *Door
	links    string
	accounts string // their folder
	now      time.Time
	calls    []*http.Request
	hold     chan struct{} // when set, the public door answers once its request has ended
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, links: t.TempDir(), accounts: filepath.Join(t.TempDir(), "accounts"), now: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)}
	key, err := keyring.Generate(keyring.EdDSA, keyring.UseToken, "tok-1")
	if err != nil {
		t.Fatal(err)
	}
	mint, err := NewMint(region, "https://120000.sandi/issuer", key)
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return b.now }
	g := &genesis.Genesis{Clock: genesis.ClockPractice, Synthetic: true, Regions: []genesis.Region{{
		Code: region, NameZH: "天津", NameEN: "Tianjin", Orgs: []genesis.Org{{Code: "120000-SJ", NameZH: "市监委", NameEN: "Commission"}},
	}}}
	store, err := account.Open(b.accounts, func(org string) bool { return org == "120000-SJ" }, clock)
	if err != nil {
		t.Fatal(err)
	}
	b.door, err = New(Config{
		Region: region, Genesis: g, Next: http.HandlerFunc(b.public), Mint: mint, Links: NewLinks(b.links, clock), Accounts: store, Keys: func() (Keys, error) { return Keys{Region: region}, nil },
		Clock: clock, Logger: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) public(w http.ResponseWriter, r *http.Request) {
	b.calls = append(b.calls, r)
	if b.hold != nil {
		close(b.hold)
		<-r.Context().Done()
		return
	}
	io.WriteString(w, "{}")
}

// ask sends a request as a page of the console would.
func (b *bench) ask(method, path, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(method, "http://127.0.0.1:8012"+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", mediaJSON)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	b.door.ServeHTTP(w, r)
	return w
}

func with(c *http.Cookie) func(*http.Request) { return func(r *http.Request) { r.AddCookie(c) } }

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func (b *bench) link(person string, roles ...string) string {
	b.t.Helper()
	code, err := MakeLink(b.links, Identity{Person: person, Name: "王", Org: "120000-SJ", Roles: roles}, b.now.Add(LinkLife))
	if err != nil {
		b.t.Fatal(err)
	}
	return code
}

// enter signs somebody in and gives the cookie.
func (b *bench) enter(person string, roles ...string) *http.Cookie {
	b.t.Helper()
	w := b.ask("POST", "/console/session", `{"code":"`+b.link(person, roles...)+`"}`)
	if w.Code != http.StatusOK || len(w.Result().Cookies()) != 1 {
		b.t.Fatalf("sign-in: %d %s", w.Code, w.Body)
	}
	return w.Result().Cookies()[0]
}

func codeOf(w *httptest.ResponseRecorder) string {
	var p struct{ Code string }
	_ = json.Unmarshal(w.Body.Bytes(), &p)
	return p.Code
}

func (b *bench) refused(what string, w *httptest.ResponseRecorder, status int, code string) {
	b.t.Helper()
	if w.Code != status || codeOf(w) != code {
		b.t.Errorf("%s: %d %s, want %d %s", what, w.Code, w.Body, status, code)
	}
}

// Ensure a session's request comes to the public door with a token that the gate
// takes, and that the browser is given neither that token nor a readable cookie.
func TestSessionToken(t *testing.T) {
	b := newBench(t)
	cookie := b.enter("wang", "clerk", "liaison")
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != "/" || cookie.Name != "sandi-"+region || cookie.MaxAge != 0 {
		t.Errorf("cookie %+v", cookie)
	}
	w := b.ask("GET", "/v1/records", "", with(cookie), with(&http.Cookie{Name: "other", Value: "x"}))
	if w.Code != http.StatusOK || len(b.calls) != 1 {
		t.Fatalf("%d, %d calls", w.Code, len(b.calls))
	}
	r := b.calls[0]
	if r.Header.Get("Cookie") != "" {
		t.Error("the cookie went on to the public door")
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	parts := strings.Split(token, ".")
	if scheme != "Bearer" || len(parts) != 3 {
		t.Fatalf("Authorization %q", r.Header.Get("Authorization"))
	}
	claims := claimsOf(t, parts[1])
	if claims.Subject != "wang" || claims.Org != "120000-SJ" || claims.Audience != auth.Audience(region) || claims.Issuer != "https://120000.sandi/issuer" ||
		claims.Expires-claims.IssuedAt > 600 || claims.Scope != "records:read records:write" || len(claims.Roles) != 2 {
		t.Errorf("claims %+v", claims)
	}
	if strings.Contains(w.Body.String()+w.Header().Get("Set-Cookie"), token) {
		t.Error("the token was given to the browser")
	}
	// One token serves until shortly before its end.
	b.ask("GET", "/v1/records", "", with(cookie))
	b.now = b.now.Add(tokenLife - tokenRenew)
	b.ask("GET", "/v1/records", "", with(cookie))
	first, second, third := b.calls[0].Header.Get("Authorization"), b.calls[1].Header.Get("Authorization"), b.calls[2].Header.Get("Authorization")
	if first != second || third == first {
		t.Error("a token is minted for every request, or never again")
	}
}

func claimsOf(t *testing.T, part string) keyring.Claims {
	t.Helper()
	var c keyring.Claims
	data, err := strict.Base64URL(part)
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Ensure requests that the console's own pages did not make get no token: not from
// another site, nor from another port of this host, nor with foreign credentials.
func TestForeignRequests(t *testing.T) {
	b := newBench(t)
	cookie := b.enter("wang", "clerk")
	for _, site := range []string{"cross-site", "same-site"} {
		b.refused("GET "+site, b.ask("GET", "/v1/records", "", with(cookie), header("Sec-Fetch-Site", site)), http.StatusForbidden, "forbidden")
		b.refused("POST "+site, b.ask("POST", "/v1/records", "{}", with(cookie), header("Sec-Fetch-Site", site)), http.StatusForbidden, "forbidden")
		b.refused("sign out "+site, b.ask("DELETE", "/console/session", "", with(cookie), header("Sec-Fetch-Site", site)), http.StatusForbidden, "forbidden")
		b.refused("sign in "+site, b.ask("POST", "/console/session", `{"code":"x"}`, header("Sec-Fetch-Site", site)), http.StatusForbidden, "forbidden")
	}
	b.refused("origin", b.ask("DELETE", "/console/session", "", with(cookie), header("Sec-Fetch-Site", ""), header("Origin", "http://127.0.0.1:8011")), http.StatusForbidden, "forbidden")
	if len(b.calls) != 0 {
		t.Fatalf("%d foreign requests went through", len(b.calls))
	}
	b.ask("GET", "/v1/records", "", with(cookie), header("Authorization", "Bearer own"))
	b.ask("GET", "/v1/records", "")
	b.ask("GET", "/v1/records", "", with(&http.Cookie{Name: "sandi-110000", Value: cookie.Value}))
	b.ask("GET", "/openapi.json", "", with(cookie))
	for i, want := range []string{"Bearer own", "", "", ""} {
		if got := b.calls[i].Header.Get("Authorization"); got != want {
			t.Errorf("request %d: Authorization %q, want %q", i, got, want)
		}
	}
	b.refused("two cookies", b.ask("GET", "/console/session", "", with(cookie), with(&http.Cookie{Name: cookie.Name, Value: "x"})), http.StatusUnauthorized, "session_ended")
}

// Ensure a session ends by itself, for want of a sign and in any case, and says so.
func TestSessionEnds(t *testing.T) {
	b := newBench(t)
	cookie := b.enter("wang", "clerk")
	began := b.now
	var s Standing
	if err := json.Unmarshal(b.ask("GET", "/console/session", "", with(cookie)).Body.Bytes(), &s); err != nil {
		t.Fatal(err)
	}
	if s.Expires != stamp(began.Add(IdleLife)) || s.Limit != stamp(began.Add(FullLife)) || s.Org.Name.ZH != "市监委" || !s.Practice || !s.Synthetic {
		t.Errorf("standing %+v", s)
	}
	b.now = b.now.Add(IdleLife - time.Second)
	b.ask("GET", "/v1/records", "", with(cookie)) // no sign of a person: pages read by themselves
	b.now = b.now.Add(time.Second)
	b.refused("idle", b.ask("GET", "/v1/records", "", with(cookie)), http.StatusUnauthorized, "session_ended")

	cookie = b.enter("wang", "clerk")
	began = b.now
	for b.now.Before(began.Add(FullLife)) {
		if w := b.ask("PUT", "/console/session", "", with(cookie)); w.Code != http.StatusOK {
			t.Fatalf("after %v: %d", b.now.Sub(began), w.Code)
		}
		b.now = b.now.Add(IdleLife - time.Minute)
	}
	b.refused("after a day", b.ask("PUT", "/console/session", "", with(cookie)), http.StatusUnauthorized, "session_ended")
}

// Ensure signing out ends one browser, everywhere ends the person's others and
// nobody else's, and that what is being sent is broken off.
func TestSignOut(t *testing.T) {
	b := newBench(t)
	here, there, other := b.enter("wang", "clerk"), b.enter("wang", "clerk"), b.enter("li", "liaison")
	w := b.ask("DELETE", "/console/session", "", with(here))
	if w.Code != http.StatusOK || w.Result().Cookies()[0].MaxAge >= 0 {
		t.Fatalf("%d %v", w.Code, w.Result().Cookies())
	}
	b.refused("signed out", b.ask("GET", "/console/session", "", with(here)), http.StatusUnauthorized, "session_ended")
	if w := b.ask("GET", "/console/session", "", with(there)); w.Code != http.StatusOK {
		t.Fatal("one browser signed the other out")
	}
	again := b.enter("wang", "clerk")
	b.hold = make(chan struct{})
	var streaming sync.WaitGroup
	streaming.Go(func() { b.ask("GET", "/v1/events", "", with(there)) })
	<-b.hold
	if w := b.ask("DELETE", "/console/sessions", "", with(again)); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"ended":2`) {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	streaming.Wait() // the stream ended with its session
	b.refused("there", b.ask("GET", "/console/session", "", with(there)), http.StatusUnauthorized, "session_ended")
	if w := b.ask("GET", "/console/session", "", with(other)); w.Code != http.StatusOK {
		t.Error("everywhere reached another person")
	}
}

// Ensure sessions stay bounded, and that whoever signs in anew leaves nobody behind.
func TestSessionBounds(t *testing.T) {
	b := newBench(t)
	first := b.enter("wang", "clerk")
	for range perPersonMax {
		b.now = b.now.Add(time.Second)
		b.enter("wang", "clerk")
	}
	b.refused("the oldest", b.ask("GET", "/console/session", "", with(first)), http.StatusUnauthorized, "session_ended")
	before := b.enter("li", "clerk")
	b.ask("POST", "/console/session", `{"code":"`+b.link("zhao", "clerk")+`"}`, with(before))
	b.refused("the one before", b.ask("GET", "/console/session", "", with(before)), http.StatusUnauthorized, "session_ended")
	for i := len(b.door.sessions.all); i < sessionsMax; i++ {
		if _, err := b.door.sessions.begin(Grant{Identity: Identity{Person: string(rune('a' + i))}}); err != nil {
			t.Fatal(err)
		}
	}
	b.refused("one more", b.ask("POST", "/console/session", `{"code":"`+b.link("qian", "clerk")+`"}`), http.StatusServiceUnavailable, "overloaded")
}

// Ensure a link works once, in time, with its own secret, over restarts, and that
// guessing ends it and the guesser's tries.
func TestLinks(t *testing.T) {
	b := newBench(t)
	post := func(code string) *httptest.ResponseRecorder {
		return b.ask("POST", "/console/session", `{"code":"`+code+`"}`)
	}
	used := b.link("wang", "clerk")
	if w := post(used); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	b.refused("used", post(used), http.StatusUnauthorized, "link_invalid")
	restarted := NewLinks(b.links, b.door.cfg.Clock)
	if _, err := restarted.Use(used); err == nil {
		t.Error("a used link works again after a restart")
	}
	late := b.link("wang", "clerk")
	b.now = b.now.Add(LinkLife)
	b.refused("expired", post(late), http.StatusUnauthorized, "link_invalid")
	for _, code := range []string{"", ".", "x.y", "../../etc/passwd.x", strings.Repeat("0", 16) + ".x", strings.ToUpper(used)} {
		b.refused("code "+code, post(code), http.StatusUnauthorized, "link_invalid")
	}
	b.refused("no JSON", b.ask("POST", "/console/session", `{`), http.StatusBadRequest, "malformed_body")
	b.now = b.now.Add(time.Minute)
	guessed := b.link("wang", "clerk")
	name, _, _ := strings.Cut(guessed, ".")
	for range linkTries {
		b.refused("guess", post(name+".AAAA"), http.StatusUnauthorized, "link_invalid")
	}
	b.refused("after guesses", post(guessed), http.StatusUnauthorized, "link_invalid")
	for range hostTries {
		post("x.y")
	}
	good := b.link("wang", "clerk")
	b.refused("after many guesses", post(good), http.StatusTooManyRequests, "too_many_requests")
	b.now = b.now.Add(time.Minute)
	if w := post(good); w.Code != http.StatusOK {
		t.Errorf("a minute later: %d %s", w.Code, w.Body)
	}
	if left, _ := filepath.Glob(filepath.Join(b.links, "*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Ensure two that come with one link at a time do not both get in.
func TestLinkRace(t *testing.T) {
	b := newBench(t)
	code := b.link("wang", "clerk")
	var in sync.Map
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			if _, err := b.door.cfg.Links.Use(code); err == nil {
				in.Store(i, true)
			}
		})
	}
	all.Wait()
	n := 0
	in.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("%d got in with one link", n)
	}
}

// Ensure pages come with a policy that runs no script but files of this host, a
// nonce of their own, and nothing that a cache keeps; files with their types.
func TestPages(t *testing.T) {
	b := newBench(t)
	if w := b.ask("GET", "/", ""); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/console" {
		t.Errorf("/: %d %v", w.Code, w.Header())
	}
	if w := b.ask("GET", "/console/", ""); w.Code != http.StatusPermanentRedirect || w.Header().Get("Location") != "/console" {
		t.Errorf("/console/: %d %v", w.Code, w.Header())
	}
	nonces := map[string]bool{}
	for _, path := range []string{"/console", "/console/enter", "/console/accounts", "/console/acts", "/console/keys", "/console/password", "/console/record/CT-120000-2025-000001"} {
		w := b.ask("GET", path, "")
		csp := w.Header().Get("Content-Security-Policy")
		nonce := regexp.MustCompile(`style-src 'self' 'nonce-([A-Za-z0-9_-]{22})'`).FindStringSubmatch(csp)
		if w.Code != http.StatusOK || nonce == nil || !strings.Contains(csp, "script-src 'self';") || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "default-src 'none'") {
			t.Fatalf("%s: %d, policy %q", path, w.Code, csp)
		}
		if nonces[nonce[1]] || !strings.Contains(w.Body.String(), nonce[1]) || strings.Contains(w.Body.String(), nonceMark) {
			t.Errorf("%s: its nonce is not its own, or not in the page", path)
		}
		nonces[nonce[1]] = true
		if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, w.Header())
		}
	}
	for name, a := range b.door.pages.files {
		w := b.ask("GET", "/console/"+name, "", header("Accept-Encoding", "gzip"))
		zip, err := gzip.NewReader(w.Body)
		if err != nil || w.Code != http.StatusOK || w.Header().Get("Content-Type") != a.media {
			t.Fatalf("%s: %d %v %v", name, w.Code, w.Header(), err)
		}
		if body, err := io.ReadAll(zip); err != nil || !bytes.Equal(body, a.body) {
			t.Errorf("%s: not the file, %v", name, err)
		}
		if w := b.ask("GET", "/console/"+name, ""); !bytes.Equal(w.Body.Bytes(), a.body) {
			t.Errorf("%s: not the file when asked for as it is", name)
		}
	}
	b.refused("no such asset", b.ask("GET", "/console/assets/none.js", ""), http.StatusNotFound, "not_found")
	b.refused("method", b.ask("POST", "/console", "{}"), http.StatusMethodNotAllowed, "method_not_allowed")
}

// Ensure the built page has no inline script or style, asks nothing of another
// host, and that its first route is small enough for a slow line.
func TestBuild(t *testing.T) {
	dist, _ := fs.Sub(built, "dist")
	p, err := loadPages(dist)
	if err != nil {
		t.Fatal(err)
	}
	page := string(p.index)
	if regexp.MustCompile(`<script(?:[^>]*)>[^<]`).MatchString(page) || strings.Contains(page, "<style") || regexp.MustCompile(`\son[a-z]+=`).MatchString(page) || strings.Contains(page, "style=") {
		t.Errorf("something is inline: %s", page)
	}
	const firstRoute = 400 << 10 // bytes, compressed
	total := len(pack(p.index))
	named := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(named) < 3 {
		t.Fatalf("the page names %d files", len(named))
	}
	for _, m := range named {
		name, ours := strings.CutPrefix(m[1], "/console/")
		if !ours || p.files[name] == nil {
			t.Errorf("the page asks for %s", m[1])
			continue
		}
		total += len(p.files[name].packed())
	}
	if total > firstRoute {
		t.Errorf("the first route takes %d bytes, more than %d", total, firstRoute)
	}
	t.Logf("first route: %d bytes compressed", total)
	for _, broken := range []fs.FS{
		fstest.MapFS{"index.html": {Data: []byte("<html>")}},
		fstest.MapFS{"index.html": {Data: []byte(nonceMark)}, "x.exe": {}},
	} {
		if _, err := loadPages(broken); err == nil {
			t.Error("a broken build is served")
		}
	}
}

// Ensure who may sign tokens is a token key, and scopes follow roles.
func TestIdentity(t *testing.T) {
	key, err := keyring.Generate(keyring.EdDSA, keyring.UseStatement, "st-1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewMint(region, "i", key); err == nil {
		t.Error("a statement key mints tokens")
	}
	for roles, want := range map[string]string{
		"clerk": "records:read records:write", "auditor": "records:read", "operator": "records:read node:operate", "security_admin": "records:read", "audit_admin": "records:read",
	} {
		if got := (Identity{Roles: strings.Fields(roles)}).Scope(); got != want {
			t.Errorf("%s: %s", roles, got)
		}
	}
	if _, alive, _ := newSessions(nil, time.Now, nil).token("x"); alive != nil {
		t.Error("a session out of nothing")
	}
}
