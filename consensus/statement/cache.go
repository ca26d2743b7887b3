package statement

import "sync"

// cache remembers the recent past in two generations: when the young one is
// full it becomes the old one and the old one is emptied. No list, no clock, no
// eviction work per entry. What was asked for again moves to the young generation.
type cache[K comparable, V any] struct {
	entries, bytes int // bounds of one generation

	mu         sync.Mutex
	young, old map[K]sized[V] // guarded by mu
	weight     int            // bytes in young; guarded by mu
}

type sized[V any] struct {
	value V
	bytes int32
}

func newCache[K comparable, V any](entries, bytes int) *cache[K, V] {
	return &cache[K, V]{entries: entries, bytes: bytes, young: make(map[K]sized[V]), old: make(map[K]sized[V])}
}

func (c *cache[K, V]) get(key K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if found, ok := c.young[key]; ok {
		return found.value, true
	}
	found, ok := c.old[key]
	if ok {
		c.add(key, found)
	}
	return found.value, ok
}

func (c *cache[K, V]) put(key K, value V, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(key, sized[V]{value, int32(bytes)})
}

func (c *cache[K, V]) drop(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.weight -= int(c.young[key].bytes)
	delete(c.young, key)
	delete(c.old, key)
}

// add requires mu.
func (c *cache[K, V]) add(key K, item sized[V]) {
	if before, ok := c.young[key]; ok {
		c.weight -= int(before.bytes)
	} else if len(c.young) >= c.entries || c.weight+int(item.bytes) > c.bytes {
		c.old, c.young, c.weight = c.young, c.old, 0
		clear(c.young) // its room is used again
	}
	c.young[key] = item
	c.weight += int(item.bytes)
}
