package vault

import (
	"crypto/aes"
	"crypto/cipher"
)

// Suite is the cipher that objects are sealed with. A network has one crypto
// profile for ever, so a vault has one suite for ever: it is written into the
// vault when it is made. SM4-GCM fits here with a key size of 16.
type Suite interface {
	// ID is stored with every object and never used again for another cipher.
	ID() byte
	// KeySize is in bytes.
	KeySize() int
	// AEAD makes a cipher with nonces of nonceSize bytes and tags of tagSize.
	AEAD(key []byte) (cipher.AEAD, error)
}

const (
	nonceSize = 12
	tagSize   = 16
)

// AES256GCM is the suite of networks without a national crypto profile.
type AES256GCM struct{}

// ID implements Suite.
func (AES256GCM) ID() byte { return 1 }

// KeySize implements Suite.
func (AES256GCM) KeySize() int { return 32 }

// AEAD implements Suite.
func (AES256GCM) AEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
