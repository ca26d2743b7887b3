package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "load" {
		if err := loadMain(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "bench load:", err)
			os.Exit(1)
		}
		return
	}
	rounds := flag.Int("rounds", 3, "alternating rounds")
	duration := flag.Duration("duration", 5*time.Second, "length of one phase")
	sandi := flag.String("sandi", "bin/sandi", "the binary to measure (make build)")
	only := flag.Bool("sandi-only", false, "leave etcd out (for profiling)")
	restart := flag.String("restart", "", "measure restarts instead, after so many leaves each: \"20000,200000\"")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *restart != "" {
		err = runRestarts(ctx, *sandi, *restart)
	} else {
		err = run(ctx, *sandi, *rounds, *duration, *only)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// contestant is a running three-node cluster.
type contestant interface {
	run(ctx context.Context, op string, clients int, d time.Duration) (sample, error)
	stop()
}

func run(ctx context.Context, binary string, rounds int, d time.Duration, sandiOnly bool) error {
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
	ours, err := startSandi(ctx, dir, binary, certs)
	if err != nil {
		return err
	}
	defer ours.stop()
	contestants := []struct {
		name string
		contestant
		results results
	}{{"sandi", ours, results{}}}
	if !sandiOnly {
		progress("building and starting three etcd members (the first build takes a minute)")
		etcd, err := buildEtcd(ctx, dir)
		if err != nil {
			return err
		}
		theirs, err := startEtcd(dir, etcd, certs, ours.statementBytes)
		if err != nil {
			return err
		}
		defer theirs.stop()
		contestants = append(contestants, struct {
			name string
			contestant
			results results
		}{"etcd", theirs, results{}})
	}
	rss := make([]float64, len(ours.servers))
	for round := range rounds {
		for _, p := range phases {
			for i := range contestants {
				c := &contestants[(i+round)%len(contestants)] // neither always goes first
				s, err := c.run(ctx, p.Op, p.Clients, d)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", c.name, p.Name, err)
				}
				progress("round %d/%d  %-18s %-5s %8.0f ops/s  p99 %6.1f ms  failed %d", round+1, rounds, p.Name, c.name, s.OpsPerS, s.P99MS, s.Failed)
				c.results[p.Name] = append(c.results[p.Name], s)
			}
			for i, s := range ours.servers {
				rss[i] = max(rss[i], s.rssMiB())
			}
		}
	}
	var etcdResults results
	if !sandiOnly {
		etcdResults = contestants[1].results
	}
	r := newReport(etcdResults, contestants[0].results, rss, ours.statementBytes)
	if err := r.print(os.Stdout); err != nil {
		return err
	}
	if n := r.failed(); n > 0 {
		return errors.New("some operations failed; the figures don't count")
	}
	return nil
}
