package auth

import (
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Reason is why a token was refused, exactly. It is a metric label and part of
// the audit log, never of an answer.
type Reason string

// The reasons, in the order of the checks.
const (
	NoHeader    Reason = "no_header"
	ManyHeaders Reason = "many_headers"
	InQuery     Reason = "in_query"
	BadScheme   Reason = "scheme"
	TooLong     Reason = "too_long"
	BadCharset  Reason = "charset"
	BadSegments Reason = "segments"
	BadBase64   Reason = "base64"

	HeaderForm Reason = "header" // not exactly alg, typ and kid as strings
	HeaderType Reason = "header_typ"
	HeaderAlg  Reason = "header_alg"
	HeaderKey  Reason = "header_kid"

	ClaimsForm    Reason = "claims"        // not one strict JSON object
	ClaimCase     Reason = "claim_case"    // a registered name in another case
	ClaimIssuer   Reason = "claim_iss"     // wrong form, as in all that follow
	ClaimSubject  Reason = "claim_sub"     //
	ClaimAudience Reason = "claim_aud"     // also one that is not ours
	ClaimIssued   Reason = "claim_iat"     // also in the future
	ClaimExpires  Reason = "claim_exp"     //
	ClaimBefore   Reason = "claim_nbf"     // also in the future
	ClaimID       Reason = "claim_jti"     //
	ClaimRoles    Reason = "claim_roles"   //
	ClaimOrg      Reason = "claim_org"     // also of another region
	ClaimScope    Reason = "claim_scope"   //
	ClaimConfirm  Reason = "claim_cnf"     //
	ClaimRegion   Reason = "claim_region"  // not the issuer's region
	ClaimClient   Reason = "claim_client"  //
	ClaimName     Reason = "claim_name"    //
	Lifetime      Reason = "lifetime"      // exp - iat over the bound
	UnknownIssuer Reason = "issuer"        //
	UnknownKey    Reason = "key"           // not a token key of that issuer
	KeyState      Reason = "key_state"     // prepared, revoked, or retired before iat
	KeyAlg        Reason = "key_alg"       // another algorithm than the key's
	BadSignature  Reason = "signature"     //
	Expired       Reason = "expired"       //
	Unverifiable  Reason = "unverifiable"  // refused by golang-jwt for any other cause
	Revoked       Reason = "revoked"       //
	RolesExclude  Reason = "roles_exclude" // an administrator's role beside another
	Unbound       Reason = "unbound"       // no cnf where the scope demands one
	OtherBinding  Reason = "other_binding" // bound to another client certificate
	StaleLedger   Reason = "stale"         // foreign token without leader contact: 503
	NoRegistry    Reason = "registry"      // the ledger could not be read: 503
)

var reasons = []Reason{
	NoHeader, ManyHeaders, InQuery, BadScheme, TooLong, BadCharset, BadSegments, BadBase64,
	HeaderForm, HeaderType, HeaderAlg, HeaderKey,
	ClaimsForm, ClaimCase, ClaimIssuer, ClaimSubject, ClaimAudience, ClaimIssued, ClaimExpires, ClaimBefore, ClaimID,
	ClaimRoles, ClaimOrg, ClaimScope, ClaimConfirm, ClaimRegion, ClaimClient, ClaimName, Lifetime,
	UnknownIssuer, UnknownKey, KeyState, KeyAlg, BadSignature, Expired, Unverifiable,
	Revoked, RolesExclude, Unbound, OtherBinding, StaleLedger, NoRegistry,
}

// Labels of the metric for tokens that passed.
const (
	resultOK     = "ok"
	resultCached = "cached"
)

// Refusal is the inner error of a refused token, for logs and tests.
type Refusal struct {
	Reason Reason
	Err    error // may be nil
}

func (r *Refusal) Error() string {
	if r.Err == nil {
		return "auth: " + string(r.Reason)
	}
	return "auth: " + string(r.Reason) + ": " + r.Err.Error()
}

// Unwrap gives the inner error.
func (r *Refusal) Unwrap() error { return r.Err }

func refuse(reason Reason) *Refusal { return &Refusal{Reason: reason} }

// counters has one series per result, made at the start: requests never make
// a new one.
type counters map[string]prometheus.Counter

func newCounters(reg prometheus.Registerer) counters {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "sandi_token_checks_total", Help: "Access tokens by result: ok, cached, or the reason of refusal.",
	}, []string{"result"})
	if reg != nil {
		reg.MustRegister(vec)
	}
	c := make(counters, len(reasons)+2)
	for _, r := range reasons {
		c[string(r)] = vec.WithLabelValues(string(r))
	}
	c[resultOK], c[resultCached] = vec.WithLabelValues(resultOK), vec.WithLabelValues(resultCached)
	return c
}

// auditPerSecond bounds the audit lines about tokens whose signature was not
// verified: anybody can send those. The metric counts all of them; lines about
// genuine tokens are never dropped.
const auditPerSecond = 20

// audit writes refusals to the log. What a token says is logged only when its
// signature was good; before that, only what we know ourselves.
type audit struct {
	log *slog.Logger

	mu      sync.Mutex
	second  int64 // unix s of the present budget; guarded by mu, as the two below
	spent   int
	dropped int
}

func (a *audit) refused(now time.Time, remote string, refusal *Refusal, genuine *claims) {
	if genuine != nil {
		a.log.Warn("token refused", "reason", string(refusal.Reason), "remote", remote, "error", refusal.Err,
			"issuer", genuine.issuer, "token", genuine.id, "subject", genuine.subject)
		return
	}
	if ok, dropped := a.budget(now.Unix()); ok {
		a.log.Info("token refused", "reason", string(refusal.Reason), "remote", remote, "unlogged_before", dropped)
	}
}

func (a *audit) budget(second int64) (ok bool, dropped int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if second != a.second {
		a.second, a.spent = second, 0
	}
	if a.spent++; a.spent > auditPerSecond {
		a.dropped++
		return false, 0
	}
	dropped, a.dropped = a.dropped, 0
	return true, dropped
}
