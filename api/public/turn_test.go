package public

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/problem"
)

// Ensure those who want a turn wait for it in a queue that ends: who finds it full, or
// gives up, is told so at once, and every place is given back.
func TestTurns(t *testing.T) {
	c := newTurns(reportsAtOnce, reportsWaiting)
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

// Ensure what takes much memory is done one at a time: a sheet waits for another that is
// being read, and whoever comes when too many wait is told so.
func TestHeavyTurns(t *testing.T) {
	a := &API{bodies: newTurns(bodiesAtOnce, bodiesWaiting), heavy: newTurns(heavyAtOnce, heavyWaiting)}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	ask := func(h handler) error {
		return h(httptest.NewRecorder(), httptest.NewRequestWithContext(gone, http.MethodPost, "/", http.NoBody), &auth.Caller{})
	}
	for range bodiesAtOnce {
		if err := a.bodies.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for name, h := range map[string]handler{"preview": a.previewImport, "import": a.importSheet} {
		if err := ask(h); problem.Of(err).Code != problem.Overloaded {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := a.heavy.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := a.drawByID(gone, &auth.Caller{}, &drawIn{Texts: true}); problem.Of(err).Code != problem.Overloaded {
		t.Errorf("texts of a draw: %v", err)
	}
}
