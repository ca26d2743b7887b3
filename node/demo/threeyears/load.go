package threeyears

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/v1"
)

// Doors are the way to the nodes: everybody comes in through the own bureau's.
type Doors interface {
	Of(Actor) (*client.Client, error)
	SetClock(context.Context, time.Time) error // of every node
}

// Progress is how far a load has come.
type Progress struct {
	Statements, Total int
	Quarter           int
}

// Loaded is what a load came to. The clock is stopped while the scenario clock
// is moved.
type Loaded struct {
	Statements int           `json:"statements"`
	Took       time.Duration `json:"took_ns"`
	PerSecond  float64       `json:"per_second"`
}

// DefaultWriters is how many cases are worked on at the same time: as many as the
// busiest phase of the benchmark has callers.
const DefaultWriters = 256

const (
	progressEvery = 250 * time.Millisecond
	// again is how often a step is tried anew when a node's own act came between.
	again = 5
	// busyPatience and busyPause are for nodes that cannot answer now.
	busyPatience = 90 * time.Second
	busyPause    = 500 * time.Millisecond
)

// loader carries one load.
type loader struct {
	doors Doors
	done  atomic.Int64
}

// Load makes every statement of the set, quarter by quarter: cases at the same
// time, the steps of one case in their order. report may be nil.
func (s *Set) Load(ctx context.Context, d Doors, writers int, report func(Progress)) (Loaded, error) {
	l := &loader{doors: d}
	total := s.Statements()
	next := make([]int, len(s.Cases)) // step of each case
	var took time.Duration
	for q := range Quarters {
		if err := d.SetClock(ctx, At(q)); err != nil {
			return Loaded{}, err
		}
		stop := l.watch(report, q, total)
		began := time.Now()
		err := l.quarter(ctx, s.Cases, next, q, writers)
		took += time.Since(began)
		stop()
		if err != nil {
			return Loaded{}, err
		}
	}
	n := int(l.done.Load())
	if n != total {
		return Loaded{}, fmt.Errorf("%d of %d statements were made", n, total)
	}
	return Loaded{Statements: n, Took: took, PerSecond: float64(n) / took.Seconds()}, nil
}

// watch reports progress until it is stopped.
func (l *loader) watch(report func(Progress), quarter, total int) (stop func()) {
	if report == nil {
		return func() {}
	}
	end := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			report(Progress{Statements: int(l.done.Load()), Total: total, Quarter: quarter})
			select {
			case <-end:
				report(Progress{Statements: int(l.done.Load()), Total: total, Quarter: quarter})
				return
			case <-tick.C:
			}
		}
	})
	return func() {
		close(end)
		wg.Wait()
	}
}

// quarter makes the steps of one quarter. The first failure ends it.
func (l *loader) quarter(ctx context.Context, cases []*Case, next []int, q, writers int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan int)
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for i := range work {
				if err := l.steps(ctx, cases[i], &next[i], q); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, i := range due(cases, next, q) {
		if ctx.Err() != nil {
			break
		}
		work <- i
	}
	close(work)
	wg.Wait()
	return context.Cause(ctx)
}

// due are the cases with steps in a quarter, those with the most first: one
// after the other they take longest, and nothing else would be left to do.
func due(cases []*Case, next []int, q int) []int {
	var out []int
	many := make([]int, len(cases))
	for i, c := range cases {
		for n := next[i]; n < len(c.Steps) && c.Steps[n].Quarter == q; n++ {
			many[i]++
		}
		if many[i] > 0 {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int { return many[b] - many[a] })
	return out
}

func (l *loader) steps(ctx context.Context, c *Case, next *int, q int) error {
	for ; *next < len(c.Steps) && c.Steps[*next].Quarter == q; *next++ {
		var before *Step
		if *next > 0 {
			before = &c.Steps[*next-1]
		}
		s := &c.Steps[*next]
		if err := l.step(ctx, c, s, before); err != nil {
			return fmt.Errorf("%s %s, step %d (%s by %s %s): %w", c.Procedure, c.record, *next, s.Event, s.Actor.Region, s.Actor.Role, err)
		}
		l.done.Add(1)
	}
	return nil
}

// step makes one statement.
func (l *loader) step(ctx context.Context, c *Case, s, before *Step) error {
	door, err := l.doors.Of(s.Actor)
	if err != nil {
		return err
	}
	fields, err := resolved(s.Fields)
	if err != nil {
		return err
	}
	if s.Event == "" {
		key := client.NewKey()
		receipt, err := patient(ctx, func() (v1.Receipt, error) {
			return door.Open(ctx, key, v1.OpenRequest{Procedure: c.Procedure, Role: s.Actor.Role, Fields: fields})
		})
		return c.took(ctx, door, receipt, err)
	}
	if before.Actor.Region != s.Actor.Region { // another node: it has to know the record
		if err := c.reread(ctx, door); err != nil {
			return err
		}
	}
	for try := 0; ; try++ {
		key := client.NewKey()
		receipt, err := patient(ctx, func() (v1.Receipt, error) {
			return door.Act(ctx, key, c.record, c.head, v1.ActRequest{Event: s.Event, Role: s.Actor.Role, Fields: fields})
		})
		var p *problem.Problem
		if errors.As(err, &p) && p.Status == http.StatusPreconditionFailed && try < again {
			if err := c.reread(ctx, door); err != nil {
				return err
			}
			continue
		}
		return c.took(ctx, door, receipt, err)
	}
}

// patient asks again, in the same words, as long as the node says that it cannot
// now: on a busy machine an election takes longer than a client's own retries.
func patient[T any](ctx context.Context, ask func() (T, error)) (T, error) {
	end := time.Now().Add(busyPatience)
	for {
		out, err := ask()
		var p *problem.Problem
		if !errors.As(err, &p) || p.Status != http.StatusServiceUnavailable || time.Now().After(end) {
			return out, err
		}
		select {
		case <-ctx.Done():
			return out, err
		case <-time.After(busyPause):
		}
	}
}

// took notes what a statement came to.
func (c *Case) took(ctx context.Context, door *client.Client, receipt v1.Receipt, err error) error {
	if err == nil {
		receipt, err = door.Await(ctx, receipt)
	}
	if err != nil {
		return err
	}
	if receipt.Status != v1.Committed || receipt.Index == nil {
		return fmt.Errorf("the statement is %s: %+v", receipt.Status, receipt.Refusal)
	}
	c.record, c.head, c.index = receipt.Record, receipt.Head, *receipt.Index
	return nil
}

// reread takes the record as it stands in a node that has all of it.
func (c *Case) reread(ctx context.Context, door *client.Client) error {
	rec, err := patient(ctx, func() (v1.Record, error) {
		return door.Record(ctx, c.record, client.Read{Consistency: client.Local, At: c.index + 1})
	})
	if err != nil {
		return err
	}
	c.head = rec.Head
	return nil
}

// resolved is the JSON of a step's fields, with the records that they refer to.
func resolved(fields map[string]any) (json.RawMessage, error) {
	out := make(map[string]any, len(fields))
	for name, v := range fields {
		if ref, ok := v.(Ref); ok {
			if ref.Case.record == "" {
				return nil, fmt.Errorf("%s refers to a record that is not open yet", name)
			}
			v = ref.Case.record
		}
		out[name] = v
	}
	return json.Marshal(out)
}
