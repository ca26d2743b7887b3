package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/node/demo"
	"sandi.internal/gateway/node/setup"
)

// The benchmark's networks keep away from a demo beside them, and from each other.
const (
	ourPortBase   = 30000
	otherPortBase = 15000
)

// sandiCluster is three nodes on loopback, TLS for clients and peers.
type sandiCluster struct {
	dir            string // of the network; the nodes' output lies beside it
	binary         string
	network        *demo.Network
	tls            benchTLS
	memory         *memoryGroups // of the nodes
	servers        []*server
	statementBytes int
}

func startSandi(ctx context.Context, dir, binary string, t benchTLS, ports int, m *memoryGroups) (*sandiCluster, error) {
	c, err := startNetwork(dir, binary, t, m, demo.Options{Clock: genesis.ClockReal, Start: time.Now(), PortBase: ports})
	if err != nil {
		return nil, err
	}
	if err := errors.Join(c.up(), c.ready()); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

// startNetwork founds a network and starts its nodes.
func startNetwork(dir, binary string, t benchTLS, m *memoryGroups, o demo.Options) (*sandiCluster, error) {
	c := &sandiCluster{dir: filepath.Join(dir, "sandi"), binary: binary, tls: t, memory: m}
	o.Dir, o.Timeouts, o.TLSCert, o.TLSKey = c.dir, setup.ProductionTimeouts, t.serverCert, t.serverKey
	o.Requests = 1_000_000 // the limiter must not be what is measured
	var err error
	if c.network, err = demo.Found(o); err != nil {
		return nil, err
	}
	for i := range c.network.Regions {
		s, err := c.serve(i)
		if err != nil {
			c.stop()
			return nil, err
		}
		c.servers = append(c.servers, s)
	}
	return c, nil
}

// serve starts the node of region i.
func (c *sandiCluster) serve(i int) (*server, error) {
	r := c.network.Regions[i]
	command, args, err := c.memory.within(r.Code, c.binary, []string{"serve", "--config", filepath.Join(r.Dir, "sandi.yaml"), "--until-stdin-closes"})
	if err != nil {
		return nil, err
	}
	return startServer(filepath.Dir(c.dir), "sandi-"+r.Code, true, command, args...)
}

// up waits until every node is ready.
func (c *sandiCluster) up() error {
	return until(time.Minute, "three nodes", func(ctx context.Context) error {
		for i := range c.servers {
			if err := errors.Join(c.servers[i].died(), c.get(ctx, i, "/readyz", nil)); err != nil {
				return err
			}
		}
		return nil
	})
}

// ready waits until a write is acknowledged and notes the size of its statement.
func (c *sandiCluster) ready() error {
	return until(60*time.Second, "Sandi", func(ctx context.Context) error {
		for _, s := range c.servers {
			if err := s.died(); err != nil {
				return err
			}
		}
		s, err := c.load(ctx, opWrite, 1, time.Second)
		if err != nil {
			return err
		}
		if s.Failed > 0 {
			return fmt.Errorf("%d writes failed: %s", s.Failed, s.FirstErr)
		}
		c.statementBytes = s.StatementBytes
		return nil
	})
}

func (c *sandiCluster) stop() {
	for _, s := range c.servers {
		s.stop()
	}
}

func (c *sandiCluster) run(ctx context.Context, op string, clients int, d time.Duration) (sample, error) {
	before := c.entries()
	s, err := measure(c.servers, func() (sample, error) { return c.load(ctx, op, clients, d) })
	if n := c.entries() - before; err == nil && op == opWrite && n > 0 {
		s.PerEntry = float64(s.Ops) / n
	}
	return s, err
}

// load runs the load in a process of its own, as etcd's is.
func (c *sandiCluster) load(ctx context.Context, op string, clients int, d time.Duration) (sample, error) {
	self, err := os.Executable()
	if err != nil {
		return sample{}, err
	}
	return runLoad(exec.CommandContext(ctx, self, "load", "-dir", c.dir, "-cacert", c.tls.ca, "-op", op, "-clients", fmt.Sprint(clients), "-duration", d.String()))
}
