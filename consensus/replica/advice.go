package replica

import (
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/consensus/membership"
)

// deadAfter is how long a node must have been silent before a plan counts it as
// dead: longer than a reboot, shorter than a working day without a vote.
const deadAfter = 5 * time.Minute

// silence remembers which nodes do not answer this leader, and since when.
type silence struct {
	mu    sync.Mutex
	since map[raft.ServerID]time.Time // last contact of those that fail
}

// observe takes Raft's word for a heartbeat that failed or succeeded again.
func (s *silence) observe(o any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.since == nil {
		s.since = make(map[raft.ServerID]time.Time)
	}
	switch o := o.(type) {
	case raft.FailedHeartbeatObservation:
		s.since[o.PeerID] = o.LastContact
	case raft.ResumedHeartbeatObservation:
		delete(s.since, o.PeerID)
	case raft.RaftState:
		clear(s.since) // what another leader will see is not known
	}
}

func (s *silence) of(id raft.ServerID, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if since, silent := s.since[id]; silent {
		return now.Sub(since)
	}
	return 0
}

// advice is what membership.Plan would change, seen from the leader: which
// standby of a region could take the vote of a node that has been silent for
// long. People decide; nothing here changes the configuration.
func (r *Replica) advice(rf *instance) []membership.Step {
	if rf.State() != raft.Leader {
		return nil
	}
	now, dead := time.Now(), r.cfg.Tuning.withDefaults().DeadAfter
	var nodes []membership.Node
	for _, s := range rf.GetConfiguration().Configuration().Servers {
		n := membership.Node{ID: string(s.ID), Region: r.regionOf(string(s.ID)), Voter: s.Suffrage == raft.Voter, Health: membership.Alive}
		if r.silent.of(s.ID, now) >= dead {
			n.Health = membership.Dead
		}
		nodes = append(nodes, n)
	}
	return membership.Plan(nodes)
}
