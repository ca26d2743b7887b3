package keyring

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"

	"github.com/cloudflare/circl/sign/bls"
	voi "github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
)

// PrivateKey is a key held in this process. It implements Signer.
type PrivateKey struct {
	pub PublicKey
	ed  ed25519.PrivateKey // set for EdDSA
	ec  *ecdsa.PrivateKey  // set for ES256
	bls *blsPrivateKey     // set for BLS
}

var _ Signer = (*PrivateKey)(nil)

// Generate makes a new key from the operating system's entropy.
func Generate(alg Alg, use Use, id string) (*PrivateKey, error) {
	switch alg {
	case EdDSA:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("couldn't generate an Ed25519 key: %w", err)
		}
		return newPrivate(use, id, key)
	case ES256:
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("couldn't generate a P-256 key: %w", err)
		}
		return newPrivate(use, id, key)
	case BLS:
		key, err := generateBLS()
		if err != nil {
			return nil, err
		}
		return newPrivate(use, id, key)
	}
	return nil, fmt.Errorf("couldn't generate a key for %q: %w", alg, ErrKeyAlg)
}

// FromSeed makes the Ed25519 key of a 32-byte seed (RFC 8032 section 5.1.5).
// It is for test vectors that must come out the same everywhere.
func FromSeed(use Use, id string, seed []byte) (*PrivateKey, error) {
	if len(seed) != ed25519.SeedSize {
		return nil, ErrKeySize
	}
	return newPrivate(use, id, ed25519.NewKeyFromSeed(seed))
}

// DrawKeyFromSeed makes the BLS12-381 key of a 32-byte seed (KeyGen of
// draft-irtf-cfrg-bls-signature-05 with the key info "sandi-draw"). It is for test
// vectors, like FromSeed.
func DrawKeyFromSeed(id string, seed []byte) (*PrivateKey, error) {
	key, err := blsFromSeed(seed)
	if err != nil {
		return nil, err
	}
	return newPrivate(UseDraw, id, key)
}

func newPrivate(use Use, id string, key crypto.PrivateKey) (*PrivateKey, error) {
	p := &PrivateKey{pub: PublicKey{ID: id, Use: use}}
	switch k := key.(type) {
	case ed25519.PrivateKey:
		p.ed, p.pub.Alg = k, EdDSA
		p.pub.Key = append([]byte(nil), k.Public().(ed25519.PublicKey)...)
	case *ecdsa.PrivateKey:
		if k.Curve != elliptic.P256() {
			return nil, ErrKeyAlg
		}
		point, err := k.PublicKey.Bytes()
		if err != nil {
			return nil, fmt.Errorf("couldn't encode a P-256 key: %w", err)
		}
		p.ec, p.pub.Alg, p.pub.Key = k, ES256, point
	case *blsPrivateKey:
		point, err := k.PublicKey().MarshalBinary()
		if err != nil {
			return nil, fmt.Errorf("couldn't encode a BLS12-381 key: %w", err)
		}
		p.bls, p.pub.Alg, p.pub.Key = k, BLS, point
	default:
		return nil, ErrKeyAlg
	}
	if err := p.pub.Check(); err != nil {
		return nil, err
	}
	return p, nil
}

// Public returns the key's public half. The caller must not change Key.
func (p *PrivateKey) Public() PublicKey { return p.pub }

// Sign signs message: 64 bytes for Ed25519 and ES256, 96 for BLS12-381. ES256 is
// random and low-S, the others are deterministic.
func (p *PrivateKey) Sign(message []byte) ([]byte, error) {
	switch {
	case p.ed != nil:
		// The same bytes as the standard library's, in three quarters of its time:
		// a node signs whatever its bureau says. Constant time, like that one.
		return voi.Sign(voi.PrivateKey(p.ed), message), nil
	case p.bls != nil:
		return bls.Sign(p.bls, message), nil
	}
	return signES256(p.ec, message)
}

// String names the key without its secret.
func (p *PrivateKey) String() string {
	return fmt.Sprintf("%s key %s (%s, private part hidden)", p.pub.Use, p.pub.ID, p.pub.Alg)
}

// GoString keeps %#v from printing the secret.
func (p *PrivateKey) GoString() string { return p.String() }

// LogValue keeps structured logs from reflecting into the secret.
func (p *PrivateKey) LogValue() slog.Value { return slog.StringValue(p.String()) }

// MarshalJSON refuses: a private key never travels as JSON.
func (p *PrivateKey) MarshalJSON() ([]byte, error) {
	return nil, errors.New("keyring: a private key cannot be marshalled to JSON")
}
