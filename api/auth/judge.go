package auth

import (
	"crypto/subtle"
	"crypto/tls"
	"slices"
	"time"

	"sandi.internal/gateway/certs/authority"
	"sandi.internal/gateway/certs/keyring"
)

func (c *claims) query(kid string) Query {
	return Query{Issuer: c.issuer, KeyID: kid, TokenID: c.id, Subject: c.subject, IssuedAt: c.issued}
}

// stands checks that issuer and key may sign this token: the issuer stands, the
// key is its token key, active, or retiring and the token older than that.
func stands(a *Answer, c *claims) *Refusal {
	switch {
	case a.Region == "":
		return refuse(UnknownIssuer)
	case a.Key.ID == "" || a.Key.Use != keyring.UseToken:
		return refuse(UnknownKey)
	case a.State == keyring.StateActive:
		return nil
	case a.State == keyring.StateRetiring && c.issued <= a.RetiredAt:
		return nil
	}
	return refuse(KeyState)
}

// judge decides what a genuine token is worth: revocation, binding, region and
// roles.
func (g *Gate) judge(c *claims, kid string, a *Answer) (*verified, *Refusal) {
	v := &verified{claims: c, kid: kid, key: a.Key, region: a.Region, index: a.Index}
	switch {
	case c.mustBind() && c.thumbprint == "":
		return v, refuse(Unbound)
	case a.Revoked:
		return v, refuse(Revoked)
	case c.region != "" && c.region != a.Region:
		return v, refuse(ClaimRegion)
	case c.org != "" && c.org[:provinceDigits] != a.Region[:min(provinceDigits, len(a.Region))]:
		return v, refuse(ClaimOrg)
	case Exclude(c.roles): // as claimed: what the ledger does not grant excludes, too
		return v, refuse(RolesExclude)
	}
	scopes := slices.Clone(c.scopes)
	slices.Sort(scopes)
	v.caller = &Caller{
		Region: a.Region, Issuer: c.issuer, Subject: c.subject, Roles: granted(c.roles, a, g.region), Org: c.org,
		Scopes: slices.Clip(slices.Compact(scopes)), TokenID: c.id, Expires: time.Unix(c.expires, 0), Service: c.service(),
	}
	return v, nil
}

// provinceDigits: the first two digits of a division code are the province
// (GB/T 2260), so the organisations of a region share them with it.
const provinceDigits = 2

// bound checks the binding to the TLS client certificate of this connection
// (RFC 8705 section 3). A bound token is worth nothing without its certificate,
// whatever its scopes.
func bound(c *claims, state *tls.ConnectionState) *Refusal {
	if c.thumbprint == "" {
		return nil
	}
	if state == nil || len(state.PeerCertificates) == 0 {
		return refuse(OtherBinding)
	}
	shown := authority.Thumbprint(state.PeerCertificates[0])
	if subtle.ConstantTimeCompare([]byte(shown), []byte(c.thumbprint)) != 1 {
		return refuse(OtherBinding)
	}
	return nil
}
