package witness

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"sandi.internal/gateway/consensus/sleep"
)

const (
	// introduceEvery is how often a starting node asks for the first answer, on
	// which its vote depends; an election takes several times as long.
	introduceEvery = 50 * time.Millisecond
	// pullMax bounds one pull: a node that takes longer is as good as silent.
	pullMax = 5 * time.Second
	// complainEvery is how often a trouble that lasts is said again in the log.
	complainEvery = time.Minute
)

// Run works until ctx ends: it asks the peers what they hold, publishes while
// this node leads, and ends a probation when it may. An idle network costs it the
// pulls.
func (w *Witness) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { w.watchAll(ctx) })
	running.Go(func() { w.every(ctx, w.tuning.Publish, "couldn't publish a checkpoint", w.lead) })
	running.Go(func() { w.every(ctx, w.tuning.Pull, "this node still does not vote", w.recover) })
	running.Go(func() { w.every(ctx, w.tuning.Pull, "couldn't look at the own ledger", w.look) })
	running.Wait()
}

// lead is a leader's turn. What it needs it gets with its next turn.
func (w *Witness) lead(ctx context.Context) error {
	if !w.cfg.Raft.Leads() {
		w.publisher.note = nil // another leader's turn: what it gathers comes by itself
		return nil
	}
	return w.Publish(ctx)
}

// recover is the turn of a node on probation.
func (w *Witness) recover(ctx context.Context) error {
	if w.Quarantine() == "" {
		return nil
	}
	if w.cfg.Raft.Leads() {
		w.cfg.Raft.StepAside(ctx)
	}
	return w.Heal(ctx)
}

// watch looks at another node for ever. Until some peer has answered it asks
// more often.
func (w *Witness) watch(ctx context.Context, node string) {
	for ctx.Err() == nil {
		one, cancel := context.WithTimeout(ctx, pullMax)
		err := w.Pull(one, node)
		if err == nil {
			w.tell(one, node)
		}
		cancel()
		w.metrics.pulled(node, err)
		if err != nil {
			w.log.Debug("couldn't look at a node's checkpoint", "node", node, "error", err)
		}
		pause := w.tuning.Pull
		if _, held := w.probation.now(); held && err != nil {
			pause = min(pause, introduceEvery)
		}
		if sleep.For(ctx, pause/2+rand.N(pause)) != nil {
			return
		}
	}
}

// every calls f at intervals. An error that lasts is logged once a minute.
func (w *Witness) every(ctx context.Context, interval time.Duration, what string, f func(context.Context) error) {
	var said time.Time
	for sleep.For(ctx, interval) == nil {
		err := f(ctx)
		if err == nil || ctx.Err() != nil || time.Since(said) < complainEvery {
			continue
		}
		said = time.Now()
		if errors.Is(err, ErrFork) || errors.Is(err, ErrDamaged) {
			w.log.Error(what, "error", err)
		} else {
			w.log.Warn(what, "error", err)
		}
	}
}
