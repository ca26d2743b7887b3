package node

import (
	"testing"
	"time"

	"sandi.internal/gateway/consensus/genesis"
)

// Ensure a real network has no scenario clock, and so nothing that could set one.
func TestRealNetworkHasNoScenarioClock(t *testing.T) {
	now, scenario := newClock(&genesis.Genesis{Clock: genesis.ClockReal, CreatedAt: "2025-08-20T08:30:00+08:00"})
	if scenario != nil {
		t.Fatal("a real network has a scenario clock")
	}
	if d := time.Since(now()); d < -time.Second || d > time.Second {
		t.Fatalf("a real network's clock is %s off", d)
	}
}

// Ensure the scenario clock goes forward, takes a moment's lag, and never goes back.
func TestScenarioClock(t *testing.T) {
	start := time.Date(2025, 8, 20, 8, 30, 0, 0, time.UTC)
	c := newScenarioClock(start)
	changed := c.changed()
	if err := c.Set(start.Add(48 * time.Hour)); err != nil {
		t.Fatal(err)
	}
	select {
	case <-changed:
	default:
		t.Error("nobody was told of the change")
	}
	if got := c.Now().Sub(start); got < 48*time.Hour || got > 48*time.Hour+time.Minute {
		t.Errorf("clock moved by %s", got)
	}
	if err := c.Set(start.Add(48*time.Hour - 10*time.Second)); err != nil {
		t.Errorf("a few seconds of lag: %v", err)
	}
	if err := c.Set(start.Add(24 * time.Hour)); err == nil {
		t.Error("the clock went back a day")
	}
	c.catchUp(start)
	if got := c.Now().Sub(start); got < 48*time.Hour {
		t.Errorf("catching up went back to %s", got)
	}
	c.catchUp(start.Add(72 * time.Hour))
	if got := c.Now().Sub(start); got < 72*time.Hour {
		t.Errorf("catching up reached only %s", got)
	}
}
