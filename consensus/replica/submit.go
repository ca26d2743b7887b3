package replica

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/consensus/ledger"
)

const (
	// submitMax bounds a Submit whose context has no deadline.
	submitMax = time.Minute
	// Delays before an attempt is repeated: doubled each time, with jitter.
	retryMin = 10 * time.Millisecond
	retryMax = time.Second
	// forwardMax bounds one forward; a leader that takes longer has lost its
	// quorum or its network.
	forwardMax = 10 * time.Second
)

// Submit brings a signed statement into the ledger and returns what the ledger
// says of it, once this node has applied it. The result may be a refusal. The
// same statement submitted again gets the same result. raw must not be changed
// afterwards. The errors are those of errors.go, or ctx's own wrapped in them.
func (r *Replica) Submit(ctx context.Context, raw []byte) (ledger.Result, error) {
	st, err := r.cfg.Pool.Parse(raw)
	if err != nil {
		return ledger.Result{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	// A key not known here may be known to the leader already; Apply decides.
	if key, ok := r.machine.PublicKey(st); ok && !r.cfg.Pool.Verify(st, key) {
		return ledger.Result{}, fmt.Errorf("%w: the signature does not hold", ErrInvalid)
	}
	t, err := r.queue.add(st.Hash, raw)
	if err != nil {
		r.metrics.rejected.Inc()
		return ledger.Result{}, err
	}
	r.kick()
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, submitMax)
		defer cancel()
	}
	select {
	case <-t.done:
		return t.result, t.err
	case <-ctx.Done():
	}
	resolved, uncertain := r.queue.leave(t)
	switch {
	case resolved:
		return t.result, t.err
	case uncertain:
		return ledger.Result{}, fmt.Errorf("%w: %w", ErrUnknownOutcome, ctx.Err())
	default:
		return ledger.Result{}, fmt.Errorf("%w: %w", ErrNoLeader, ctx.Err())
	}
}

// kick sends as many batches as may be in flight. Whoever adds statements calls
// it, and so does whatever makes room or a leader: no goroutine stands between a
// caller and Raft.
func (r *Replica) kick() {
	for {
		rf := r.raft.Load()
		if rf == nil {
			return
		}
		leads, leader := rf.State() == raft.Leader, r.leader()
		if !leads && (leader == "" || leader == r.cfg.NodeID) {
			return // woken by the next leader
		}
		if leads && r.waits.Load() {
			return // woken when the term is open
		}
		batch, later := r.queue.take(time.Now())
		if later > 0 {
			time.AfterFunc(later, func() {
				r.queue.unpaced()
				r.kick()
			})
		}
		switch {
		case batch == nil:
			return
		case leads:
			r.propose(rf, batch)
		default:
			r.spawn(func() { r.forward(leader, batch) })
		}
	}
}

// propose makes one Raft entry of a batch.
func (r *Replica) propose(rf *instance, batch []item) {
	statements := make([][]byte, len(batch))
	for i, it := range batch {
		statements[i] = it.raw
	}
	data := ledger.EncodeCommand(ledger.Command{ProposedAt: r.proposedAt(), Statements: statements})
	r.metrics.batch.Observe(float64(len(batch)))
	future := rf.ApplyLog(raft.Log{Data: data}, 0)
	r.spawn(func() {
		v := Verdict{}
		if err := rf.wait(context.Background(), future); err == nil {
			if at, ok := future.Response().(applied); ok { // otherwise ApplyBatch failed
				v = Verdict{Code: CodeCommitted, Term: at.term, Index: at.index}
			}
		} else if certainlyNot(err) {
			v.Code = CodeNotLeader
		}
		r.settle(batch, v)
	})
}

// proposedAt is the leader's clock, in the range that commands have.
func (r *Replica) proposedAt() int64 {
	return min(max(r.cfg.Clock().UnixMilli(), 0), ledger.MaxProposedAt)
}

// certainlyNot reports errors that Raft gives only before it writes an entry.
func certainlyNot(err error) bool {
	return errors.Is(err, raft.ErrNotLeader) || errors.Is(err, raft.ErrLeadershipTransferInProgress) || errors.Is(err, raft.ErrEnqueueTimeout)
}

// settle ends the flight of a batch that this node proposed.
func (r *Replica) settle(batch []item, v Verdict) {
	var again []item
	for _, it := range batch {
		switch {
		case it.group != nil:
			r.queue.settle(it, v)
		case v.Code != CodeCommitted: // committed ones were resolved by ApplyBatch
			again = append(again, it)
		}
	}
	r.queue.landed()
	r.retry(again, v.Code == CodeUnknown)
	r.kick()
}

// retry queues tickets again after a delay. uncertain says that the attempt may
// have succeeded; the ledger then answers the repeat with the first result.
func (r *Replica) retry(items []item, uncertain bool) {
	if len(items) == 0 {
		return
	}
	r.metrics.retried.Add(float64(len(items)))
	delay := min(retryMin<<min(r.queue.failed(items, uncertain), 10), retryMax)
	delay = delay/2 + rand.N(delay/2)
	time.AfterFunc(delay, func() {
		r.queue.requeue(items)
		r.kick()
	})
}
