// Package sleep waits no longer than a context lasts.
package sleep

import (
	"context"
	"time"
)

// For waits for d, nothing if it is not positive. The error is ctx's, when it ended first.
func For(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
