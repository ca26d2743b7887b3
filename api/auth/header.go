package auth

import (
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/certs/strict"
)

// header is the whole JOSE header that we take: any other member (crit, jku,
// jwk, x5u, x5c, b64, zip, cty, …) is unknown and refuses the token.
type header struct {
	Alg string `json:"alg"`
	Typ string `json:"typ"`
	Kid string `json:"kid"`
}

// maxHeader: three short strings.
const maxHeader = 512

func parseHeader(data []byte) (header, *Refusal) {
	var h header
	if err := strict.Decode(data, maxHeader, 1, &h); err != nil {
		return header{}, &Refusal{Reason: HeaderForm, Err: err}
	}
	switch {
	case h.Typ != keyring.TokenType:
		return header{}, refuse(HeaderType)
	case h.Alg != string(keyring.EdDSA) && h.Alg != string(keyring.ES256):
		return header{}, refuse(HeaderAlg)
	case keyring.CheckID(h.Kid) != nil:
		return header{}, refuse(HeaderKey)
	}
	return h, nil
}
