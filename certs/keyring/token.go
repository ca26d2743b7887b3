package keyring

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"sandi.internal/gateway/certs/strict"
)

// TokenType is the typ header of an access token (RFC 9068 section 2.1).
const TokenType = "at+jwt"

// Claims are what an access token says (RFC 9068 section 2.2). Times are unix
// seconds.
type Claims struct {
	Issuer    string        `json:"iss"`
	Subject   string        `json:"sub"`
	Audience  string        `json:"aud"` // urn:sandi:<region>
	IssuedAt  int64         `json:"iat"`
	Expires   int64         `json:"exp"`
	NotBefore int64         `json:"nbf,omitzero"`
	ID        string        `json:"jti"`
	Roles     []string      `json:"roles,omitzero"`
	Org       string        `json:"org,omitzero"`   // organisation code, e.g. "120114-SJ"
	Scope     string        `json:"scope,omitzero"` // space separated (RFC 8693 section 4.2)
	Name      string        `json:"name,omitzero"`  // for the person's own screen; never logged
	Confirm   *Confirmation `json:"cnf,omitzero"`
}

// Confirmation binds a token to a TLS client certificate (RFC 8705 section 3.1).
type Confirmation struct {
	X5T string `json:"x5t#S256"` // base64url SHA-256 of the certificate's DER
}

// ErrTokenKey says that a key of another use was asked to sign a token.
var ErrTokenKey = errors.New("keyring: only a token key signs tokens")

// SignToken makes a compact JWS access token. claims is a Claims or anything
// that marshals to a JSON object.
func SignToken(s Signer, claims any) (string, error) {
	pub := s.Public()
	if pub.Use != UseToken {
		return "", ErrTokenKey
	}
	payload, err := json.Marshal(claims, json.Deterministic(true))
	if err != nil {
		return "", fmt.Errorf("couldn't encode the claims: %w", err)
	}
	if jsontext.Value(payload).Kind() != '{' {
		return "", errors.New("keyring: claims must be a JSON object")
	}
	header := fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":%q}`, pub.Alg, pub.ID, TokenType)
	input := strict.B64([]byte(header)) + "." + strict.B64(payload)
	signature, err := s.Sign([]byte(input))
	if err != nil {
		return "", fmt.Errorf("couldn't sign the token: %w", err)
	}
	return input + "." + strict.B64(signature), nil
}
