package replica_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/replica/clustertest"
)

// appendRaw makes one Raft entry for each of data, whoever leads meanwhile; what
// is uncertain is made again.
func appendRaw(t *testing.T, c *clustertest.Cluster, data ...[]byte) {
	t.Helper()
	for deadline := time.Now().Add(patience); len(data) > 0; {
		if time.Now().After(deadline) {
			t.Fatalf("%d entries are still not in the log", len(data))
		}
		rf := c.Leader().Replica.Raft()
		futures := make([]raft.ApplyFuture, len(data))
		for i := range data {
			futures[i] = rf.Apply(data[i], 0)
		}
		var again [][]byte
		for i, f := range futures {
			if f.Error() != nil {
				again = append(again, data[i])
			}
		}
		if len(again) < len(data) { // slow is not stuck
			deadline = time.Now().Add(patience)
		}
		data = again
	}
}

// Ensure a network restarts with more than 8,192 committed entries that the
// ledgers have forgotten: they were applied without a sync and the power failed.
// (hashicorp/raft's RestoreCommittedLogs hangs here; it must stay off.)
func TestRestartBehindLongLog(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 21})
	leader := c.Leader()
	c.Fill(leader, 50)
	empty := ledger.EncodeCommand(ledger.Command{ProposedAt: c.Clock().UnixMilli()})
	appendRaw(t, c, slices.Repeat([][]byte{empty}, 9000)...)
	c.Fill(leader, 50)
	for _, n := range c.Nodes {
		c.Crash(n, 0)
	}
	for _, n := range c.Nodes {
		c.Start(n)
	}
	c.CheckAll()
	if got := c.Leader().Replica.Status().Size; got != 100 {
		t.Errorf("%d leaves", got)
	}
}

// small lets the log be truncated after a few entries, so that snapshots happen.
var small = replica.Tuning{TrailingLogs: 1, SnapshotThreshold: 4, SnapshotInterval: 10 * time.Millisecond}

// truncated waits until a node's log has lost the entries before index.
func truncated(c *clustertest.Cluster, n *clustertest.Node, index uint64) {
	c.Await("the log is truncated", func() bool { return n.Replica.Status().FirstRaft > index })
}

// Ensure a node that missed too much takes a snapshot over and goes on, that its
// own callers get their answers, and that a view opened before says so.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 22, Tuning: small})
	leader, late := c.Leader(), c.Followers()[0]
	c.Fill(leader, 10)
	raw := c.OpenMemo(late.Region)
	c.Write(leader, raw)
	view, err := late.Replica.View(within(t, patience), replica.Consistency{})
	if err != nil {
		t.Fatal(err)
	}
	c.Isolate(late)
	behind := late.Replica.Status().LastRaft
	answer := make(chan error, 1)
	go func() { // repeated by the late node itself: the snapshot contains it
		res, err := late.Replica.Submit(context.Background(), raw)
		if err == nil && res.Status != ledger.Committed {
			err = errors.New("refused")
		}
		answer <- err
	}()
	for range 10 {
		c.Fill(leader, 10)
	}
	truncated(c, leader, behind+1)
	c.Heal()
	c.CheckAll()
	if s := late.Replica.Status(); s.FirstRaft == 1 || s.FirstRaft > 0 && s.FirstRaft <= behind || s.Healed != 0 {
		t.Errorf("%+v", s)
	}
	if err := <-answer; err != nil {
		t.Error(err)
	}
	if _, err := late.Ledger.Books(view).Standing(); err == nil {
		t.Error("a view from before the snapshot still reads")
	}
	view.Close()
	c.Crash(late, 0)
	c.Start(late)
	c.CheckAll()
}

// Ensure the livelock of hashicorp/raft#697 heals: a node with uncommitted
// entries beyond the snapshot it is sent keeps them, rejects everything that
// follows, and is sent the snapshot for ever.
func TestSnapshotLivelock(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 23, Tuning: small})
	old := c.Leader()
	c.Fill(old, 20)
	c.Isolate(old)
	entry := ledger.EncodeCommand(ledger.Command{})
	var futures []raft.ApplyFuture
	for range 60 { // in its log only, and never committed
		futures = append(futures, old.Replica.Raft().Apply(entry, 0))
	}
	for _, f := range futures {
		if err := f.Error(); err == nil {
			t.Fatal("committed without a quorum")
		}
	}
	stale := old.Replica.Status().LastRaft
	var rest []*clustertest.Node
	for _, n := range c.Nodes {
		if n != old {
			rest = append(rest, n)
		}
	}
	leader := c.Leader(rest...)
	for leader.Replica.Status().LastRaft < stale-20 {
		c.Write(leader, c.OpenMemo(leader.Region))
	}
	truncated(c, leader, stale-60)
	c.Heal()
	c.CheckAll()
	c.Write(old, c.OpenMemo(old.Region))
	if s := old.Replica.Status(); s.Healed == 0 {
		t.Errorf("caught up without the watchdog: hashicorp/raft#697 may be fixed, or the test no longer shows it: %+v", s)
	}
	c.CheckAll()
}

// Ensure a deposed leader whose lease is too long never answers a linearizable
// read from the past. hashicorp/raft's VerifyLeader does: it counts an answer to
// a question from before the read (ENGINEERING 1.4).
func TestWithheldAnswer(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 24, Genesis: func(node string, g *genesis.Genesis) {
		if node == "110000-a" { // goes by a lease of its own: what genesis forbids
			g.Timeouts = genesis.Timeouts{HeartbeatMS: 5000, ElectionMS: 5000, LeaseMS: 5000, CommitMS: 10}
		}
	}})
	old, b, d := c.Node("110000-a"), c.Node("120000-a"), c.Node("130000-a")
	lead(t, c, old)
	memo := c.Write(old, c.OpenMemo("110000"))
	c.Await("all have the memo", func() bool { return b.Replica.Status().Size == 1 && d.Replica.Status().Size == 1 })

	release := c.Hold(old, b) // b hears the old leader's next message; the answer waits
	heard := b.Replica.Raft().LastContact()
	c.Await("b heard it", func() bool { return b.Replica.Raft().LastContact().After(heard) })
	c.CutRaft(old)
	next := c.Leader(b, d)
	c.Write(next, c.AddNote("110000", memo.Record, memo.Hash.String(), "newer"))
	if s := old.Replica.Status(); s.Role != "leader" {
		t.Fatalf("the old leader knows already: %+v", s)
	}
	verified := old.Replica.Raft().VerifyLeader()
	time.Sleep(50 * time.Millisecond) // Raft gives no sign that it has begun to verify
	release()
	if head, err := c.Head(within(t, patience), old, replica.Linearizable, memo.Record); !errors.Is(err, replica.ErrNoLeader) {
		t.Errorf("a deposed leader read %q, %v", head, err)
	}
	if s := old.Replica.Status(); s.Role == "leader" {
		// Still: the read was refused by the answers, not by the lease.
		if err := verified.Error(); err != nil {
			t.Logf("VerifyLeader did not fall for it this time: %v", err)
		}
		if head, _ := c.Head(within(t, patience), old, replica.Local, memo.Record); head != memo.Hash.String() {
			t.Errorf("the old leader has the newer note already: %s", head)
		}
	}
	c.Heal()
	c.CheckAll()
}

// lead makes a node the leader.
func lead(t *testing.T, c *clustertest.Cluster, n *clustertest.Node) {
	t.Helper()
	for range 20 {
		leader := c.Leader()
		if leader == n {
			return
		}
		_ = leader.Replica.Raft().LeadershipTransferToServer(raft.ServerID(n.ID), raft.ServerAddress(n.ID)).Error()
	}
	t.Fatalf("%s does not come to lead", n.ID)
}

// Ensure a term that runs ahead, as after a long partition or a mischievous
// vote, costs an election and nothing else.
func TestTermRunsAhead(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 25})
	leader := c.Leader()
	c.Fill(leader, 20)
	before := leader.Replica.Status().Term
	if err := c.Vote(c.Followers()[0], leader, before+100_000); err != nil {
		t.Fatal(err)
	}
	c.Await("the term has moved", func() bool { return leader.Replica.Status().Term >= before+100_000 })
	c.Write(c.Node("110000-a"), c.OpenMemo("110000"))
	c.CheckAll()
	if err := c.Vote(c.Followers()[0], c.Leader(), 1<<63); err == nil {
		t.Error("a vote for term 2^63 passed the gate")
	}
	for _, n := range c.Nodes {
		c.Crash(n, 0)
	}
	for _, n := range c.Nodes {
		c.Start(n)
	}
	c.CheckAll()
	if got := c.Leader().Replica.Status().Term; got < before+100_000 || got > before+200_000 {
		t.Errorf("term %d after a restart", got)
	}
}

// Ensure Raft is not given a heartbeat handler even by a transport that would
// take one (hashicorp/raft#695).
func TestNoHeartbeatHandler(t *testing.T) {
	set := make(chan bool, 16)
	c := clustertest.New(t, clustertest.Options{
		Seed: 26, Log: slog.LevelError + 4,
		Wire: func(c *clustertest.Cluster, node string) (replica.Link, func() error, error) {
			l := c.Link(node)
			return &tempting{Link: l, set: set}, func() error { return nil }, nil
		},
	})
	c.Leader()
	select {
	case <-set:
		t.Error("Raft's heartbeat handler reached the transport")
	default:
	}
}

// tempting is a transport with a heartbeat fast path.
type tempting struct {
	replica.Link
	set chan bool
}

func (l *tempting) SetHeartbeatHandler(f func(raft.RPC)) { l.set <- f != nil }
