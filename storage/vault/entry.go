package vault

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"sandi.internal/gateway/storage/commitment"
)

// entry is an object's row in Pebble, under its commitment:
//
//	u8 format, u8 suite, u8 place, object id (16)
//	u16 length and the object's key, wrapped by the vault's
//	u32 length and details, sealed with the object's key
//	the object at rest, if it is small (place inline)
//
// The first 19 bytes and the commitment are bound to the key and the details:
// an entry opens under its own commitment only.
type entry struct {
	place   byte
	id      objectID
	aead    cipher.AEAD // of the object's key
	details details
	inline  []byte // the object at rest, empty when it lies in a file
	suite   byte
}

// details are secret: the salt opens the commitment.
type details struct {
	Salt     []byte `json:"salt"`
	Size     int64  `json:"size"`
	SHA256   []byte `json:"sha256"`
	StoredAt int64  `json:"stored_at"` // ms since 1970
	Meta     Meta   `json:"meta"`
}

const (
	entryFormat = 1
	entryClear  = 1 + 1 + 1 + idSize

	placeInline = 1
	placeFile   = 2
)

// newEntry draws an id and a key for an object.
func (v *Vault) newEntry(place byte) (e *entry, key []byte, err error) {
	e = &entry{place: place, suite: v.suite.ID()}
	rand.Read(e.id[:])
	key = make([]byte, v.suite.KeySize())
	rand.Read(key)
	if e.aead, err = v.suite.AEAD(key); err != nil {
		return nil, nil, fmt.Errorf("couldn't make a key for an object: %w", err)
	}
	return e, key, nil
}

func (e *entry) clear() []byte {
	return append([]byte{entryFormat, e.suite, e.place}, e.id[:]...)
}

func contextOf(clear []byte, c commitment.Commitment) []byte {
	return append(append([]byte(nil), clear...), c[:]...)
}

// encode seals the entry for its commitment.
func (e *entry) encode(c commitment.Commitment, key []byte, wrapper Wrapper) ([]byte, error) {
	clear := e.clear()
	context := contextOf(clear, c)
	wrapped, err := wrapper.Wrap(key, context)
	if err != nil {
		return nil, fmt.Errorf("couldn't wrap an object's key: %w", err)
	}
	if len(wrapped) > wrapLimit {
		return nil, fmt.Errorf("couldn't store an object's key: it has %d bytes when wrapped, at most %d are taken", len(wrapped), wrapLimit)
	}
	plain, err := json.Marshal(e.details)
	if err != nil {
		return nil, fmt.Errorf("couldn't encode an entry: %w", err)
	}
	sealed := e.aead.Seal(nil, nonce(0, markDetails), plain, context)
	out := binary.BigEndian.AppendUint16(clear, uint16(len(wrapped)))
	out = append(out, wrapped...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(sealed)))
	out = append(out, sealed...)
	return append(out, e.inline...), nil
}

// decodeEntry opens an entry. It keeps references into b.
func (v *Vault) decodeEntry(b []byte, c commitment.Commitment) (*entry, error) {
	broken := func(what string) (*entry, error) {
		return nil, fmt.Errorf("%w: %s of %s", ErrCorrupt, what, c)
	}
	if len(b) < entryClear || b[0] != entryFormat || b[1] != v.suite.ID() {
		return broken("the form")
	}
	e := &entry{suite: b[1], place: b[2], id: objectID(b[3:entryClear])}
	context := contextOf(b[:entryClear], c)
	wrapped, rest, ok := cutField(b[entryClear:], 2)
	if !ok {
		return broken("the key's length")
	}
	sealed, rest, ok := cutField(rest, 4)
	if !ok {
		return broken("the details' length")
	}
	key, err := v.key.Unwrap(wrapped, context)
	if err != nil {
		return nil, fmt.Errorf("couldn't open the key of %s: %w", c, err)
	}
	if e.aead, err = v.suite.AEAD(key); err != nil {
		return nil, fmt.Errorf("couldn't use the key of %s: %w", c, err)
	}
	plain, err := e.aead.Open(nil, nonce(0, markDetails), sealed, context)
	if err != nil {
		return broken("the details")
	}
	if err := json.Unmarshal(plain, &e.details); err != nil {
		return broken("the details' form")
	}
	if (e.place == placeInline) != (len(rest) > 0) {
		return broken("the place")
	}
	e.inline = rest
	return e, e.details.check(c)
}

// cutField splits a field with a length prefix of the given size off b.
func cutField(b []byte, prefix int) (field, rest []byte, ok bool) {
	if len(b) < prefix {
		return nil, nil, false
	}
	n := 0
	for _, x := range b[:prefix] {
		n = n<<8 | int(x)
	}
	if b = b[prefix:]; n > len(b) {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}

// check asserts after the read what was true before the write.
func (d *details) check(c commitment.Commitment) error {
	if len(d.Salt) != commitment.SaltSize || len(d.SHA256) != len(Object{}.SHA256) || d.Size <= 0 ||
		commitment.Compute(commitment.Salt(d.Salt), uint64(d.Size), [32]byte(d.SHA256)) != c {
		return fmt.Errorf("%w: the details of %s do not open it", ErrCorrupt, c)
	}
	return nil
}

func (d *details) object(c commitment.Commitment) Object {
	return Object{Meta: d.Meta, Commitment: c, Size: d.Size, SHA256: [32]byte(d.SHA256), StoredAt: time.UnixMilli(d.StoredAt)}
}
