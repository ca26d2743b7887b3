package state

import (
	"bytes"
	"hash/maphash"
	"slices"
)

// overlay holds the writes of a batch: found by key in one map lookup, written
// to Pebble once at the end, in order, however often Apply changed them. (Pebble's
// own indexed batch pays for an ordered insert on every write.)
//
// It is made to be used again: a write allocates nothing once the buffers have
// grown to the size of a batch.
type overlay struct {
	seed    maphash.Seed
	pos     map[uint64]int // hash of a key, or one of the next numbers, to its place
	entries []entry        // in order of the first write
	sorted  []int          // places in key order; covers entries[:len(sorted)]
	data    []byte         // keys and values, each written once
}

type entry struct {
	key   []byte
	value []byte // nil = deleted; never nil otherwise
}

const (
	// Larger values are kept by themselves, so that data never has to be copied
	// for one law text.
	overlayValue = 64 << 10
	// What one batch under load needs: larger buffers are not kept.
	overlayKept    = 1 << 20
	overlayEntries = 8 << 10
)

func newOverlay() *overlay {
	return &overlay{seed: maphash.MakeSeed(), pos: make(map[uint64]int), data: make([]byte, 0, overlayValue)}
}

// reset empties the overlay and reports whether it is worth keeping. What was
// read from it before is no longer valid.
func (o *overlay) reset() bool {
	if cap(o.data) > overlayKept || len(o.entries) > overlayEntries {
		return false
	}
	clear(o.pos)
	clear(o.entries) // they hold on to data that has been replaced
	o.entries, o.sorted, o.data = o.entries[:0], nil, o.data[:0]
	return true
}

// find returns the place of key; when the batch did not write it, ok is false
// and slot is where in pos it belongs.
func (o *overlay) find(key []byte) (at int, slot uint64, ok bool) {
	for slot = maphash.Bytes(o.seed, key); ; slot++ { // past keys with the same hash
		if at, ok = o.pos[slot]; !ok || bytes.Equal(o.entries[at].key, key) {
			return at, slot, ok
		}
	}
}

// get returns the value that the batch wrote under key, nil when it deleted
// it. ok is false when the batch did not touch the key.
func (o *overlay) get(key []byte) (value []byte, ok bool) {
	at, _, ok := o.find(key)
	if !ok {
		return nil, false
	}
	return o.entries[at].value, true
}

// put keeps neither slice; a nil value deletes.
func (o *overlay) put(key, value []byte) {
	at, slot, ok := o.find(key)
	if !ok {
		at = len(o.entries)
		o.pos[slot] = at
		o.entries = append(o.entries, entry{key: o.keep(key)})
	}
	if value != nil {
		value = o.keep(value)
	}
	o.entries[at].value = value
}

// keep copies b. A value that is written again gets new room: a scan may be
// showing the old one.
func (o *overlay) keep(b []byte) []byte {
	if len(b) > overlayValue {
		return bytes.Clone(b)
	}
	from := len(o.data)
	o.data = append(o.data, b...)
	return o.data[from:len(o.data):len(o.data)]
}

// order returns the places of all entries in key order. The slice is never
// changed afterwards: a scan may go on over it while its callback writes.
func (o *overlay) order() []int {
	done := len(o.sorted)
	if done == len(o.entries) {
		return o.sorted
	}
	fresh := make([]int, 0, len(o.entries)-done)
	for i := done; i < len(o.entries); i++ {
		fresh = append(fresh, i)
	}
	slices.SortFunc(fresh, func(a, b int) int { return bytes.Compare(o.entries[a].key, o.entries[b].key) })
	if done == 0 {
		o.sorted = fresh
		return fresh
	}
	merged := make([]int, 0, len(o.entries))
	rest := o.sorted
	for _, at := range fresh {
		n := o.search(rest, o.entries[at].key)
		merged = append(append(merged, rest[:n]...), at)
		rest = rest[n:]
	}
	o.sorted = append(merged, rest...)
	return o.sorted
}

// between returns the places of the entries with lower <= key < upper.
func (o *overlay) between(lower, upper []byte) []int {
	order := o.order()
	return order[o.search(order, lower):o.search(order, upper)]
}

// search returns how many of the sorted places lie before key.
func (o *overlay) search(places []int, key []byte) int {
	n, _ := slices.BinarySearchFunc(places, key, func(p int, key []byte) int {
		return bytes.Compare(o.entries[p].key, key)
	})
	return n
}
