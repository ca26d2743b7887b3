package vault

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"

	"sandi.internal/gateway/storage/commitment"
)

var (
	// ErrNotFound: the vault has no object of that commitment.
	ErrNotFound = errors.New("no such object in the vault")
	// ErrTooLarge: the object is larger than the vault takes.
	ErrTooLarge = errors.New("the object is too large")
	// ErrEmpty: an object has at least one byte.
	ErrEmpty = errors.New("the object is empty")
	// ErrNoRoom: storing the object would leave too little room on the disk.
	ErrNoRoom = errors.New("too little room on the disk")
	// ErrMeta: what is said about the object is too long or not plain text.
	ErrMeta = errors.New("bad description of an object")
	// ErrCorrupt: the disk holds something else than was stored.
	ErrCorrupt = errors.New("corrupt object in the vault")
	// ErrKey: the vault was made with another key or suite.
	ErrKey = errors.New("wrong vault key")
)

// Meta is what a bureau says about an object. It is encrypted like the object.
type Meta struct {
	Name      string `json:"name,omitempty"`       // file name as the person gave it; never used as a path
	MediaType string `json:"media_type,omitempty"` // as claimed, not checked
	Person    string `json:"person,omitempty"`     // pseudonym of who brought it
	Org       string `json:"org,omitempty"`        // that person's organisation
}

// metaMax bounds each text of Meta, in bytes: file systems take names of 255.
const metaMax = 255

// check refuses texts that could deceive a reader or break a header line
// somewhere: control characters, and format characters such as bidi overrides.
func (m Meta) check() error {
	for _, text := range []string{m.Name, m.MediaType, m.Person, m.Org} {
		if len(text) > metaMax || !utf8.ValidString(text) {
			return fmt.Errorf("%w: a text of %d bytes, at most %d of UTF-8 are taken", ErrMeta, len(text), metaMax)
		}
		for _, r := range text {
			if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
				return fmt.Errorf("%w: the character %U", ErrMeta, r)
			}
		}
	}
	return nil
}

// Object is what the vault knows about an object.
type Object struct {
	Meta
	Commitment commitment.Commitment
	Size       int64 // bytes
	SHA256     [sha256.Size]byte
	StoredAt   time.Time // to the millisecond, by the node's clock
}
