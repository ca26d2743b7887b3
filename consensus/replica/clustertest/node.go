package clustertest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"sandi.internal/gateway/certs/devca"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/raftlog"
	"sandi.internal/gateway/storage/state"
	"sandi.internal/gateway/storage/storagetest"
)

const (
	// Each node verifies on its own small pool: three of them share a test
	// machine's few processors.
	poolWorkers = 1
	poolEntries = 16384
	cacheBytes  = 8 << 20
)

// Parts are what a running node is made of.
type Parts struct {
	Replica *replica.Replica
	Ledger  *ledger.Ledger
	Pool    *statement.Pool
	Store   *state.Store
	Log     *raftlog.Store
}

// Node is one node of a cluster. Its parts are nil while it is down; they belong
// to the goroutine that starts and stops it, others ask Now.
type Node struct {
	ID     string
	Region string
	Parts

	c      *Cluster
	now    atomic.Pointer[Parts]
	disk   *storagetest.Disk // what survives
	dir    string            // instead of disk: the real one
	link   *Link
	stop   []func() error // in reverse
	signed *genesis.Signed
	ticket *genesis.Genesis // of a node that joined: the roster at that time
}

// Now is the running node's parts, or nil while it is down. Any goroutine may
// ask.
func (n *Node) Now() *Parts { return n.now.Load() }

// Up reports whether the node runs.
func (n *Node) Up() bool { return n.Replica != nil }

func (n *Node) start() (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("couldn't start %s: %w", n.ID, err), n.giveBack())
		}
	}()
	cache := engine.NewCache(cacheBytes)
	n.stop = append(n.stop, func() error { cache.Close(); return nil })
	raftDB, err := n.open(engine.Raft, cache)
	if err != nil {
		return err
	}
	ledgerDB, err := n.open(engine.Ledger, cache)
	if err != nil {
		return err
	}
	if n.Log, err = raftlog.Open(raftDB); err != nil {
		return err
	}
	if n.Store, err = state.Open(ledgerDB); err != nil {
		return err
	}
	n.Pool = statement.NewPool(poolWorkers, poolEntries)
	if n.Ledger, err = ledger.New(n.signed, n.Pool); err != nil {
		return err
	}
	config := replica.Config{
		NodeID: n.ID, Genesis: n.signed, Store: n.Store, Log: n.Log, Ledger: n.Ledger, Pool: n.Pool,
		Clock: n.c.Clock, Logger: n.c.logger.With("node", n.ID), Tuning: n.c.opts.Tuning, Roster: n.roster,
	}
	if n.c.opts.Machine != nil {
		config.Ledger = n.c.opts.Machine(n.ID, n.Ledger)
	}
	if n.c.opts.Applied != nil {
		config.Applied = n.c.opts.Applied(n.ID)
	}
	if n.c.opts.Attach != nil {
		detach, err := n.c.opts.Attach(n.c, n, &config)
		if err != nil {
			return err
		}
		n.stop = append(n.stop, detach)
	}
	n.link = n.c.hub.attach(n.ID)
	n.stop = append(n.stop, func() error { n.c.hub.detach(n.link); return nil })
	config.Transport, config.Peers = n.link, n.link
	if n.c.opts.Wire != nil {
		link, closeLink, err := n.c.opts.Wire(n.c, n.ID)
		if err != nil {
			return err
		}
		n.stop = append(n.stop, closeLink)
		config.Transport = link
	}
	if n.Replica, err = replica.Open(config); err != nil {
		return err
	}
	n.link.mu.Lock()
	n.link.replica = n.Replica
	n.link.mu.Unlock()
	parts := n.Parts
	n.now.Store(&parts)
	return nil
}

func (n *Node) open(kind engine.Kind, cache *engine.Cache) (*engine.DB, error) {
	o := engine.Options{Dir: n.dir + "/" + string(kind), Kind: kind, Cache: cache, Logger: slog.New(slog.DiscardHandler)}
	if n.disk != nil {
		o.FS, o.Dir = n.disk.FS(), string(kind)
	}
	o.Fatal = func(reason string) { panic(n.ID + ": " + reason) }
	db, err := engine.Open(o)
	if err != nil {
		return nil, err
	}
	n.stop = append(n.stop, db.Close)
	return db, nil
}

// giveBack closes what start opened, the last first.
func (n *Node) giveBack() error {
	var errs []error
	for i := len(n.stop) - 1; i >= 0; i-- {
		errs = append(errs, n.stop[i]())
	}
	n.stop, n.Parts, n.link = nil, Parts{}, nil
	return errors.Join(errs...)
}

// shutdown ends the node in good order.
func (n *Node) shutdown(ctx context.Context) error {
	if !n.Up() {
		return nil
	}
	n.now.Store(nil)
	err := n.Replica.Close(ctx)
	return errors.Join(err, n.giveBack())
}

// crash ends the node as a power cut would: the network first, so that nothing
// it says after the cut arrives, then the disk, of which only what was synced is
// sure to stay. What still runs afterwards runs on a disk that is thrown away.
func (n *Node) crash(unsyncedPercent int, seed uint64) error {
	if !n.Up() {
		return nil
	}
	n.now.Store(nil)
	n.c.hub.detach(n.link)
	survives := n.disk.Crash(unsyncedPercent, seed)
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	err := n.Replica.Close(gone)
	err = errors.Join(err, n.giveBack())
	n.disk = survives
	return err
}

// Keys are the node's private keys.
func (n *Node) Keys() *devca.Node {
	keys, _ := n.c.Keys.Node(n.ID)
	return keys
}
