package node

import (
	"sync"

	"sandi.internal/gateway/consensus/ledger"
)

// agendaMax bounds the records that wait for the steward, at some 100 bytes
// each. What does not fit is found again in the books.
const agendaMax = 4096

// agenda is which records may want something of this node. The replica writes
// into it as it applies statements, the steward takes from it.
type agenda struct {
	news chan struct{} // pinged when there is something new

	mu      sync.Mutex
	records map[string]struct{}
	stock   bool // it can't say which: all records have to be looked at
}

// newAgenda makes the agenda of a node that starts: whatever was left undone
// before is not on it.
func newAgenda() *agenda {
	return &agenda{news: make(chan struct{}, 1), records: map[string]struct{}{}, stock: true}
}

// applied takes note of what the ledger has just applied. It is replica.Config's
// Applied and doesn't wait.
func (a *agenda) applied(results []ledger.Result) {
	added := results == nil
	a.mu.Lock()
	if results == nil { // a snapshot came in
		a.overflow()
	}
	for i := range results {
		if results[i].Automatic {
			a.add(results[i].Record)
			added = true
		}
		for _, id := range results[i].Touched {
			a.add(id)
			added = true
		}
	}
	a.mu.Unlock()
	if !added {
		return
	}
	select {
	case a.news <- struct{}{}:
	default:
	}
}

// keep puts records back, to be looked at with the next tick.
func (a *agenda) keep(records ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, id := range records {
		a.add(id)
	}
}

// lose gives up knowing which records to look at.
func (a *agenda) lose() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.overflow()
}

// take empties the agenda. stock says that all records have to be looked at;
// records that come in meanwhile are on the next agenda.
func (a *agenda) take() (records []string, stock bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id := range a.records {
		records = append(records, id)
	}
	stock = a.stock
	clear(a.records)
	a.stock = false
	return records, stock
}

// add requires mu.
func (a *agenda) add(record string) {
	if _, known := a.records[record]; known || a.stock {
		return
	}
	if len(a.records) == agendaMax {
		a.overflow()
		return
	}
	a.records[record] = struct{}{}
}

// overflow requires mu.
func (a *agenda) overflow() {
	clear(a.records)
	a.stock = true
}
