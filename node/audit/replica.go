package audit

import (
	"fmt"

	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
)

// replica is the storage that the rules are applied on. The state lies in a
// store. The log is in the bundle already: a leaf or hash that the rules ask for
// comes from the tiles, which the tree has compared before.
type replica struct {
	*store
	bundle *bundle.Bundle
	size   uint64 // of the bundle's tree
}

var (
	_ ledger.Tx     = (*replica)(nil)
	_ ledger.Keeper = (*replica)(nil)
)

// Set implements ledger.Tx.
func (r *replica) Set(key, value []byte) error { return r.set(key, value) }

// Keep implements ledger.Keeper.
func (r *replica) Keep(key, value []byte) error { return r.put(key, value) }

// Delete implements ledger.Tx.
func (r *replica) Delete(key []byte) error { return r.remove(key) }

// Get implements ledger.Reader.
func (r *replica) Get(key []byte) ([]byte, error) {
	index, ok := ledger.LeafOf(key)
	if !ok {
		return r.get(key)
	}
	t := merkle.Tile{Level: merkle.LevelEntries, Index: index / merkle.TileWidth}
	t.Width = t.WidthAt(r.size)
	body, err := r.bundle.Read(t.Path())
	if err != nil {
		return nil, nil // the tree has found it missing; for Apply there is no such leaf
	}
	entries, _ := splitEntries(body)
	if at := index % merkle.TileWidth; at < uint64(len(entries)) {
		return entries[at], nil
	}
	return nil, nil
}

// Scan implements ledger.Reader for the one thing that a bare ledger scans: a run
// of stored hashes of one level.
func (r *replica) Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (bool, error)) error {
	level, from, ok := ledger.HashOf(lower)
	last, to, also := ledger.HashOf(upper)
	if !ok || !also || level != last || reverse {
		return fmt.Errorf("couldn't scan from %x to %x: the offline replica serves single keys", lower, upper)
	}
	for i := from; i < to; i++ {
		hash, ok := r.hash(level, i)
		if !ok {
			return fmt.Errorf("couldn't read hash %d of level %d: its tile is missing or short: %w", i, level, ledger.ErrCorrupt)
		}
		if more, err := fn(ledger.HashKey(level, i), hash[:]); err != nil || !more {
			return err
		}
	}
	return nil
}

// hash is one stored hash of the tree. A seal asks for some dozens, once a day.
func (r *replica) hash(level uint8, i uint64) (merkle.Hash, bool) {
	t := merkle.Tile{Level: int(level / merkle.StoredStep), Index: i / merkle.TileWidth}
	t.Width = t.WidthAt(r.size)
	body, err := r.bundle.Read(t.Path())
	at := int(i%merkle.TileWidth) * len(merkle.Hash{})
	if err != nil || at+len(merkle.Hash{}) > len(body) {
		return merkle.Hash{}, false
	}
	return merkle.Hash(body[at:]), true
}
