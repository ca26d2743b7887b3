package merkle

import (
	"fmt"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// Reader gives stored hashes: count of them in a row, at a stored level (0, 8,
// 16, …), from index first on. count is from 1 to 256. A hash that is not there
// is an error.
type Reader interface {
	StoredHashes(level uint8, first uint64, count int) ([]Hash, error)
}

// nodeAt computes the root of a complete subtree from the stored level below
// it: at most 128 hashes are read.
func nodeAt(r Reader, id compact.NodeID) (Hash, error) {
	above := id.Level % StoredStep
	count := 1 << above
	row, err := r.StoredHashes(uint8(id.Level-above), id.Index<<above, count)
	if err != nil {
		return Hash{}, fmt.Errorf("couldn't read node %d of level %d: %w", id.Index, id.Level, err)
	}
	if len(row) != count {
		return Hash{}, fmt.Errorf("couldn't read node %d of level %d: got %d of %d hashes", id.Index, id.Level, len(row), count)
	}
	for ; count > 1; count /= 2 {
		for i := range count / 2 {
			row[i] = NodeHash(row[2*i], row[2*i+1])
		}
	}
	return row[0], nil
}

// nodesAt computes the roots of complete subtrees of a tree of the given size.
func nodesAt(r Reader, ids []compact.NodeID, size uint64) ([][]byte, error) {
	if cached, ok := r.(cachedReader); ok {
		return cached.nodes(ids, size)
	}
	out := make([][]byte, len(ids))
	for i, id := range ids {
		h, err := nodeAt(r, id)
		if err != nil {
			return nil, err
		}
		out[i] = h[:]
	}
	return out, nil
}

// Inclusion proves that the leaf at index is in the tree of the given size: the
// audit path of RFC 6962 section 2.1.1, lowest node first.
func Inclusion(r Reader, index, size uint64) ([]Hash, error) {
	nodes, err := proof.Inclusion(index, size)
	if err != nil {
		return nil, fmt.Errorf("couldn't prove inclusion: %w", err)
	}
	return fold(r, nodes, size)
}

// Consistency proves that the tree of size old is a prefix of the tree of size
// size (RFC 6962 section 2.1.2). It is empty for old = 0 and old = size.
func Consistency(r Reader, old, size uint64) ([]Hash, error) {
	nodes, err := proof.Consistency(old, size)
	if err != nil {
		return nil, fmt.Errorf("couldn't prove consistency: %w", err)
	}
	return fold(r, nodes, size)
}

func fold(r Reader, nodes proof.Nodes, size uint64) ([]Hash, error) {
	raw, err := nodesAt(r, nodes.IDs, size)
	if err != nil {
		return nil, err
	}
	if raw, err = nodes.Rehash(raw, hashChildren); err != nil {
		return nil, fmt.Errorf("couldn't compute a proof: %w", err)
	}
	out := make([]Hash, len(raw))
	for i, h := range raw {
		out[i] = Hash(h)
	}
	return out, nil
}

// LoadTree rebuilds the tree of a size from stored hashes.
func LoadTree(r Reader, size uint64) (*Tree, error) {
	hashes, err := nodesAt(r, compact.RangeNodes(0, size, nil), size)
	if err != nil {
		return nil, err
	}
	edge, err := ranges.NewRange(0, size, hashes)
	if err != nil {
		return nil, fmt.Errorf("couldn't rebuild the tree of size %d: %w", size, err)
	}
	return &Tree{edge: edge}, nil
}

// RootAt is the root that the tree had at a size.
func RootAt(r Reader, size uint64) (Hash, error) {
	t, err := LoadTree(r, size)
	if err != nil {
		return Hash{}, err
	}
	return t.Root(), nil
}

// VerifyInclusion checks what Inclusion proves.
func VerifyInclusion(leaf Hash, index, size uint64, path []Hash, root Hash) error {
	return proof.VerifyInclusion(rfc6962.DefaultHasher, index, size, leaf[:], raws(path), root[:])
}

// RootOf is the root of the one tree in which Inclusion could have given this path.
func RootOf(leaf Hash, index, size uint64, path []Hash) (Hash, error) {
	root, err := proof.RootFromInclusionProof(rfc6962.DefaultHasher, index, size, leaf[:], raws(path))
	if err != nil {
		return Hash{}, fmt.Errorf("couldn't compute a root: %w", err)
	}
	return Hash(root), nil
}

// VerifyConsistency checks what Consistency proves.
func VerifyConsistency(old, size uint64, path []Hash, oldRoot, root Hash) error {
	return proof.VerifyConsistency(rfc6962.DefaultHasher, old, size, raws(path), oldRoot[:], root[:])
}

func raws(path []Hash) [][]byte {
	out := make([][]byte, len(path))
	for i := range path {
		out[i] = path[i][:]
	}
	return out
}
