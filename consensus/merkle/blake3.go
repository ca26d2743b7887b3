package merkle

import (
	"encoding/hex"

	"lukechampine.com/blake3/guts"
)

const (
	blockBytes = guts.BlockSize
	wideBytes  = guts.MaxSIMD * blockBytes // what one call of CompressBlocks gives
)

// output fills out with the BLAKE3 output stream of one block of input. It calls
// the compression function directly, 16 blocks at a time: the library's own reader
// allocates for each stream, and another library makes one block at a time
// (measured for 2 KiB: 0.6 against 1.8 µs).
func output(out *vector, in *[blockBytes]byte) {
	root := guts.CompressChunk(in[:], &guts.IV, 0, guts.FlagRoot)
	for i := range len(out) / wideBytes {
		root.Counter = uint64(i * guts.MaxSIMD)
		guts.CompressBlocks((*[wideBytes]byte)(out[i*wideBytes:]), root)
	}
	leaveWide()
}

// selfTest is the digest of one pair. The expansion has a code path per
// processor generation; a wrong one would make this replica differ from all
// others, so the program does not start with it.
const selfTest = "84e9d2ff61f2e22c7def79c8743de23df986f93d429816e3d11441108cfcac6d"

func init() {
	var d Digest
	d.Add([]byte("self-test"), []byte("value"))
	if sum := d.Sum(); hex.EncodeToString(sum[:]) != selfTest {
		panic("merkle: BLAKE3 gives wrong results on this processor: " + hex.EncodeToString(sum[:]))
	}
}
