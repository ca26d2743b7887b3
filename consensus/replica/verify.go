package replica

import (
	"sync"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

// verifyBacklog is how many batches of entries may wait to be verified ahead of
// being applied. What finds no room is verified when it is applied.
const verifyBacklog = 8

// verifier checks signatures ahead of time: while a follower's disk syncs the
// entries, and for what is missing when they are applied. It fills the pool's
// memory and decides nothing: what it leaves out is verified in Apply, one by one.
type verifier struct {
	pool *statement.Pool
	keys Machine
	jobs chan []*raft.Log
	busy sync.Mutex // held during a batch: who applies waits instead of repeating it

	mu     sync.Mutex
	lo, hi uint64 // entries whose statements are in the pool's memory; guarded by mu
}

func newVerifier(pool *statement.Pool, keys Machine) *verifier {
	return &verifier{pool: pool, keys: keys, jobs: make(chan []*raft.Log, verifyBacklog), lo: 1}
}

// ahead takes entries that are about to be written. It does not wait.
func (v *verifier) ahead(entries []*raft.Log) {
	select {
	case v.jobs <- entries:
	default:
	}
}

// run works ahead until done is closed.
func (v *verifier) run(done <-chan struct{}) {
	for {
		select {
		case entries := <-v.jobs:
			v.prefetch(entries)
		case <-done:
			return
		}
	}
}

// ready verifies what is missing of entries that are about to be applied.
func (v *verifier) ready(entries []*raft.Log) {
	if v.missing(entries) {
		v.prefetch(entries)
	}
}

// note remembers that entries were verified. They follow each other.
func (v *verifier) note(entries []*raft.Log) {
	first, last := entries[0].Index, entries[len(entries)-1].Index
	v.mu.Lock()
	defer v.mu.Unlock()
	if first != v.hi+1 {
		v.lo = first
	}
	v.hi = last
}

// missing reports whether one of the entries was not noted. A leader may have
// replaced an entry since: Apply verifies it.
func (v *verifier) missing(entries []*raft.Log) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return entries[0].Index < v.lo || entries[len(entries)-1].Index > v.hi
}

// prefetch parses and verifies every statement of the entries.
func (v *verifier) prefetch(entries []*raft.Log) {
	v.busy.Lock()
	defer v.busy.Unlock()
	if !v.missing(entries) {
		return // while this waited
	}
	var statements []*statement.Statement
	for _, e := range entries {
		if e.Type != raft.LogCommand {
			continue
		}
		cmd, err := ledger.DecodeCommand(e.Data)
		if err != nil {
			continue // ApplyEntry says so
		}
		for _, raw := range cmd.Statements {
			if st, err := v.pool.Parse(raw); err == nil {
				statements = append(statements, st)
			}
		}
	}
	if len(statements) > 0 {
		v.pool.Prefetch(statements, v.keys.PublicKey)
	}
	v.note(entries)
}
