package console

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/statement"
)

const (
	// oidcPatience bounds one exchange with the identity provider.
	oidcPatience = 10 * time.Second
	// flowLife is how long a person may take at the identity provider.
	flowLife = 10 * time.Minute
	// awayFor is how long a provider that could not be reached is not asked again.
	awayFor = 15 * time.Second
	// askedWait is how long somebody waits for the question that another one put.
	askedWait = time.Second
	// backMax bounds the ways back that are remembered, so that none is walked twice.
	// Beyond it the provider's own rule stands alone: a code is good once.
	backMax = 16 << 10
	// subjectMax is what the token gate takes as sub.
	subjectMax = 128
)

// idAlgs are the signatures that are believed on ID tokens. They come from the
// provider itself over TLS, never from the browser, so its usual RS256 may stand.
var idAlgs = []string{oidc.RS256, oidc.PS256, oidc.ES256, oidc.EdDSA}

// Provider is a bureau's own identity provider.
type Provider struct {
	Issuer   string // its base URL, as its discovery document says it
	Client   string // client_id of this node
	Secret   string // empty: a public client, held by PKCE alone
	Redirect string // this node's public URL and /console/oidc/callback
	Org      string // claim with the organisation code
	Roles    string // claim with the list of office roles
}

// OIDC lets people in by the authorization code flow with PKCE (RFC 7636). What the
// provider says becomes an Identity; its tokens are dropped at once.
type OIDC struct {
	cfg   Provider
	own   func(org string) bool // an organisation of this region
	clock func() time.Time
	http  *http.Client
	seal  cipher.AEAD // of flows; its key lives as long as this process

	mu       sync.Mutex // owns all below
	provider *oidc.Provider
	asking   chan struct{}        // closed once the question under way is answered; nil when there is none
	away     error                // why it could not be reached
	until    time.Time            // it is not asked again before
	back     map[string]time.Time // states that came back, until when they could again
}

// flow is one person on the way to the provider and back. It travels sealed in the
// person's own cookie: were it kept here, strangers who set out and never come back
// would keep others from setting out.
type flow struct {
	State    string    `json:"state"`
	Verifier string    `json:"verifier"`
	Nonce    string    `json:"nonce"`
	Until    time.Time `json:"until"`
}

// errFlow is the one answer to every way back that does not let in.
var errFlow = errors.New("the identity provider's answer does not let in")

// NewOIDC takes up an identity provider; it is first asked when somebody comes.
func NewOIDC(cfg Provider, own func(org string) bool, clock func() time.Time) *OIDC {
	return &OIDC{cfg: cfg, own: own, clock: clock, http: &http.Client{Timeout: oidcPatience}, seal: newSeal(), back: map[string]time.Time{}}
}

// newSeal makes a cipher under a key that nobody else has.
func newSeal() cipher.AEAD {
	key := make([]byte, 32)
	_, _ = rand.Read(key)                          // crypto/rand cannot fail
	block, _ := aes.NewCipher(key)                 // of a valid length
	seal, _ := cipher.NewGCMWithRandomNonce(block) // of a valid block
	return seal
}

// errAsking is the answer while somebody else asks the provider for the first time.
var errAsking = errors.New("the identity provider (console.oidc.issuer) is being asked; it has not answered yet")

// discover reads the provider's discovery document, until it has been read once: one
// attempt at a time, and after a failure none for awayFor. Whoever comes meanwhile is
// answered within askedWait, and holds no connection open for a provider that is away.
func (o *OIDC) discover(ctx context.Context) (*oidc.Provider, error) {
	o.mu.Lock()
	if pending := o.asking; pending != nil {
		o.mu.Unlock()
		select {
		case <-pending:
		case <-time.After(askedWait):
			return nil, errAsking
		case <-ctx.Done():
			return nil, errAsking
		}
		o.mu.Lock()
	}
	switch {
	case o.provider != nil:
		defer o.mu.Unlock()
		return o.provider, nil
	case o.away != nil && o.clock().Before(o.until):
		defer o.mu.Unlock()
		return nil, o.away
	case o.asking != nil: // a third one asks anew
		defer o.mu.Unlock()
		return nil, errAsking
	}
	o.asking = make(chan struct{})
	o.mu.Unlock()
	// The provider keeps this context for its keys: it must not end with a request.
	fresh, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), o.http), o.cfg.Issuer)
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.asking)
	o.asking = nil
	if err != nil {
		o.away, o.until = fmt.Errorf("couldn't reach the identity provider (console.oidc.issuer): %w", err), o.clock().Add(awayFor)
		return nil, o.away
	}
	o.provider, o.away = fresh, nil
	return fresh, nil
}

func (o *OIDC) oauth(p *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{ClientID: o.cfg.Client, ClientSecret: o.cfg.Secret, Endpoint: p.Endpoint(), RedirectURL: o.cfg.Redirect, Scopes: []string{oidc.ScopeOpenID, "profile"}}
}

// begin gives where to send a person, and the sealed flow that has to come back.
func (o *OIDC) begin(ctx context.Context) (target, sealed string, err error) {
	p, err := o.discover(ctx)
	if err != nil {
		return "", "", err
	}
	f := flow{State: random(), Verifier: oauth2.GenerateVerifier(), Nonce: random(), Until: o.clock().Add(flowLife)}
	plain, err := json.Marshal(f)
	if err != nil {
		return "", "", err
	}
	return o.oauth(p).AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), strict.B64(o.seal.Seal(nil, nil, plain, nil)), nil
}

// take opens a flow, once.
func (o *OIDC) take(sealed, state string) (f flow, ok bool) {
	raw, err := strict.Base64URL(sealed)
	if err != nil {
		return f, false
	}
	plain, err := o.seal.Open(nil, nil, raw, nil)
	if err != nil || json.Unmarshal(plain, &f) != nil {
		return f, false
	}
	now := o.clock()
	if subtle.ConstantTimeCompare([]byte(f.State), []byte(state)) != 1 || !now.Before(f.Until) {
		return f, false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, twice := o.back[state]; twice {
		return f, false
	}
	if len(o.back) >= backMax {
		maps.DeleteFunc(o.back, func(_ string, until time.Time) bool { return !now.Before(until) })
	}
	if len(o.back) >= backMax {
		clear(o.back)
	}
	o.back[state] = f.Until
	return f, true
}

// finish turns a code into who somebody is.
func (o *OIDC) finish(ctx context.Context, sealed, state, code string) (Identity, error) {
	f, ok := o.take(sealed, state)
	if !ok || code == "" {
		return Identity{}, errFlow
	}
	p, err := o.discover(ctx)
	if err != nil {
		return Identity{}, err
	}
	ctx = oidc.ClientContext(ctx, o.http)
	tokens, err := o.oauth(p).Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return Identity{}, fmt.Errorf("couldn't exchange the code at the identity provider: %w", err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	verifier := p.Verifier(&oidc.Config{ClientID: o.cfg.Client, SupportedSigningAlgs: idAlgs, Now: o.clock})
	token, err := verifier.Verify(ctx, raw)
	if err != nil {
		return Identity{}, fmt.Errorf("couldn't accept the ID token: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(f.Nonce)) != 1 {
		return Identity{}, fmt.Errorf("%w: another nonce", errFlow)
	}
	var claims map[string]any
	if err := token.Claims(&claims); err != nil {
		return Identity{}, fmt.Errorf("couldn't read the ID token's claims: %w", err)
	}
	return o.identity(token.Subject, claims)
}

// identity reads who somebody is from claims. Roles that the ledger does not grant
// this region's issuer are cut off by the gate.
func (o *OIDC) identity(subject string, claims map[string]any) (Identity, error) {
	who := Identity{Person: subject}
	who.Org, _ = claims[o.cfg.Org].(string)
	who.Name, _ = claims["name"].(string)
	if who.Name == "" {
		who.Name = subject
	}
	list, _ := claims[o.cfg.Roles].([]any)
	for _, item := range list {
		if role, ok := item.(string); ok && role != "" && !slices.Contains(who.Roles, role) {
			who.Roles = append(who.Roles, role)
		}
	}
	switch {
	case subject == "" || len(subject) > subjectMax:
		return who, fmt.Errorf("%w: no usable sub", errFlow)
	case !statement.IsOrg(who.Org) || !o.own(who.Org):
		return who, fmt.Errorf("%w: the claim %q names no organisation of this region", errFlow, o.cfg.Org)
	case len(who.Roles) == 0:
		return who, fmt.Errorf("%w: the claim %q lists no role", errFlow, o.cfg.Roles)
	}
	return who, nil
}

// random is 256 bits of text.
func random() string {
	raw := make([]byte, secretBytes)
	_, _ = rand.Read(raw) // crypto/rand cannot fail
	return strict.B64(raw)
}

// leaveFor is GET /console/oidc/start: off to the identity provider.
func (d *Door) leaveFor(w http.ResponseWriter, r *http.Request) error {
	if d.cfg.OIDC == nil {
		return problem.New(problem.NotFound)
	}
	target, sealed, err := d.cfg.OIDC.begin(r.Context())
	if err != nil {
		return problem.New(problem.Unavailable).Retry(awayFor).Because(err)
	}
	d.setFlow(w, r, sealed)
	http.Redirect(w, r, target, http.StatusSeeOther)
	return nil
}

// comeBack is GET /console/oidc/callback. The flow's cookie is Lax, because the way
// back begins at another site; the session's is Strict as ever: the page that
// follows needs none, and its own requests carry it.
func (d *Door) comeBack(w http.ResponseWriter, r *http.Request) error {
	if d.cfg.OIDC == nil {
		return problem.New(problem.NotFound)
	}
	q := r.URL.Query()
	state, sent := q.Get("state"), r.CookiesNamed(d.flowName(r))
	d.setFlow(w, r, "")
	refuse := func(err error) error {
		d.cfg.Logger.Warn("a sign-in by the identity provider was refused", "err", err, "remote", r.RemoteAddr)
		http.Redirect(w, r, home+"/enter?refused", http.StatusSeeOther)
		return nil
	}
	if len(sent) != 1 {
		return refuse(fmt.Errorf("%w: another browser's state", errFlow))
	}
	who, err := d.cfg.OIDC.finish(r.Context(), sent[0].Value, state, q.Get("code"))
	if err != nil {
		return refuse(err)
	}
	switch err := d.admit(w, r, Grant{Identity: who}); {
	case err == nil:
		http.Redirect(w, r, home, http.StatusSeeOther)
		return nil
	case problem.Of(err).Code == problem.RolesExclude:
		return refuse(err)
	default:
		return err
	}
}

func (d *Door) flowName(r *http.Request) string { return d.cookieName(r) + "-oidc" }

func (d *Door) setFlow(w http.ResponseWriter, r *http.Request, sealed string) {
	c := &http.Cookie{
		Name: d.flowName(r), Value: sealed, Path: "/", HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode, MaxAge: int(flowLife / time.Second),
	}
	if sealed == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}
