package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/consensus/genesis"
)

const (
	// readyPatience bounds the start: three nodes, one election.
	readyPatience = 60 * time.Second
	// agreePatience bounds how long the last follower may take to catch up.
	agreePatience = 20 * time.Second
	// networkMark is the file by which a demo network is known; only a folder
	// that holds it is ever wiped.
	networkMark = "THROW-AWAY-KEYS.txt"
)

// Config says what to run.
type Config struct {
	Scenario string
	Dir      string // empty: DefaultDir
	Once     bool   // play, compare, export for an auditor, stop
	ByHand   bool   // play nothing: people play it in the console
	Binary   string // bin/sandi itself
	PortBase int
	Timeouts genesis.Timeouts // zero: the demo's
	View     View
	Lang     problem.Language // of refusals
	Log      *slog.Logger
}

// View is what shows a demo to whoever watches: a terminal or nobody.
type View interface {
	Founding(dir string)
	Ready(n *Network, took time.Duration)
	Playing(s *Scenario)
	Step(o Outcome)
	ByHand(n *Network, s *Scenario, files []string)
	Agreed(s Summary)
	Exported(n *Network, entries uint64)
	Staying(n *Network, links []SignIn)
}

// Summary is the result as JSON.
type Summary struct {
	Scenario string               `json:"scenario"`
	OK       bool                 `json:"ok"`
	Why      string               `json:"why,omitempty"`
	Steps    []Outcome            `json:"steps"`
	Nodes    map[string]NodeState `json:"nodes"`
}

// NodeState is how far one node has come.
type NodeState struct {
	Applied     uint64 `json:"applied"` // leaves
	StateDigest string `json:"state_digest"`
}

// DefaultDir is where the demo lives unless told otherwise, one per user.
func DefaultDir() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("sandi-demo-%d", os.Getuid()))
}

// Run founds a network, starts it, plays the scenario unless it is to be played by
// hand, and, unless Once, stays up until ctx ends. The error says why the summary is not OK.
func Run(ctx context.Context, c Config) (Summary, error) {
	sum := Summary{Scenario: c.Scenario, Steps: []Outcome{}, Nodes: map[string]NodeState{}}
	s, err := LoadScenario(c.Scenario)
	if err != nil {
		return sum, err
	}
	if c.Dir == "" {
		c.Dir = DefaultDir()
	}
	if err := clearDir(c.Dir); err != nil {
		return sum, err
	}
	c.View.Founding(c.Dir)
	began := time.Now()
	network, err := Found(Options{Dir: c.Dir, Clock: genesis.ClockPractice, Start: s.Start, Timeouts: c.Timeouts, PortBase: c.PortBase})
	if err != nil {
		return sum, err
	}
	runCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	nodes := newSupervisor(network, c.Binary, c.Log)
	if err := nodes.startAll(runCtx); err != nil {
		return sum, err
	}
	err = c.playOn(runCtx, network, s, &sum, began)
	sum.OK = err == nil
	if err != nil {
		sum.Why = err.Error()
	}
	if !c.Once && err == nil {
		err = stay(ctx, network, c.View)
	}
	cancel()
	return sum, errors.Join(err, nodes.stopAll())
}

func (c Config) playOn(ctx context.Context, n *Network, s *Scenario, sum *Summary, began time.Time) error {
	d := newDoors(n, c.Lang)
	if err := d.ready(ctx); err != nil {
		return err
	}
	if err := d.registerDrawKeys(ctx, n, s.Start, s.Unregistered); err != nil {
		return err
	}
	c.View.Ready(n, time.Since(began))
	if c.ByHand {
		return c.byHand(ctx, n, s, d)
	}
	c.View.Playing(s)
	p, err := newPlayer(d, n)
	if err != nil {
		return err
	}
	steps, err := p.play(ctx, s, c.View.Step)
	sum.Steps = append(sum.Steps, steps...)
	if err != nil {
		return err
	}
	if sum.Nodes, err = d.agree(ctx); err != nil {
		return err
	}
	c.View.Agreed(*sum)
	if !c.Once {
		return nil // whoever stays can export as any auditor would
	}
	size := sum.Nodes[n.Regions[0].Code].Applied
	if err := d.export(ctx, n, size); err != nil {
		return err
	}
	c.View.Exported(n, size)
	return nil
}

// clearDir makes room: a folder that held a demo network is wiped, an empty or
// absent one taken, anything else refused.
func clearDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) || (err == nil && len(entries) == 0) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("couldn't use %s: %w; choose another folder with --dir", dir, err)
	}
	if _, err := os.Stat(filepath.Join(dir, networkMark)); err != nil {
		return fmt.Errorf("%s holds something that is not a demo network; choose another folder with --dir", dir)
	}
	if pid, alive := runningIn(dir); alive {
		return fmt.Errorf("a demo already runs in %s (process %d); end it with Ctrl-C, or choose another folder with --dir", dir, pid)
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("couldn't clear the former demo in %s: %w", dir, err)
	}
	return nil
}

// Silent shows nothing.
type Silent struct{}

func (Silent) Founding(string)                      {}
func (Silent) Ready(*Network, time.Duration)        {}
func (Silent) Playing(*Scenario)                    {}
func (Silent) Step(Outcome)                         {}
func (Silent) ByHand(*Network, *Scenario, []string) {}
func (Silent) Agreed(Summary)                       {}
func (Silent) Exported(*Network, uint64)            {}
func (Silent) Staying(*Network, []SignIn)           {}
