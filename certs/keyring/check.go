package keyring

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/oasisprotocol/curve25519-voi/curve"
)

// Refusals of keys.
var (
	ErrKeyID   = errors.New("keyring: key id must match [a-z0-9][a-z0-9.-]{0,63}")
	ErrKeyUse  = errors.New("keyring: unknown key use")
	ErrKeyAlg  = errors.New("keyring: unknown algorithm, or one that this use does not allow")
	ErrKeySize = errors.New("keyring: wrong key size")
	ErrKeyWeak = errors.New("keyring: not a canonical point of the prime-order group")
)

// maxKeyID is the length of the longest key id. With the region before it, a
// kid stays well below the 128 characters that header parsers allow.
const maxKeyID = 64

// p256Size is the length of an uncompressed P-256 point (SEC 1 section 2.3.3).
const p256Size = 65

// CheckID reports whether id may name a key: [a-z0-9][a-z0-9.-]{0,63}.
func CheckID(id string) error {
	if id == "" || len(id) > maxKeyID {
		return ErrKeyID
	}
	for i := 0; i < len(id); i++ {
		c := id[i]
		word := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		if !word && (i == 0 || c != '.' && c != '-') {
			return ErrKeyID
		}
	}
	return nil
}

// Check reports whether the key may be registered: id, use, algorithm and size
// are known, the point is canonical, on the curve and, for Ed25519, of prime
// order. The predicate for signatures (ZIP-215) would tolerate weaker keys;
// they are kept out here, once, because a small-order key verifies anything.
func (k PublicKey) Check() error {
	if err := CheckID(k.ID); err != nil {
		return err
	}
	switch k.Use {
	case UseGovernance, UseStatement, UseToken:
		if k.Alg == BLS { // unique signatures are for draws, and cost a hundred times as much
			return ErrKeyAlg
		}
	case UseDraw:
		if k.Alg != BLS { // who can choose among signatures can choose a draw
			return ErrKeyAlg
		}
	case UseLog, UseCosigner:
		if k.Alg != EdDSA { // C2SP signature types 0x01 and 0x04 are Ed25519
			return ErrKeyAlg
		}
	default:
		return ErrKeyUse
	}
	switch k.Alg {
	case EdDSA:
		return checkEd25519(k.Key)
	case ES256:
		_, err := parseP256(k.Key)
		return err
	case BLS:
		_, err := parseBLS(k.Key)
		return err
	}
	return ErrKeyAlg
}

func checkEd25519(key []byte) error {
	if len(key) != ed25519.PublicKeySize {
		return ErrKeySize
	}
	y, err := curve.NewCompressedEdwardsYFromBytes(key)
	if err != nil {
		return ErrKeySize
	}
	var point curve.EdwardsPoint
	if _, err := point.SetCompressedY(y); err != nil {
		return ErrKeyWeak
	}
	if !y.IsCanonicalVartime() || point.IsSmallOrder() || !point.IsTorsionFree() {
		return ErrKeyWeak
	}
	return nil
}

func parseP256(key []byte) (*ecdsa.PublicKey, error) {
	if len(key) != p256Size {
		return nil, ErrKeySize
	}
	pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), key)
	if err != nil {
		return nil, ErrKeyWeak
	}
	return pub, nil
}

// Crypto returns the key as the standard library has it: ed25519.PublicKey or
// *ecdsa.PublicKey. It has no BLS12-381: ErrKeyAlg.
func (k PublicKey) Crypto() (any, error) {
	switch k.Alg {
	case EdDSA:
		if len(k.Key) != ed25519.PublicKeySize {
			return nil, ErrKeySize
		}
		return ed25519.PublicKey(k.Key), nil
	case ES256:
		return parseP256(k.Key)
	}
	return nil, ErrKeyAlg
}

// Fingerprint is for people who compare keys over the telephone: SHA-256 of the
// DER SubjectPublicKeyInfo in groups of four hex digits, so that
// `openssl pkey -pubin -outform DER | sha256sum` shows the same. BLS12-381 has no
// such form: it is SHA-256 of the 48 bytes. A malformed key has the fingerprint
// "invalid".
func (k PublicKey) Fingerprint() string {
	der := k.Key
	if k.Alg != BLS {
		pub, err := k.Crypto()
		if err != nil {
			return "invalid"
		}
		if der, err = x509.MarshalPKIXPublicKey(pub); err != nil {
			return "invalid"
		}
	} else if len(der) != BLSPublicKeySize {
		return "invalid"
	}
	sum := sha256.Sum256(der)
	text := hex.EncodeToString(sum[:])
	groups := make([]string, 0, len(text)/4)
	for i := 0; i < len(text); i += 4 {
		groups = append(groups, text[i:i+4])
	}
	return strings.Join(groups, " ")
}

// Equal reports whether two keys are the same key material under the same name.
func (k PublicKey) Equal(other PublicKey) bool {
	return k.ID == other.ID && k.Alg == other.Alg && k.Use == other.Use && string(k.Key) == string(other.Key)
}

// Verifier returns what checks signatures of this key. It fails for a key of
// unknown algorithm or size; it does not repeat Check.
func (k PublicKey) Verifier() (Verifier, error) {
	switch k.Alg {
	case EdDSA:
		return expanded.get(k.Key)
	case ES256:
		pub, err := parseP256(k.Key)
		if err != nil {
			return nil, err
		}
		return &p256Verifier{pub: pub}, nil
	case BLS:
		return parseBLS(k.Key)
	}
	return nil, fmt.Errorf("couldn't verify with %q: %w", k.Alg, ErrKeyAlg)
}
