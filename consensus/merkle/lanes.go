package merkle

import "encoding/binary"

const highBits = 0x8000_8000_8000_8000 // the top bit of each lane in a word

// addPlain is addVector without instructions of a processor.
func addPlain(to *sums, v *vector) {
	for i := 0; i < words; i += unrolled {
		sum, part := to[i:i+unrolled:i+unrolled], v[8*i:8*(i+unrolled):8*(i+unrolled)]
		sum[0] = addLanes(sum[0], binary.LittleEndian.Uint64(part[0:8]))
		sum[1] = addLanes(sum[1], binary.LittleEndian.Uint64(part[8:16]))
		sum[2] = addLanes(sum[2], binary.LittleEndian.Uint64(part[16:24]))
		sum[3] = addLanes(sum[3], binary.LittleEndian.Uint64(part[24:32]))
	}
}

// subPlain is subVector without instructions of a processor.
func subPlain(from *sums, v *vector) {
	for i := 0; i < words; i += unrolled {
		sum, part := from[i:i+unrolled:i+unrolled], v[8*i:8*(i+unrolled):8*(i+unrolled)]
		sum[0] = subLanes(sum[0], binary.LittleEndian.Uint64(part[0:8]))
		sum[1] = subLanes(sum[1], binary.LittleEndian.Uint64(part[8:16]))
		sum[2] = subLanes(sum[2], binary.LittleEndian.Uint64(part[16:24]))
		sum[3] = subLanes(sum[3], binary.LittleEndian.Uint64(part[24:32]))
	}
}

// unrolled is how many words addPlain and subPlain take per turn, with one check
// of bounds for all.
const unrolled = 4

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
