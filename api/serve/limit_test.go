package serve

import (
	"testing"
	"time"
)

// Ensure one region's burst is refused while another's request passes, and that
// tokens come back with time.
func TestFairRate(t *testing.T) {
	now := time.Unix(0, 0)
	f := NewFair(10, 1000, func() time.Time { return now })
	passed := 0
	for range 100 {
		if _, ok := f.Enter("110000"); ok {
			passed++
			f.Leave("110000")
		}
	}
	if passed != 20 {
		t.Errorf("%d of a burst of 100 passed, want 20 (two seconds' worth)", passed)
	}
	wait, ok := f.Enter("110000")
	if ok || wait <= 0 || wait > 200*time.Millisecond {
		t.Errorf("after the burst: wait %v ok %v", wait, ok)
	}
	if _, ok := f.Enter("120000"); !ok {
		t.Error("another region was refused")
	}
	now = now.Add(wait)
	if _, ok := f.Enter("110000"); !ok {
		t.Error("refused after waiting as told")
	}
}

// Ensure slow requests of one region cannot take every place.
func TestFairShare(t *testing.T) {
	f := NewFair(1e6, 100, func() time.Time { return time.Unix(0, 0) })
	held := 0
	for range 200 {
		if _, ok := f.Enter("110000"); ok {
			held++
		}
	}
	if held > 50 {
		t.Errorf("one region holds %d of 100 places", held)
	}
	for i := range 25 {
		if _, ok := f.Enter("120000"); !ok {
			t.Fatalf("the other region's request %d was refused", i)
		}
	}
	for range held {
		f.Leave("110000")
	}
	if _, ok := f.Enter("110000"); !ok {
		t.Error("refused with the door nearly empty")
	}
	// Names cannot grow the table without end.
	for i := range 1000 {
		f.Enter(string(rune('a' + i)))
	}
	if len(f.parties) > maxParties {
		t.Errorf("%d parties kept", len(f.parties))
	}
}

func BenchmarkFair(b *testing.B) {
	f := NewFair(1e9, 1000, time.Now)
	for b.Loop() {
		f.Enter("110000")
		f.Leave("110000")
	}
}
