package keyring

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"

	"github.com/cloudflare/circl/sign/bls"
)

// Sizes of BLS12-381 keys and signatures, compressed: keys are points of G1 and
// signatures points of G2 (the ciphersuite BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_
// of draft-irtf-cfrg-bls-signature-05).
const (
	BLSPublicKeySize  = 48
	BLSSignatureSize  = 96
	blsPrivateKeySize = 32
)

type blsPrivateKey = bls.PrivateKey[bls.KeyG1SigG2]

// blsVerifier checks signatures of one draw key. A signature is unique per key
// and message: no other encoding of the same point passes, so that whoever holds
// the key can't choose among several.
type blsVerifier struct {
	key bls.PublicKey[bls.KeyG1SigG2]
}

// Verify implements Verifier. The library checks that the signature is a point
// of the prime-order group and not the identity.
func (v *blsVerifier) Verify(message, signature []byte) bool {
	return len(signature) == BLSSignatureSize && bls.Verify(&v.key, message, signature)
}

// parseBLS reads a compressed point of G1: on the curve, in the prime-order
// group, not the identity, in its one spelling.
func parseBLS(key []byte) (*blsVerifier, error) {
	if len(key) != BLSPublicKeySize {
		return nil, ErrKeySize
	}
	v := new(blsVerifier)
	if err := v.key.UnmarshalBinary(key); err != nil || !v.key.Validate() {
		return nil, ErrKeyWeak
	}
	return v, nil
}

// blsFromSeed derives a key from at least 32 bytes of entropy (KeyGen of the
// draft).
func blsFromSeed(seed []byte) (*blsPrivateKey, error) {
	key, err := bls.KeyGen[bls.KeyG1SigG2](seed, nil, []byte("sandi-draw"))
	if err != nil {
		return nil, fmt.Errorf("couldn't derive a BLS12-381 key: %w", err)
	}
	return key, nil
}

func generateBLS() (*blsPrivateKey, error) {
	var seed [sha256.Size]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return nil, fmt.Errorf("couldn't generate a BLS12-381 key: %w", err)
	}
	return blsFromSeed(seed[:])
}

// parseBLSPrivate reads the 32 bytes of a scalar, big-endian.
func parseBLSPrivate(scalar []byte) (*blsPrivateKey, error) {
	key := new(blsPrivateKey)
	if len(scalar) != blsPrivateKeySize {
		return nil, ErrKeySize
	}
	if err := key.UnmarshalBinary(scalar); err != nil {
		return nil, ErrKeyWeak
	}
	return key, nil
}
