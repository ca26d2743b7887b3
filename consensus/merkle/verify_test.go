package merkle

import (
	"testing"

	"github.com/transparency-dev/merkle/compact"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// compactIDs are the complete subtrees of a tree of a size.
func compactIDs(size uint64) []compact.NodeID { return compact.RangeNodes(0, size, nil) }

// TestVerifyEachOther: sumdb verifies proofs that transparency-dev/merkle made,
// and the reverse; both refuse what the other would have to refuse.
func TestVerifyEachOther(t *testing.T) {
	const most = 1100
	_, store, other := grow(t, most)
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Uint64Range(1, most).Draw(t, "size")
		index := rapid.Uint64Range(0, size-1).Draw(t, "index")
		old := rapid.Uint64Range(1, size).Draw(t, "old")
		root, err := RootAt(store, size)
		if err != nil {
			t.Fatal(err)
		}
		oldRoot, err := RootAt(store, old)
		if err != nil {
			t.Fatal(err)
		}

		path, err := Inclusion(store, index, size)
		if err != nil {
			t.Fatal(err)
		}
		record := tlog.RecordProof(tlogHashes(path))
		if err := tlog.CheckRecord(record, int64(size), tlog.Hash(root), int64(index), tlog.Hash(leafAt(index))); err != nil {
			t.Fatalf("sumdb refuses our inclusion proof: %v", err)
		}
		theirs, err := tlog.ProveRecord(int64(size), int64(index), other)
		if err != nil {
			t.Fatal(err)
		}
		if err := VerifyInclusion(leafAt(index), index, size, ourHashes(theirs), root); err != nil {
			t.Fatalf("we refuse sumdb's inclusion proof: %v", err)
		}

		growth, err := Consistency(store, old, size)
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckTree(tlogHashes(growth), int64(size), tlog.Hash(root), int64(old), tlog.Hash(oldRoot)); err != nil {
			t.Fatalf("sumdb refuses our consistency proof: %v", err)
		}
		theirGrowth, err := tlog.ProveTree(int64(size), int64(old), other)
		if err != nil {
			t.Fatal(err)
		}
		if err := VerifyConsistency(old, size, ourHashes(theirGrowth), oldRoot, root); err != nil {
			t.Fatalf("we refuse sumdb's consistency proof: %v", err)
		}

		if len(path) == 0 || len(growth) == 0 {
			return
		}
		at := rapid.IntRange(0, 8*len(Hash{})-1).Draw(t, "bit")
		path[at%len(path)][at/8] ^= 1 << (at % 8)
		growth[at%len(growth)][at/8] ^= 1 << (at % 8)
		if tlog.CheckRecord(tlogHashes(path), int64(size), tlog.Hash(root), int64(index), tlog.Hash(leafAt(index))) == nil ||
			VerifyInclusion(leafAt(index), index, size, path, root) == nil {
			t.Fatal("a changed inclusion proof passes")
		}
		if tlog.CheckTree(tlogHashes(growth), int64(size), tlog.Hash(root), int64(old), tlog.Hash(oldRoot)) == nil ||
			VerifyConsistency(old, size, growth, oldRoot, root) == nil {
			t.Fatal("a changed consistency proof passes")
		}
	})
}

func tlogHashes(list []Hash) []tlog.Hash {
	out := make([]tlog.Hash, len(list))
	for i, h := range list {
		out[i] = tlog.Hash(h)
	}
	return out
}

func ourHashes[T ~[]tlog.Hash](list T) []Hash {
	out := make([]Hash, len(list))
	for i, h := range list {
		out[i] = Hash(h)
	}
	return out
}
