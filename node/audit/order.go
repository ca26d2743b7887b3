package audit

import (
	"context"
	"sync"
)

// inOrder does work on several goroutines and takes the results in the order of
// the tasks, on the caller's. next gives the tasks until it answers false; do may
// run anywhere; take's error, or that of ctx, ends it all. At most ahead tasks are
// done before their turn.
func inOrder[T, R any](ctx context.Context, workers, ahead int, next func() (T, bool), do func(T) R, take func(R) error) error {
	ctx, stop := context.WithCancel(ctx)
	type job struct {
		task T
		out  chan R
	}
	jobs, turns := make(chan job), make(chan chan R, ahead)
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	running.Go(func() {
		defer close(jobs)
		defer close(turns)
		for {
			task, more := next()
			if !more {
				return
			}
			j := job{task, make(chan R, 1)}
			select {
			case turns <- j.out:
			case <-ctx.Done():
				return
			}
			select {
			case jobs <- j:
			case <-ctx.Done():
				return
			}
		}
	})
	for range workers {
		running.Go(func() {
			for j := range jobs {
				j.out <- do(j.task)
			}
		})
	}
	for out := range turns {
		select {
		case r := <-out:
			if err := take(r); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ctx.Err()
}
