package replica

import (
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

// deadAfter is how long a voter must have been silent before a plan counts it as
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
