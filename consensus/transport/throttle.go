package transport

import (
	"sync/atomic"
	"time"
)

// Strangers cause log lines without being known to anybody: at most so many a
// second are written. The metrics count all of them.
const strangerLines = 5

// throttle says yes to strangerLines calls in each second.
type throttle struct {
	second atomic.Int64
	lines  atomic.Int64
}

func (t *throttle) allow(now time.Time) bool {
	if s := now.Unix(); t.second.Swap(s) != s {
		t.lines.Store(0)
	}
	return t.lines.Add(1) <= strangerLines
}
