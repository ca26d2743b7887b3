package ledger

import "encoding/binary"

// Where a pair belongs, for a storage that keeps the log apart from the state:
// the offline verifier has the leaves and the tree's hashes in a file already.

// LeafOf reports whether a key holds a leaf, and which.
func LeafOf(key []byte) (index uint64, ok bool) {
	if len(key) != 9 || key[0] != tableLeaf {
		return 0, false
	}
	return binary.BigEndian.Uint64(key[1:]), true
}

// HashOf reports whether a key holds a stored hash of the tree, and which.
func HashOf(key []byte) (level uint8, index uint64, ok bool) {
	if len(key) != 10 || key[0] != tableHash {
		return 0, 0, false
	}
	return key[1], binary.BigEndian.Uint64(key[2:]), true
}

// IsRecord reports whether a key holds a record, as procedure.ParseRecord reads it.
func IsRecord(key []byte) bool { return len(key) > 0 && key[0] == tableRecord }

// HashKey is the key of a stored hash: the inverse of HashOf.
func HashKey(level uint8, index uint64) []byte { return hashKey(level, index) }
