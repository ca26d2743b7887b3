package replica

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/consensus/membership"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/consensus/transport"
)

// Replica is one node's share of the ledger. Its methods may be called from any
// goroutine.
type Replica struct {
	cfg       Config
	machine   Machine
	log       *slog.Logger
	metrics   *metrics
	opened    time.Time
	queue     queue
	progress  progress
	verifier  *verifier
	tail      *tail
	fsm       *fsm
	snapshots snapshots
	leading   rounds // who reads linearizably while this node leads
	asking    rounds // and while it follows

	// starting is held while a Raft instance begins or is replaced; raft is nil
	// then. Raft's own goroutines wait in running() for the pointer.
	starting sync.RWMutex
	raft     atomic.Pointer[instance]
	stopping sync.Mutex // one stop at a time: only Raft's first Shutdown waits

	follows atomic.Pointer[allegiance]           // written by run only
	early   atomic.Pointer[note]                 // news of an entry that is not here yet
	audit   atomic.Pointer[[]membership.Finding] // of the committed configuration
	silent  silence                              // nodes that do not answer this leader
	members members

	config atomic.Pointer[configuration] // the committed one; never nil after prepare
	healed atomic.Uint64                 // times the watchdog replaced the instance
	waits  atomic.Bool                   // nothing is proposed before Config.First

	life   context.Context // ends with Close
	end    context.CancelFunc
	closed sync.Once

	failing sync.Once
	failed  chan struct{} // closed when failure is set
	failure error

	spawning   sync.Mutex // guards ended
	ended      bool
	background sync.WaitGroup
}

// Open starts a node's replica: it loads the ledger, checks that the stores
// belong together and to this network, and joins the others.
func Open(cfg Config) (*Replica, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	r := &Replica{
		cfg: cfg, machine: cfg.Ledger, log: cfg.Logger, opened: time.Now(),
		failed: make(chan struct{}), tail: newTail(cfg.Log), verifier: newVerifier(cfg.Pool, cfg.Ledger),
	}
	r.life, r.end = context.WithCancel(context.Background())
	r.queue.tickets = make(map[statement.Hash]*ticket)
	r.snapshots.r = r
	r.fsm = &fsm{r: r}
	r.leading = rounds{ask: r.confirm, spawn: r.spawn}
	r.asking = rounds{ask: r.askLeader, spawn: r.spawn}
	r.members.r = r
	r.tail.committed = r.committed
	r.tail.onStore, r.tail.onStored = r.received, r.stored
	r.tail.onRewrite = func(err error) {
		r.metrics.rewrites.Inc()
		r.log.Error("a leader tried to take back what is committed", "error", err)
	}
	r.metrics = newMetrics(cfg.Metrics, r)
	if err := r.prepare(); err != nil {
		r.metrics.unregister()
		r.end()
		return nil, err
	}
	r.waits.Store(cfg.First != nil && len(cfg.First()) > 0)
	cfg.Transport.SetSituation(r.situation)
	r.spawn(func() { r.verifier.run(r.life.Done()) })
	if err := r.start(); err != nil {
		return nil, errors.Join(err, r.Close(context.Background()))
	}
	r.spawn(r.run)
	r.spawn(r.members.keep)
	return r, nil
}

// spawn runs f in the background, unless the replica is closing.
func (r *Replica) spawn(f func()) bool {
	r.spawning.Lock()
	defer r.spawning.Unlock()
	if r.ended {
		return false
	}
	r.background.Go(f)
	return true
}

// running returns the running Raft instance, and waits for one that starts.
func (r *Replica) running() *instance {
	r.starting.RLock()
	defer r.starting.RUnlock()
	return r.raft.Load()
}

// committed is how far the log may not be taken back.
func (r *Replica) committed() uint64 {
	index := r.progress.now().index
	if rf := r.running(); rf != nil {
		index = max(index, rf.CommitIndex())
	}
	return index
}

// received sees entries before they are written. The leader verified its own
// when it admitted them.
func (r *Replica) received(entries []*raft.Log) {
	if r.leads() {
		r.verifier.note(entries)
	} else {
		r.verifier.ahead(entries)
	}
}

func (r *Replica) leads() bool {
	rf := r.raft.Load()
	return rf != nil && rf.State() == raft.Leader
}

func (r *Replica) leader() string {
	rf := r.raft.Load()
	if rf == nil {
		return ""
	}
	_, id := rf.LeaderWithID()
	return string(id)
}

func (r *Replica) situation() transport.Situation {
	rf := r.raft.Load()
	if rf == nil {
		return transport.Situation{Self: r.cfg.NodeID, Abstain: r.abstain()}
	}
	_, id := rf.LeaderWithID()
	return transport.Situation{Term: rf.CurrentTerm(), Leader: string(id), Self: r.cfg.NodeID, Abstain: r.abstain()}
}

// fail stops the replica for good: what is in memory can no longer be trusted.
// Local views go on.
func (r *Replica) fail(err error) {
	r.failing.Do(func() {
		r.failure = err
		close(r.failed)
		r.log.Error("the replica stops: it can no longer apply the log", "error", err)
		r.queue.close(fmt.Errorf("%w: %w", ErrClosed, err))
		r.spawn(r.stop) // not on Raft's own goroutine: stop waits for it
	})
}

// Failed is closed when the replica has stopped by itself. The node then exits
// with an error, which Err gives.
func (r *Replica) Failed() <-chan struct{} { return r.failed }

// Err is why the replica stopped by itself, nil while it runs.
func (r *Replica) Err() error {
	select {
	case <-r.failed:
		return r.failure
	default:
		return nil
	}
}

// Close hands leadership to another region, stops Raft and waits for everything
// it started. ctx bounds the handover only.
func (r *Replica) Close(ctx context.Context) error {
	var err error
	r.closed.Do(func() {
		r.handOver(ctx)
		r.queue.close(ErrClosed)
		r.spawning.Lock()
		r.ended = true
		r.spawning.Unlock()
		r.end()
		r.stop()
		r.background.Wait()
		r.metrics.unregister()
		err = r.cfg.Store.Sync()
	})
	return err
}

// handOver gives leadership to a voter, of another region if one takes it: a
// region that stops one node may well stop its others.
func (r *Replica) handOver(ctx context.Context) {
	rf := r.raft.Load()
	if rf == nil || rf.State() != raft.Leader {
		return
	}
	for _, s := range r.successors(rf) {
		if ctx.Err() != nil {
			return
		}
		future := rf.LeadershipTransferToServer(s.ID, s.Address)
		err := rf.wait(ctx, future) // within an election timeout
		if err == nil {
			r.log.Info("handed leadership over", "to", string(s.ID))
			return
		}
		r.log.Warn("couldn't hand leadership over", "to", string(s.ID), "error", err)
	}
}

// successors lists the other voters, those of other regions first.
func (r *Replica) successors(rf *instance) []raft.Server {
	var near, far []raft.Server
	for _, s := range rf.GetConfiguration().Configuration().Servers {
		switch {
		case s.Suffrage != raft.Voter || string(s.ID) == r.cfg.NodeID:
		case r.regionOf(string(s.ID)) == r.regionOf(r.cfg.NodeID):
			near = append(near, s)
		default:
			far = append(far, s)
		}
	}
	return append(far, near...)
}

func (r *Replica) regionOf(node string) string { return r.roster().RegionOf(node) }
