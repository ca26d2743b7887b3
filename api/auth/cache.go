package auth

import (
	"crypto/sha256"
	"sync"
	"time"

	"sandi.internal/gateway/certs/keyring"
)

// Bounds of the cache of verified tokens: 16 shards of 512, some 8 MiB at the
// very most. A bureau has a few hundred people signed in at one time.
const (
	shards       = 16
	maxPerShard  = 512
	shardMask    = shards - 1
	evictionScan = 16 // entries looked at for an expired one before any is dropped
)

// verified is a token whose signature was good, and what was judged about it.
// It is immutable.
type verified struct {
	claims *claims
	kid    string
	key    keyring.PublicKey // that verified it
	caller *Caller
	region string // of the issuer
	index  uint64 // Registry.Index at which it was judged
}

type digest = [sha256.Size]byte

type cache struct {
	shards [shards]struct {
		mu      sync.RWMutex
		entries map[digest]*verified // guarded by mu
	}
}

func newCache() *cache {
	c := &cache{}
	for i := range c.shards {
		c.shards[i].entries = make(map[digest]*verified)
	}
	return c
}

func (c *cache) get(d digest) *verified {
	s := &c.shards[d[0]&shardMask]
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.entries[d]
}

// put stores an entry. A full shard drops an expired entry or, failing that, an
// arbitrary one: a dropped token is only verified again.
func (c *cache) put(d digest, v *verified, now time.Time) {
	s := &c.shards[d[0]&shardMask]
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.entries[d]; !known && len(s.entries) >= maxPerShard {
		var victim digest
		scanned := 0
		for old, entry := range s.entries {
			victim = old
			if scanned++; scanned > evictionScan || entry.claims.current(now) != nil {
				break
			}
		}
		delete(s.entries, victim)
	}
	s.entries[d] = v
}

func (c *cache) drop(d digest) {
	s := &c.shards[d[0]&shardMask]
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.entries, d)
}

func (c *cache) size() int {
	n := 0
	for i := range c.shards {
		c.shards[i].mu.RLock()
		n += len(c.shards[i].entries)
		c.shards[i].mu.RUnlock()
	}
	return n
}
