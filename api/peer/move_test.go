package peer

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/mover"
)

// moves is a mover that answers as it is told.
type moves struct {
	answer error
	got    string
}

func (m *moves) Take(raw []byte) error {
	m.got = string(raw)
	return m.answer
}

// Ensure a signed move arrives byte for byte, and that what is refused for ever is
// told from what may be offered again.
func TestPushMove(t *testing.T) {
	m := &moves{}
	c := served(t, Config{Node: "110000-a", Replica: &stub{}, Moves: m, Clock: time.Now}, true)
	if err := c.PushMove(t.Context(), "110000-a", []byte("a statement")); err != nil || m.got != "a statement" {
		t.Fatalf("%q, %v", m.got, err)
	}
	m.answer = fmt.Errorf("%w: old", mover.ErrRefused)
	if err := c.PushMove(t.Context(), "110000-a", []byte("x")); !errors.Is(err, mover.ErrRefused) {
		t.Errorf("refused: %v", err)
	}
	m.answer = errors.New("the disk is full")
	if err := c.PushMove(t.Context(), "110000-a", []byte("x")); err == nil || errors.Is(err, mover.ErrRefused) {
		t.Errorf("failed: %v", err)
	}
	m.got = ""
	if err := c.PushMove(t.Context(), "110000-a", make([]byte, 61<<10)); err == nil || m.got != "" {
		t.Errorf("a move of 61 KiB: %v", err)
	}
}
