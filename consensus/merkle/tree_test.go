package merkle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// shelf is a store of stored hashes, as the ledger's keyspace is one.
type shelf map[uint8][]Hash

func (s shelf) put(t interface{ Fatalf(string, ...any) }, stored []Stored) {
	for _, h := range stored {
		if uint64(len(s[h.Level])) != h.Index {
			t.Fatalf("level %d: got index %d, want %d", h.Level, h.Index, len(s[h.Level]))
		}
		s[h.Level] = append(s[h.Level], h.Hash)
	}
}

func (s shelf) StoredHashes(level uint8, first uint64, count int) ([]Hash, error) {
	row := s[level]
	if level%StoredStep != 0 || count < 1 || count > TileWidth || first+uint64(count) > uint64(len(row)) {
		return nil, fmt.Errorf("no hashes at level %d from %d", level, first)
	}
	return slices.Clone(row[first : first+uint64(count)]), nil
}

func leafAt(i uint64) Hash { return LeafHash(binary.BigEndian.AppendUint64(nil, i)) }

// grow makes a tree of a size with its shelf, and sumdb's tree beside it.
func grow(t interface{ Fatalf(string, ...any) }, size uint64) (*Tree, shelf, tlog.HashReader) {
	tree, store := NewTree(), shelf{}
	var other []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = other[x]
		}
		return out, nil
	})
	for i := range size {
		store.put(t, tree.Append(leafAt(i)))
		hashes, err := tlog.StoredHashesForRecordHash(int64(i), tlog.Hash(leafAt(i)), reader)
		if err != nil {
			t.Fatalf("sumdb: %v", err)
		}
		other = append(other, hashes...)
	}
	return tree, store, reader
}

// TestAgainstSumDB: root, proofs, restored trees and tiles of every drawn size
// are those of a second, independent implementation.
func TestAgainstSumDB(t *testing.T) {
	const most = 1100 // more than four tiles of leaves
	_, store, other := grow(t, most)
	sizes := []uint64{0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 1024, most}
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.OneOf(rapid.SampledFrom(sizes), rapid.Uint64Range(0, most)).Draw(t, "size")
		root, err := RootAt(store, size)
		if err != nil {
			t.Fatal(err)
		}
		want, err := tlog.TreeHash(int64(size), other)
		if err != nil {
			t.Fatal(err)
		}
		if size > 0 && root != Hash(want) || size == 0 && root != EmptyRoot {
			t.Fatalf("root of size %d differs", size)
		}
		tree, err := LoadTree(store, size)
		if err != nil {
			t.Fatal(err)
		}
		back, err := UnmarshalTree(tree.Marshal())
		if err != nil || back.Size() != size || back.Root() != root {
			t.Fatalf("restored tree differs: %v", err)
		}
		if size < most {
			checkGrowth(t, back, store, size)
		}
		if size > 0 {
			checkInclusion(t, store, other, size, root)
		}
		checkConsistency(t, store, other, size, root)
	})
}

// checkGrowth: a restored tree goes on as the first one did, and its clone does
// not follow.
func checkGrowth(t *rapid.T, tree *Tree, store shelf, size uint64) {
	before, copied := tree.Root(), tree.Clone()
	for _, h := range tree.Append(leafAt(size)) {
		if store[h.Level][h.Index] != h.Hash {
			t.Fatalf("stored hash %d of level %d differs after a restore", h.Index, h.Level)
		}
	}
	if want, _ := RootAt(store, size+1); tree.Root() != want || copied.Root() != before {
		t.Fatal("a restored tree grows differently, or drags its clone along")
	}
}

func checkInclusion(t *rapid.T, store shelf, other tlog.HashReader, size uint64, root Hash) {
	index := rapid.Uint64Range(0, size-1).Draw(t, "index")
	path, err := Inclusion(store, index, size)
	if err != nil {
		t.Fatal(err)
	}
	want, err := tlog.ProveRecord(int64(size), int64(index), other)
	if err != nil {
		t.Fatal(err)
	}
	if !sameHashes(path, want) {
		t.Fatalf("inclusion proof of %d in %d differs", index, size)
	}
	if err := VerifyInclusion(leafAt(index), index, size, path, root); err != nil {
		t.Fatal(err)
	}
	if VerifyInclusion(leafAt(index+1), index, size, path, root) == nil {
		t.Fatal("another leaf passes")
	}
}

func checkConsistency(t *rapid.T, store shelf, other tlog.HashReader, size uint64, root Hash) {
	old := rapid.Uint64Range(0, size).Draw(t, "old")
	path, err := Consistency(store, old, size)
	if err != nil {
		t.Fatal(err)
	}
	oldRoot, err := RootAt(store, old)
	if err != nil {
		t.Fatal(err)
	}
	if err := VerifyConsistency(old, size, path, oldRoot, root); err != nil {
		t.Fatalf("from %d to %d: %v", old, size, err)
	}
	if old > 0 && old < size {
		want, err := tlog.ProveTree(int64(size), int64(old), other)
		if err != nil {
			t.Fatal(err)
		}
		if !sameHashes(path, want) {
			t.Fatalf("consistency proof from %d to %d differs", old, size)
		}
		if VerifyConsistency(old, size, path, root, oldRoot) == nil {
			t.Fatal("swapped roots pass")
		}
	}
}

func sameHashes(got []Hash, want []tlog.Hash) bool {
	return slices.EqualFunc(got, want, func(a Hash, b tlog.Hash) bool { return a == Hash(b) })
}

// TestTilesAgainstSumDB: every tile of a tree, cut from stored hashes, holds
// what sumdb puts into it.
func TestTilesAgainstSumDB(t *testing.T) {
	const size = 1000
	_, store, other := grow(t, size)
	seen := 0
	for _, want := range tlog.NewTiles(StoredStep, 0, size) {
		tile := Tile{Level: want.L, Index: uint64(want.N), Width: want.W}
		if got := tile.WidthAt(size); got != want.W {
			t.Errorf("%s: width %d, want %d", tile.Path(), got, want.W)
		}
		body, err := tile.Hashes(store)
		if err != nil {
			t.Fatal(err)
		}
		data, err := tlog.ReadTileData(want, other)
		if err != nil {
			t.Fatal(err)
		}
		if string(body) != string(data) {
			t.Errorf("%s differs", tile.Path())
		}
		seen++
	}
	if seen != 5 { // four of level 0, the last partial, and a partial one of level 1
		t.Errorf("got %d tiles", seen)
	}
	for _, beyond := range []Tile{{0, 4, 1}, {1, 1, 1}, {2, 0, 1}, {8, 0, 1}, {63, 0, 1}, {LevelEntries, 4, 1}} {
		if w := beyond.WidthAt(size); w != 0 {
			t.Errorf("%s has width %d in a tree of %d", beyond.Path(), w, size)
		}
	}
	if _, err := (Tile{0, 3, 256}).Hashes(store); err == nil {
		t.Error("a full tile is read where only a partial one is")
	}
}

// TestTreeFromNothing: sizes, empty root, corrupted bytes.
func TestTreeFromNothing(t *testing.T) {
	tree := NewTree()
	if tree.Root() != EmptyRoot || tree.Size() != 0 {
		t.Error("the new tree is not the empty one")
	}
	for range 6 {
		tree.Append(Hash{})
	}
	good := tree.Marshal()
	if len(good) != 9+2*32 {
		t.Errorf("size 6 marshals to %d bytes", len(good))
	}
	for name, bad := range map[string][]byte{
		"empty": nil, "format": append([]byte{2}, good[1:]...), "cut": good[:len(good)-1], "long": append(slices.Clone(good), 0),
		"size": append([]byte{1, 0, 0, 0, 0, 0, 0, 0, 7}, good[9:]...),
	} {
		if _, err := UnmarshalTree(bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestProofErrors: impossible requests and a failing store are errors.
func TestProofErrors(t *testing.T) {
	_, store, _ := grow(t, 300)
	if _, err := Inclusion(store, 300, 300); err == nil {
		t.Error("index at size")
	}
	if _, err := Consistency(store, 301, 300); err == nil {
		t.Error("old above new")
	}
	if _, err := Inclusion(store, 0, 301); err == nil {
		t.Error("size beyond the store")
	}
	broken := errors.New("disk")
	if _, err := RootAt(failing{broken}, 5); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if _, err := RootAt(failing{}, 5); err == nil {
		t.Error("a short answer passes")
	}
}

type failing struct{ err error }

func (f failing) StoredHashes(uint8, uint64, int) ([]Hash, error) { return nil, f.err }

func BenchmarkAppend(b *testing.B) {
	tree := NewTree()
	leaf := leafAt(1)
	b.ReportAllocs()
	for b.Loop() {
		tree.Append(leaf)
	}
}

func BenchmarkRoot(b *testing.B) {
	tree := NewTree()
	for i := range uint64(130_815) { // 16 subtrees: a bad size
		tree.Append(leafAt(i))
	}
	b.ReportAllocs()
	for b.Loop() {
		tree.Root()
	}
}

func BenchmarkInclusion(b *testing.B) {
	const size = 70_000
	_, store := NewTree(), shelf{}
	tree := NewTree()
	for i := range uint64(size) {
		store.put(b, tree.Append(leafAt(i)))
	}
	i := uint64(0)
	for b.Loop() {
		if _, err := Inclusion(store, i%size, size); err != nil {
			b.Fatal(err)
		}
		i += 7919
	}
}
