package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	for name, run := range map[string]func([]string) error{"load": loadMain, "dataset": datasetMain} {
		if len(os.Args) > 1 && os.Args[1] == name { // a process of its own
			if err := run(os.Args[2:]); err != nil {
				fmt.Fprintf(os.Stderr, "bench %s: %v\n", name, err)
				os.Exit(1)
			}
			return
		}
	}
	rounds := flag.Int("rounds", 3, "alternating rounds")
	duration := flag.Duration("duration", 5*time.Second, "length of one phase")
	sandi := flag.String("sandi", "bin/sandi", "the binary to measure (make build)")
	only := flag.Bool("sandi-only", false, "leave etcd out (for profiling)")
	against := flag.String("against", "", "another sandi binary, to be measured in etcd's place")
	chosen := flag.String("phases", "", "the phases to run, with commas between them (default: all)")
	profiles := flag.String("profile", "", "folder for CPU profiles of each node and phase")
	dataset := flag.Bool("dataset", false, "measure loading the three-year data set instead, beside the writes of the same run")
	bulk := flag.Int64("bulk", 0, "measure transfers of files of so many MiB instead, against nginx and curl, and the writes beside them")
	limit := flag.Int64("limit", 0, "with -bulk: the memory of each node, MiB (control groups; needs root)")
	restart := flag.String("restart", "", "measure restarts instead, after so many leaves each: \"20000,200000\"")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	switch {
	case *restart != "":
		err = runRestarts(ctx, *sandi, *restart)
	case *bulk > 0:
		err = runBulk(ctx, bulkPlan{sandi: *sandi, rounds: *rounds, duration: *duration, mib: *bulk, limit: *limit})
	case *dataset:
		err = runDataset(ctx, plan{sandi: *sandi, rounds: *rounds, duration: *duration})
	default:
		err = run(ctx, plan{sandi: *sandi, against: *against, sandiOnly: *only, rounds: *rounds, duration: *duration, profiles: *profiles}, *chosen)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// plan is what one benchmark compares, and how.
type plan struct {
	sandi     string // the binary that is measured
	against   string // another sandi binary in etcd's place; empty: etcd
	sandiOnly bool   // nothing in etcd's place
	rounds    int
	duration  time.Duration // of a phase
	profiles  string        // folder for CPU profiles; empty: none
}

// contestant is a running three-node cluster.
type contestant interface {
	run(ctx context.Context, op string, clients int, d time.Duration) (sample, error)
	stop()
}

// entrant is a contestant with what it has reached.
type entrant struct {
	name string
	contestant
	results results
}

// opponent starts what stands in etcd's place; nil when nothing does.
func (p plan) opponent(ctx context.Context, dir string, certs benchTLS, statementBytes int) (*entrant, error) {
	switch {
	case p.sandiOnly:
		return nil, nil
	case p.against != "":
		progress("starting three nodes of %s", p.against)
		theirs, err := startSandi(ctx, filepath.Join(dir, "against"), p.against, certs, otherPortBase, nil)
		if err != nil {
			return nil, err
		}
		return &entrant{"against", theirs, results{}}, nil
	}
	progress("building and starting three etcd members (the first build takes a minute)")
	etcd, err := buildEtcd(ctx, dir)
	if err != nil {
		return nil, err
	}
	theirs, err := startEtcd(dir, etcd, certs, statementBytes)
	if err != nil {
		return nil, err
	}
	return &entrant{"etcd", theirs, results{}}, nil
}

func run(ctx context.Context, p plan, chosen string) error {
	phases, err := choosePhases(chosen)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "sandi-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	certs, err := newBenchTLS(dir)
	if err != nil {
		return err
	}
	progress("starting three Sandi nodes")
	ours, err := startSandi(ctx, dir, p.sandi, certs, ourPortBase, nil)
	if err != nil {
		return err
	}
	defer ours.stop()
	entrants := []*entrant{{"sandi", ours, results{}}}
	other, err := p.opponent(ctx, dir, certs, ours.statementBytes)
	if err != nil {
		return err
	}
	otherResults := results{}
	if other != nil {
		defer other.stop()
		entrants, otherResults = append(entrants, other), other.results
	}
	rss := make([]float64, len(ours.servers))
	for round := range p.rounds {
		for _, ph := range phases {
			for i := range entrants {
				c := entrants[(i+round)%len(entrants)] // neither always goes first
				var profiled func() error
				if c.contestant == ours && p.profiles != "" {
					profiled = ours.profile(filepath.Join(p.profiles, ph.Name), p.duration)
				}
				s, err := c.run(ctx, ph.Op, ph.Clients, p.duration)
				if err == nil && profiled != nil {
					err = profiled()
				}
				if err != nil {
					return fmt.Errorf("%s, %s: %w", c.name, ph.Name, err)
				}
				progress("round %d/%d  %-18s %-7s %8.0f ops/s  p99 %6.1f ms  CPU %5.0f us/op  %5.1f per entry  failed %d",
					round+1, p.rounds, ph.Name, c.name, s.OpsPerS, s.P99MS, s.CPUPerOpUS, s.PerEntry, s.Failed)
				c.results[ph.Name] = append(c.results[ph.Name], s)
			}
			for i, s := range ours.servers {
				rss[i] = max(rss[i], s.rssMiB())
			}
		}
	}
	r := newReport(otherResults, entrants[0].results, rss, ours.statementBytes)
	if err := r.print(os.Stdout); err != nil {
		return err
	}
	if n := r.failed(); n > 0 {
		return errors.New("some operations failed; the figures don't count")
	}
	return nil
}
