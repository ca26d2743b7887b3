package vault

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"sandi.internal/gateway/certs/strict"
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
	keyPrefix = "svk1." // sandi vault key
	keyFile   = len(keyPrefix) + (keySecret*8+5)/6 + 1

	// Labels for HKDF (RFC 5869): what is derived for one purpose says nothing
	// about what is derived for another.
	labelID   = "sandi.internal/vault/v1/id"
	labelWrap = "sandi.internal/vault/v1/wrap"

	wrapSalt  = 32 // bytes of salt per wrapped secret
	wrapLimit = 4 << 10
)

// Key is a vault key in memory, read from a file that only the node can read.
// Losing it loses every object: it belongs into the bureau's safe.
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

// SaveFile writes the key as one line of text that only its owner can read. It
// never overwrites a file.
func (k *Key) SaveFile(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("couldn't save the vault key: %w", err)
	}
	_, err = f.WriteString(keyPrefix + strict.B64(k.secret[:]) + "\n")
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("couldn't save the vault key: %w", err)
	}
	return nil
}

// LoadFile reads a key that SaveFile wrote. It refuses a file that others than
// its owner can read.
func LoadFile(path string, suite Suite) (*Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("couldn't load the vault key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("couldn't load the vault key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("couldn't load the vault key: others can read %s (mode %o): chmod 600 it", path, info.Mode().Perm())
	}
	text, err := io.ReadAll(io.LimitReader(f, int64(keyFile)+1))
	if err != nil {
		return nil, fmt.Errorf("couldn't load the vault key: %w", err)
	}
	line, complete := strings.CutSuffix(string(text), "\n")
	encoded, ok := strings.CutPrefix(line, keyPrefix)
	secret, err := strict.Base64URL(encoded)
	if !complete || !ok || err != nil || len(secret) != keySecret {
		return nil, fmt.Errorf("couldn't load the vault key: %s is not a vault key file", path)
	}
	return &Key{secret: [keySecret]byte(secret), suite: suite}, nil
}
