package keyring

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"

	"sandi.internal/gateway/certs/strict"
)

// SecretSize is the length of a symmetric secret: vault key, pseudonym key,
// gossip key (AES-256, HMAC-SHA-256).
const SecretSize = 32

// ErrSecret says that a file does not hold one secret.
var ErrSecret = errors.New("keyring: a secret is one line of 43 base64url characters (32 bytes)")

// NewSecret makes a symmetric secret from the operating system's entropy.
func NewSecret() ([]byte, error) {
	s := make([]byte, SecretSize)
	if _, err := rand.Read(s); err != nil {
		return nil, fmt.Errorf("couldn't make a secret: %w", err)
	}
	return s, nil
}

// SaveSecret writes a secret as one line of base64url, mode 0600. It never
// overwrites.
func SaveSecret(path string, secret []byte) error {
	if len(secret) != SecretSize {
		return ErrSecret
	}
	return WriteSecret(path, []byte(strict.B64(secret)+"\n"))
}

// LoadSecret reads what SaveSecret wrote. A file that others may read is
// refused.
func LoadSecret(path string) ([]byte, error) {
	data, err := readPrivate(path)
	if err != nil {
		return nil, err
	}
	secret, err := strict.Base64URL(strings.TrimSuffix(string(data), "\n"))
	if err != nil || len(secret) != SecretSize {
		return nil, fmt.Errorf("couldn't read %s: %w", path, ErrSecret)
	}
	return secret, nil
}

// readPrivate reads a small regular file that only its owner may read: whoever
// can read it can act as the bureau.
func readPrivate(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("couldn't open the key file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("couldn't look at the key file: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxKeyFile {
		return nil, fmt.Errorf("couldn't read %s: %w", path, ErrKeyFile)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("key file %s has mode %04o, others may read it: run chmod 600", path, info.Mode().Perm())
	}
	data := make([]byte, info.Size())
	if n, err := f.ReadAt(data, 0); n != len(data) {
		return nil, fmt.Errorf("couldn't read the key file: %w", err)
	}
	return data, nil
}
