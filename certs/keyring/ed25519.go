package keyring

import (
	"crypto/ed25519"
	"sync"

	voi "github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
)

// zip215 is the one predicate: cofactored, any decodable A and R, S below the
// group order (ZIP 215). The standard library's cofactorless check must never
// decide about a statement: a crafted signature passes one and fails the other.
var zip215 = &voi.Options{Verify: voi.VerifyOptionsZIP_215}

// edVerifier verifies with a decompressed key and its table of multiples. It is
// immutable and shared by all goroutines.
type edVerifier struct {
	key *voi.ExpandedPublicKey
}

func (v *edVerifier) Verify(message, signature []byte) bool {
	return voi.VerifyExpandedWithOptions(v.key, message, signature, zip215)
}

// maxExpanded bounds the cache of expanded keys (about 1.5 KiB each, so 1.5 MiB
// in all). A network of five regions has some fifty keys in use at one time.
const maxExpanded = 1024

type expandedCache struct {
	mu   sync.RWMutex
	keys map[[ed25519.PublicKeySize]byte]*edVerifier // guarded by mu
}

var expanded = &expandedCache{keys: make(map[[ed25519.PublicKeySize]byte]*edVerifier)}

// get returns the shared verifier of a key. Past the bound it drops an
// arbitrary entry: results never depend on what is cached.
func (c *expandedCache) get(key []byte) (Verifier, error) {
	if len(key) != ed25519.PublicKeySize {
		return nil, ErrKeySize
	}
	id := [ed25519.PublicKeySize]byte(key)
	c.mu.RLock()
	v := c.keys[id]
	c.mu.RUnlock()
	if v != nil {
		return v, nil
	}
	k, err := voi.NewExpandedPublicKey(id[:])
	if err != nil {
		return nil, ErrKeyWeak
	}
	v = &edVerifier{key: k}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.keys) >= maxExpanded {
		for old := range c.keys {
			delete(c.keys, old)
			break
		}
	}
	c.keys[id] = v
	return v, nil
}
