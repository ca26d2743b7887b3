package keyring

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"math/big"
)

// es256Size is the length of a raw ES256 signature: r || s, 32 bytes each
// (RFC 7518 section 3.4).
const es256Size = 64

// halfOrder is floor(n/2). A signature (r, s) and its twin (r, n-s) both verify
// under plain ECDSA; only s <= n/2 counts here.
var halfOrder = new(big.Int).Rsh(elliptic.P256().Params().N, 1)

type p256Verifier struct {
	pub *ecdsa.PublicKey
}

func (v *p256Verifier) Verify(message, signature []byte) bool {
	if len(signature) != es256Size {
		return false
	}
	r := new(big.Int).SetBytes(signature[:es256Size/2])
	s := new(big.Int).SetBytes(signature[es256Size/2:])
	if r.Sign() == 0 || s.Sign() == 0 || s.Cmp(halfOrder) > 0 {
		return false
	}
	digest := sha256.Sum256(message)
	return ecdsa.Verify(v.pub, digest[:], r, s)
}

// signES256 makes a raw low-S signature.
func signES256(key *ecdsa.PrivateKey, message []byte) ([]byte, error) {
	digest := sha256.Sum256(message)
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		return nil, fmt.Errorf("couldn't sign with P-256: %w", err)
	}
	if s.Cmp(halfOrder) > 0 {
		s.Sub(elliptic.P256().Params().N, s)
	}
	out := make([]byte, es256Size)
	r.FillBytes(out[:es256Size/2])
	s.FillBytes(out[es256Size/2:])
	return out, nil
}
