package replica

import (
	"github.com/hashicorp/raft"

	"sandi.internal/gateway/consensus/membership"
)

// Voter is one server of the Raft configuration in use.
type Voter struct {
	ID     string
	Region string
	Votes  bool
}

// Status is how the replica stands, for operators and readiness.
type Status struct {
	NodeID      string
	Region      string
	Role        string // leader, follower, candidate, shutdown
	Leader      string // node id; empty when unknown
	Term        uint64
	AppliedRaft uint64 // Raft index of the last command or configuration applied
	CommitRaft  uint64
	FirstRaft   uint64 // oldest entry in the log
	LastRaft    uint64
	Size        uint64 // leaves
	Ready       bool   // a leader is known, and on the leader its term is open
	AgeMs       int64  // since the leader was heard; 0 on the leader
	Queued      int    // statements waiting to be sent
	Waiting     int    // statements whose result somebody here waits for
	Healed      uint64 // times the watchdog replaced the Raft instance
	Servers     []Voter
	Findings    []membership.Finding // the committed configuration against the network's nodes
	Plan        []membership.Step    // what the leader is about to change in it
	Waits       []membership.Wait    // what is amiss in it and cannot be mended now
	Failure     string               // why the replica stopped by itself; empty while it runs
}

// Status reports how the replica stands. It waits for nothing.
func (r *Replica) Status() Status {
	at := r.progress.now()
	s := Status{
		NodeID: r.cfg.NodeID, Region: r.regionOf(r.cfg.NodeID), Role: "shutdown",
		AppliedRaft: at.index, Size: at.size, AgeMs: r.age().Milliseconds(), Healed: r.healed.Load(),
	}
	s.Queued, s.Waiting = r.queue.length()
	if f := r.audit.Load(); f != nil {
		s.Findings = *f
	}
	if err := r.Err(); err != nil {
		s.Failure = err.Error()
	}
	rf := r.raft.Load()
	if rf == nil {
		return s
	}
	s.Role = roleName(rf.State())
	s.Leader, s.Term, s.LastRaft = r.leader(), rf.CurrentTerm(), rf.LastIndex()
	s.CommitRaft = max(rf.CommitIndex(), at.index) // Raft learns it anew after a start
	s.FirstRaft, _ = r.cfg.Log.FirstIndex()
	s.Plan, s.Waits = r.members.told()
	s.Ready = s.Failure == "" && s.Leader != "" && (s.Role != "leader" || at.term == s.Term)
	for _, server := range rf.GetConfiguration().Configuration().Servers {
		s.Servers = append(s.Servers, Voter{
			ID: string(server.ID), Region: r.regionOf(string(server.ID)), Votes: server.Suffrage == raft.Voter,
		})
	}
	return s
}

func roleName(s raft.RaftState) string {
	switch s {
	case raft.Leader:
		return "leader"
	case raft.Follower:
		return "follower"
	case raft.Candidate:
		return "candidate"
	default:
		return "shutdown"
	}
}

// Size is the number of leaves applied here; cheap enough for every request.
func (r *Replica) Size() uint64 { return r.progress.now().size }
