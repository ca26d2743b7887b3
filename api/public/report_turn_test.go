package public

import (
	"context"
	"net/http"
	"testing"

	"sandi.internal/gateway/api/problem"
)

// Ensure reports wait for their turn in a queue that ends: who finds it full, or
// gives up, is told so at once, and every place is given back.
func TestReportTurns(t *testing.T) {
	c := newCounter()
	if err := c.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 * reportsWaiting { // none keeps a place
		if err := c.enter(gone); problem.Of(err).Status != http.StatusServiceUnavailable {
			t.Fatalf("a caller who is gone: %v", err)
		}
	}
	waiting := make(chan error, reportsWaiting)
	for range reportsWaiting {
		go func() { waiting <- c.enter(t.Context()) }()
	}
	for len(c.waiting) < cap(c.waiting) {
		select {
		case err := <-waiting:
			t.Fatalf("entered while another counts: %v", err)
		default:
		}
	}
	if err := c.enter(t.Context()); problem.Of(err).Code != problem.Overloaded {
		t.Errorf("beyond the queue: %v", err)
	}
	for range reportsWaiting {
		c.leave()
		if err := <-waiting; err != nil {
			t.Fatal(err)
		}
	}
	c.leave()
	if len(c.turn) != 0 || len(c.waiting) != 0 {
		t.Errorf("%d turns, %d places are left taken", len(c.turn), len(c.waiting))
	}
}
