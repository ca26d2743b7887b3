package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/node/demo/threeyears"
)

// settlePatience bounds how long nodes may take to do what is theirs (a rating
// that a newer one replaces) after the last statement.
const settlePatience = 60 * time.Second

// DataConfig says how to load the three-year data set.
type DataConfig struct {
	Dir      string // empty: DefaultDir
	Seed     uint64
	Writers  int
	Once     bool // load, check, stop
	Binary   string
	PortBase int
	Log      *slog.Logger
	Progress func(threeyears.Progress) // may be nil
	Loaded   func(DataSummary)         // told when it is loaded and checked; may be nil
}

// DataSummary is what loading the data set came to.
type DataSummary struct {
	Seed  uint64             `json:"seed"`
	Cases int                `json:"records"`
	Load  threeyears.Loaded  `json:"load"`
	Check threeyears.Checked `json:"check"`
	OK    bool               `json:"ok"` // every figure is what it has to be, on every node
	Why   string             `json:"why,omitempty"`
}

// RunData founds a network on the practice clock, loads the data set through the
// public API, has every node count every report, and compares. Unless Once, the
// network then stays up until ctx ends.
func RunData(ctx context.Context, c DataConfig) (DataSummary, error) {
	if c.Dir == "" {
		c.Dir = DefaultDir()
	}
	sum := DataSummary{Seed: c.Seed}
	if err := clearDir(c.Dir); err != nil {
		return sum, err
	}
	set := threeyears.Generate(c.Seed)
	network, err := Found(Options{Dir: c.Dir, Clock: genesis.ClockPractice, Start: set.Start, PortBase: c.PortBase})
	if err != nil {
		return sum, err
	}
	runCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	nodes := newSupervisor(network, c.Binary, c.Log)
	if err := nodes.startAll(runCtx); err != nil {
		return sum, err
	}
	d := newDoors(network, problem.English)
	if err = d.ready(runCtx); err == nil {
		sum, err = LoadData(runCtx, dataDoors{d}, c, set)
	}
	if c.Loaded != nil && err == nil {
		c.Loaded(sum)
	}
	if !c.Once && err == nil {
		<-ctx.Done()
	}
	cancel()
	return sum, errors.Join(err, nodes.stopAll())
}

// LoadData loads a set into a running network and checks the reports. The error
// says why the summary is not OK.
func LoadData(ctx context.Context, d threeyears.Doors, c DataConfig, set *threeyears.Set) (DataSummary, error) {
	sum := DataSummary{Seed: c.Seed, Cases: len(set.Cases)}
	err := func() (err error) {
		if sum.Load, err = set.Load(ctx, d, c.Writers, c.Progress); err != nil {
			return err
		}
		if sum.Check, err = settled(ctx, d, set); err != nil {
			return err
		}
		if n := len(sum.Check.Differences); n > 0 {
			first := sum.Check.Differences[0]
			return fmt.Errorf("%d figures differ; the first: %s of %s is %q at %s, not %q", n, first.Figure, first.Report, first.Got, first.Region, first.Want)
		}
		return nil
	}()
	sum.OK = err == nil
	if err != nil {
		sum.Why = err.Error()
	}
	return sum, err
}

// settled checks the reports until they are right, or stay wrong: the last acts
// that are the nodes' own follow within seconds.
func settled(ctx context.Context, d threeyears.Doors, set *threeyears.Set) (threeyears.Checked, error) {
	deadline := time.Now().Add(settlePatience)
	for {
		checked, err := set.Check(ctx, d)
		if err != nil || len(checked.Differences) == 0 || time.Now().After(deadline) {
			return checked, err
		}
		select {
		case <-ctx.Done():
			return checked, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// dataDoors lets the people of a data set in.
type dataDoors struct{ *doors }

// Of is the door of one person.
func (d dataDoors) Of(a threeyears.Actor) (*client.Client, error) {
	return d.of(Actor{Region: a.Region, Org: a.Org, Role: a.Role, Person: a.Person})
}

// SetClock moves every node's scenario clock.
func (d dataDoors) SetClock(ctx context.Context, t time.Time) error { return d.setClock(ctx, t) }
