package replica

import (
	"context"
	"time"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/consensus/ledger"
)

const (
	// watchEvery is how often waiting statements are looked after even if no
	// signal came: Raft drops observations when nobody reads them in time.
	watchEvery = 250 * time.Millisecond
	// hollowTicks is how long a log may stay empty under an instance that believes in
	// entries: the next one that comes mends it, and mostly one comes at once.
	hollowTicks = 8
	// observations in the channel; a lost one delays, it decides nothing.
	watchBacklog = 16
)

// run follows the Raft instance: who leads, whether a term must be opened, and
// whether the instance is stuck and must be replaced.
func (r *Replica) run() {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for r.life.Err() == nil {
		rf := r.running()
		if r.follow(rf, tick.C) {
			r.replace(rf)
		}
	}
}

// follow watches one instance until it is stuck (true) or the replica ends.
func (r *Replica) follow(rf *instance, tick <-chan time.Time) (stuck bool) {
	seen := make(chan raft.Observation, watchBacklog)
	observer := raft.NewObserver(seen, false, func(o *raft.Observation) bool {
		switch o.Data.(type) {
		case raft.LeaderObservation, raft.RaftState, raft.FailedHeartbeatObservation, raft.ResumedHeartbeatObservation:
			return true
		}
		return false
	})
	rf.RegisterObserver(observer)
	defer rf.DeregisterObserver(observer)
	ctx, cancel := context.WithCancel(r.life)
	defer cancel()
	hollow := 0
	for {
		select {
		case leads := <-rf.LeaderCh():
			r.metrics.elections.Inc()
			if leads {
				r.spawn(func() { r.openTerm(ctx, rf) })
			}
		case o := <-seen:
			r.silent.observe(o.Data)
		case <-tick:
			if hollow++; !r.hollow(rf) {
				hollow = 0
			}
			if hollow >= hollowTicks {
				return true
			}
		case <-r.tail.emptied:
			if r.stuck(rf) {
				return true
			}
		case <-r.cfg.Log.Failed():
			r.fail(r.cfg.Log.Err())
			return false
		case <-r.life.Done():
			return false
		case <-r.failed:
			<-r.life.Done()
			return false
		}
		r.turn()
		r.kick()
	}
}

// allegiance is the leader this node follows, and what ends with it.
type allegiance struct {
	leader string
	ctx    context.Context
	cancel context.CancelFunc
}

// turn takes note of a change of leader. Calls to the one before are given up: a
// machine that is gone answers nobody, and the statements it was asked to
// propose are better sent to its successor.
func (r *Replica) turn() {
	now, before := r.leader(), r.follows.Load()
	if before != nil && before.leader == now {
		return
	}
	next := &allegiance{leader: now}
	next.ctx, next.cancel = context.WithCancel(r.life)
	r.follows.Store(next)
	if before != nil {
		before.cancel()
	}
}

// under is a context for a call to leader.
func (r *Replica) under(leader string) context.Context {
	if f := r.follows.Load(); f != nil && f.leader == leader {
		return f.ctx
	}
	return r.life
}

// openTerm gives a new leader's term its first command. Raft's own no-op does
// not reach ApplyBatch; after this command every committed entry does, so that
// reads can wait for the commit index.
func (r *Replica) openTerm(ctx context.Context, rf *instance) {
	for rf.State() == raft.Leader && ctx.Err() == nil {
		command := ledger.Command{ProposedAt: r.proposedAt()}
		if r.cfg.First != nil {
			command.Statements = r.cfg.First()
		}
		data := ledger.EncodeCommand(command)
		if err := rf.wait(ctx, rf.Apply(data, 0)); err == nil {
			if r.waits.Swap(false) {
				r.kick()
			}
			return
		}
		select { // a handover in progress, or deposed
		case <-time.After(retryMin):
		case <-ctx.Done():
		}
	}
}

// stuck recognises hashicorp/raft#697 after a snapshot was installed: the log
// was emptied, but the instance still believes in entries beyond the snapshot. It
// would reject every message of the leader and be sent the snapshot for ever.
func (r *Replica) stuck(rf *instance) bool {
	last, err := r.cfg.Log.LastIndex()
	if err != nil {
		return false // the log has failed, which ends the replica anyway
	}
	return rf.LastIndex() > max(last, r.progress.now().index)
}

// hollow recognises the other side of it: the log was emptied, and the instance
// believes in entries that the snapshot covers. A leader that does not know of the
// snapshot goes back to the first of them, which cannot be compared, for ever.
func (r *Replica) hollow(rf *instance) bool {
	last, err := r.cfg.Log.LastIndex()
	return err == nil && last == 0 && rf.State() == raft.Follower && rf.Stats()["last_log_index"] != "0"
}

// replace puts a new instance on the same stores in the place of a stuck one.
func (r *Replica) replace(rf *instance) {
	r.log.Warn("replacing a Raft instance that believes in entries it no longer has", "last", rf.LastIndex(), "applied", r.progress.now().index)
	r.stop()
	r.raft.Store(nil)
	if err := r.start(); err != nil {
		r.fail(err)
		return
	}
	r.healed.Add(1)
	r.metrics.healed.Inc()
}
