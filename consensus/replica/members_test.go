package replica_test

import (
	"slices"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/membership"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/replica/clustertest"
)

// brisk makes a leader that replaces a silent voter soon, but not one that a busy
// machine holds up.
var brisk = replica.Tuning{DeadAfter: 3 * time.Second, Steady: 50 * time.Millisecond, MembersEvery: 20 * time.Millisecond}

// follower is a voter of another region than the leader's.
func follower(c *clustertest.Cluster) *clustertest.Node {
	leader := c.Leader()
	for _, n := range c.Nodes {
		if n.Region != leader.Region && n.ID == n.Region+"-a" {
			return n
		}
	}
	return nil
}

// voting waits until every running node has committed exactly these voters.
func voting(c *clustertest.Cluster, voters ...string) {
	c.Await("other voters", func() bool {
		for _, n := range c.Running() {
			if !slices.Equal(n.Votes(), voters) {
				return false
			}
		}
		return true
	})
}

// Ensure a standby takes the vote of a node that is silent for long, that writes
// go on, and that the old voter is a standby when it comes back.
func TestStandbyTakesOver(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 10, Standbys: 1, Tuning: brisk})
	leader := c.Leader()
	dead := follower(c)
	c.Fill(leader, 50)
	c.Crash(dead, 50)
	others := slices.DeleteFunc([]string{"110000-a", "120000-a", "130000-a"}, func(id string) bool { return id == dead.ID })
	voters := append(others, dead.Region+"-b")
	slices.Sort(voters)
	voting(c, voters...)
	c.Fill(c.Leader(), 50)
	c.Start(dead)
	c.Await("the old voter back", func() bool { return dead.Replica.Status().Ready })
	voting(c, voters...)
	c.Await("nothing more to change", func() bool { return len(c.Leader().Replica.Status().Plan) == 0 })
	c.CheckAll()
}

// Ensure a machine that is gone for good is replaced: a new node, with empty
// stores and unknown to genesis, is added without a vote, catches up, and takes the
// vote when its region removes the old one. The leader itself is the one that dies.
func TestDeadLeaderReplaced(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 11, Tuning: brisk})
	old := c.Leader()
	c.Fill(old, 300)
	c.Crash(old, 0)
	c.Leader()
	fresh := c.Join(old.Region, "b")
	c.Await("the new node a server", func() bool { return c.Leader().Serves(fresh.ID) })
	c.Await("the new node caught up", func() bool { return fresh.Replica.Status().Size == c.Leader().Replica.Status().Size })
	c.Expel(old.ID, old.Region)
	voters := []string{fresh.ID}
	for _, n := range c.Running() {
		if n != fresh {
			voters = append(voters, n.ID)
		}
	}
	slices.Sort(voters)
	voting(c, voters...)
	c.Await("the old node gone", func() bool { return !c.Leader().Serves(old.ID) })
	c.Fill(fresh, 100)
	c.CheckAll()

	// The new voter counts: without another one the ledger goes on.
	gone := slices.IndexFunc(c.Running(), func(n *clustertest.Node) bool { return n != fresh })
	c.Crash(c.Running()[gone], 0)
	c.Fill(c.Leader(), 10)
	c.CheckAll()
}

// Ensure nodes that the ledger added come back after a restart of everybody, with
// the roster from their own stores.
func TestRosterSurvives(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 12, Tuning: brisk})
	c.Leader()
	fresh := c.Join("120000", "b")
	c.Await("the new node caught up", func() bool { return fresh.Replica.Status().Size == c.Leader().Replica.Status().Size })
	c.Expel("120000-a", "120000")
	c.Stop(c.Node("120000-a"))
	voting(c, "110000-a", "120000-b", "130000-a")
	c.Fill(fresh, 20)
	for _, n := range c.Running() {
		c.Crash(n, 0)
	}
	for _, n := range c.Nodes {
		if n.ID != "120000-a" {
			c.Start(n)
		}
	}
	c.Fill(c.Leader(), 20)
	voting(c, "110000-a", "120000-b", "130000-a")
	c.CheckAll()
}

// Ensure the others remove a region's only node: it loses its vote though its own
// region is against it, and two voters go on; and that no plan goes below them.
func TestRegionRemoved(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 13, Tuning: brisk})
	c.Leader()
	c.Expel("130000-a", "110000", "120000")
	c.Stop(c.Node("130000-a")) // nobody speaks to it any more
	voting(c, "110000-a", "120000-a")
	c.Await("why nothing follows", func() bool {
		s := c.Leader().Replica.Status()
		return len(s.Plan) == 0 && len(s.Waits) == 0 && len(s.Findings) == 0
	})
	c.Fill(c.Leader(), 20)
	c.CheckAll()
	down := c.Followers()[0]
	c.Crash(down, 0)
	left := c.Running()[0]
	c.Await("one of two voters to give up", func() bool { return left.Replica.Status().Role != "leader" && left.Replica.Status().Leader == "" })
	if got := left.Votes(); len(got) != 2 {
		t.Errorf("voters without a quorum became %v", got)
	}
	c.Start(down)
	c.Fill(c.Leader(), 20)
	c.CheckAll()
}

// Ensure a leader says why it does not replace a voter: the standby is not fit,
// or there is none; and that followers know from it.
func TestWhyNothingChanges(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 14, Tuning: brisk})
	dead := follower(c)
	c.Isolate(dead)
	want := []membership.Wait{{Code: membership.WaitDead, Region: dead.Region, Node: dead.ID}}
	c.Await("a reason", func() bool {
		for _, n := range c.Nodes {
			if n != dead && !slices.Equal(n.Replica.Status().Waits, want) {
				return false
			}
		}
		return true
	})
	c.Heal()
	c.Await("no more reasons", func() bool { return len(c.Leader().Replica.Status().Waits) == 0 })
	voting(c, "110000-a", "120000-a", "130000-a")
	c.CheckAll()
}
