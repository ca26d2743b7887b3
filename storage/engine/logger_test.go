package engine

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// TestFatalMustNotReturn: Pebble takes for granted that Fatalf ends the process;
// if whoever was given the task returns, a panic does it.
func TestFatalMustNotReturn(t *testing.T) {
	w := &watcher{log: slog.New(slog.DiscardHandler), fatal: func(string) {}}
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, "did not end: disk gone") {
			t.Errorf("got %s", got)
		}
	}()
	w.Fatalf("disk %s", "gone")
}
