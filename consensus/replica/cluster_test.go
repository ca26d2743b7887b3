package replica_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/replica/clustertest"
)

// soak reports whether the long counts are wanted.
var soak = os.Getenv("SANDI_SOAK") != ""

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

const patience = time.Minute

// Ensure a statement submitted anywhere is in every ledger, and that sending it
// again gives the first result, whoever is asked.
func TestSubmitAnywhere(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 1})
	c.Leader()
	for _, n := range c.Nodes {
		raw := c.OpenMemo(n.Region)
		first := c.Write(n, raw)
		if first.Record == "" || first.Duplicate {
			t.Errorf("%s: %+v", n.ID, first)
		}
		for _, other := range c.Nodes {
			again := c.Write(other, raw)
			if again.Index != first.Index || again.LeafHash != first.LeafHash || again.Record != first.Record {
				t.Errorf("%s at %s: %+v, first %+v", n.ID, other.ID, again, first)
			}
		}
	}
	c.CheckAll()
}

// Ensure a refusal is an answer, the same everywhere, and leaves no leaf.
func TestRefusal(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 2})
	leader := c.Leader()
	memo := c.Write(leader, c.OpenMemo(leader.Region))
	stale := c.AddNote(leader.Region, memo.Record, memo.Hash.String(), "first")
	c.Write(leader, stale)
	late := c.AddNote(leader.Region, memo.Record, memo.Hash.String(), "second")
	for _, n := range c.Nodes {
		res, err := c.Submit(within(t, patience), n, late)
		if err != nil || res.Status != ledger.Refused || res.Refusal.Code != ledger.CodeStalePrev {
			t.Errorf("%s: %+v, %v", n.ID, res, err)
		}
	}
	if got := leader.Replica.Status().Size; got != 2 {
		t.Errorf("%d leaves", got)
	}
	c.CheckAll()
}

// Ensure what is no statement, or not signed by its key, is not proposed.
func TestInvalid(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 3})
	c.Leader()
	good := c.OpenMemo("110000")
	forged := append([]byte(nil), good...)
	forged[len(forged)-2] ^= 1 // still base64url, another signature
	for _, n := range c.Nodes {
		for name, raw := range map[string][]byte{"noise": []byte("noise"), "forged": forged, "empty": nil} {
			if _, err := n.Replica.Submit(within(t, patience), raw); !errors.Is(err, replica.ErrInvalid) {
				t.Errorf("%s at %s: %v", name, n.ID, err)
			}
		}
	}
	// A follower that does not look gets the same answer from the leader.
	leader := c.Leader()
	verdicts := leader.Replica.HandleForward(within(t, patience), [][]byte{forged, []byte("noise"), good})
	if verdicts[0].Code != replica.CodeInvalid || verdicts[1].Code != replica.CodeInvalid || verdicts[2].Code != replica.CodeCommitted {
		t.Errorf("verdicts %v", verdicts)
	}
	follower := c.Followers()[0]
	if v := follower.Replica.HandleForward(within(t, patience), [][]byte{good}); v[0].Code != replica.CodeNotLeader {
		t.Errorf("a follower forwards a second time: %v", v)
	}
	c.CheckAll()
	if size := leader.Replica.Status().Size; size != 1 {
		t.Errorf("%d leaves, want 1", size)
	}
}

// Ensure a follower's callers do not wait for the leader's next message: with a
// commit timeout of a second they would wait one to two.
func TestNotice(t *testing.T) {
	slow := clustertest.Fast
	slow.CommitMS = 1000
	c := clustertest.New(t, clustertest.Options{Seed: 4, Timeouts: slow})
	leader, follower := c.Leader(), c.Followers()[0]
	median := func(f func()) time.Duration { // a busy machine may delay any one
		var took []time.Duration
		for range 5 {
			start := time.Now()
			f()
			took = append(took, time.Since(start))
		}
		slices.Sort(took)
		return took[2]
	}
	if took := median(func() { c.Write(follower, c.OpenMemo(follower.Region)) }); took > 500*time.Millisecond {
		t.Errorf("a write at a follower took %s", took)
	}
	took := median(func() {
		res := c.Write(leader, c.OpenMemo(leader.Region))
		head, err := c.Head(within(t, patience), follower, replica.Linearizable, res.Record)
		if err != nil || head != res.Hash.String() {
			t.Errorf("read %q, %v", head, err)
		}
	})
	if took > 500*time.Millisecond {
		t.Errorf("a linearizable read at a follower took %s", took)
	}
}

// Ensure Submit tells apart what was never sent from what may yet come.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 5})
	leader := c.Leader()
	follower := c.Followers()[0]
	c.Isolate(follower)
	c.Await("the follower misses its leader", func() bool { return follower.Replica.Status().Leader == "" })
	_, err := c.Submit(within(t, 100*time.Millisecond), follower, c.OpenMemo(follower.Region))
	if !errors.Is(err, replica.ErrNoLeader) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("at a node without a leader: %v", err)
	}
	c.Isolate(leader)
	raw := c.OpenMemo(leader.Region)
	_, err = c.Submit(within(t, 50*time.Millisecond), leader, raw)
	if !errors.Is(err, replica.ErrUnknownOutcome) {
		t.Errorf("at a leader without a quorum: %v", err)
	}
	c.Heal()
	c.Write(follower, raw) // safe to send again
	c.CheckAll()
}

// Ensure a graceful stop passes leadership to another region at once.
func TestHandover(t *testing.T) {
	t.Parallel()
	slow := genesis.Timeouts{HeartbeatMS: 1500, ElectionMS: 1500, LeaseMS: 1000, CommitMS: 10}
	c := clustertest.New(t, clustertest.Options{Seed: 6, Standbys: 1, Timeouts: slow})
	leader := c.Leader()
	c.Write(leader, c.OpenMemo(leader.Region))
	start := time.Now()
	c.Stop(leader)
	next := c.Leader()
	if took := time.Since(start); took > 1200*time.Millisecond {
		t.Errorf("%s until the next leader: as long as an election", took)
	}
	if next.Region == leader.Region {
		t.Errorf("leadership stayed in %s", next.Region)
	}
	c.Write(next, c.OpenMemo(next.Region))
	c.Start(leader)
	c.CheckAll()
}

// Ensure a standby without a vote follows, forwards and reads like any other.
func TestStandby(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 7, Standbys: 1})
	c.Leader()
	b := c.Node("110000-b")
	res := c.Write(b, c.OpenMemo(b.Region))
	if head, err := c.Head(within(t, patience), b, replica.Linearizable, res.Record); err != nil || head != res.Hash.String() {
		t.Errorf("read %q, %v", head, err)
	}
	voters := 0
	for _, s := range b.Replica.Status().Servers {
		if s.Votes {
			voters++
		}
	}
	if voters != 3 {
		t.Errorf("%d voters of %d servers", voters, len(b.Replica.Status().Servers))
	}
	c.CheckAll()
}

// Ensure the kinds of views keep what they promise.
func TestViews(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 8})
	leader := c.Leader()
	res := c.Write(leader, c.OpenMemo(leader.Region))
	for _, n := range c.Nodes {
		v, err := n.Replica.View(within(t, patience), replica.Consistency{At: res.Index + 1})
		if err != nil {
			t.Fatal(err)
		}
		if rec, err := n.Ledger.Books(v).Record(res.Record); err != nil || rec == nil || v.Size <= res.Index {
			t.Errorf("%s: reads %v of what was written, %v", n.ID, rec, err)
		}
		v.Close()
	}
	if _, err := leader.Replica.View(within(t, 20*time.Millisecond), replica.Consistency{At: 99}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a view of what does not exist: %v", err)
	}
	size := make(chan uint64, 1)
	go func() {
		n, _ := leader.Replica.WaitSize(within(t, patience), 1)
		size <- n
	}()
	c.Write(leader, c.OpenMemo(leader.Region))
	if n := <-size; n != 2 {
		t.Errorf("waited for a second leaf and got %d", n)
	}
	follower := c.Followers()[0]
	c.Isolate(follower)
	stale := replica.Consistency{MaxAge: 50 * time.Millisecond}
	c.Await("a stale node says so", func() bool {
		v, err := follower.Replica.View(within(t, patience), stale)
		if err == nil {
			v.Close()
		}
		return errors.Is(err, replica.ErrStale)
	})
	if _, err := follower.Replica.View(within(t, 2*time.Second), replica.Consistency{Mode: replica.Linearizable}); !errors.Is(err, replica.ErrNoLeader) {
		t.Errorf("a linearizable view without a leader: %v", err)
	}
	v, err := follower.Replica.View(within(t, patience), replica.Consistency{Mode: replica.Local})
	if err != nil || v.AgeMs < 50 {
		t.Errorf("a local view: %+v, %v", v, err)
	}
	v.Close()
	if _, err := follower.Replica.View(within(t, patience), replica.Consistency{Mode: "later"}); err == nil {
		t.Error("an unknown kind of view")
	}
}

// Ensure a full queue turns callers away at once and recovers.
func TestOverload(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 9})
	leader := c.Leader()
	c.Isolate(leader)
	c.Await("no leader", func() bool { return leader.Replica.Status().Leader == "" })
	// A deadline of its own: without one Submit gives up after a minute, which a
	// busy machine may need to sign and queue them all.
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	const limit = 16384 // maxQueued
	answers := make(chan error, limit+1)
	for range limit + 1 {
		raw := c.OpenMemo(leader.Region)
		go func() { _, err := leader.Replica.Submit(ctx, raw); answers <- err }()
	}
	if err := <-answers; !errors.Is(err, replica.ErrOverloaded) {
		t.Errorf("first answer: %v", err)
	}
	cancel()
	for range limit {
		if err := <-answers; !errors.Is(err, replica.ErrNoLeader) {
			t.Fatalf("given up, and certainly not sent: %v", err)
		}
	}
	raw := c.OpenMemo(leader.Region)
	c.Heal()
	c.Write(leader, raw)
	c.CheckAll()
}
