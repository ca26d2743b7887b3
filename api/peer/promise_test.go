package peer

import (
	"bytes"
	"slices"
	"testing"
	"time"
)

// promiser answers with what it was shown, in capitals, and with nothing for "no".
type promiser struct{ short bool }

func (p *promiser) Give(statements [][]byte) [][]byte {
	var notes [][]byte
	for _, raw := range statements {
		if string(raw) == "no" {
			notes = append(notes, nil)
			continue
		}
		notes = append(notes, bytes.ToUpper(raw))
	}
	if p.short {
		notes = notes[1:]
	}
	return notes
}

// Ensure promises come back one for one, and that an answer of another length is
// none.
func TestAskPromises(t *testing.T) {
	p := &promiser{}
	c := served(t, Config{Node: "110000-a", Replica: &stub{}, Promises: p, Clock: time.Now}, true)
	in := [][]byte{[]byte("one"), []byte("no"), []byte("two")}
	got, err := c.AskPromises(t.Context(), "110000-a", in)
	want := [][]byte{[]byte("ONE"), {}, []byte("TWO")}
	if err != nil || !slices.EqualFunc(got, want, bytes.Equal) {
		t.Fatalf("%q, %v", got, err)
	}
	p.short = true
	if got, err := c.AskPromises(t.Context(), "110000-a", in); err == nil {
		t.Errorf("took %q for three promises", got)
	}
}
