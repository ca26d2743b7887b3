package merkle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/transparency-dev/merkle/compact"
)

// StoredStep is the distance between the tree levels whose hashes are stored.
// Eight, because a tile is 256 hashes wide (C2SP tlog-tiles): tile (L, n) is 256
// stored hashes of level 8L in a row, so tiles need no storage of their own.
const StoredStep = 8

// Stored is a hash to keep: the root of the complete subtree over the leaves
// [Index << Level, (Index+1) << Level). Level is a tree level: 0, 8, 16, …
type Stored struct {
	Level uint8
	Index uint64
	Hash  Hash
}

var ranges = &compact.RangeFactory{Hash: hashChildren}

// Tree is the growing edge of an RFC 6962 tree: the roots of its complete
// subtrees, at most 64. It belongs to one goroutine.
type Tree struct {
	edge *compact.Range
}

// NewTree returns the empty tree.
func NewTree() *Tree { return &Tree{edge: ranges.NewEmptyRange(0)} }

// Size is the number of leaves.
func (t *Tree) Size() uint64 { return t.edge.End() }

// Append adds a leaf by its hash and returns the hashes to store: always the
// leaf, and whichever higher stored subtrees it completes.
func (t *Tree) Append(leaf Hash) []Stored {
	stored := make([]Stored, 0, 1)
	visit := func(id compact.NodeID, hash []byte) {
		if id.Level%StoredStep == 0 {
			stored = append(stored, Stored{Level: uint8(id.Level), Index: id.Index, Hash: Hash(hash)})
		}
	}
	if err := t.edge.Append(leaf[:], visit); err != nil {
		// Only a range with the wrong number of hashes fails, and none is made:
		// going on would be a wrong tree.
		panic("merkle: " + err.Error())
	}
	return stored
}

// Root is the tree's root.
func (t *Tree) Root() Hash {
	root, err := t.edge.GetRootHash(nil)
	if err != nil {
		panic("merkle: " + err.Error()) // only for a range that does not begin at 0
	}
	if root == nil {
		return EmptyRoot
	}
	return Hash(root)
}

// Clone returns a copy that grows on its own.
func (t *Tree) Clone() *Tree {
	// Appending replaces hashes in the list, never the bytes of one.
	edge, err := ranges.NewRange(0, t.edge.End(), slices.Clone(t.edge.Hashes()))
	if err != nil {
		panic("merkle: " + err.Error())
	}
	return &Tree{edge: edge}
}

// treeFormat is the first byte of a marshalled tree.
const treeFormat = 1

var errTree = errors.New("merkle: not a marshalled tree")

// Marshal gives: format byte 1, size as 8 bytes big-endian, then one hash per
// set bit of size, largest subtree first.
func (t *Tree) Marshal() []byte {
	hashes := t.edge.Hashes()
	out := make([]byte, 0, 9+len(hashes)*len(Hash{}))
	out = binary.BigEndian.AppendUint64(append(out, treeFormat), t.edge.End())
	for _, h := range hashes {
		out = append(out, h...)
	}
	return out
}

// UnmarshalTree is the inverse of Marshal.
func UnmarshalTree(data []byte) (*Tree, error) {
	const head, each = 9, len(Hash{})
	if len(data) < head || data[0] != treeFormat {
		return nil, errTree
	}
	size := binary.BigEndian.Uint64(data[1:])
	if len(data) != head+bits.OnesCount64(size)*each {
		return nil, errTree
	}
	hashes := make([][]byte, 0, bits.OnesCount64(size))
	for rest := slices.Clone(data[head:]); len(rest) > 0; rest = rest[each:] {
		hashes = append(hashes, rest[:each:each])
	}
	edge, err := ranges.NewRange(0, size, hashes)
	if err != nil {
		return nil, fmt.Errorf("couldn't restore the tree of size %d: %w", size, err)
	}
	return &Tree{edge: edge}, nil
}
