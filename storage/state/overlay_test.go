package state

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"testing"
)

// TestOverlayTellsEqualHashesApart gives two keys one hash.
func TestOverlayTellsEqualHashesApart(t *testing.T) {
	o := newOverlay()
	first, second := []byte("first"), []byte("second")
	o.put(first, []byte("1"))
	at, _, _ := o.find(first)
	o.pos[maphash.Bytes(o.seed, second)] = at
	if v, ok := o.get(second); ok {
		t.Fatalf("a key that was not written has the value %q", v)
	}
	o.put(second, []byte("2"))
	o.put(second, []byte("3"))
	for key, want := range map[string]string{"first": "1", "second": "3"} {
		if v, ok := o.get([]byte(key)); !ok || string(v) != want {
			t.Errorf("%s is %q, %v, want %q", key, v, ok, want)
		}
	}
	if len(o.entries) != 2 {
		t.Errorf("%d entries, want 2", len(o.entries))
	}
}

// TestOverlayIsUsedAgain asserts that the next batch finds nothing of the last
// one, reads nothing that it does not hold itself, and needs no new memory.
func TestOverlayIsUsedAgain(t *testing.T) {
	n := openNew(t)
	for round := range 3 {
		b := n.Batch()
		for i := range 100 {
			key := fmt.Appendf(nil, "k%d", i)
			want := fmt.Appendf(nil, "round %d", round-1)
			if round == 0 {
				want = nil
			}
			got, err := b.Get(key)
			must(t, err)
			if !bytes.Equal(got, want) {
				t.Fatalf("round %d reads %q, want %q", round, got, want)
			}
			value := fmt.Appendf(nil, "round %d", round)
			must(t, b.Set(key, value))
			clear(value) // the caller's to use again
			clear(key)
		}
		used := b.writes
		must(t, b.Commit(at(uint64(round+1))))
		if n.spare != used {
			t.Fatal("the overlay was not kept")
		}
		if _, err := b.Get([]byte("k1")); err == nil {
			t.Fatal("a committed batch still answers")
		}
	}
	other := n.Batch()
	both := n.Batch()
	if other.writes == both.writes {
		t.Fatal("two open batches share one overlay")
	}
	must(t, other.Close())
	must(t, other.Close())
	must(t, both.Close())
}

// TestLargeOverlayIsLetGo: one great batch must not stay in memory for ever.
func TestLargeOverlayIsLetGo(t *testing.T) {
	n := openNew(t)
	b := n.Batch()
	for i := range 2 * overlayKept / overlayValue {
		must(t, b.Set(fmt.Appendf(nil, "k%d", i), make([]byte, overlayValue)))
	}
	must(t, b.Commit(at(1)))
	if n.spare != nil {
		t.Fatalf("an overlay of %d bytes was kept", cap(n.spare.data))
	}
}

// TestScanOutlivesOverwrites: what a scan shows stays as it is while its
// callback writes the same key and many others.
func TestScanOutlivesOverwrites(t *testing.T) {
	n := openNew(t)
	b := n.Batch()
	must(t, b.Set([]byte("a"), []byte("old")))
	seen := 0
	must(t, b.Scan(nil, nil, false, func(key, value []byte) (bool, error) {
		must(t, b.Set([]byte("a"), []byte("new")))
		for i := range 5000 {
			must(t, b.Set(fmt.Appendf(nil, "z%d", i), make([]byte, 100)))
		}
		if string(key) == "a" {
			seen++
			if string(value) != "old" {
				t.Errorf("the scan shows %q", value)
			}
		}
		return true, nil
	}))
	if seen != 1 {
		t.Errorf("the scan showed the key %d times", seen)
	}
	must(t, b.Close())
}
