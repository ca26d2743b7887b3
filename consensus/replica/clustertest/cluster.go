package clustertest

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"runtime/pprof"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sandi.internal/gateway/certs/devca"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/storagetest"
)

// Options say what cluster to make. The zero value is three regions with one
// node each, in memory, with fast timeouts.
type Options struct {
	Seed     uint64
	Regions  []string         // nil: the three of the demo
	Standbys int              // further nodes per region, without a vote
	Timeouts genesis.Timeouts // zero: Fast
	Tuning   replica.Tuning
	Law      []genesis.LawText // besides memo
	OnDisk   bool              // real files in a temporary folder; Crash is not possible then
	// Genesis may change the genesis one node goes by, to play a node that is
	// configured wrongly. It gets a copy.
	Genesis func(node string, g *genesis.Genesis)
	// Wire replaces Raft's transport. The peer calls stay in process.
	Wire func(c *Cluster, node string) (replica.Link, func() error, error)
	// Machine may stand in for a node's ledger.
	Machine func(node string, l *ledger.Ledger) replica.Machine
	// Applied gives what a node's replica tells about what it has applied
	// (replica.Config.Applied). It is asked each time the node starts.
	Applied func(node string) func([]ledger.Result)
	// Attach may add to what a node's replica is made of; it is called each time
	// the node starts, with its stores open. What it returns ends with the node.
	Attach func(c *Cluster, n *Node, config *replica.Config) (detach func() error, err error)
	Log    slog.Level // of what nodes log to stderr; zero value: nothing below error
}

// Cluster is a network in one process.
type Cluster struct {
	Keys   *devca.Network
	Signed *genesis.Signed
	Nodes  []*Node // sorted by id
	Rand   *rand.Rand

	t       testing.TB
	opts    Options
	hub     *hub
	logger  *slog.Logger
	clock   atomic.Int64 // unix ms
	ids     atomic.Uint64
	history *History
}

// patience is how long helpers wait for what must happen: long, for a race
// detector on a machine that is busy with other things.
const patience = time.Minute

// New starts a cluster; the test's end closes it.
func New(t testing.TB, o Options) *Cluster {
	t.Helper()
	if o.Timeouts == (genesis.Timeouts{}) {
		o.Timeouts = Fast
	}
	keys, err := devca.New("", o.Regions...)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range keys.Regions {
		for i := range o.Standbys {
			if _, err := keys.AddNode(r.Code, string(rune('b'+i))); err != nil {
				t.Fatal(err)
			}
		}
	}
	level := slog.LevelError + 4
	if o.Log != 0 {
		level = o.Log
	}
	c := &Cluster{
		Keys: keys, Signed: Genesis(t, keys, o.Timeouts, o.Law...), Rand: rand.New(rand.NewPCG(o.Seed, 0x5eed)),
		t: t, opts: o, hub: newHub(o.Seed), history: &History{},
		logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})),
	}
	c.clock.Store((c.Signed.CreatedUnix() + 3600) * 1000)
	for _, r := range keys.Regions {
		for _, k := range r.Nodes {
			n := &Node{ID: k.ID, Region: r.Code, c: c, signed: c.Signed}
			if o.OnDisk {
				n.dir = t.TempDir()
			} else {
				n.disk = storagetest.NewDisk()
			}
			if o.Genesis != nil {
				own := *c.Signed.Genesis
				o.Genesis(n.ID, &own)
				signed := *c.Signed
				signed.Genesis = &own
				n.signed = &signed
			}
			c.Nodes = append(c.Nodes, n)
		}
	}
	slices.SortFunc(c.Nodes, func(a, b *Node) int { return cmpString(a.ID, b.ID) })
	t.Cleanup(c.Close)
	for _, n := range c.Nodes {
		if err := n.start(); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func cmpString(a, b string) int {
	if a < b {
		return -1
	}
	return 1
}

// Close ends every node.
func (c *Cluster) Close() {
	c.Heal()
	gone, cancel := context.WithCancel(context.Background())
	cancel() // nobody needs a leader any more
	for _, n := range c.Nodes {
		if err := n.shutdown(gone); err != nil {
			c.t.Errorf("couldn't stop %s: %v", n.ID, err)
		}
	}
}

// Clock is the scenario clock of all nodes.
func (c *Cluster) Clock() time.Time { return time.UnixMilli(c.clock.Load()) }

// Advance moves the scenario clock.
func (c *Cluster) Advance(d time.Duration) { c.clock.Add(d.Milliseconds()) }

// Node returns a node by id.
func (c *Cluster) Node(id string) *Node {
	for _, n := range c.Nodes {
		if n.ID == id {
			return n
		}
	}
	c.t.Fatalf("no node %s", id)
	return nil
}

// Running returns the nodes that are up.
func (c *Cluster) Running() []*Node {
	return slices.DeleteFunc(slices.Clone(c.Nodes), func(n *Node) bool { return !n.Up() })
}

// Await fails the test unless cond comes true in time.
func (c *Cluster) Await(what string, cond func() bool) {
	c.t.Helper()
	for end := time.Now().Add(patience); !cond(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			for _, n := range c.Running() {
				c.t.Logf("%+v", n.Replica.Status())
			}
			var stacks strings.Builder // what happens once in a hundred runs must tell by itself what it was
			_ = pprof.Lookup("goroutine").WriteTo(&stacks, 1)
			c.t.Log(stacks.String())
			c.t.Fatalf("timed out: %s", what)
		}
	}
}

// Leader waits for a leader whose term is open and that all of among (default:
// every running node) follow.
func (c *Cluster) Leader(among ...*Node) *Node {
	c.t.Helper()
	if len(among) == 0 {
		among = c.Running()
	}
	var leader *Node
	c.Await("a leader", func() bool {
		leader = nil
		id := among[0].Replica.Status().Leader
		for _, n := range among {
			if s := n.Replica.Status(); s.Leader != id || !s.Ready {
				return false
			} else if s.Role == "leader" {
				leader = n
			}
		}
		return leader != nil
	})
	return leader
}

// Followers are the running nodes that do not lead.
func (c *Cluster) Followers() []*Node {
	leader := c.Leader()
	return slices.DeleteFunc(c.Running(), func(n *Node) bool { return n == leader })
}

// Stop ends a node in good order; it hands leadership over first.
func (c *Cluster) Stop(n *Node) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := n.shutdown(ctx); err != nil {
		c.t.Fatalf("couldn't stop %s: %v", n.ID, err)
	}
}

// Crash cuts a node's power. Of what was not synced each block stays with a
// chance of unsyncedPercent in 100.
func (c *Cluster) Crash(n *Node, unsyncedPercent int) {
	c.t.Helper()
	if err := n.crash(unsyncedPercent, c.Rand.Uint64()); err != nil {
		c.t.Fatalf("couldn't crash %s: %v", n.ID, err)
	}
}

// Start starts a node that is down.
func (c *Cluster) Start(n *Node) {
	c.t.Helper()
	if n.Up() {
		return
	}
	if err := n.start(); err != nil {
		c.t.Fatal(err)
	}
}

// TryStart starts a node that may refuse to.
func (c *Cluster) TryStart(n *Node) error { return n.start() }

// Lose deletes one of a stopped node's stores.
func (c *Cluster) Lose(n *Node, kind engine.Kind) {
	c.t.Helper()
	if err := n.disk.FS().RemoveAll(string(kind)); err != nil {
		c.t.Fatal(err)
	}
}

// Take gives a stopped node the disk of another one.
func (c *Cluster) Take(n, from *Node) { n.disk = from.disk }

// Backup copies what a node's disk holds for sure at this moment.
func (c *Cluster) Backup(n *Node) *storagetest.Disk { return n.disk.Crash(0, 0) }

// PutBack gives a stopped node an older copy of its disk.
func (c *Cluster) PutBack(n *Node, backup *storagetest.Disk) { n.disk = backup.Crash(0, 0) }

// Erase gives a stopped node an empty disk.
func (c *Cluster) Erase(n *Node) { n.disk = storagetest.NewDisk() }

// Ask carries a question from one node to another as the network does with peer
// calls: it may be cut, held, delayed, lost or repeated. deliver runs at the
// other end.
func Ask[A any](ctx context.Context, c *Cluster, from, to string, deliver func() (A, error)) (A, error) {
	return carry(ctx, c.hub, peerKind, from, to, func(*Link) (A, error) { return deliver() })
}

// Isolate cuts a node off in both directions.
func (c *Cluster) Isolate(n *Node) {
	for _, other := range c.Nodes {
		c.Cut(n, other)
		c.Cut(other, n)
	}
}

// Cut loses every message from one node to another, answers not included.
func (c *Cluster) Cut(from, to *Node) {
	c.cut(peerKind, from, to)
	c.cut(raftKind, from, to)
}

// CutRaft cuts a node off in both directions for Raft only: the peer calls, by
// which nodes ask each other's term, still arrive.
func (c *Cluster) CutRaft(n *Node) {
	for _, other := range c.Nodes {
		c.cut(raftKind, n, other)
		c.cut(raftKind, other, n)
	}
}

func (c *Cluster) cut(k kind, from, to *Node) {
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	c.hub.cut[way{k, from.ID, to.ID}] = true
}

// Hold keeps back the answers to what from asks of to, until the returned
// function lets them go.
func (c *Cluster) Hold(from, to *Node) (release func()) {
	held := make(chan struct{})
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	ways := []way{{raftKind, from.ID, to.ID}, {peerKind, from.ID, to.ID}}
	for _, w := range ways {
		c.hub.held[w] = held
	}
	return func() {
		c.hub.mu.Lock()
		defer c.hub.mu.Unlock()
		open := false
		for _, w := range ways {
			if c.hub.held[w] == held {
				delete(c.hub.held, w)
				open = true
			}
		}
		if open {
			close(held)
		}
	}
}

// Disturb delays every message by up to delay, and repeats or loses it with the
// given chances.
func (c *Cluster) Disturb(delay time.Duration, repeats, lost float64) {
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	c.hub.delay, c.hub.repeats, c.hub.lost = delay, repeats, lost
}

// Heal makes the network whole.
func (c *Cluster) Heal() {
	c.Disturb(0, 0, 0)
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	clear(c.hub.cut)
	clear(c.hub.starved)
	for w, held := range c.hub.held {
		delete(c.hub.held, w)
		select {
		case <-held: // both kinds share one
		default:
			close(held)
		}
	}
}

// String names the run, for failures.
func (c *Cluster) String() string { return fmt.Sprintf("cluster of seed %d", c.opts.Seed) }

// Link is a node's end of the network, for an Options.Wire that wraps it.
func (c *Cluster) Link(node string) *Link {
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	return c.hub.links[node]
}
