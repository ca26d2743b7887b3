package replica

import (
	"time"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

// ticket is one statement somebody here waits for. Several may wait for one.
type ticket struct {
	hash statement.Hash
	raw  []byte

	done   chan struct{} // closed once result or err is set
	result ledger.Result
	err    error

	// Guarded by queue.mu.
	waiting   int  // goroutines in Submit
	queued    bool // in queue.items
	uncertain bool // an attempt may have reached a log
	attempts  int
	alone     bool // travels in a batch of its own, see queue.isolate
}

// forwarded is a batch that another node asked this one to propose.
type forwarded struct {
	verdicts []Verdict
	left     int           // verdicts still missing; guarded by queue.mu
	done     chan struct{} // closed when left is 0
}

// item is one statement in the queue: of a ticket, or of a forwarded batch.
type item struct {
	raw    []byte
	ticket *ticket
	group  *forwarded
	place  int // in group
	since  time.Time
}
