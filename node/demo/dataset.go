package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"sandi.internal/gateway/api/auth"
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
	View     View                      // told of founding and readiness
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
	c.View.Founding(c.Dir)
	began := time.Now()
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
	sum, err = c.fill(runCtx, network, set, began)
	if c.Loaded != nil && err == nil {
		c.Loaded(sum)
	}
	if !c.Once && err == nil {
		<-ctx.Done()
	}
	cancel()
	return sum, errors.Join(err, nodes.stopAll())
}

// fill waits until the network is up, and loads the set.
func (c DataConfig) fill(ctx context.Context, n *Network, set *threeyears.Set, began time.Time) (DataSummary, error) {
	if err := newDoors(n, problem.English).ready(ctx); err != nil {
		return DataSummary{Seed: c.Seed}, err
	}
	c.View.Ready(n, time.Since(began))
	doors, err := DataDoors(n.Dir, nil)
	if err != nil {
		return DataSummary{Seed: c.Seed}, err
	}
	return LoadData(ctx, doors, c, set)
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

// dataDoors lets the people of a data set in, each through their own bureau's
// node.
type dataDoors struct {
	network *Network
	url     map[string]string // region -> base URL
	http    *http.Client      // nil: plain HTTP

	mu      sync.Mutex // owns clients
	clients map[threeyears.Actor]*client.Client
}

// DataDoors are the doors of a network that was founded in dir and runs; web is
// what its public API is reached with, nil for plain HTTP.
func DataDoors(dir string, web *http.Client) (threeyears.Doors, error) {
	network, signed, err := Existing(dir)
	if err != nil {
		return nil, err
	}
	d := &dataDoors{network: network, url: map[string]string{}, http: web, clients: map[threeyears.Actor]*client.Client{}}
	for _, r := range signed.Genesis.Regions {
		d.url[r.Code] = r.Nodes[0].Public
	}
	return d, nil
}

// Of is the door of one person.
func (d *dataDoors) Of(a threeyears.Actor) (*client.Client, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.clients[a]; c != nil {
		return c, nil
	}
	region := d.network.Region(a.Region)
	if region == nil {
		return nil, fmt.Errorf("no region %q in the network", a.Region)
	}
	source := &tokens{region: region, actor: Actor{Region: a.Region, Org: a.Org, Role: a.Role, Person: a.Person}}
	c, err := client.New(client.Options{Base: d.url[a.Region], Token: source.token, HTTP: d.http, Lang: problem.English})
	if err == nil {
		d.clients[a] = c
	}
	return c, err
}

// SetClock moves every node's scenario clock.
func (d *dataDoors) SetClock(ctx context.Context, t time.Time) error {
	for _, r := range d.network.Regions {
		door, err := d.Of(threeyears.Actor{Region: r.Code, Org: r.Code + "-SJ", Role: auth.RoleOperator, Person: "synthetic-operator"})
		if err != nil {
			return err
		}
		if err := door.SetClock(ctx, t); err != nil {
			return fmt.Errorf("couldn't set the scenario clock of %s: %w", r.Code, err)
		}
	}
	return nil
}
