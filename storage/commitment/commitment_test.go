package commitment

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"testing"
	"testing/iotest"
)

// vectors were computed by a program in another language, from the formula in
// doc.go alone.
type vectors struct {
	Format, Algorithm string
	Valid             []struct {
		Name, Salt, Content string
		Repeat              int
		Size                uint64
		SHA256              string
		Commitment          string
	}
	InvalidText []struct{ Name, Text string } `json:"invalid_text"`
	Mismatch    []struct{ Name, Commitment, Salt, Content string }
}

func load(t *testing.T) (v vectors) {
	t.Helper()
	data, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	if len(v.Valid) < 9 || len(v.InvalidText) < 13 || len(v.Mismatch) < 6 {
		t.Fatalf("only %d, %d and %d vectors", len(v.Valid), len(v.InvalidText), len(v.Mismatch))
	}
	return v
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestVectors(t *testing.T) {
	v := load(t)
	for _, c := range v.Valid {
		salt, content := unhex(t, c.Salt), bytes.Repeat(unhex(t, c.Content), c.Repeat)
		h := NewHasher()
		if _, err := io.Copy(h, iotest.HalfReader(bytes.NewReader(content))); err != nil {
			t.Fatal(err)
		}
		sum := h.Sum()
		if h.Size() != c.Size || hex.EncodeToString(sum[:]) != c.SHA256 {
			t.Errorf("%s: size %d, SHA-256 %x", c.Name, h.Size(), sum)
		}
		if got := h.Commit(Salt(salt)).String(); got != c.Commitment || len(got) != TextSize {
			t.Errorf("%s: got %s, want %s", c.Name, got, c.Commitment)
		}
		if err := Verify(c.Commitment, salt, content); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		if parsed, err := Parse(c.Commitment); err != nil || parsed.String() != c.Commitment {
			t.Errorf("%s: parsed as %s, %v", c.Name, parsed, err)
		}
	}
	for _, c := range v.InvalidText {
		if _, err := Parse(c.Text); !errors.Is(err, ErrText) {
			t.Errorf("%s: %v", c.Name, err)
		}
		if err := Verify(c.Text, make([]byte, SaltSize), nil); !errors.Is(err, ErrText) {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
	for _, c := range v.Mismatch {
		if err := Verify(c.Commitment, unhex(t, c.Salt), unhex(t, c.Content)); !errors.Is(err, ErrMismatch) {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}

func TestNewHides(t *testing.T) {
	a, saltA := New([]byte("content"))
	b, saltB := New([]byte("content"))
	if a == b || saltA == saltB {
		t.Fatal("two commitments to the same content are the same")
	}
	if err := Verify(a.String(), saltA[:], []byte("content")); err != nil {
		t.Fatal(err)
	}
	if err := Verify(a.String(), saltB[:], []byte("content")); !errors.Is(err, ErrMismatch) {
		t.Fatal(err)
	}
}

func TestReaderFails(t *testing.T) {
	c, salt := New([]byte("content"))
	broken := errors.New("broken")
	if err := VerifyReader(c.String(), salt[:], iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Fatal(err)
	}
}

func FuzzParse(f *testing.F) {
	c, _ := New(nil)
	f.Add(c.String())
	f.Add("sc1.")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := Parse(text); err == nil && c.String() != text {
			t.Fatalf("%q was accepted for %s", text, c)
		}
	})
}
