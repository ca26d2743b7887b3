package state

import (
	"errors"
	"fmt"
)

const (
	reserved   = 0x00 // first byte of this package's own keys
	localFirst = 0x80 // first byte of the node-local span

	// MaxKey and MaxValue bound one pair, in batches as in snapshot streams.
	// The longest keys hold two ids; the largest values are law texts and the
	// genesis document.
	MaxKey   = 1 << 10
	MaxValue = 16 << 20
)

var metaKey = []byte{reserved, 'm'}

// The ledger span, this package's own keys included: what a snapshot holds and
// what Restore replaces.
var (
	spanLower = []byte{reserved}
	spanUpper = []byte{localFirst}
)

// ErrKey refuses a key outside the span it is written to, or a pair too large.
var ErrKey = errors.New("key not allowed here")

func checkLedgerPair(key, value []byte) error {
	if len(key) == 0 || key[0] == reserved || key[0] >= localFirst {
		return fmt.Errorf("%w: %.16x is not in the ledger span", ErrKey, key)
	}
	return checkSize(key, value)
}

func checkLocalPair(key, value []byte) error {
	if len(key) == 0 || key[0] < localFirst {
		return fmt.Errorf("%w: %.16x is not in the node-local span", ErrKey, key)
	}
	return checkSize(key, value)
}

func checkSize(key, value []byte) error {
	if len(key) > MaxKey || len(value) > MaxValue {
		return fmt.Errorf("%w: %d-byte key with %d-byte value, at most %d and %d", ErrKey, len(key), len(value), MaxKey, MaxValue)
	}
	return nil
}
