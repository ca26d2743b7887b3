package state

import (
	"bytes"
	"slices"
)

// overlay holds the writes of a batch: found by key in one map lookup, written
// to Pebble once at the end, however often Apply changed them. (Pebble's own
// indexed batch pays for an ordered insert on every write; here only a batch
// that scans pays for order.)
type overlay struct {
	pos     map[string]int // key to its place in entries
	entries []entry        // in order of the first write
	sorted  []int          // places in key order; covers entries[:len(sorted)]
	arena   []byte         // where values are copied to; full chunks are left to entries
}

type entry struct {
	key   string
	value []byte // nil = deleted; never nil otherwise
}

// arenaChunk is the size of the pieces in which values are copied: a few
// statements' worth.
const arenaChunk = 64 << 10

func (o *overlay) put(key, value []byte) {
	if at, ok := o.pos[string(key)]; ok {
		o.entries[at].value = value
		return
	}
	if o.pos == nil {
		o.pos = make(map[string]int)
	}
	k := string(key)
	o.pos[k] = len(o.entries)
	o.entries = append(o.entries, entry{k, value})
}

// keep copies a value so that the caller may reuse its buffer.
func (o *overlay) keep(value []byte) []byte {
	if len(value) == 0 || len(value) > arenaChunk/4 {
		return append([]byte{}, value...) // never nil: nil means deleted
	}
	if cap(o.arena)-len(o.arena) < len(value) {
		o.arena = make([]byte, 0, arenaChunk)
	}
	from := len(o.arena)
	o.arena = append(o.arena, value...)
	return o.arena[from:len(o.arena):len(o.arena)]
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
	slices.SortFunc(fresh, func(a, b int) int { return compare(o.entries[a].key, o.entries[b].key) })
	merged := make([]int, 0, len(o.entries))
	rest := o.sorted
	for _, at := range fresh {
		n, _ := slices.BinarySearchFunc(rest, o.entries[at].key, func(p int, key string) int {
			return compare(o.entries[p].key, key)
		})
		merged = append(append(merged, rest[:n]...), at)
		rest = rest[n:]
	}
	o.sorted = append(merged, rest...)
	return o.sorted
}

// between returns the places of the entries with lower <= key < upper.
func (o *overlay) between(lower, upper []byte) []int {
	order := o.order()
	find := func(key []byte) int {
		n, _ := slices.BinarySearchFunc(order, key, func(p int, key []byte) int {
			return bytes.Compare([]byte(o.entries[p].key), key)
		})
		return n
	}
	return order[find(lower):find(upper)]
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
