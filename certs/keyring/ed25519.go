package keyring

import (
	"crypto/ed25519"
	"crypto/sha512"
	"sync"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

// edVerifier is a decoded Ed25519 key with a table of its multiples. It is
// immutable and shared by all goroutines.
//
// The one predicate is ZIP 215: any A and R that decode, canonical or not; S
// below the group order; [8]([S]B - R - [k]A) = 0. The standard library's
// cofactorless check must never decide about a statement: a crafted signature
// passes one and fails the other, on different replicas.
type edVerifier struct {
	bytes [ed25519.PublicKeySize]byte // as given: it is hashed, so never re-encoded
	minus curve.ExpandedEdwardsPoint  // -A
}

// edSignature is a decoded signature over one message: R, S and
// k = SHA-512(R || A || message) mod L (RFC 8032 section 5.1.7).
type edSignature struct {
	r    curve.EdwardsPoint
	s, k scalar.Scalar
}

// decode reads signature for message into out and reports whether it can be
// valid at all. Single and batch verification both begin here.
func (v *edVerifier) decode(out *edSignature, message, signature []byte) bool {
	if len(signature) != ed25519.SignatureSize || !scalar.ScMinimalVartime(signature[32:]) {
		return false
	}
	r := (*curve.CompressedEdwardsY)(signature[:32])
	if _, err := out.r.SetCompressedY(r); err != nil {
		return false
	}
	if _, err := out.s.SetBytesModOrder(signature[32:]); err != nil {
		return false
	}
	h := sha512.New()
	h.Write(signature[:32])
	h.Write(v.bytes[:])
	h.Write(message)
	var wide [sha512.Size]byte
	_, err := out.k.SetBytesModOrderWide(h.Sum(wide[:0]))
	return err == nil
}

// holds checks the verification equation of one decoded signature.
func (v *edVerifier) holds(sig *edSignature) bool {
	var rest curve.EdwardsPoint
	return rest.ExpandedTripleScalarMulBasepointVartime(&sig.k, &v.minus, &sig.s, &sig.r).IsSmallOrder()
}

func (v *edVerifier) Verify(message, signature []byte) bool {
	var sig edSignature
	return v.decode(&sig, message, signature) && v.holds(&sig)
}

func newEdVerifier(key [ed25519.PublicKeySize]byte) (*edVerifier, error) {
	var a curve.EdwardsPoint
	if _, err := a.SetCompressedY((*curve.CompressedEdwardsY)(&key)); err != nil {
		return nil, ErrKeyWeak
	}
	v := &edVerifier{bytes: key}
	v.minus.SetEdwardsPoint(a.Neg(&a))
	return v, nil
}

// maxExpanded bounds the cache of decoded keys (about 1.5 KiB each, so 1.5 MiB
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
	v, err := newEdVerifier(id)
	if err != nil {
		return nil, err
	}
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
