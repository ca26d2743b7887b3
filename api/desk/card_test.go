package desk

import (
	"fmt"
	"testing"
)

// Ensure the cards are bounded, the oldest goes first, and one that is known is
// replaced where it stands.
func TestCards(t *testing.T) {
	c := newCards()
	name := func(n int) string { return fmt.Sprintf("CT-110000-2025-%06d", n) }
	for n := range maxCards {
		c.put(name(n), card{version: 1})
	}
	c.put(name(0), card{version: 2})
	if got, ok := c.get(name(0)); !ok || got.version != 2 || len(c.all) != maxCards {
		t.Fatalf("%+v %v, %d cards", got, ok, len(c.all))
	}
	for n := range maxCards / 2 {
		c.put(name(maxCards+n), card{version: 3})
	}
	for n := range maxCards + maxCards/2 {
		if _, ok := c.get(name(n)); ok != (n >= maxCards/2) {
			t.Fatalf("card %d: %v", n, ok)
		}
	}
	if len(c.all) != maxCards || len(c.order) != maxCards {
		t.Errorf("%d cards, %d in order, at most %d are kept", len(c.all), len(c.order), maxCards)
	}
}

// Bench what learning of one more record costs when the cards are full.
func BenchmarkCardsFull(b *testing.B) {
	c := newCards()
	names := make([]string, 4*maxCards)
	for n := range names {
		names[n] = fmt.Sprintf("CT-110000-2025-%06d", n)
		c.put(names[n], card{})
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		c.put(names[n%len(names)], card{})
	}
}
