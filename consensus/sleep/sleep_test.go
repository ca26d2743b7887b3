package sleep

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// Ensure a wait ends with its time or with its context, whichever is first.
func TestFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		start := time.Now()
		if err := For(ctx, 40*time.Second); err != nil || time.Since(start) != 40*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		if err := For(ctx, 40*time.Second); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		if err := For(ctx, 0); err == nil {
			t.Error("no error from a context that ended")
		}
		if err := For(context.Background(), -time.Second); err != nil {
			t.Error(err)
		}
	})
}
