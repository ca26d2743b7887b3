package keyring

import (
	"crypto/rand"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

// Batch verifies many signatures at once, at a third of the single cost per
// Ed25519 signature in batches of 64 and more. It belongs to one goroutine; use
// one per worker.
//
// The verdict for each member is the one that Verifier.Verify gives, whatever
// else stands in the batch: both decode alike, and a batch whose sum does not
// vanish is decided member by member.
type Batch struct {
	verdicts []bool
	members  []member            // the Ed25519 members that decoded
	keys     []*edVerifier       // the distinct keys among them
	keyAt    map[*edVerifier]int // position in keys
	sums     []scalar.Scalar     // per key, then for the base point: reused by vanishes
	random   []byte              // 16 bytes per member: reused by vanishes
	weights  []scalar.Scalar     // per member: reused by vanishes
	scalars  [2][]*scalar.Scalar // for keys; for base point and members
	points   []*curve.EdwardsPoint
	tables   []*curve.ExpandedEdwardsPoint
}

type member struct {
	sig edSignature
	key int // position in keys
	at  int // position in verdicts
}

// NewBatch returns an empty batch with room for n members.
func NewBatch(n int) *Batch {
	return &Batch{
		verdicts: make([]bool, 0, n),
		members:  make([]member, 0, n),
		keyAt:    make(map[*edVerifier]int),
	}
}

// Add appends a member. A Verifier of this package's Ed25519 joins the batch;
// any other (ES256, SM2, a nil Verifier for a key that could not be used) is
// decided at once. Message and signature are not kept.
func (b *Batch) Add(v Verifier, message, signature []byte) {
	at := len(b.verdicts)
	ed, ok := v.(*edVerifier)
	if !ok {
		b.verdicts = append(b.verdicts, v != nil && v.Verify(message, signature))
		return
	}
	b.verdicts = append(b.verdicts, false)
	b.members = append(b.members, member{at: at})
	m := &b.members[len(b.members)-1]
	if !ed.decode(&m.sig, message, signature) {
		b.members = b.members[:len(b.members)-1]
		return
	}
	key, known := b.keyAt[ed]
	if !known {
		key = len(b.keys)
		b.keys = append(b.keys, ed)
		b.keyAt[ed] = key
	}
	m.key = key
}

// AddKey is Add for a public key; one without a verifier counts as a refusal.
func (b *Batch) AddKey(key PublicKey, message, signature []byte) {
	v, err := key.Verifier()
	if err != nil {
		v = nil
	}
	b.Add(v, message, signature)
}

// Len is the number of members added since the last Reset.
func (b *Batch) Len() int { return len(b.verdicts) }

// minBatch is the smallest number of members for which the sum is cheaper than
// single checks (measured).
const minBatch = 3

// Verify returns one verdict per member, in order of Add. The slice is valid
// until the next Reset.
func (b *Batch) Verify() []bool {
	all := len(b.members) >= minBatch && b.vanishes()
	for i := range b.members {
		m := &b.members[i]
		b.verdicts[m.at] = all || b.keys[m.key].holds(&m.sig)
	}
	return b.verdicts
}

// vanishes checks all equations in one random linear combination:
//
//	[8]( [sum z_i*S_i]B - sum [z_i]R_i - sum_j [sum z_i*k_i]A_j ) = 0
//
// with z_i random and 128 bits wide, the inner sum over the members i of key j
// (a network of three regions signs with few keys, so most of the A terms of
// the textbook equation fall together). A false member passes with probability
// 2^-128. The factor 8 makes it the cofactored predicate: torsion in any R or A
// vanishes in the batch as it does singly.
func (b *Batch) vanishes() bool {
	n := len(b.members)
	b.grow(n, len(b.keys))
	if _, err := rand.Read(b.random); err != nil {
		return false // never with Go's reader; single checks decide then
	}
	base := &b.sums[len(b.keys)]
	b.points[0], b.scalars[1][0] = curve.ED25519_BASEPOINT_POINT, base
	for i := range b.members {
		m, z := &b.members[i], &b.weights[i]
		var wide [scalar.ScalarSize]byte
		copy(wide[:], b.random[i*weightSize:(i+1)*weightSize])
		wide[0] |= 1 // never zero; costs one bit of the 128
		if _, err := z.SetBits(wide[:]); err != nil {
			return false
		}
		var term scalar.Scalar
		base.Sub(base, term.Mul(z, &m.sig.s))
		b.sums[m.key].Sub(&b.sums[m.key], term.Mul(z, &m.sig.k))
		b.points[i+1], b.scalars[1][i+1] = &m.sig.r, z
	}
	for j, key := range b.keys {
		// The tables hold -A and the sums are negated: [-sum](-A) = [sum]A.
		b.tables[j], b.scalars[0][j] = &key.minus, &b.sums[j]
	}
	var rest curve.EdwardsPoint
	return rest.ExpandedMultiscalarMulVartime(b.scalars[0], b.tables, b.scalars[1], b.points).IsSmallOrder()
}

// weightSize is the length of a random weight: 128 bits, as in the Ed25519
// paper (Bernstein et al. 2011, section 5).
const weightSize = 16

// grow makes the scratch slices fit n members of k keys and clears the sums.
func (b *Batch) grow(n, k int) {
	b.random = resize(b.random, n*weightSize)
	b.weights = resize(b.weights, n)
	b.sums = resize(b.sums, k+1)
	clear(b.sums)
	b.scalars[0] = resize(b.scalars[0], k)
	b.scalars[1] = resize(b.scalars[1], n+1)
	b.points = resize(b.points, n+1)
	b.tables = resize(b.tables, k)
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() {
	b.verdicts = b.verdicts[:0]
	b.members = b.members[:0]
	b.keys = b.keys[:0]
	clear(b.keyAt)
}
