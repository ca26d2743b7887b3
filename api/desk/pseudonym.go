package desk

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"hash"
	"strconv"
	"sync"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/statement"
)

const (
	// pseudonymKeyMin is the least length of the region's pseudonym key: as much
	// as the hash behind it.
	pseudonymKeyMin = sha256.Size
	// pseudonymSize is how many bytes of the HMAC stand on the ledger: 16 bytes
	// are 22 characters, and two persons of a bureau never meet by chance.
	pseudonymSize = 16
	// pseudonymDomain keeps the key's other uses, should it ever get any, apart.
	pseudonymDomain = "sandi.internal/pseudonym/v1"
)

// Pseudonyms turns persons into what the ledger may know of them: HMAC-SHA-256
// under the region's own key. Only who holds the key can tell whom a pseudonym
// means, by trying the bureau's own staff; the region opens it to an auditor
// that way. Safe for concurrent use.
type Pseudonyms struct{ macs sync.Pool }

// NewPseudonyms takes the region's key, at least 32 random bytes.
func NewPseudonyms(key []byte) (*Pseudonyms, error) {
	if len(key) < pseudonymKeyMin {
		return nil, fmt.Errorf("the pseudonym key has %d bytes, needs at least %d", len(key), pseudonymKeyMin)
	}
	own := append([]byte(nil), key...)
	return &Pseudonyms{macs: sync.Pool{New: func() any { return hmac.New(sha256.New, own) }}}, nil
}

// Of is the pseudonym of the person that an issuer calls subject: 22 characters
// base64url.
func (p *Pseudonyms) Of(issuer, subject string) string {
	mac := p.macs.Get().(hash.Hash)
	mac.Reset()
	// Lengths before texts, so that no two pairs run together.
	var room [256]byte
	text := append(room[:0], pseudonymDomain...)
	for _, part := range [...]string{issuer, subject} {
		text = strconv.AppendInt(append(text, '\n'), int64(len(part)), 10)
		text = append(append(text, ' '), part...)
	}
	mac.Write(append(text, '\n'))
	var sum [sha256.Size]byte
	mac.Sum(sum[:0])
	p.macs.Put(mac)
	return strict.B64(sum[:pseudonymSize])
}

// digest is HMAC-SHA-256 under the region's key. Texts begin with a domain of their
// own, so that no digest is another's pseudonym.
func (p *Pseudonyms) digest(text []byte) (sum [sha256.Size]byte) {
	mac := p.macs.Get().(hash.Hash)
	mac.Reset()
	mac.Write(text)
	mac.Sum(sum[:0])
	p.macs.Put(mac)
	return sum
}

// Key is a statement id that follows from what is said: the same words of the same
// region give the same id, and nobody without the region's key can tell the words by
// trying. For drafts that must stand once however often somebody brings them in.
func (p *Pseudonyms) Key(words ...string) string {
	text := []byte("sandi.internal/key/v1")
	for _, w := range words {
		text = strconv.AppendInt(append(text, '\n'), int64(len(w)), 10)
		text = append(append(text, ' '), w...)
	}
	sum := p.digest(text)
	return statement.IDOf([16]byte(sum[:16]))
}
