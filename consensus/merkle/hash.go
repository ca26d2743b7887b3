package merkle

import "crypto/sha256"

// Hash is a SHA-256 digest: a leaf, a node or a root.
type Hash = [sha256.Size]byte

// Domain prefixes of RFC 6962 section 2.1: a leaf can never pass for a node.
const (
	leafPrefix = 0x00
	nodePrefix = 0x01
)

// EmptyRoot is the root of a tree without leaves: SHA-256 of nothing.
var EmptyRoot = Hash(sha256.Sum256(nil))

// LeafHash is SHA-256(0x00 || entry).
func LeafHash(entry []byte) Hash {
	h := sha256.New()
	h.Write([]byte{leafPrefix})
	h.Write(entry)
	var out Hash
	h.Sum(out[:0])
	return out
}

// NodeHash is SHA-256(0x01 || left || right).
func NodeHash(left, right Hash) Hash {
	var b [1 + 2*sha256.Size]byte
	b[0] = nodePrefix
	copy(b[1:], left[:])
	copy(b[1+sha256.Size:], right[:])
	return sha256.Sum256(b[:])
}

// hashChildren is NodeHash as the compact ranges want it.
func hashChildren(left, right []byte) []byte {
	var b [1 + 2*sha256.Size]byte
	b[0] = nodePrefix
	copy(b[1:], left)
	copy(b[1+sha256.Size:], right)
	out := sha256.Sum256(b[:])
	return out[:]
}
