package auth

import (
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"sandi.internal/gateway/certs/keyring"
)

// leeway is how far the clocks of issuer and node may differ.
const leeway = 30 * time.Second

// verify checks signature, issuer, audience and times with golang-jwt: one key,
// its one algorithm, every option set. Tokens are judged by one node, so the
// standard library's Ed25519 check is fine here (it accepts a part of what
// ZIP 215 does); an ES256 signature may have a high s, as issuers elsewhere
// make them: revocation goes by jti, never by a token's text.
func verify(token string, key keyring.PublicKey, c *claims, audience string, now time.Time) *Refusal {
	public, err := key.Crypto()
	if err != nil {
		return &Refusal{Reason: UnknownKey, Err: err}
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{string(key.Alg)}),
		jwt.WithIssuer(c.issuer),
		jwt.WithAudience(audience),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(leeway),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(func() time.Time { return now }),
	)
	var again jwt.RegisteredClaims
	parsed, err := parser.ParseWithClaims(token, &again, func(*jwt.Token) (any, error) { return public, nil })
	if err != nil {
		return &Refusal{Reason: reasonOf(err), Err: err}
	}
	if !parsed.Valid || !c.same(&again) {
		return &Refusal{Reason: Unverifiable, Err: errors.New("two readings of one token")}
	}
	return nil
}

// same is a check in pairs: both parsers have read the same claims.
func (c *claims) same(again *jwt.RegisteredClaims) bool {
	return again.Issuer == c.issuer && again.Subject == c.subject && again.ID == c.id &&
		len(again.Audience) == 1 && again.Audience[0] == c.audience &&
		again.IssuedAt.Unix() == c.issued && again.ExpiresAt.Unix() == c.expires &&
		(again.NotBefore == nil) == (c.notBefore == 0) && (again.NotBefore == nil || again.NotBefore.Unix() == c.notBefore)
}

func reasonOf(err error) Reason {
	for _, m := range []struct {
		err    error
		reason Reason
	}{
		{jwt.ErrTokenSignatureInvalid, BadSignature}, // first: nothing else counts when it is bad
		{jwt.ErrTokenExpired, Expired},
		{jwt.ErrTokenNotValidYet, ClaimBefore},
		{jwt.ErrTokenUsedBeforeIssued, ClaimIssued},
		{jwt.ErrTokenInvalidAudience, ClaimAudience},
	} {
		if errors.Is(err, m.err) {
			return m.reason
		}
	}
	return Unverifiable
}

// current checks the times of a token that was verified before.
func (c *claims) current(now time.Time) *Refusal {
	switch {
	case !now.Before(time.Unix(c.expires, 0).Add(leeway)):
		return refuse(Expired)
	case c.notBefore != 0 && now.Add(leeway).Before(time.Unix(c.notBefore, 0)):
		return refuse(ClaimBefore)
	case now.Add(leeway).Before(time.Unix(c.issued, 0)):
		return refuse(ClaimIssued)
	}
	return nil
}

// Audience is the aud claim of tokens for a region's node.
func Audience(region string) string { return fmt.Sprintf("urn:sandi:%s", region) }
