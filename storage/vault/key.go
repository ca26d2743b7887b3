package vault

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Wrapper is the vault's key as the vault uses it: it wraps the keys of single
// objects. A hardware module fits behind it.
type Wrapper interface {
	// ID names the key; it is stored, so that a wrong key is told by name.
	ID() string
	// Wrap encrypts a small secret and binds it to context.
	Wrap(secret, context []byte) ([]byte, error)
	// Unwrap undoes Wrap; it fails for another context or another key.
	Unwrap(wrapped, context []byte) ([]byte, error)
}

const (
	keySecret = 32

	// Labels for HKDF (RFC 5869): what is derived for one purpose says nothing
	// about what is derived for another.
	labelID   = "sandi.internal/vault/v1/id"
	labelWrap = "sandi.internal/vault/v1/wrap"

	wrapSalt  = 32 // bytes of salt per wrapped secret
	wrapLimit = 4 << 10
)

// Key is a vault key in memory. Its secret is one of certs/keyring's, in a file
// that only the node can read. Losing it loses every object: a copy belongs into
// the bureau's safe.
type Key struct {
	secret [keySecret]byte
	suite  Suite
}

// NewKey draws a key for vaults of a suite.
func NewKey(suite Suite) *Key {
	k := &Key{suite: suite}
	rand.Read(k.secret[:])
	return k
}

// ParseKey takes the 32 bytes of a secret (keyring.LoadSecret) as a vault key.
func ParseKey(secret []byte, suite Suite) (*Key, error) {
	if len(secret) != keySecret {
		return nil, fmt.Errorf("a vault key has %d bytes, not %d", keySecret, len(secret))
	}
	return &Key{secret: [keySecret]byte(secret), suite: suite}, nil
}

// ID implements Wrapper: 16 hex digits that say nothing about the secret.
func (k *Key) ID() string {
	id, err := hkdf.Key(sha256.New, k.secret[:], nil, labelID, 8)
	if err != nil {
		panic(err) // only for lengths that do not occur here
	}
	return hex.EncodeToString(id)
}

// Wrap implements Wrapper. Every call derives a key of its own from a random
// salt, so that the nonce may stay zero and the number of objects is not bounded
// by what random nonces allow.
func (k *Key) Wrap(secret, context []byte) ([]byte, error) {
	salt := make([]byte, wrapSalt, wrapSalt+len(secret)+tagSize)
	rand.Read(salt)
	aead, err := k.derive(salt)
	if err != nil {
		return nil, fmt.Errorf("couldn't wrap: %w", err)
	}
	return aead.Seal(salt, make([]byte, nonceSize), secret, context), nil
}

// Unwrap implements Wrapper.
func (k *Key) Unwrap(wrapped, context []byte) ([]byte, error) {
	if len(wrapped) < wrapSalt+tagSize || len(wrapped) > wrapLimit {
		return nil, fmt.Errorf("couldn't unwrap: %w", ErrCorrupt)
	}
	aead, err := k.derive(wrapped[:wrapSalt])
	if err != nil {
		return nil, fmt.Errorf("couldn't unwrap: %w", err)
	}
	secret, err := aead.Open(nil, make([]byte, nonceSize), wrapped[wrapSalt:], context)
	if err != nil {
		return nil, fmt.Errorf("couldn't unwrap: %w", ErrCorrupt)
	}
	return secret, nil
}

func (k *Key) derive(salt []byte) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, k.secret[:], salt, labelWrap, k.suite.KeySize())
	if err != nil {
		return nil, err
	}
	return k.suite.AEAD(key)
}
