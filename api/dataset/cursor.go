package dataset

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"

	"sandi.internal/gateway/consensus/dataset"
	"sandi.internal/gateway/storage/tables"
)

// A cursor is where the next page begins, for nobody to read or make: AES-256-GCM under
// a key of this node alone over the generation and the last key that was looked at,
// bound to the digest of the question, which names the region and the agreement.

const (
	labelCursor = "sandi.internal/dataset/v1/cursor"
	// MaxCursor bounds a cursor: the longest key, a generation, nonce and tag, in base64.
	MaxCursor = 2 << 10
)

func cursorCipher(secret []byte) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, labelCursor, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// seal makes the cursor behind a key.
func (d *Sets) seal(question [32]byte, g tables.Generation, key []byte) string {
	return base64.RawURLEncoding.EncodeToString(d.cursor.Seal(nil, nil, append(g[:], key...), question[:]))
}

// unseal reads a cursor; nothing is the beginning of what is there now.
func (d *Sets) unseal(question [32]byte, cursor string, now tables.Generation) (g tables.Generation, key []byte, err error) {
	if cursor == "" {
		return now, nil, nil
	}
	bad := &dataset.Refusal{Code: dataset.BadCursor, Detail: "the cursor is not one of this question"}
	if len(cursor) > MaxCursor {
		return g, nil, bad
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil {
		return g, nil, bad
	}
	text, err := d.cursor.Open(nil, nil, sealed, question[:])
	if err != nil || len(text) < len(g) {
		return g, nil, bad
	}
	return tables.Generation(text[:len(g)]), text[len(g):], nil
}
