package ledger

import (
	"fmt"
	"testing"
)

// Ensure the window of recent ids never gives a wrong answer: not while it
// fills, not after it drops its older half, not after it is loaded again.
func TestRecentIsExact(t *testing.T) {
	mem, w := NewMemory(), newRecent()
	id := func(n int) string { return fmt.Sprintf("%026d", n) }
	check := func(w *recent, upTo int) {
		t.Helper()
		for n := 0; n <= upTo+1; n += 97 {
			if w.decides(id(n)) && w.has(id(n)) != (n <= upTo) {
				t.Fatalf("id %d of %d: has = %v above the floor", n, upTo, w.has(id(n)))
			}
		}
	}
	for n := 0; n < recentMax+recentMax/2; n++ {
		w.add(id(n))
		if err := mem.Set(statementKey("110000", id(n)), []byte{1}); err != nil {
			t.Fatal(err)
		}
		if n == recentMax-2 && w.floor != "" {
			t.Fatal("the floor rose before the window was full")
		}
	}
	last := recentMax + recentMax/2 - 1
	check(w, last)
	if w.decides(id(0)) || !w.decides(id(last)) {
		t.Fatalf("floor %q", w.floor)
	}
	w.add(id(1)) // older than the floor: not taken in
	if w.has(id(1)) {
		t.Fatal("an id below the floor was taken in")
	}
	loaded, err := loadRecent(mem, "110000")
	if err != nil {
		t.Fatal(err)
	}
	check(loaded, last)
	if len(loaded.ids) != recentMax/2 || loaded.decides(id(0)) {
		t.Fatalf("loaded %d ids, floor %q", len(loaded.ids), loaded.floor)
	}
	if other, err := loadRecent(mem, "120000"); err != nil || len(other.ids) != 0 || other.floor != "" {
		t.Fatalf("another region's window: %d ids, floor %q, %v", len(other.ids), other.floor, err)
	}
}
