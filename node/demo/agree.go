package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"sandi.internal/gateway/api/problem"
)

// ready waits until every node answers and a linearizable read passes: there is
// a leader that all can reach.
func (d *doors) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyPatience)
	defer cancel()
	for _, r := range d.network.Regions {
		door, err := d.operator(r.Code)
		if err != nil {
			return err
		}
		if err := poll(ctx, func() error {
			s, err := door.Status(ctx)
			if err == nil && !s.Replica.Ready {
				err = errors.New("it knows no leader of a majority yet")
			}
			return err
		}); err != nil {
			return fmt.Errorf("the node of %s did not become ready; see its node.log: %w", r.Code, err)
		}
	}
	return nil
}

// agree waits until all nodes have applied the same number of leaves and
// compares their state digests.
func (d *doors) agree(ctx context.Context) (map[string]NodeState, error) {
	ctx, cancel := context.WithTimeout(ctx, agreePatience)
	defer cancel()
	var states map[string]NodeState
	err := poll(ctx, func() error {
		states = map[string]NodeState{}
		for _, r := range d.network.Regions {
			door, err := d.operator(r.Code)
			if err != nil {
				return err
			}
			s, err := door.Status(ctx)
			if err != nil {
				return err
			}
			states[r.Code] = NodeState{Applied: s.Size, StateDigest: s.StateDigest}
		}
		return sameState(states)
	})
	return states, err
}

// sameState reports a difference between the nodes.
func sameState(states map[string]NodeState) error {
	var first *NodeState
	for region, s := range states {
		switch {
		case first == nil:
			first = &s
		case s.Applied != first.Applied:
			return fmt.Errorf("%s has applied %d entries, another node %d", region, s.Applied, first.Applied)
		case s.StateDigest != first.StateDigest:
			return fmt.Errorf("the nodes DISAGREE: at %d entries %s has state digest %s, another node %s", s.Applied, region, s.StateDigest, first.StateDigest)
		}
	}
	return nil
}

// poll repeats f until it succeeds or ctx ends, and then returns f's last error.
func poll(ctx context.Context, f func() error) error {
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		err := f()
		var refusal *problem.Problem
		if err == nil || (errors.As(err, &refusal) && refusal.Status < 500 && refusal.Status != http.StatusTooManyRequests) {
			return err // done, or refused for good
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}
