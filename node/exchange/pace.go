package exchange

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"sandi.internal/gateway/consensus/sleep"
)

const (
	// DefaultRate is what private objects may take while statements are committed:
	// half of a line of 500 Mbit/s. Without statements nothing holds them back.
	DefaultRate = 32 << 20
	// busyFor is how long after a statement the ledger counts as busy: a clerk's act
	// every second should meet a quiet machine.
	busyFor = 250 * time.Millisecond
)

// pace holds bulk back while statements are committed. Whoever applies a statement
// says so; every piece of bulk waits for its turn first.
type pace struct {
	rate int64        // bytes a second while busy
	last atomic.Int64 // unix ns of the latest statement

	mu   sync.Mutex
	free time.Time // when the next piece may go; guarded by mu
}

func newPace(rate int64) *pace {
	if rate <= 0 {
		rate = DefaultRate
	}
	return &pace{rate: rate}
}

func (p *pace) statements(n int) {
	if n > 0 {
		p.last.Store(time.Now().UnixNano())
	}
}

func (p *pace) busy(now time.Time) bool { return now.UnixNano()-p.last.Load() < int64(busyFor) }

// wait waits until n bytes may go.
func (p *pace) wait(ctx context.Context, n int) error {
	now := time.Now()
	if !p.busy(now) {
		return ctx.Err()
	}
	p.mu.Lock()
	p.free = maxTime(p.free, now).Add(time.Duration(int64(n) * int64(time.Second) / p.rate))
	until := p.free
	p.mu.Unlock()
	for p.busy(time.Now()) {
		left := time.Until(until)
		if left <= 0 {
			break
		}
		if sleep.For(ctx, min(left, busyFor/4)) != nil {
			return ctx.Err()
		}
	}
	return ctx.Err()
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
