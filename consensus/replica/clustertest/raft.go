package clustertest

import (
	"context"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/replica"
)

// Raft is a node's replica for machinery that is made before it, and outlives it.
// While Idle says so it does nothing for anybody.
type Raft struct {
	Node *Node
	Idle func() bool
}

// Standing is replica.Standing; zero while the node is down.
func (r Raft) Standing() (term uint64, leader string, leads bool) {
	p := r.Node.Now()
	if p == nil {
		return 0, "", false
	}
	return p.Replica.Standing()
}

// Stand is replica.Stand.
func (r Raft) Stand(ctx context.Context) error {
	if p := r.working(); p != nil {
		return p.Replica.Stand(ctx)
	}
	return replica.ErrClosed
}

// HandTo is replica.HandTo.
func (r Raft) HandTo(ctx context.Context, to string) error {
	if p := r.working(); p != nil {
		return p.Replica.HandTo(ctx, to)
	}
	return replica.ErrClosed
}

// Submit is replica.Submit.
func (r Raft) Submit(ctx context.Context, raw []byte) (ledger.Result, error) {
	if p := r.working(); p != nil {
		return p.Replica.Submit(ctx, raw)
	}
	return ledger.Result{}, replica.ErrClosed
}

func (r Raft) working() *Parts {
	if r.Idle() {
		return nil
	}
	return r.Node.Now()
}
