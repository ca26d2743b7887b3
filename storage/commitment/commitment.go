package commitment

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"

	"sandi.internal/gateway/certs/strict"
)

const (
	domain = "sandi.internal/commitment/v1"
	prefix = "sc1."

	// TextSize is the length of a commitment's text in bytes.
	TextSize = len(prefix) + (sha256.Size*8+5)/6

	// SaltSize is the length of a salt in bytes.
	SaltSize = 32
)

var (
	// ErrText: not the text of a commitment.
	ErrText = errors.New("not a commitment")
	// ErrMismatch: the salt and content are not what was committed to.
	ErrMismatch = errors.New("content or salt differs from the commitment")
)

// Commitment binds to a content and hides it.
type Commitment [sha256.Size]byte

// Salt opens a commitment. It is secret as long as the content is.
type Salt [SaltSize]byte

// String returns the text form, as it stands on the ledger.
func (c Commitment) String() string { return prefix + strict.B64(c[:]) }

// Parse reads the text form; anything else is ErrText.
func Parse(text string) (Commitment, error) {
	if len(text) != TextSize || text[:len(prefix)] != prefix {
		return Commitment{}, fmt.Errorf("couldn't parse a commitment: %w", ErrText)
	}
	raw, err := strict.Base64URL(text[len(prefix):])
	if err != nil || len(raw) != sha256.Size {
		return Commitment{}, fmt.Errorf("couldn't parse a commitment: %w", ErrText)
	}
	return Commitment(raw), nil
}

// NewSalt draws a salt. Each commitment needs its own: the same salt for the
// same content would show that they are the same.
func NewSalt() (s Salt) {
	rand.Read(s[:]) // never fails: the runtime ends the process instead
	return s
}

// New commits to content with a new salt.
func New(content []byte) (Commitment, Salt) {
	salt := NewSalt()
	return Compute(salt, uint64(len(content)), sha256.Sum256(content)), salt
}

// Compute returns the commitment to a content of the given size in bytes and
// SHA-256.
func Compute(salt Salt, size uint64, sum [sha256.Size]byte) (c Commitment) {
	h := sha256.New()
	io.WriteString(h, domain)
	h.Write([]byte{0})
	h.Write(salt[:])
	h.Write(binary.BigEndian.AppendUint64(nil, size))
	h.Write(sum[:])
	h.Sum(c[:0])
	return c
}

// Verify checks that text commits to content under salt. The error is ErrText
// or ErrMismatch.
func Verify(text string, salt, content []byte) error {
	return VerifyReader(text, salt, bytes.NewReader(content))
}

// VerifyReader is Verify for a content that is read to its end.
func VerifyReader(text string, salt []byte, content io.Reader) error {
	want, err := Parse(text)
	if err != nil {
		return err
	}
	if len(salt) != SaltSize {
		return fmt.Errorf("couldn't verify %s: %w (a salt has %d bytes)", text, ErrMismatch, SaltSize)
	}
	h := NewHasher()
	if _, err := io.Copy(h, content); err != nil {
		return fmt.Errorf("couldn't read the content of %s: %w", text, err)
	}
	got := h.Commit(Salt(salt))
	if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
		return fmt.Errorf("couldn't verify %s: %w", text, ErrMismatch)
	}
	return nil
}

// Hasher commits to a content that is written in pieces.
type Hasher struct {
	sum  hash.Hash
	size uint64
}

// NewHasher returns a Hasher of nothing yet.
func NewHasher() *Hasher { return &Hasher{sum: sha256.New()} }

// Write adds to the content. It never fails.
func (h *Hasher) Write(p []byte) (int, error) {
	h.size += uint64(len(p))
	return h.sum.Write(p)
}

// Size returns how many bytes were written.
func (h *Hasher) Size() uint64 { return h.size }

// Sum returns the SHA-256 of what was written.
func (h *Hasher) Sum() (s [sha256.Size]byte) {
	h.sum.Sum(s[:0])
	return s
}

// Commit returns the commitment to what was written.
func (h *Hasher) Commit(salt Salt) Commitment { return Compute(salt, h.size, h.Sum()) }
