package node

import (
	"errors"
	"sync"
	"time"

	"sandi.internal/gateway/consensus/genesis"
)

// scenarioClock is the clock of a practice network: set through the API to a
// scenario's dates, it then runs on at the pace of real time. It never goes
// back, because ledger time does not.
type scenarioClock struct {
	mu     sync.Mutex // owns the fields below
	base   time.Time  // scenario time at since
	since  time.Time  // real (monotonic) time of the last Set
	change chan struct{}
}

var errClockBack = errors.New("the scenario clock never goes back")

func newScenarioClock(start time.Time) *scenarioClock {
	return &scenarioClock{base: start, since: time.Now(), change: make(chan struct{})}
}

// Now is the scenario time.
func (c *scenarioClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *scenarioClock) now() time.Time { return c.base.Add(time.Since(c.since)) }

// Set moves the clock forward to t. A t within the last minute is taken as the
// present: setting three nodes takes a moment, in which the clock runs on.
func (c *scenarioClock) Set(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); t.Before(now) {
		if now.Sub(t) <= time.Minute {
			return nil
		}
		return errClockBack
	}
	c.base, c.since = t, time.Now()
	close(c.change)
	c.change = make(chan struct{})
	return nil
}

// catchUp moves the clock forward to ledger time, if that is later: a node that
// comes back from the dead must not sign in the scenario's past.
func (c *scenarioClock) catchUp(ledger time.Time) {
	if ledger.After(c.Now()) {
		_ = c.Set(ledger) // later than now: cannot be refused
	}
}

// changed is closed at the next Set.
func (c *scenarioClock) changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.change
}

// newClock is the one place where a network's clock is chosen. On a real network
// there is no scenario clock at all, and therefore nothing that could set it.
func newClock(g *genesis.Genesis) (now func() time.Time, scenario *scenarioClock) {
	if g.Clock != genesis.ClockPractice {
		return time.Now, nil
	}
	scenario = newScenarioClock(time.Unix(g.CreatedUnix(), 0))
	return scenario.Now, scenario
}
