package replica_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/replica/clustertest"
)

// Ensure no acknowledged statement is lost or doubled while nodes lose their
// power during writes, with none, half or all of what was not synced surviving.
// After each cut every node is verified in full.
func TestKills(t *testing.T) {
	t.Parallel()
	rounds := 5
	if soak {
		rounds = 50
	}
	c := clustertest.New(t, clustertest.Options{Seed: 11})
	c.Leader()
	for round := range rounds {
		ctx, stop := context.WithCancel(context.Background())
		var writers sync.WaitGroup
		for _, n := range c.Nodes {
			for range 4 {
				writers.Go(func() { writeUntil(ctx, c, n) })
			}
		}
		goOn := func() {
			before := c.Leader().Replica.Status().Size
			c.Await("writes go on", func() bool { return c.Leader().Replica.Status().Size > before+30 })
		}
		goOn()
		victim := c.Nodes[c.Rand.IntN(len(c.Nodes))]
		if round%2 == 0 {
			victim = c.Leader()
		}
		c.Crash(victim, []int{0, 50, 100}[c.Rand.IntN(3)])
		c.Start(victim)
		goOn()
		stop()
		writers.Wait()
		c.CheckAll()
		if t.Failed() {
			t.Fatalf("round %d, after %s", round, victim.ID)
		}
	}
}

// writeUntil writes at a node, whatever happens to it, until ctx ends.
func writeUntil(ctx context.Context, c *clustertest.Cluster, n *clustertest.Node) {
	for ctx.Err() == nil {
		if _, err := c.Submit(ctx, n, c.OpenMemo(n.Region)); err != nil { // promises nothing
			select {
			case <-time.After(time.Millisecond): // the node may be down
			case <-ctx.Done():
			}
		}
	}
}

// Ensure the network comes back after all nodes lose their power at once.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 12})
	c.Fill(c.Leader(), 300)
	for _, n := range c.Nodes {
		c.Crash(n, 0)
	}
	for _, n := range c.Nodes {
		c.Start(n)
	}
	c.CheckAll()
	c.Write(c.Leader(), c.OpenMemo("110000"))
}

// Ensure writes resume soon after the leader is gone. With Raft's random
// timeouts of one to two election timeouts and a lost vote or two, ten of them
// are ample.
func TestNewLeader(t *testing.T) {
	c := clustertest.New(t, clustertest.Options{Seed: 13})
	leader := c.Leader()
	others := c.Followers()
	c.Write(leader, c.OpenMemo(leader.Region))
	c.Crash(leader, 0)
	start := time.Now()
	c.Write(others[0], c.OpenMemo(others[0].Region))
	took := time.Since(start)
	t.Logf("%s after the leader's death the next write was acknowledged", took.Round(time.Millisecond))
	if limit := 10 * time.Duration(clustertest.Fast.ElectionMS) * time.Millisecond; took > limit {
		t.Errorf("%s, more than %s", took, limit)
	}
	c.Start(leader)
	c.CheckAll()
}

// Ensure what callers see can be put in one order, while the network is cut,
// slow, forgetful and repeats itself, and nodes come and go.
func TestLinearizable(t *testing.T) {
	seeds := 2
	if soak {
		seeds = 30
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			linearizable(t, uint64(100+seed))
		})
	}
}

// troubles in one history: porcupine's search grows fast with its length.
const troubles = 4

func linearizable(t *testing.T, seed uint64) {
	c := clustertest.New(t, clustertest.Options{Seed: seed})
	leader := c.Leader()
	var memos []string
	for range 3 {
		memos = append(memos, c.Write(leader, c.OpenMemo("110000")).Record)
	}
	ctx, stop := context.WithCancel(context.Background())
	var clients sync.WaitGroup
	for client := range 6 {
		clients.Go(func() { client1(ctx, c, client, memos) })
	}
	for range troubles {
		trouble(c)
		time.Sleep(150 * time.Millisecond) // the length of the trouble, not a wait for anything
		c.Heal()
		for _, n := range c.Nodes {
			c.Start(n)
		}
		c.Leader()
	}
	stop()
	clients.Wait()
	c.CheckLinearizable()
	c.CheckAll()
}

// client1 reads and acts on memos at changing nodes.
func client1(ctx context.Context, c *clustertest.Cluster, client int, memos []string) {
	for i := 0; ctx.Err() == nil; i++ {
		n := c.Nodes[(client+i)%len(c.Nodes)]
		memo := memos[(client*7+i)%len(memos)]
		one, cancel := context.WithTimeout(ctx, 400*time.Millisecond)
		head, err := c.ReadOp(one, client, n, memo)
		if err == nil && i%3 != 0 {
			_, _ = c.ActOp(one, client, n, memo, "110000", head, fmt.Sprintf("%d-%d", client, i))
		}
		cancel()
	}
}

// trouble draws one kind of it.
func trouble(c *clustertest.Cluster) {
	a, b := c.Nodes[c.Rand.IntN(3)], c.Nodes[c.Rand.IntN(3)]
	switch c.Rand.IntN(6) {
	case 0:
		c.Isolate(a)
	case 1:
		c.Cut(a, b) // one direction only
	case 2:
		c.Disturb(15*time.Millisecond, 0.2, 0.05)
	case 3:
		c.Hold(a, b)
	case 4:
		c.Crash(a, 50)
	default:
		c.Disturb(2*time.Millisecond, 0.5, 0)
		c.Isolate(c.Leader())
	}
}

// Ensure a leader closes at once in the middle of its proposals. Raft forgets
// some of them when it shuts down, and nobody may wait for those.
func TestCloseWhileProposing(t *testing.T) {
	t.Parallel()
	rounds := 3
	if soak {
		rounds = 100
	}
	c := clustertest.New(t, clustertest.Options{Seed: 14})
	for range rounds {
		leader := c.Leader()
		ctx, stop := context.WithCancel(context.Background())
		var writers sync.WaitGroup
		for range 32 {
			writers.Go(func() { writeUntil(ctx, c, leader) })
		}
		before := leader.Replica.Status().Size
		c.Await("writes go on", func() bool { return leader.Replica.Status().Size > before+50 })
		start := time.Now()
		c.Crash(leader, 100)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("it took %s to close", took)
		}
		stop()
		writers.Wait()
		c.Start(leader)
	}
	c.CheckAll()
}

// Ensure a node that lost its disk, and got a snapshot that its leader knows nothing
// of, gets the entries behind it: the leader goes back to entries that the snapshot has
// covered, which the follower's Raft then believes in and has not.
func TestSnapshotUnknownToLeader(t *testing.T) {
	c := clustertest.New(t, clustertest.Options{Seed: 15, Timeouts: clustertest.Calm})
	leader, victim := c.Leader(), c.Followers()[0]
	c.Fill(leader, 5)
	c.CutRaft(victim)
	c.Fill(leader, 5) // the leader knows that the victim lacks these
	c.Stop(victim)
	c.Erase(victim)
	c.Start(victim)
	f := c.Forge(leader.Store.Meta(), clustertest.Copied(leader, func(_, v []byte) []byte { return v }))
	if resp, err := c.Install(leader, victim, leader.Replica.Status().Term, f); err != nil || !resp.Success {
		t.Fatalf("the snapshot was not taken over: %+v, %v", resp, err)
	}
	c.Heal()
	c.Fill(leader, 1)
	c.Await("the entry behind the snapshot", func() bool { return victim.Replica.Status().Size == leader.Replica.Status().Size })
	c.CheckAll()
}
