package auth

import (
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"sandi.internal/gateway/certs/strict"
)

// Bounds of claims.
const (
	maxDepth  = 8
	maxClaims = 64  // names at the top; an identity provider adds a dozen of its own
	maxIssuer = 256 // as at registration
	maxText   = 128 // sub, jti, client_id; as in a revocation
	maxName   = 512 // bytes; shown to the person, dropped here
	maxRoles  = 16
	maxRole   = 32
	maxScope  = 1024
	maxScopes = 32

	// Dates outside these years are mistakes or attacks (1e300, -1).
	minDate = 1577836800 // 2020-01-01T00:00:00Z
	maxDate = 4102444800 // 2100-01-01T00:00:00Z

	// Lifetimes, exp - iat, in seconds.
	maxLifePerson  = 600
	maxLifeService = 300
)

// claims are a token's checked claims. Checked means well-formed: nothing here
// is true before the signature is verified.
type claims struct {
	issuer, subject, audience, id string
	issued, expires, notBefore    int64 // unix s; notBefore 0 when absent
	roles, scopes                 []string
	org, region, client           string // may be empty
	thumbprint                    string // cnf x5t#S256; may be empty
}

// reader reads one claim's JSON value and reports whether it has the form.
type reader func(c *claims, v jsontext.Value) bool

// known are the claims that mean something here, in the order in which they are
// checked. Every other name is ignored, unless it is one of these in another
// case.
var known = []struct {
	name     string
	required bool
	reason   Reason
	read     reader
}{
	{"iss", true, ClaimIssuer, func(c *claims, v jsontext.Value) bool { return text(v, &c.issuer) && issuerForm(c.issuer) }},
	{"sub", true, ClaimSubject, func(c *claims, v jsontext.Value) bool { return text(v, &c.subject) && wordForm(c.subject) }},
	{"aud", true, ClaimAudience, func(c *claims, v jsontext.Value) bool { return text(v, &c.audience) && c.audience != "" }},
	{"iat", true, ClaimIssued, func(c *claims, v jsontext.Value) bool { return date(v, &c.issued) }},
	{"exp", true, ClaimExpires, func(c *claims, v jsontext.Value) bool { return date(v, &c.expires) }},
	{"jti", true, ClaimID, func(c *claims, v jsontext.Value) bool { return text(v, &c.id) && wordForm(c.id) }},
	{"nbf", false, ClaimBefore, func(c *claims, v jsontext.Value) bool { return date(v, &c.notBefore) }},
	{"roles", false, ClaimRoles, readRoles},
	{"org", false, ClaimOrg, func(c *claims, v jsontext.Value) bool { return text(v, &c.org) && orgForm(c.org) }},
	{"scope", false, ClaimScope, readScope},
	{"cnf", false, ClaimConfirm, readConfirmation},
	{"region", false, ClaimRegion, func(c *claims, v jsontext.Value) bool { return text(v, &c.region) && c.region != "" }},
	{"client_id", false, ClaimClient, func(c *claims, v jsontext.Value) bool { return text(v, &c.client) && wordForm(c.client) }},
	{"name", false, ClaimName, func(_ *claims, v jsontext.Value) bool { var s string; return text(v, &s) && len(s) <= maxName }},
}

// parseClaims checks the payload's form.
func parseClaims(payload []byte) (*claims, *Refusal) {
	if err := strict.Object(payload, maxToken, maxDepth); err != nil {
		return nil, &Refusal{Reason: ClaimsForm, Err: err}
	}
	var members map[string]jsontext.Value
	if err := json.Unmarshal(payload, &members); err != nil || len(members) > maxClaims {
		return nil, &Refusal{Reason: ClaimsForm, Err: err}
	}
	for name := range members {
		if foldsToKnown(name) {
			return nil, refuse(ClaimCase)
		}
	}
	c := &claims{}
	for _, k := range known {
		v, given := members[k.name]
		if !given && k.required || given && !k.read(c, v) {
			return nil, refuse(k.reason)
		}
	}
	if c.expires <= c.issued || c.expires-c.issued > c.maxLife() {
		return nil, refuse(Lifetime)
	}
	return c, nil
}

// service reports whether a machine, not a person, holds the token: by
// RFC 9068 section 2.2 its sub is its client_id; and scopes that demand a
// binding are only for machines.
func (c *claims) service() bool {
	return c.client != "" && c.client == c.subject || c.mustBind()
}

func (c *claims) maxLife() int64 {
	if c.service() {
		return maxLifeService
	}
	return maxLifePerson
}

// mustBind reports whether a scope demands a token bound to a client
// certificate (RFC 8705).
func (c *claims) mustBind() bool {
	return slices.ContainsFunc(c.scopes, func(s string) bool { return s == ScopePeer || s == ScopeBulk })
}

// foldsToKnown finds "ISS", "Sub" and "ſub": names that a case-insensitive
// reader would take for ours.
func foldsToKnown(name string) bool {
	for _, k := range known {
		if name != k.name && strings.EqualFold(name, k.name) {
			return true
		}
	}
	return false
}

func text(v jsontext.Value, into *string) bool {
	return v.Kind() == '"' && json.Unmarshal(v, into) == nil
}

// date takes integers in decimal only: no strings, fractions or exponents.
func date(v jsontext.Value, into *int64) bool {
	if v.Kind() != '0' {
		return false
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	*into = n
	return err == nil && n >= minDate && n <= maxDate
}

func readRoles(c *claims, v jsontext.Value) bool {
	var roles []string
	if v.Kind() != '[' || json.Unmarshal(v, &roles) != nil || len(roles) > maxRoles {
		return false
	}
	for i, r := range roles {
		if !roleForm(r) || slices.Contains(roles[:i], r) {
			return false
		}
	}
	c.roles = roles
	return true
}

func readScope(c *claims, v jsontext.Value) bool {
	var s string
	if !text(v, &s) || len(s) > maxScope {
		return false
	}
	if s == "" {
		return true
	}
	c.scopes = strings.Split(s, " ")
	return len(c.scopes) <= maxScopes && !slices.ContainsFunc(c.scopes, func(s string) bool { return !scopeForm(s) })
}

// readConfirmation takes exactly x5t#S256: a confirmation of another kind is
// one that we cannot check, so it must not pass as none (RFC 7800 section 3.1).
func readConfirmation(c *claims, v jsontext.Value) bool {
	var cnf struct {
		X5T string `json:"x5t#S256"`
	}
	if v.Kind() != '{' || strict.Decode(v, maxToken, 1, &cnf) != nil {
		return false
	}
	digest, err := strict.Base64URL(cnf.X5T)
	c.thumbprint = cnf.X5T
	return err == nil && len(digest) == 32
}

// issuerForm is the form under which issuers are registered: an https URL in
// lower case without a closing slash. What does not have it cannot be known.
func issuerForm(s string) bool {
	return len(s) <= maxIssuer && strings.HasPrefix(s, "https://") && !strings.HasSuffix(s, "/") && strings.ToLower(s) == s && wordBytes(s)
}

// wordForm is the form of a jti or sub in a revocation: 1 to 128 printable
// ASCII characters without quote and backslash.
func wordForm(s string) bool { return s != "" && len(s) <= maxText && wordBytes(s) }

func wordBytes(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

func roleForm(s string) bool {
	return s != "" && len(s) <= maxRole && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_") == ""
}

func scopeForm(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789:._-") == ""
}

// orgForm is `<division6>-<unit>`, e.g. "120114-SJ".
func orgForm(s string) bool {
	return len(s) == 9 && strings.Trim(s[:6], "0123456789") == "" && s[6] == '-' && strings.Trim(s[7:], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}
