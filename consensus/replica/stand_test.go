package replica_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/replica/clustertest"
)

// Ensure a follower that stands for election takes over from a leader that is
// alive, over the real transport and its gate too, and that statements go on.
func TestStand(t *testing.T) {
	for name, wire := range map[string]clustertest.Options{
		"in process": {Seed: 91}, "over TLS": {Seed: 92, Wire: clustertest.TLS},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := clustertest.New(t, wire)
			leader := c.Leader()
			c.Fill(leader, 20)
			candidate := c.Followers()[0]
			before, follows, leads := candidate.Replica.Standing()
			if follows != leader.ID || leads {
				t.Fatalf("%s follows %q, leads %v", candidate.ID, follows, leads)
			}
			until(c, candidate, candidate.Replica.Stand)
			if term, _, leads := candidate.Replica.Standing(); term <= before || !leads {
				t.Errorf("leads %v in term %d, before it was %d", leads, term, before)
			}
			c.Write(leader, c.OpenMemo(leader.Region))
			until(c, leader, func(ctx context.Context) error { return candidate.Replica.HandTo(ctx, leader.ID) })
			c.CheckAll()
		})
	}
}

// until acts until a node leads: on a busy machine an election may be lost, and
// the leader of the moment be another.
func until(c *clustertest.Cluster, node *clustertest.Node, act func(context.Context) error) {
	c.Await(node.ID+" leading", func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = act(ctx) // what comes of it is looked at
		return c.Leader() == node
	})
}

// Ensure a node without a vote does not stand, and gets no leadership.
func TestStandbyDoesNotStand(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 93, Standbys: 1})
	leader := c.Leader()
	standby := c.Node("110000-b")
	if err := standby.Replica.Stand(t.Context()); !errors.Is(err, replica.ErrCannotStand) {
		t.Errorf("a standby stands: %v", err)
	}
	if err := leader.Replica.HandTo(t.Context(), standby.ID); err == nil {
		t.Error("a standby was given leadership")
	}
	if c.Leader() != leader {
		t.Error("the leader changed")
	}
}
