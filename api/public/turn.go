package public

import (
	"context"
	"time"

	"sandi.internal/gateway/api/problem"
)

const (
	// bodiesAtOnce bounds the files of some megabytes that requests hold in memory, and
	// heavyAtOnce those that are being read, which takes many times as much: a sheet some
	// 250 MiB at worst.
	bodiesAtOnce, bodiesWaiting = 8, 32
	heavyAtOnce, heavyWaiting   = 1, 16
)

// turnPatience is how long somebody waits for a turn.
const turnPatience = 20 * time.Second

// turns lets what takes much memory or a whole processor be done a few at a time, while
// a bounded number of others wait.
type turns struct{ waiting, turn chan struct{} }

func newTurns(atOnce, waiting int) turns {
	return turns{make(chan struct{}, atOnce+waiting), make(chan struct{}, atOnce)}
}

// enter waits for a turn; leave ends it.
func (t turns) enter(ctx context.Context) error {
	busy := problem.New(problem.Overloaded).Retry(retrySoon)
	select {
	case t.waiting <- struct{}{}:
	default:
		return busy
	}
	wait, cancel := context.WithTimeout(ctx, turnPatience)
	defer cancel()
	select {
	case t.turn <- struct{}{}:
		return nil
	case <-wait.Done():
		<-t.waiting
		return busy
	}
}

func (t turns) leave() {
	<-t.turn
	<-t.waiting
}
