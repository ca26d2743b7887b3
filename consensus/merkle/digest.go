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

	highBits = 0x8000_8000_8000_8000 // the top bit of each lane in a word
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
	sum     [words]uint64   // four lanes each, lane 4i in the lowest bits of word i
	scratch []byte          // what the inner hash reads; here to be used again
	part    [wideBytes]byte // of the vector in work; here because it would escape
}

// Add puts a pair into the set.
func (d *Digest) Add(key, value []byte) {
	d.expand(key, value, func(sum []uint64, part *[wideBytes]byte) {
		for i := range sum {
			sum[i] = addLanes(sum[i], binary.LittleEndian.Uint64(part[8*i:]))
		}
	})
}

// Remove takes a pair out of the set.
func (d *Digest) Remove(key, value []byte) {
	d.expand(key, value, func(sum []uint64, part *[wideBytes]byte) {
		for i := range sum {
			sum[i] = subLanes(sum[i], binary.LittleEndian.Uint64(part[8*i:]))
		}
	})
}

// Merge adds another set, disjoint from this one: parts of a large set can be
// digested in parallel.
func (d *Digest) Merge(other *Digest) {
	for i, x := range &other.sum {
		d.sum[i] = addLanes(d.sum[i], x)
	}
}

// expand makes the pair's vector part by part and hands each with the sums it
// belongs to. The vector is BLAKE3 in extendable-output mode over
// domain || SHA-256(uvarint(len(key)) || key || value), read as little-endian
// lanes. The inner hash is there for speed: values are some KiB long, SHA-256 has
// its own processor instructions, and domain and digest are exactly one block.
func (d *Digest) expand(key, value []byte, each func(sum []uint64, part *[wideBytes]byte)) {
	in := binary.AppendUvarint(d.scratch[:0], uint64(len(key)))
	in = append(append(in, key...), value...)
	inner := sha256.Sum256(in)
	if d.scratch = in; cap(in) > maxScratch {
		d.scratch = nil
	}
	var block [blockBytes]byte
	copy(block[:], elementDomain)
	copy(block[len(elementDomain):], inner[:])
	for i := range DigestSize / wideBytes {
		outputBlocks(&d.part, &block, i)
		each(d.sum[i*wideBytes/8:][:wideBytes/8], &d.part)
	}
}

// Domain and digest fill the block exactly: anything else does not compile.
var _ = [1]struct{}{}[blockBytes-len(elementDomain)-sha256.Size]

// maxScratch keeps one large value from pinning its size for ever.
const maxScratch = 64 << 10

// addLanes adds four lanes at once: the low 15 bits of each without carry into
// the neighbour, then the top bits.
func addLanes(a, b uint64) uint64 {
	return (a&^highBits + b&^highBits) ^ (a^b)&highBits
}

// subLanes subtracts four lanes at once; the borrowed top bit keeps each lane's
// borrow inside it.
func subLanes(a, b uint64) uint64 {
	return (a | highBits - b&^highBits) ^ (a^^b)&highBits
}

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
