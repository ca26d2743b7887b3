package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/node/demo"
	"sandi.internal/gateway/node/demo/threeyears"
)

// datasetGoal is how fast the three-year data set has to load, against the write
// rate of the same run.
const datasetGoal = 0.5

// runDataset measures, round by round, the writes of the benchmark and the load
// of the three-year data set into a network of its own, on the practice clock,
// through the same kind of doors. It prints a line a round and a JSON object.
func runDataset(ctx context.Context, p plan) error {
	dir, err := os.MkdirTemp("", "sandi-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	certs, err := newBenchTLS(dir)
	if err != nil {
		return err
	}
	ours, err := startSandi(ctx, filepath.Join(dir, "writes"), p.sandi, certs, ourPortBase, nil)
	if err != nil {
		return err
	}
	defer ours.stop()
	var writes, loads []sample
	statements := 0
	for round := range p.rounds {
		s, err := ours.run(ctx, opWrite, fillClients, p.duration)
		if err != nil {
			return err
		}
		if s.Failed > 0 {
			return fmt.Errorf("%d writes failed: %s", s.Failed, s.FirstErr)
		}
		sum, err := loadDataset(ctx, filepath.Join(dir, fmt.Sprint(round)), p.sandi, certs, uint64(round+1))
		if err != nil {
			return err
		}
		statements = sum.Load.Statements
		writes, loads = append(writes, s), append(loads, sample{Ops: statements, OpsPerS: sum.Load.PerSecond})
		progress("round %d/%d  writes %8.0f/s   data set %8.0f/s (%d statements)   ratio %.2f   %d figures agree",
			round+1, p.rounds, s.OpsPerS, sum.Load.PerSecond, statements, sum.Load.PerSecond/s.OpsPerS, sum.Check.Figures)
	}
	rate := func(s sample) float64 { return s.OpsPerS }
	w, l := median(writes, rate), median(loads, rate)
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"writes_per_s": w, "dataset_per_s": l, "statements": statements, "ratio": l / w, "goal": datasetGoal,
	})
}

// loadDataset founds a practice network, has another process load the data set
// into it, and demands that every report is right.
func loadDataset(ctx context.Context, dir, binary string, certs benchTLS, seed uint64) (demo.DataSummary, error) {
	var sum demo.DataSummary
	if err := os.Mkdir(dir, 0o700); err != nil {
		return sum, err
	}
	set := threeyears.Generate(seed)
	c, err := startNetwork(dir, binary, certs, nil, demo.Options{Clock: genesis.ClockPractice, Start: set.Start, PortBase: otherPortBase})
	if err != nil {
		return sum, err
	}
	defer c.stop()
	if err := c.up(); err != nil {
		return sum, err
	}
	self, err := os.Executable()
	if err != nil {
		return sum, err
	}
	cmd := exec.CommandContext(ctx, self, "dataset", "-dir", c.dir, "-cacert", certs.ca, "-seed", fmt.Sprint(seed))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return sum, fmt.Errorf("couldn't load the data set: %w", err)
	}
	return sum, json.Unmarshal(out, &sum)
}

// datasetMain is the process that loads; it prints one JSON line.
func datasetMain(args []string) error {
	fs := flag.NewFlagSet("dataset", flag.ContinueOnError)
	dir := fs.String("dir", "", "folder of the network")
	cacert := fs.String("cacert", "", "CA of the public API")
	seed := fs.Uint64("seed", 1, "of the data")
	if err := fs.Parse(args); err != nil {
		return err
	}
	roots, err := loadPool(*cacert)
	if err != nil {
		return err
	}
	transport := client.NewTransport()
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}
	doors, err := demo.DataDoors(*dir, &http.Client{Transport: transport})
	if err != nil {
		return err
	}
	sum, err := demo.LoadData(context.Background(), doors, demo.DataConfig{Seed: *seed, Writers: fillClients}, threeyears.Generate(*seed))
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(sum)
}
