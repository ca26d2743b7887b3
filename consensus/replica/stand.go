//lint:file-ignore SA1019 hashicorp/raft still fills and reads the deprecated fields, so they have to be set and read here too

package replica

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/raft"
)

// ErrCannotStand says that this node may not lead: it has no vote, or gives none
// at present.
var ErrCannotStand = errors.New("this node may not stand for election")

// Standing is the term that this node is in, the leader that it follows ("" while
// it knows none) and whether it leads itself.
func (r *Replica) Standing() (term uint64, leader string, leads bool) {
	rf := r.raft.Load()
	if rf == nil {
		return 0, "", false
	}
	return rf.CurrentTerm(), r.leader(), rf.State() == raft.Leader
}

// Stand begins an election with this node as its candidate, though a leader may be
// alive: voters answer as after a handover. It is for a node that others have
// named (consensus/mover); any other reason would disturb the network. It returns
// once Raft has begun; who wins is seen in Standing.
//
// Raft's own rule stays: a voter with a longer log than this node's says no, and
// the term is over for the old leader all the same.
func (r *Replica) Stand(ctx context.Context) error {
	rf := r.raft.Load()
	if rf == nil || rf.State() == raft.Leader {
		return nil
	}
	if r.silenced(rf) || !votes(rf, r.cfg.NodeID) {
		return ErrCannotStand
	}
	own := []byte(r.cfg.NodeID)
	answers := make(chan raft.RPCResponse, 1)
	rpc := raft.RPC{
		Command:  &raft.TimeoutNowRequest{RPCHeader: raft.RPCHeader{ProtocolVersion: raft.ProtocolVersionMax, ID: own, Addr: own}},
		RespChan: answers,
	}
	if err := r.cfg.Transport.Inject(ctx, r.cfg.NodeID, rpc); err != nil {
		return fmt.Errorf("couldn't begin an election: %w", err)
	}
	select {
	case a := <-answers:
		return a.Error
	case <-ctx.Done():
		return fmt.Errorf("couldn't begin an election: %w", ctx.Err())
	case <-rf.ended:
		return ErrClosed
	}
}

// HandTo gives leadership to a node that has a vote, if this node leads.
func (r *Replica) HandTo(ctx context.Context, node string) error {
	rf := r.raft.Load()
	if rf == nil || rf.State() != raft.Leader || node == r.cfg.NodeID {
		return nil
	}
	if !votes(rf, node) {
		return fmt.Errorf("couldn't hand leadership to %s: it has no vote", node)
	}
	future := rf.LeadershipTransferToServer(raft.ServerID(node), raft.ServerAddress(node))
	if err := rf.wait(ctx, future); err != nil {
		return fmt.Errorf("couldn't hand leadership to %s: %w", node, err)
	}
	return nil
}

// votes reports whether a node is a voter of the configuration in use.
func votes(rf *instance, node string) bool {
	for _, s := range rf.GetConfiguration().Configuration().Servers {
		if string(s.ID) == node {
			return s.Suffrage == raft.Voter
		}
	}
	return false
}
