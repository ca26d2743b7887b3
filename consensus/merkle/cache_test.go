package merkle

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// counting says how much was read.
type counting struct {
	Reader
	mu    sync.Mutex
	reads int
	err   error
}

func (c *counting) StoredHashes(level uint8, first uint64, count int) ([]Hash, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reads++
	if c.err != nil {
		return nil, c.err
	}
	return c.Reader.StoredHashes(level, first, count)
}

// TestCachedProofs: whatever was asked of a cache of whatever room before, in
// trees of whatever sizes, the proof and the root are those without it.
func TestCachedProofs(t *testing.T) {
	const most = 66_000 // more than a full tile of level 1
	_, store, _ := grow(t, 1100)
	large, tree := shelf{}, NewTree()
	for i := range uint64(most) {
		large.put(t, tree.Append(leafAt(i)))
	}
	rapid.Check(t, func(t *rapid.T) {
		ledger := rapid.SampledFrom([]shelf{store, large}).Draw(t, "ledger")
		cache := NewCache(rapid.IntRange(-1, 6).Draw(t, "room"))
		for range rapid.IntRange(1, 12).Draw(t, "questions") {
			size := rapid.Uint64Range(1, uint64(len(ledger[0]))).Draw(t, "size")
			index := rapid.Uint64Range(0, size-1).Draw(t, "index")
			checkCached(t, cache.Over(ledger), ledger, index, size)
			if len(cache.tiles) != cache.used.Len() || cache.used.Len() > max(cache.room, 1) {
				t.Fatalf("the cache holds %d and %d tiles with room for %d", len(cache.tiles), cache.used.Len(), cache.room)
			}
		}
	})
}

func checkCached(t *rapid.T, cached, plain Reader, index, size uint64) {
	t.Helper()
	got, err := Inclusion(cached, index, size)
	want, err2 := Inclusion(plain, index, size)
	if err != nil || err2 != nil || !slices.Equal(got, want) {
		t.Fatalf("inclusion of %d in %d differs: %v, %v", index, size, err, err2)
	}
	got, err = Consistency(cached, index, size)
	want, err2 = Consistency(plain, index, size)
	if err != nil || err2 != nil || !slices.Equal(got, want) {
		t.Fatalf("consistency of %d and %d differs: %v, %v", index, size, err, err2)
	}
	root, err := RootAt(cached, size)
	wantRoot, err2 := RootAt(plain, size)
	if err != nil || err2 != nil || root != wantRoot {
		t.Fatalf("root of %d differs: %v, %v", size, err, err2)
	}
}

// TestCacheReads: a proof from tiles seen before reads nothing, one in a tree
// that has grown reads the grown tiles anew, and what was pushed out is read
// again.
func TestCacheReads(t *testing.T) {
	_, store, _ := grow(t, 1100)
	r := &counting{Reader: store}
	cache := NewCache(3)
	ask := func(index, size uint64, reads int, what string) {
		t.Helper()
		r.reads = 0
		if _, err := Inclusion(cache.Over(r), index, size); err != nil {
			t.Fatal(err)
		}
		if r.reads != reads {
			t.Errorf("%s: %d reads, want %d", what, r.reads, reads)
		}
	}
	ask(5, 600, 3, "the first proof: its tile, the one above, the last one")
	ask(6, 600, 0, "a neighbour")
	ask(200, 600, 0, "another place of the same tile")
	ask(5, 590, 0, "a smaller tree")
	ask(599, 600, 0, "the last entry")
	ask(5, 700, 1, "a tree that has grown by a part of a tile")
	ask(300, 700, 1, "another tile")
	ask(5, 700, 1, "a tile that was pushed out")
}

func TestCacheErrors(t *testing.T) {
	_, store, _ := grow(t, 300)
	broken := errors.New("disk")
	r := &counting{Reader: store, err: broken}
	cache := NewCache(8)
	if _, err := Inclusion(cache.Over(r), 5, 300); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if _, err := Inclusion(cache.Over(failing{}), 5, 300); err == nil {
		t.Error("a short answer passes")
	}
	if _, err := Inclusion(cache.Over(store), 5, 301); err == nil {
		t.Error("size beyond the store")
	}
	if _, err := nodesAt(cache.Over(store), compactIDs(300), 299); err == nil {
		t.Error("a node that a smaller tree does not have")
	}
	if len(cache.tiles) > 3 {
		t.Errorf("%d tiles kept of a tree of three", len(cache.tiles))
	}
	if _, err := Inclusion(cache.Over(store), 5, 300); err != nil {
		t.Errorf("after the failures: %v", err)
	}
}

// TestCacheAtOnce: many goroutines over one cache that is far too small.
func TestCacheAtOnce(t *testing.T) {
	const size = 1100
	tree, store, _ := grow(t, size)
	cache := NewCache(2)
	var all sync.WaitGroup
	for g := range uint64(8) {
		all.Go(func() {
			for i := range uint64(200) {
				at := (i*131 + g*977) % size
				path, err := Inclusion(cache.Over(store), at, size)
				if err == nil {
					err = VerifyInclusion(leafAt(at), at, size, path, tree.Root())
				}
				if err != nil {
					t.Errorf("entry %d: %v", at, err)
					return
				}
			}
		})
	}
	all.Wait()
}

// BenchmarkInclusionCached is BenchmarkInclusion with all its tiles kept.
func BenchmarkInclusionCached(b *testing.B) {
	for _, c := range []struct {
		name   string
		stride uint64
	}{{"all", 7919}, {"oldest", 1}} {
		b.Run(c.name, func(b *testing.B) {
			const size = 70_000
			store, tree := shelf{}, NewTree()
			for i := range uint64(size) {
				store.put(b, tree.Append(leafAt(i)))
			}
			r := NewCache(300).Over(store)
			i := uint64(0)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Inclusion(r, i%size, size); err != nil {
					b.Fatal(err)
				}
				i += c.stride
			}
		})
	}
}

// BenchmarkInclusionUncached shows what a miss costs: every proof is the first.
func BenchmarkInclusionUncached(b *testing.B) {
	const size = 70_000
	store, tree := shelf{}, NewTree()
	for i := range uint64(size) {
		store.put(b, tree.Append(leafAt(i)))
	}
	i := uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Inclusion(NewCache(8).Over(store), i%size, size); err != nil {
			b.Fatal(err)
		}
		i += 7919
	}
}
