package console

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/api/account"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/genesis"
)

const (
	maxBody   = 1 << 10 // a sign-in code is 60 bytes
	mediaJSON = "application/json"
	// hostTries is how many wrong sign-ins a minute one address has, and hostsMax
	// how many addresses are remembered.
	hostTries = 20
	hostsMax  = 1024
	// home is where the console begins.
	home = "/console"
)

// Config is what the console works with.
type Config struct {
	Region  string
	Genesis *genesis.Genesis
	Next    http.Handler // the public door
	Mint    *Mint
	Links   *Links // nil: no sign-in links on this network
	OIDC    *OIDC  // nil: no identity provider
	// Accounts are the local accounts and the administrators' log; nil: this node
	// has none, and administrators other than its operator have nothing to do.
	Accounts *account.Store
	Keys     func() (Keys, error) // for administrators; nil: not shown
	Hosts    []string             // names this door answers for; empty: any
	Clock    func() time.Time
	Logger   *slog.Logger
	Metrics  prometheus.Registerer
}

// Door is the console before the public door: it serves the pages, keeps the
// sessions, and gives requests of theirs a token.
type Door struct {
	cfg      Config
	pages    *pages
	sessions *Sessions
	router   *serve.Router
	guard    http.Handler
	cookie   string // name, without the prefix of TLS

	mu     sync.Mutex // owns the two below
	minute time.Time
	tries  map[string]int // wrong sign-ins of this minute by address
}

// New makes the console.
func New(cfg Config) (*Door, error) {
	dist, err := fs.Sub(built, "dist")
	if err != nil {
		return nil, err
	}
	p, err := loadPages(dist)
	if err != nil {
		return nil, err
	}
	d := &Door{
		cfg: cfg, pages: p, router: serve.NewRouter(serve.NewMetrics(cfg.Metrics, "console"), cfg.Logger),
		// Cookies know no ports: in a demo three regions share a host name.
		cookie: "sandi-" + cfg.Region, tries: map[string]int{},
	}
	var stands func(string, uint64) bool
	if cfg.Accounts != nil {
		stands = cfg.Accounts.Stands
	}
	d.sessions = newSessions(cfg.Mint, cfg.Clock, stands)
	d.guard = serve.NewGuard(d.router, cfg.Hosts, serve.MaxConns)
	d.router.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, home, http.StatusSeeOther) })
	d.router.HandleFunc("GET "+home, p.page)
	d.router.HandleFunc("GET "+home+"/{path...}", d.below)
	handlers := d.administration()
	maps.Copy(handlers, map[string]handler{
		"GET " + home + "/oidc/start":       d.leaveFor,
		"GET " + home + "/oidc/callback":    d.comeBack,
		"GET " + home + "/ways":             d.ways,
		"GET " + home + "/session":          d.whoami,
		"POST " + home + "/session":         d.signIn,
		"PUT " + home + "/session":          d.stay,
		"DELETE " + home + "/session":       d.signOut,
		"DELETE " + home + "/sessions":      d.signOutEverywhere,
		"PUT " + home + "/session/password": d.changePassword,
	})
	for pattern, h := range handlers {
		d.router.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := h(w, r); err != nil {
				d.router.Fail(w, r, err)
			}
		})
	}
	return d, nil
}

// handler answers below /console; an error is answered as a problem.
type handler func(w http.ResponseWriter, r *http.Request) error

// Run breaks off what is being sent to sessions that have ended, while ctx lasts.
func (d *Door) Run(ctx context.Context) { d.sessions.watch(ctx) }

// ServeHTTP implements http.Handler.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case path == home+"/": // the page's own links may end so; the guard takes no such path
		http.Redirect(w, r, home, http.StatusPermanentRedirect)
	case path == "/" || path == home || strings.HasPrefix(path, home+"/"):
		d.guard.ServeHTTP(w, r)
	case r.Header["Cookie"] != nil && r.Header["Authorization"] == nil && (strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/log/")):
		d.forward(w, r)
	default:
		d.cfg.Next.ServeHTTP(w, r)
	}
}

// forward lets a browser's request through to the public door with a token of its
// session. Without a cookie of ours it goes as it came.
func (d *Door) forward(w http.ResponseWriter, r *http.Request) {
	secret := d.secret(r)
	if secret == "" {
		d.cfg.Next.ServeHTTP(w, r)
		return
	}
	if !own(r) {
		d.router.Fail(w, r, problem.New(problem.Forbidden))
		return
	}
	token, alive, err := d.sessions.token(secret)
	if err != nil || token == "" {
		d.router.Fail(w, r, ended(err))
		return
	}
	if err := d.operated(r, secret); err != nil {
		d.router.Fail(w, r, err)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	if r.Method == http.MethodGet { // a write that has begun gets its answer
		defer context.AfterFunc(alive, cancel)()
	}
	r = r.WithContext(ctx)
	r.Header = r.Header.Clone()
	r.Header.Del("Cookie")
	r.Header.Set("Authorization", "Bearer "+token)
	d.cfg.Next.ServeHTTP(w, r)
}

// own reports whether a request comes from the console's own pages or from the
// person's hand. Browsers say so since Chrome 76; what says nothing is no browser.
// The cookie is SameSite=Strict already, but another port of this host is the same
// site.
func own(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return true
	}
	return false
}

func ended(err error) error {
	if err != nil {
		return err
	}
	return problem.New(problem.SessionEnded)
}

// secret is what the browser's cookie holds; empty without one.
func (d *Door) secret(r *http.Request) string {
	found := r.CookiesNamed(d.cookieName(r))
	if len(found) != 1 {
		return ""
	}
	return found[0].Value
}

// cookieName carries the prefix that browsers take over TLS only, for the whole
// host and from nobody else.
func (d *Door) cookieName(r *http.Request) string {
	if r.TLS != nil {
		return "__Host-" + d.cookie
	}
	return d.cookie
}

func (d *Door) setCookie(w http.ResponseWriter, r *http.Request, secret string) {
	c := &http.Cookie{Name: d.cookieName(r), Value: secret, Path: "/", HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode}
	if secret == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// Label is a text in both languages.
type Label struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// Place is a region or an organisation with its names.
type Place struct {
	Code string `json:"code"`
	Name Label  `json:"name"`
}

// Standing is GET /console/session: who is signed in, and for how long.
type Standing struct {
	Region    Place    `json:"region"`
	Org       Place    `json:"org"`
	Person    string   `json:"person"`
	Name      string   `json:"name"`
	Roles     []string `json:"roles"`
	Now       string   `json:"now"`     // this node's clock, to count down by
	Expires   string   `json:"expires"` // unless the person shows a sign
	Limit     string   `json:"limit"`   // in any case
	Practice  bool     `json:"practice"`
	Synthetic bool     `json:"synthetic"`

	// Of local accounts: its name, whether a password has to be chosen before
	// anything else, the sign-in before this one, and the tries in vain since.
	Account string            `json:"account,omitempty"`
	Change  bool              `json:"change,omitempty"`
	Before  *account.SignedIn `json:"before,omitempty"`
	Wrong   int               `json:"wrong,omitempty"`
}

func (d *Door) whoami(w http.ResponseWriter, r *http.Request) error { return d.answer(w, r, false) }

func (d *Door) stay(w http.ResponseWriter, r *http.Request) error { return d.answer(w, r, true) }

func (d *Door) answer(w http.ResponseWriter, r *http.Request, active bool) error {
	found, ok := d.sessions.look(d.secret(r), active)
	if !ok {
		return problem.New(problem.SessionEnded)
	}
	return d.send(w, found)
}

func (d *Door) send(w http.ResponseWriter, s standing) error {
	g := d.cfg.Genesis
	region := g.Region(d.cfg.Region)
	out := Standing{
		Region: Place{region.Code, Label{region.NameZH, region.NameEN}}, Org: Place{Code: s.who.Org, Name: Label{s.who.Org, s.who.Org}},
		Person: s.who.Person, Name: s.who.Name, Roles: s.who.Roles, Now: stamp(d.cfg.Clock()), Expires: stamp(s.expires), Limit: stamp(s.limit),
		Practice: g.Clock == genesis.ClockPractice, Synthetic: g.Synthetic,
		Account: s.who.Account, Change: s.who.Change, Before: s.who.Before, Wrong: s.who.Wrong,
	}
	if i := slices.IndexFunc(region.Orgs, func(o genesis.Org) bool { return o.Code == s.who.Org }); i >= 0 {
		out.Org.Name = Label{region.Orgs[i].NameZH, region.Orgs[i].NameEN}
	}
	return answerJSON(w, out)
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// signIn is POST /console/session: a one-time link's code, or a local account's name and
// password, for a session.
func (d *Door) signIn(w http.ResponseWriter, r *http.Request) error {
	body, err := serve.Body(w, r, maxBody, mediaJSON)
	if err != nil {
		return err
	}
	var in struct {
		Code     string `json:"code"`
		Name     string `json:"name"`
		Password string `json:"password"`
	}
	if err := strict.Decode(body, maxBody, 2, &in); err != nil {
		return problem.New(problem.MalformedBody, "reason", "json").Because(err)
	}
	if in.Code != "" && (in.Name != "" || in.Password != "") {
		return problem.Invalid(problem.At("body.code", problem.OneOfThese))
	}
	var who Grant
	if in.Name == "" && in.Password == "" {
		who, err = d.byLink(r, in.Code)
	} else {
		who, err = d.byPassword(r, in.Name, in.Password)
	}
	if err != nil {
		return err
	}
	if err := d.admit(w, r, who); err != nil {
		return err
	}
	return d.send(w, standing{who: who, expires: d.cfg.Clock().Add(IdleLife), limit: d.cfg.Clock().Add(FullLife)})
}

func (d *Door) byLink(r *http.Request, code string) (Grant, error) {
	host := hostOf(r)
	if wait := d.wait(host); wait > 0 {
		return Grant{}, problem.New(problem.TooMany).Retry(wait)
	}
	if d.cfg.Links == nil {
		return Grant{}, problem.New(problem.LinkInvalid)
	}
	who, err := d.cfg.Links.Use(code)
	if err != nil {
		d.failed(host)
		return Grant{}, problem.New(problem.LinkInvalid).Because(err)
	}
	return Grant{Identity: who}, nil
}

// hostOf is the address that a request comes from, without its port.
func hostOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// admit opens a session for whoever a way of signing in has found out. Administrators'
// roles exclude one another whichever way somebody comes in.
func (d *Door) admit(w http.ResponseWriter, r *http.Request, who Grant) error {
	if err := d.mayEnter(r, who); err != nil {
		return err
	}
	secret, err := d.sessions.begin(who)
	if errors.Is(err, errTwoRoles) {
		return errors.Join(problem.New(problem.RolesExclude), d.note(r, who.Identity, account.ActRefused, err.Error()))
	}
	if err != nil {
		return problem.New(problem.Overloaded).Retry(time.Minute).Because(err)
	}
	if before := d.secret(r); before != "" {
		d.sessions.end(before, false) // whoever signs in anew leaves nobody behind
	}
	d.cfg.Logger.Info("somebody signed in at the console", "org", who.Org, "roles", who.Roles, "remote", r.RemoteAddr)
	d.setCookie(w, r, secret)
	return nil
}

// ways is GET /console/ways: how one may sign in here.
func (d *Door) ways(w http.ResponseWriter, _ *http.Request) error {
	return answerJSON(w, map[string]bool{"link": d.cfg.Links != nil, "oidc": d.cfg.OIDC != nil, "password": d.hasAccounts()})
}

func answerJSON(w http.ResponseWriter, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", mediaJSON)
	h.Set("Cache-Control", "no-store")
	w.Write(body)
	return nil
}

// wait is how long an address has to wait before it may try again.
func (d *Door) wait(host string) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.cfg.Clock()
	if now.Sub(d.minute) >= time.Minute || len(d.tries) >= hostsMax {
		d.minute = now
		clear(d.tries)
	}
	if d.tries[host] < hostTries {
		return 0
	}
	return d.minute.Add(time.Minute).Sub(now)
}

func (d *Door) failed(host string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tries[host]++
}

func (d *Door) signOut(w http.ResponseWriter, r *http.Request) error { return d.leave(w, r, false) }

func (d *Door) signOutEverywhere(w http.ResponseWriter, r *http.Request) error {
	return d.leave(w, r, true)
}

func (d *Door) leave(w http.ResponseWriter, r *http.Request, everywhere bool) error {
	found, ok := d.sessions.look(d.secret(r), false)
	if !ok {
		return problem.New(problem.SessionEnded)
	}
	n := d.sessions.end(d.secret(r), everywhere)
	if found.who.administers() != "" {
		// Whoever leaves is let go, whether or not that could be written down.
		if err := d.note(r, found.who.Identity, account.ActSignedOut, ""); err != nil {
			d.cfg.Logger.Error("couldn't write down that an administrator signed out", "err", err)
		}
	}
	d.setCookie(w, r, "")
	// Not the storage: what a browser keeps there is nobody's secret (language, tours seen, the
	// checkpoint that an auditor wants the next visit held against).
	w.Header().Set("Clear-Site-Data", `"cache"`)
	return answerJSON(w, map[string]int{"ended": n})
}
