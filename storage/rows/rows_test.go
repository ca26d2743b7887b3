package rows

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

func stream(t testing.TB, pairs ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := NewWriter(&out)
	for i := 0; i < len(pairs); i += 2 {
		if err := w.Row([]byte(pairs[i]), []byte(pairs[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.End(); err != nil {
		t.Fatal(err)
	}
	if w.Written() != int64(out.Len()) {
		t.Fatalf("it says %d bytes, and wrote %d", w.Written(), out.Len())
	}
	return out.Bytes()
}

func read(b []byte) (got []string, err error) {
	err = Read(bytes.NewReader(b), 8, 16, func(k, v []byte) error {
		got = append(got, string(k), string(v))
		return nil
	})
	return got, err
}

// Ensure what was written is read, and that a stream that is cut at any byte, goes
// on, repeats a key or names a length that is too large is refused.
func TestStream(t *testing.T) {
	want := []string{"a", "1", "b", "", "cc", "33"}
	whole := stream(t, want...)
	got, err := read(whole)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("got %q, %v", got, err)
	}
	for i := range whole {
		if _, err := read(whole[:i]); !errors.Is(err, ErrForm) {
			t.Errorf("cut at byte %d of %d: %v", i, len(whole), err)
		}
	}
	for name, b := range map[string][]byte{
		"goes on": append(bytes.Clone(whole), 0), "twice": stream(t, "a", "1", "a", "2"), "order": stream(t, "b", "1", "a", "2"),
		"long key": stream(t, "123456789", ""), "long value": stream(t, "a", "12345678901234567"), "count": {1, 'a', 0, 0, 2},
	} {
		if _, err := read(b); !errors.Is(err, ErrForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Ensure no bytes make the reader give rows that, written again, read differently.
func FuzzRead(f *testing.F) {
	f.Add(stream(f, "a", "1", "b", "2"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := read(b)
		if err != nil {
			return
		}
		if again, err := read(stream(t, got...)); err != nil || fmt.Sprint(again) != fmt.Sprint(got) {
			t.Fatalf("%q came back as %q, %v", got, again, err)
		}
	})
}
