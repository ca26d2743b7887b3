package merkle

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
)

const (
	// lanes is the number of 16-bit sums; lthash16 with 1024 lanes gives about
	// 200 bits against collisions of chosen sets (Lewi et al. 2019, "Securing
	// update propagation with homomorphic hashing", section 4).
	lanes = 1024
	// DigestSize is the size of a marshalled Digest in bytes.
	DigestSize = 2 * lanes

	perWord = 4 // lanes in a uint64
	words   = lanes / perWord

	elementDomain = "sandi.internal/state-element/v1\x00"
	digestDomain  = "sandi.internal/state-digest/v1\x00"
)

// Digest is a running digest of a set of key-value pairs (LtHash): the sum, lane
// by lane modulo 2^16, of one pseudo-random vector per pair. It depends on the set
// alone, not on the order in which pairs came and went, and changing one pair
// costs the same in a set of any size. The zero value is the empty set.
//
// Its guard is against divergence and forged snapshots, so a pair must be added
// at most once at a time: the caller removes the old pair when a key changes.
//
// A Digest belongs to one goroutine.
type Digest struct {
	sum     sums
	scratch []byte                       // what the inner hash reads; here to be used again
	vector  vector                       // in work; here because it would escape
	recent  *[recentVectors]recentVector // of pairs that were put in to be replaced; nil before the first
}

// sums are four lanes a word, lane 4i in the lowest bits of word i.
type sums = [words]uint64

// vector is what a pair adds to the sums: one lane after the other, little-endian.
type vector = [DigestSize]byte

// recentVectors is how many vectors a Digest remembers, 2 KiB each. What was
// replaced lately is replaced again soon: a counter goes up with every record of
// its series, an act follows an act. A vector found again costs a quarter of a new
// one (BenchmarkDigestReplace).
const recentVectors = 512

type recentVector struct {
	inner Hash // what it was expanded from
	known bool // false: nothing is here yet
	vector
}

// Mark is the inner hash of a pair, for whoever keeps a pair that will be replaced:
// hashing a record of some KiB once more takes longer than all else that Replace
// does. The zero value is not known yet.
type Mark struct {
	inner Hash
	known bool
}

// Add puts a pair into the set.
func (d *Digest) Add(key, value []byte) {
	expand(&d.vector, d.inner(key, value))
	addVector(&d.sum, &d.vector)
}

// AddMarked is Add for a pair that will be replaced. It notes its inner hash.
func (d *Digest) AddMarked(key, value []byte, is *Mark) {
	d.note(key, value, is)
	addVector(&d.sum, d.remembered(is.inner))
}

// Remove takes a pair out of the set.
func (d *Digest) Remove(key, value []byte) {
	expand(&d.vector, d.inner(key, value))
	subVector(&d.sum, &d.vector)
}

// Replace is Remove of the key with the value before and Add with the value
// after, for keys that change often.
func (d *Digest) Replace(key, before, after []byte) {
	var was, is Mark
	d.ReplaceMarked(key, before, after, &was, &is)
}

// ReplaceMarked is Replace for pairs whose inner hashes are kept: it reads was if
// that is known, else notes it, and notes is.
func (d *Digest) ReplaceMarked(key, before, after []byte, was, is *Mark) {
	if !was.known {
		d.note(key, before, was)
	}
	if r := d.place(was.inner); r.known && r.inner == was.inner {
		subVector(&d.sum, &r.vector)
	} else {
		expand(&d.vector, was.inner)
		subVector(&d.sum, &d.vector)
	}
	d.note(key, after, is)
	addVector(&d.sum, d.remembered(is.inner))
}

func (d *Digest) note(key, value []byte, m *Mark) { m.inner, m.known = d.inner(key, value), true }

// remembered is the vector of an inner hash, made if it is not remembered.
func (d *Digest) remembered(inner Hash) *vector {
	r := d.place(inner)
	if !r.known || r.inner != inner {
		expand(&r.vector, inner)
		r.inner, r.known = inner, true
	}
	return &r.vector
}

// place is where the vector of an inner hash is remembered.
func (d *Digest) place(inner Hash) *recentVector {
	if d.recent == nil {
		d.recent = new([recentVectors]recentVector)
	}
	return &d.recent[binary.LittleEndian.Uint16(inner[:])%recentVectors]
}

// Merge adds another set, disjoint from this one: parts of a large set can be
// digested in parallel.
func (d *Digest) Merge(other *Digest) {
	for i, x := range &other.sum {
		d.sum[i] = addLanes(d.sum[i], x)
	}
}

// inner is SHA-256(uvarint(len(key)) || key || value). It is there for speed:
// values are some KiB long, SHA-256 has its own processor instructions, and domain
// and digest are exactly one block of BLAKE3.
func (d *Digest) inner(key, value []byte) Hash {
	in := binary.AppendUvarint(d.scratch[:0], uint64(len(key)))
	in = append(append(in, key...), value...)
	if d.scratch = in; cap(in) > maxScratch {
		d.scratch = nil
	}
	return sha256.Sum256(in)
}

// expand makes a pair's vector: BLAKE3 in extendable-output mode over
// domain || inner hash.
func expand(out *vector, inner Hash) {
	var block [blockBytes]byte
	copy(block[:], elementDomain)
	copy(block[len(elementDomain):], inner[:])
	output(out, &block)
}

// Domain and digest fill the block exactly: anything else does not compile.
var _ = [1]struct{}{}[blockBytes-len(elementDomain)-sha256.Size]

// maxScratch keeps one large value from pinning its size for ever.
const maxScratch = 64 << 10

// Sum is the digest as a leaf carries it: SHA-256 over the domain and the lanes.
func (d *Digest) Sum() Hash {
	var b [len(digestDomain) + DigestSize]byte
	copy(b[:], digestDomain)
	for i, x := range &d.sum {
		binary.LittleEndian.PutUint64(b[len(digestDomain)+8*i:], x)
	}
	return sha256.Sum256(b[:])
}

// Clone returns a copy that changes on its own.
func (d *Digest) Clone() *Digest { return &Digest{sum: d.sum} }

// Marshal gives the 1024 lanes, two bytes each, little-endian.
func (d *Digest) Marshal() []byte {
	out := make([]byte, 0, DigestSize)
	for _, x := range &d.sum {
		out = binary.LittleEndian.AppendUint64(out, x)
	}
	return out
}

// UnmarshalDigest is the inverse of Marshal.
func UnmarshalDigest(data []byte) (*Digest, error) {
	if len(data) != DigestSize {
		return nil, errors.New("merkle: not a marshalled digest")
	}
	d := new(Digest)
	for i := range d.sum {
		d.sum[i] = binary.LittleEndian.Uint64(data[8*i:])
	}
	return d, nil
}
