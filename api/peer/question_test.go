package peer

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// slow is a node that answers a question when it is told to.
type slow struct {
	*Client
	asked   chan struct{} // one for each question that arrived
	answer  chan struct{} // one lets one answer go
	dialled atomic.Int32
	address string
}

func (s *slow) DialPeer(ctx context.Context, _ string) (net.Conn, error) {
	s.dialled.Add(1)
	return (&net.Dialer{}).DialContext(ctx, "tcp", s.address)
}

func newSlow(t *testing.T) *slow {
	t.Helper()
	s := &slow{asked: make(chan struct{}), answer: make(chan struct{})}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case s.asked <- struct{}{}:
		case <-r.Context().Done():
			return
		}
		select {
		case <-s.answer:
			_, _ = w.Write([]byte("7"))
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(server.Close)
	s.address = strings.TrimPrefix(server.URL, "http://")
	s.Client = NewClient(s)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// leave asks for the term and leaves before the answer comes.
func (s *slow) leave(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	left := make(chan error, 1)
	go func() {
		_, err := s.Term(ctx, "110000-a")
		left <- err
	}()
	<-s.asked
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Fatalf("left with %v", err)
	}
}

// Ensure a caller who leaves gets away at once, and that the connection is used
// again when the answer has come.
func TestQuestionLeft(t *testing.T) {
	s := newSlow(t)
	s.leave(t)
	s.answer <- struct{}{}
	for len(s.questions.of("110000-a")) > 0 { // the answer has been read when the place is free
		time.Sleep(time.Millisecond)
	}
	done := make(chan error, 1)
	go func() {
		_, err := s.Term(t.Context(), "110000-a")
		done <- err
	}()
	<-s.asked
	s.answer <- struct{}{}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := s.dialled.Load(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

// Ensure a node that hangs holds a bounded number of connections, that further
// questions end with their callers, and that Close ends them all.
func TestQuestionsBounded(t *testing.T) {
	s := newSlow(t)
	for range questionsMost {
		s.leave(t)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := s.Term(ctx, "110000-a"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one too many: %v", err)
	}
	if n := s.dialled.Load(); n != questionsMost {
		t.Errorf("%d connections, want %d", n, questionsMost)
	}
	waiting := make(chan error, 1)
	go func() {
		_, err := s.Term(t.Context(), "110000-a")
		waiting <- err
	}()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-waiting; err == nil {
		t.Error("a question got through a closed client")
	}
	if _, err := s.Term(t.Context(), "110000-a"); err == nil {
		t.Error("asked after Close")
	}
}
