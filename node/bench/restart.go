package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// How the ledger is filled before a restart.
const (
	fillClients = 256
	fillTime    = 2 * time.Second
)

// runRestarts fills one network step by step and kills nodes at each step: a
// follower, the leader, all three. It prints how long they take from their start
// to the first readiness.
func runRestarts(ctx context.Context, binary, steps string) error {
	var leaves []int
	for _, text := range strings.Split(steps, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("-restart takes numbers of leaves with commas between them, not %q", steps)
		}
		leaves = append(leaves, n)
	}
	slices.Sort(leaves)
	dir, err := os.MkdirTemp("", "sandi-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	certs, err := newBenchTLS(dir)
	if err != nil {
		return err
	}
	c, err := startSandi(ctx, dir, binary, certs, ourPortBase, nil)
	if err != nil {
		return err
	}
	defer c.stop()
	fmt.Printf("%10s %10s %12s %12s %12s\n", "leaves", "entries", "follower s", "leader s", "all three s")
	for _, n := range leaves {
		if err := c.fill(ctx, n); err != nil {
			return err
		}
		if err := c.restarts(ctx); err != nil {
			return err
		}
	}
	return nil
}

// fill writes until the ledger has so many leaves.
func (c *sandiCluster) fill(ctx context.Context, leaves int) error {
	for {
		have, err := c.gauge(ctx, 0, "sandi_replica_leaves")
		if err != nil || have >= leaves {
			return err
		}
		s, err := c.load(ctx, opWrite, fillClients, fillTime)
		if err != nil {
			return err
		}
		if s.Failed > 0 {
			return fmt.Errorf("%d writes failed: %s", s.Failed, s.FirstErr)
		}
	}
}

// restarts kills a follower, the leader and all nodes, one after the other, and
// prints one line.
func (c *sandiCluster) restarts(ctx context.Context) error {
	leaves, err := c.gauge(ctx, 0, "sandi_replica_leaves")
	if err != nil {
		return err
	}
	entries, err := c.gauge(ctx, 0, "sandi_replica_applied_index")
	if err != nil {
		return err
	}
	var took [3]time.Duration
	for i := range took {
		leader, err := c.leader(ctx)
		if err != nil {
			return err
		}
		which := []int{(leader + 1) % len(c.servers)}
		switch i {
		case 1:
			which = []int{leader}
		case 2:
			which = []int{0, 1, 2}
		}
		if took[i], err = c.restart(ctx, which); err != nil {
			return err
		}
	}
	fmt.Printf("%10d %10d %12.2f %12.2f %12.2f\n", leaves, entries, took[0].Seconds(), took[1].Seconds(), took[2].Seconds())
	return nil
}

// restart kills nodes, starts them again and waits until all of these are ready.
func (c *sandiCluster) restart(ctx context.Context, which []int) (time.Duration, error) {
	for _, i := range which {
		c.servers[i].kill()
	}
	start := time.Now()
	for _, i := range which {
		s, err := c.serve(i)
		if err != nil {
			return 0, err
		}
		c.servers[i] = s
	}
	err := until(time.Minute, "the restarted node", func(ctx context.Context) error {
		for _, i := range which {
			if err := c.servers[i].died(); err != nil {
				return err
			}
			if err := c.get(ctx, i, "/readyz", nil); err != nil {
				return err
			}
		}
		return nil
	})
	return time.Since(start), err
}

// leader waits until one node leads.
func (c *sandiCluster) leader(ctx context.Context) (leader int, err error) {
	err = until(time.Minute, "a leader", func(ctx context.Context) error {
		for i := range c.servers {
			if leads, err := c.gauge(ctx, i, "sandi_replica_leader"); err == nil && leads == 1 {
				leader = i
				return nil
			}
		}
		return fmt.Errorf("no node leads")
	})
	return leader, err
}

// gauge reads one number of a node's metrics.
func (c *sandiCluster) gauge(ctx context.Context, i int, name string) (value int, err error) {
	err = c.get(ctx, i, "/metrics", func(line string) bool {
		text, found := strings.CutPrefix(line, name+" ")
		if found {
			var f float64
			f, err = strconv.ParseFloat(text, 64)
			value = int(f)
		}
		return found
	})
	return value, err
}

// get asks a node's admin address and demands an answer with status 200, and in
// it, unless found is nil, a line with which found is content.
func (c *sandiCluster) get(ctx context.Context, i int, path string, found func(line string) bool) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.network.AdminURL(i)+path, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: status %d", path, resp.StatusCode)
	}
	for lines := bufio.NewScanner(resp.Body); found != nil; {
		if !lines.Scan() {
			return fmt.Errorf("%s doesn't say what was asked for", path)
		}
		if found(lines.Text()) {
			return nil
		}
	}
	return nil
}
