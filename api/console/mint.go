package console

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/certs/keyring"
)

const (
	// tokenLife is the life of a session's token. Streams end with it and resume,
	// so it is not shorter.
	tokenLife = 5 * time.Minute
	// tokenRenew is how long before its end a token is replaced: a request has to
	// be answered under the token that it came with.
	tokenRenew = time.Minute
)

// Mint signs the tokens of sessions with the region's own token key.
type Mint struct {
	region, issuer string
	key            keyring.Signer
}

// NewMint makes a mint for a region. issuer is the iss under which the ledger
// knows the key.
func NewMint(region, issuer string, key keyring.Signer) (*Mint, error) {
	if key.Public().Use != keyring.UseToken {
		return nil, errors.New("couldn't open the console: keys.token in sandi.yaml is not a token key; the region's is ca/token.pem of `sandi init`")
	}
	return &Mint{region: region, issuer: issuer, key: key}, nil
}

// token signs a token for a person. now is real time, on practice networks too.
func (m *Mint) token(who Identity, now time.Time) (string, error) {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // crypto/rand cannot fail
	return keyring.SignToken(m.key, keyring.Claims{
		Issuer: m.issuer, Subject: who.Person, Audience: auth.Audience(m.region), IssuedAt: now.Unix(), Expires: now.Add(tokenLife).Unix(),
		ID: hex.EncodeToString(id), Roles: who.Roles, Org: who.Org, Scope: who.Scope(),
	})
}
