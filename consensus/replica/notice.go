//lint:file-ignore SA1019 hashicorp/raft still fills and reads the deprecated fields, so they have to be set and read here too

package replica

import (
	"context"
	"time"

	"github.com/hashicorp/raft"
)

// noticeMax bounds how long Raft's main goroutine may leave a notice waiting: it
// may be syncing a large batch.
const noticeMax = 5 * time.Second

// note is news from the leader: the entry at index is of this term and committed.
type note struct {
	leader      string
	term, index uint64
}

// notice tells this node's own Raft what the leader said outside it: that an
// entry is committed. hashicorp/raft's leader tells followers with its next
// message, up to twice the commit timeout later, and whoever submitted at a
// follower would wait for that.
//
// The message is one the leader of that term could send: it names an entry of
// its own term that is committed, which stays true for ever. Raft checks it like
// any other: term first, then that its own entry at index is that one. It moves
// the commit index no further than the entry it names.
func (r *Replica) notice(leader string, term, index uint64) {
	rf := r.raft.Load()
	if rf == nil || rf.CommitIndex() >= index {
		return
	}
	n := &note{leader, term, index}
	if rf.LastIndex() < index {
		// The entry itself is still on its way; stored tells us (tail.go).
		r.early.Store(n)
		if rf.LastIndex() < index {
			return
		}
	}
	r.injectNote(n)
}

func (r *Replica) injectNote(n *note) {
	m := &raft.AppendEntriesRequest{
		RPCHeader: raft.RPCHeader{ProtocolVersion: raft.ProtocolVersionMax, ID: []byte(n.leader), Addr: []byte(n.leader)},
		Term:      n.term, Leader: []byte(n.leader),
		PrevLogEntry: n.index, PrevLogTerm: n.term, LeaderCommitIndex: n.index,
	}
	ctx, cancel := context.WithTimeout(r.life, noticeMax)
	defer cancel()
	// Nobody reads the answer: it is of use to the leader only.
	rpc := raft.RPC{Command: m, RespChan: make(chan raft.RPCResponse, 1)}
	if err := r.cfg.Transport.Inject(ctx, n.leader, rpc); err != nil {
		r.log.Debug("couldn't pass the leader's news on", "leader", n.leader, "index", n.index, "error", err)
	}
}

// stored is called when entries up to last are on disk: early news can be passed
// on now.
func (r *Replica) stored(last uint64) {
	n := r.early.Load()
	if n == nil || n.index > last || !r.early.CompareAndSwap(n, nil) {
		return
	}
	r.spawn(func() { r.injectNote(n) })
}
