package desk

import (
	"context"
	"sync"
	"time"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/consensus/statement"
)

// flight is one draft being worked on.
type flight struct {
	request string
	done    chan struct{} // closed when receipt and err are set; nil while nobody waits
	receipt Receipt
	err     error
}

// flights keeps one draft per id in work, so that a retry that overtakes its
// first attempt waits for it instead of being signed a second time.
type flights struct {
	mu  sync.Mutex
	all map[string]*flight // by statement id; guarded by mu
}

func newFlights() *flights { return &flights{all: make(map[string]*flight)} }

func (f *flights) has(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, ok := f.all[id]
	return ok
}

// join starts a flight, or gives the one that is under way.
func (f *flights) join(id, request string) (fl *flight, first, full bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl := f.all[id]; fl != nil {
		if fl.done == nil {
			fl.done = make(chan struct{})
		}
		return fl, false, false
	}
	if len(f.all) >= maxFlights {
		return nil, false, true
	}
	fl = &flight{request: request}
	f.all[id] = fl
	return fl, true, false
}

func (f *flights) leave(id string, fl *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, id)
	if fl.done != nil {
		close(fl.done)
	}
}

var errUnfinished = problem.New(problem.Internal)

// once runs work for a draft, at most once at a time per id. The work goes on
// when its caller hangs up: the statement may already be under way, and its
// answer is what a retry will ask for.
func (d *Desk) once(ctx context.Context, draft *Draft, request string, work func(context.Context) (Receipt, error)) (Receipt, error) {
	if statement.CheckID(draft.ID) != nil {
		return Receipt{}, problem.New(problem.KeyMalformed)
	}
	fl, first, full := d.flights.join(draft.ID, request)
	switch {
	case full:
		return Receipt{}, problem.New(problem.Overloaded).Retry(time.Second)
	case first:
		defer d.flights.leave(draft.ID, fl)
		fl.err = errUnfinished // stands if work panics
		fl.receipt, fl.err = work(context.WithoutCancel(ctx))
		return fl.receipt, fl.err
	case fl.request != request:
		return Receipt{}, problem.New(problem.KeyReused)
	}
	select {
	case <-fl.done:
		return fl.receipt, fl.err
	case <-ctx.Done():
		return Receipt{}, problem.New(problem.Unavailable).Because(ctx.Err())
	}
}
