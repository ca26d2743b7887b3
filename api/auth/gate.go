package auth

import (
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/api/problem"
)

// maxContactAge is how long a node without leader contact still believes what
// its ledger says about other regions' issuers. Its own region's tokens it
// takes on: the bureau must be able to work while cut off, and revocations of
// its own tokens it would have to submit itself.
const maxContactAge = 10 * time.Minute

// usualToken is the size that most tokens keep below, bytes.
const usualToken = 1 << 10

// retryStale is what a refused foreign caller is told to wait.
const retryStale = 30 * time.Second

// Config is what a Gate is made of.
type Config struct {
	Region   string // this node's
	Registry Registry
	Clock    func() time.Time      // real time, on practice networks too; nil: time.Now
	Logger   *slog.Logger          // the audit log; nil: the default
	Metrics  prometheus.Registerer // nil: not registered
}

// Gate checks access tokens. It is safe for concurrent use.
type Gate struct {
	region   string
	audience string // of tokens for this region's node
	registry Registry
	clock    func() time.Time
	cache    *cache
	counts   counters
	audit    audit
}

// New makes a gate.
func New(cfg Config) (*Gate, error) {
	if cfg.Region == "" || cfg.Registry == nil {
		return nil, errors.New("couldn't make the token gate: no region or no registry")
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return &Gate{
		region: cfg.Region, audience: Audience(cfg.Region), registry: cfg.Registry, clock: cfg.Clock,
		cache: newCache(), counts: newCounters(cfg.Metrics), audit: audit{log: cfg.Logger},
	}, nil
}

// Check says who sent a request. wantAudience is the aud that the token must
// have; empty means this node's region. The error is a *problem.Problem (401
// unauthorized, 503 ledger_stale or unavailable) around a *Refusal.
func (g *Gate) Check(r *http.Request, wantAudience string) (*Caller, error) {
	if wantAudience == "" {
		wantAudience = g.audience
	}
	now := g.clock()
	v, result, refusal := g.check(r, wantAudience, now)
	if refusal == nil {
		g.counts[result].Inc()
		return v.caller, nil
	}
	g.counts[string(refusal.Reason)].Inc()
	var genuine *claims
	if v != nil {
		genuine = v.claims
	}
	g.audit.refused(now, r.RemoteAddr, refusal, genuine)
	return nil, outside(refusal)
}

// outside is what the caller gets to know.
func outside(refusal *Refusal) *problem.Problem {
	switch refusal.Reason {
	case StaleLedger:
		return problem.New(problem.LedgerStale).Retry(retryStale).Because(refusal)
	case NoRegistry:
		return problem.New(problem.Unavailable).Retry(time.Second).Because(refusal)
	}
	return problem.New(problem.Unauthorized).With("WWW-Authenticate", "Bearer").Because(refusal)
}

// check returns the verified token with a refusal too, when the signature was
// good: then the audit log may say whose it was.
func (g *Gate) check(r *http.Request, audience string, now time.Time) (*verified, string, *Refusal) {
	token, refusal := bearer(r)
	if refusal != nil {
		return nil, "", refusal
	}
	if len(token) > maxToken {
		return nil, "", refuse(TooLong)
	}
	var room [usualToken]byte // so that a token of the usual size needs no copy on the heap
	sum := sha256.Sum256(append(room[:0], token...))
	v, result := g.cache.get(sum), resultCached
	if v == nil {
		result = resultOK
		if v, refusal = g.verify(token, audience, now); refusal != nil {
			return v, "", refusal
		}
		g.cache.put(sum, v, now)
	} else {
		fresh, refusal := g.recheck(v, audience, now)
		if refusal != nil {
			g.cache.drop(sum)
			return v, "", refusal
		}
		if fresh != v {
			g.cache.put(sum, fresh, now)
			v = fresh
		}
	}
	// What depends on this request or this moment is never cached.
	if refusal := bound(v.claims, r.TLS); refusal != nil {
		return v, "", refusal
	}
	if v.region != g.region && g.registry.LeaderContactAge() > maxContactAge {
		return v, "", refuse(StaleLedger)
	}
	return v, result, nil
}

// verify takes a token through every check. A refusal after the signature was
// found good comes with the claims, for the audit log.
func (g *Gate) verify(token, audience string, now time.Time) (*verified, *Refusal) {
	p, refusal := cut(token)
	if refusal != nil {
		return nil, refusal
	}
	h, refusal := parseHeader(p.header)
	if refusal != nil {
		return nil, refusal
	}
	c, refusal := parseClaims(p.payload)
	if refusal != nil {
		return nil, refusal
	}
	answer, err := g.registry.Look(c.query(h.Kid))
	if err != nil {
		return nil, &Refusal{Reason: NoRegistry, Err: err}
	}
	if refusal := stands(&answer, c); refusal != nil {
		return nil, refusal
	}
	if h.Alg != string(answer.Key.Alg) {
		return nil, refuse(KeyAlg)
	}
	if refusal := verify(token, answer.Key, c, audience, now); refusal != nil {
		if refusal.Reason == BadSignature {
			return nil, refusal
		}
		return &verified{claims: c}, refusal
	}
	return g.judge(c, h.Kid, &answer)
}

// recheck judges a cached token again: its times always, and what the ledger
// says when governance has moved on. The signature stays good.
func (g *Gate) recheck(v *verified, audience string, now time.Time) (*verified, *Refusal) {
	if v.claims.audience != audience {
		return nil, refuse(ClaimAudience)
	}
	if refusal := v.claims.current(now); refusal != nil {
		return nil, refusal
	}
	if g.registry.Index() == v.index {
		return v, nil
	}
	answer, err := g.registry.Look(v.claims.query(v.kid))
	if err != nil {
		return nil, &Refusal{Reason: NoRegistry, Err: err}
	}
	if refusal := stands(&answer, v.claims); refusal != nil {
		return nil, refusal
	}
	if !answer.Key.Equal(v.key) {
		return nil, refuse(UnknownKey)
	}
	return g.judge(v.claims, v.kid, &answer)
}
