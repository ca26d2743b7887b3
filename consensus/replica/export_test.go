package replica

import "github.com/hashicorp/raft"

// Raft gives tests the instance behind a replica.
func (r *Replica) Raft() *raft.Raft { return r.raft.Load().Raft }
