package draw

import (
	"crypto/sha256"
	"encoding/binary"
)

// streamDomain separates the numbers of a stratum from other hashes of the seed.
const streamDomain = "sandi-draw-stream/1\n"

// stream gives the numbers that a seed decides for a stratum: block i is SHA-256
// of domain, seed, stratum, a newline and i in eight bytes, big-endian; a block is
// four numbers of 64 bits, big-endian.
type stream struct {
	prefix []byte
	next   uint64
	block  []byte
}

func newStream(seed [sha256.Size]byte, stratum string) *stream {
	prefix := append([]byte(streamDomain), seed[:]...)
	return &stream{prefix: append(append(prefix, stratum...), '\n')}
}

func (s *stream) uint64() uint64 {
	if len(s.block) == 0 {
		sum := sha256.Sum256(binary.BigEndian.AppendUint64(s.prefix[:len(s.prefix):len(s.prefix)], s.next))
		s.block = sum[:]
		s.next++
	}
	n := binary.BigEndian.Uint64(s.block)
	s.block = s.block[8:]
	return n
}

// below is a number in [0, n), each equally likely: numbers from the uneven rest
// above the largest multiple of n are passed over.
func (s *stream) below(n uint64) uint64 {
	uneven := -n % n // 2^64 mod n
	for {
		if v := s.uint64(); v <= ^uint64(0)-uneven {
			return v % n
		}
	}
}
