package replica

import (
	"slices"
	"sync"
	"time"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

const (
	// maxWaiting bounds the statements of this node's callers that have no
	// result yet: some 2 s of full load, more would only wait longer.
	maxWaiting = 16384
	// maxQueued and maxQueuedBytes bound what waits to be proposed or
	// forwarded, other nodes' statements included.
	maxQueued      = 16384
	maxQueuedBytes = 32 << 20
	// maxInFlight batches may be on their way at a time, and a further one only
	// when it is full or its first statement has waited for pace. On a fast
	// network one batch at a time gathers what the next one takes, and an entry
	// costs the three nodes a millisecond of processor time and more whatever is in
	// it; on a slow one nobody waits for an answer from afar. With 256 callers an
	// entry holds 64 statements at a pace of 10 ms, 47 at 5 ms (5 % more processor
	// time for each), 85 at 20 ms (hardly less).
	maxInFlight = 4
	pace        = 10 * time.Millisecond
)

// queue holds the statements on their way into the log, and who waits for them.
// One mutex guards all of it: every operation is a few map or slice accesses.
type queue struct {
	mu       sync.Mutex
	tickets  map[statement.Hash]*ticket
	items    []item // waiting to be sent, oldest first
	bytes    int    // of items
	inflight int    // batches sent and not settled
	paced    bool   // a timer will ask again
	closed   bool
}

// add registers a caller for a statement, and queues it unless it already is on
// its way.
func (q *queue) add(hash statement.Hash, raw []byte) (*ticket, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return nil, ErrClosed
	}
	if t := q.tickets[hash]; t != nil {
		t.waiting++
		return t, nil
	}
	if !q.fits(1, len(raw)) {
		q.sweep()
	}
	if len(q.tickets) >= maxWaiting || !q.fits(1, len(raw)) {
		return nil, ErrOverloaded
	}
	t := &ticket{hash: hash, raw: raw, done: make(chan struct{}), waiting: 1, queued: true}
	q.tickets[hash] = t
	q.push(item{raw: raw, ticket: t})
	return t, nil
}

// addGroup queues another node's batch, all of it or nothing. keep marks the
// statements to propose; the others have their verdicts already.
func (q *queue) addGroup(raws [][]byte, keep []bool, g *forwarded) bool {
	count, size := 0, 0
	for i, raw := range raws {
		if keep[i] {
			count, size = count+1, size+len(raw)
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || !q.fits(count, size) {
		return false
	}
	g.left = count
	for i, raw := range raws {
		if keep[i] {
			q.push(item{raw: raw, group: g, place: i})
		}
	}
	if count == 0 {
		close(g.done)
	}
	return true
}

func (q *queue) fits(count, size int) bool {
	return len(q.items)+count <= maxQueued && q.bytes+size <= maxQueuedBytes
}

// sweep drops the items whose callers gave up. Requires mu.
func (q *queue) sweep() {
	q.items = slices.DeleteFunc(q.items, func(it item) bool {
		gone := it.ticket != nil && it.ticket.waiting == 0
		if gone {
			q.bytes -= len(it.raw)
		}
		return gone
	})
}

// push requires mu.
func (q *queue) push(it item) {
	it.since = time.Now()
	q.items = append(q.items, it)
	q.bytes += len(it.raw)
}

// take removes one batch from the front, within the bounds of a command, and
// counts it as in flight. It returns nil when nothing waits or may be sent yet;
// then later is when to ask again, unless 0.
func (q *queue) take(now time.Time) (batch []item, later time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.inflight >= maxInFlight || len(q.items) == 0 {
		return nil, 0
	}
	if q.inflight > 0 && len(q.items) < ledger.MaxStatements && q.bytes < ledger.MaxCommandBytes {
		if later = pace - now.Sub(q.items[0].since); later > 0 {
			if q.paced {
				return nil, 0
			}
			q.paced = true
			return nil, later
		}
	}
	size, n := 0, 0
	batch = make([]item, 0, min(len(q.items), ledger.MaxStatements))
	for ; n < len(q.items) && len(batch) < ledger.MaxStatements; n++ {
		it := q.items[n]
		if it.ticket != nil && it.ticket.waiting == 0 { // its callers gave up
			q.bytes -= len(it.raw)
			continue
		}
		alone := it.ticket != nil && it.ticket.alone
		if size+len(it.raw) > ledger.MaxCommandBytes || alone && len(batch) > 0 {
			break
		}
		size += len(it.raw)
		q.bytes -= len(it.raw)
		if it.ticket != nil {
			it.ticket.queued = false
			it.ticket.attempts++
		}
		batch = append(batch, it)
		if alone {
			n++
			break
		}
	}
	rest := copy(q.items, q.items[n:])
	clear(q.items[rest:])
	q.items = q.items[:rest]
	if len(batch) == 0 {
		return nil, 0
	}
	q.inflight++
	return batch, 0
}

// unpaced says that the timer of take has rung.
func (q *queue) unpaced() {
	q.mu.Lock()
	q.paced = false
	q.mu.Unlock()
}

// landed ends the flight of one batch.
func (q *queue) landed() {
	q.mu.Lock()
	q.inflight--
	q.mu.Unlock()
}

// requeue puts items back in front of the others, except those that were
// resolved or queued in the meantime.
func (q *queue) requeue(items []item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	again := make([]item, 0, len(items)+len(q.items))
	for _, it := range items {
		t := it.ticket
		if q.closed || t.queued || q.tickets[t.hash] != t {
			continue
		}
		t.queued = true
		q.bytes += len(it.raw)
		again = append(again, it)
	}
	q.items = append(again, q.items...)
}

// requeueAll queues every ticket that is not queued: after a restore nobody
// else will resolve what the snapshot contained.
func (q *queue) requeueAll() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, t := range q.tickets {
		if !t.queued {
			t.queued, t.uncertain = true, true
			q.push(item{raw: t.raw, ticket: t})
		}
	}
}

// resolve gives callers the results of what was applied.
func (q *queue) resolve(results []ledger.Result) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.tickets) == 0 {
		return
	}
	for i := range results {
		if t := q.tickets[results[i].Hash]; t != nil {
			t.result = results[i]
			delete(q.tickets, t.hash)
			close(t.done)
		}
	}
}

// fail ends a ticket with an error.
func (q *queue) fail(t *ticket, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.tickets[t.hash] == t {
		t.err = err
		delete(q.tickets, t.hash)
		close(t.done)
	}
}

// leave is a caller giving up: it reports whether there is a result after all,
// and otherwise whether the statement may still come to stand in the ledger.
func (q *queue) leave(t *ticket) (resolved, uncertain bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case <-t.done:
		return true, false
	default:
	}
	t.waiting--
	uncertain = t.uncertain || !t.queued
	if t.waiting == 0 && q.tickets[t.hash] == t {
		delete(q.tickets, t.hash) // its item, if any, is passed over
	}
	return false, uncertain
}

// settle writes the verdict of a forwarded batch's item.
func (q *queue) settle(it item, v Verdict) {
	q.mu.Lock()
	defer q.mu.Unlock()
	it.group.verdicts[it.place] = v
	if it.group.left--; it.group.left == 0 {
		close(it.group.done)
	}
}

// failed notes that an attempt with these items came to nothing, or, if
// uncertain, perhaps to something. It returns how many attempts there were.
func (q *queue) failed(items []item, uncertain bool) (attempts int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, it := range items {
		it.ticket.uncertain = it.ticket.uncertain || uncertain
		attempts = max(attempts, it.ticket.attempts)
	}
	return attempts
}

// isolate has items travel alone from now on. A leader that answers "I don't know"
// may drop a batch for the sake of one statement in it; the others must not share
// its fate at every repetition.
func (q *queue) isolate(items []item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, it := range items {
		it.ticket.alone = true
	}
}

// close ends every ticket and batch with err; nothing can be added any more.
func (q *queue) close(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for _, it := range q.items {
		if it.group != nil {
			it.group.verdicts[it.place] = Verdict{Code: CodeNotLeader}
			if it.group.left--; it.group.left == 0 {
				close(it.group.done)
			}
		}
	}
	q.items, q.bytes = nil, 0
	for _, t := range q.tickets {
		if t.err = err; t.uncertain || !t.queued {
			t.err = ErrUnknownOutcome
		}
		close(t.done)
	}
	clear(q.tickets)
}

// length is how many statements wait to be sent, and how many for a result.
func (q *queue) length() (queued, waiting int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items), len(q.tickets)
}
