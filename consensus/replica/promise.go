package replica

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
)

// ErrBroken refuses a start on a ledger that is not the one this node cosigned.
var ErrBroken = errors.New("the ledger contradicts a checkpoint that this node has cosigned")

// cosigned is what this node has put its name to.
func (r *Replica) cosigned() ledger.Check {
	if r.cfg.Cosigned == nil {
		return ledger.Check{}
	}
	return r.cfg.Cosigned()
}

// abstain is the term up to which this node gives no vote.
func (r *Replica) abstain() uint64 {
	if r.cfg.Abstain == nil {
		return 0
	}
	return r.cfg.Abstain()
}

// silenced reports whether the node votes in no term at present.
func (r *Replica) silenced(rf *instance) bool { return r.abstain() > rf.CurrentTerm() }

// books opens the ledger's books; false for a machine that has none.
func (r *Replica) books(view ledger.Reader) (*ledger.Books, bool) {
	m, ok := r.machine.(interface {
		Books(ledger.Reader) *ledger.Books
	})
	if !ok {
		return nil, false
	}
	return m.Books(view), true
}

// keepsPromises holds the ledger that was loaded against what was cosigned. A
// ledger that is shorter may still catch up; whether the node may vote until then
// is Abstain's matter.
func (r *Replica) keepsPromises() error {
	view := r.cfg.Store.View()
	defer view.Close()
	books, ok := r.books(view)
	if !ok {
		return nil
	}
	for _, p := range r.cosigned().Points {
		if p.Size > r.machine.Size() {
			continue
		}
		root, err := merkle.RootAt(books, p.Size)
		if err != nil {
			return fmt.Errorf("couldn't read the tree at size %d: %w", p.Size, err)
		}
		if root != p.Root {
			return fmt.Errorf("%w: another root at size %d; start with an empty data folder while the other nodes are up, see OPERATIONS.md", ErrBroken, p.Size)
		}
	}
	return nil
}

// RequestVote implements raft.Transport: a node that abstains is told no, without
// a message.
func (l link) RequestVote(id raft.ServerID, to raft.ServerAddress, m *raft.RequestVoteRequest, resp *raft.RequestVoteResponse) error {
	if m.Term <= l.r.abstain() {
		*resp = raft.RequestVoteResponse{RPCHeader: m.RPCHeader, Term: m.Term}
		return nil
	}
	return l.Link.RequestVote(id, to, m, resp)
}

// RequestPreVote implements raft.WithPreVote; see RequestVote. No election begins
// without a majority here, so an abstaining node's term stays where it is.
func (l link) RequestPreVote(id raft.ServerID, to raft.ServerAddress, m *raft.RequestPreVoteRequest, resp *raft.RequestPreVoteResponse) error {
	if m.Term <= l.r.abstain() {
		*resp = raft.RequestPreVoteResponse{RPCHeader: m.RPCHeader, Term: m.Term}
		return nil
	}
	return l.Link.RequestPreVote(id, to, m, resp)
}

// Rejoin is for a node that has forgotten a part of its past and wants to vote
// again. It returns the term t in which, after the call began, every other voter
// was, this node has applied what a read round in t covers, and no vote that this
// node may have forgotten can belong to a later term: whoever asked for it was in
// that term, and is among those that named t. The caller must abstain up to t for
// ever.
func (r *Replica) Rejoin(ctx context.Context) (term uint64, err error) {
	rf, leader := r.raft.Load(), r.leader()
	if rf == nil || leader == "" || leader == r.cfg.NodeID {
		return 0, ErrNoLeader
	}
	term, index, err := r.cfg.Peers.ReadIndex(ctx, leader)
	if err != nil {
		return 0, fmt.Errorf("%w: %s does not answer for the present: %w", ErrNoLeader, leader, err)
	}
	if _, err := r.progress.wait(ctx, r.life.Done(), func(p position) bool { return p.index >= index }); err != nil {
		return 0, fmt.Errorf("couldn't wait for entry %d: %w", index, err)
	}
	others, _ := r.voters(rf)
	for _, id := range others {
		if err := r.sameTerm(ctx, id, term); err != nil {
			return 0, fmt.Errorf("couldn't hear term %d from %s: %w", term, id, err)
		}
	}
	if mine := rf.CurrentTerm(); mine != term {
		return 0, fmt.Errorf("this node is in term %d, the others are in %d", mine, term)
	}
	return term, nil
}

// StepAside hands leadership to another voter, if this node leads.
func (r *Replica) StepAside(ctx context.Context) { r.handOver(ctx) }
