package audit

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
)

// Ensure the store answers as a map does, whatever lies in memory and in the file.
func TestStore(t *testing.T) {
	dir := t.TempDir()
	s := newStore(dir)
	rng := rand.New(rand.NewPCG(1, 2))
	want := map[string][]byte{}
	check := func(key string) {
		t.Helper()
		got, err := s.get([]byte(key))
		if err != nil || !bytes.Equal(got, want[key]) || (got == nil) != (want[key] == nil) {
			t.Fatalf("%q holds %d bytes, want %d; %v", key, len(got), len(want[key]), err)
		}
	}
	for i := range 200_000 {
		key := fmt.Sprintf("%c%d", 'a'+rune(rng.IntN(3)), rng.IntN(20_000))
		switch n := rng.IntN(20); {
		case n == 0:
			delete(want, key)
			if err := s.remove([]byte(key)); err != nil {
				t.Fatal(err)
			}
		case n < 10:
			value := make([]byte, rng.IntN(600)*rng.IntN(2)+rng.IntN(9)*rng.IntN(400))
			for j := range value {
				value[j] = byte(i + j)
			}
			want[key] = value
			if err := s.set([]byte(key), value); err != nil {
				t.Fatal(err)
			}
		}
		check(key)
		if i%30_000 == 0 {
			if err := s.flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if s.file == nil || s.fresh == 0 {
		t.Fatalf("the test is too small: %d bytes in the log, %d young", s.size, s.fresh)
	}
	for key := range want {
		check(key)
	}
	seen := map[string]bool{}
	err := s.each(func(key, value []byte) error {
		if seen[string(key)] || want[string(key)] == nil || !bytes.Equal(want[string(key)], value) {
			return fmt.Errorf("a wrong pair at %q", key)
		}
		seen[string(key)] = true
		return nil
	})
	if err != nil || len(seen) != len(want) {
		t.Fatalf("passed %d of %d pairs: %v", len(seen), len(want), err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Fatalf("left %v, %v", left, err)
	}
}
