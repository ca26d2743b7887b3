//lint:file-ignore SA1019 hashicorp/raft still fills and reads the deprecated fields, so they have to be set and read here too

package replica_test

import (
	"bytes"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/replica/clustertest"
	"sandi.internal/gateway/storage/engine"
)

// append sends entries to a node as if from led a later term.
func pretend(c *clustertest.Cluster, from, to *clustertest.Node, change func(m *raft.AppendEntriesRequest)) (*raft.AppendEntriesResponse, error) {
	rf := to.Replica.Raft()
	s := to.Replica.Status()
	m := &raft.AppendEntriesRequest{
		RPCHeader: clustertest.Header(from), Term: rf.CurrentTerm() + 1, Leader: []byte(from.ID), PrevLogEntry: s.LastRaft,
	}
	var last raft.Log
	if err := to.Log.GetLog(s.LastRaft, &last); err != nil {
		return nil, err
	}
	m.PrevLogTerm = last.Term
	change(m)
	return clustertest.Say[raft.AppendEntriesResponse](c, from, to, m, nil)
}

func entry(m *raft.AppendEntriesRequest, data []byte) {
	m.Entries = append(m.Entries, &raft.Log{Index: m.PrevLogEntry + 1 + uint64(len(m.Entries)), Term: m.Term, Data: data})
}

// Ensure a voter that speaks for another, or sends what no honest node sends, is
// not heard, and that the network goes on.
func TestLiarIsNotHeard(t *testing.T) {
	c := clustertest.New(t, clustertest.Options{Seed: 31})
	leader := c.Leader()
	liar, victim := c.Followers()[0], c.Followers()[1]
	c.Fill(leader, 10)
	for name, change := range map[string]func(m *raft.AppendEntriesRequest){
		"in another's name":     func(m *raft.AppendEntriesRequest) { m.RPCHeader = clustertest.Header(leader) },
		"for another's leader":  func(m *raft.AppendEntriesRequest) { m.Leader = []byte(leader.ID) },
		"an entry of 1 MiB":     func(m *raft.AppendEntriesRequest) { entry(m, make([]byte, 1<<20)) },
		"the last of all terms": func(m *raft.AppendEntriesRequest) { m.Term = 1<<64 - 1 },
		"a configuration that is none": func(m *raft.AppendEntriesRequest) {
			entry(m, []byte("noise"))
			m.Entries[0].Type = raft.LogConfiguration
		},
	} {
		before := victim.Replica.Status().Term
		if resp, err := pretend(c, liar, victim, change); err == nil {
			t.Errorf("%s: heard: %+v", name, resp)
		}
		if after := victim.Replica.Status().Term; after != before {
			t.Errorf("%s: moved the term from %d to %d", name, before, after)
		}
	}
	c.Write(victim, c.OpenMemo(victim.Region))
	c.CheckAll()
}

// Ensure random bytes in an entry are refused by all alike, even when they come
// to be committed.
func TestRandomEntries(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 32})
	leader := c.Leader()
	c.Fill(leader, 5)
	for i := range 40 {
		junk := make([]byte, c.Rand.IntN(2000))
		for j := range junk {
			junk[j] = byte(c.Rand.Uint32())
		}
		if i%2 == 0 && len(junk) > 0 {
			junk[0] = 1 // the version of a command
		}
		appendRaw(t, c, junk)
	}
	// A command beyond its bounds, and one with forged and foreign statements.
	good := c.OpenMemo("110000")
	forged := bytes.Clone(good)
	forged[len(forged)-2] ^= 1
	for _, cmd := range []ledger.Command{
		{Statements: make([][]byte, ledger.MaxStatements+1)},
		{Statements: [][]byte{forged, []byte("noise"), good, good}, ProposedAt: c.Clock().UnixMilli()},
	} {
		appendRaw(t, c, ledger.EncodeCommand(cmd))
	}
	c.CheckAll()
	if got := c.Leader().Replica.Status().Size; got != 6 {
		t.Errorf("%d leaves, want 6: one of the junk", got)
	}
}

// Ensure a leader of a later term cannot take back what is committed.
func TestRewriteRefused(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 33})
	leader := c.Leader()
	liar, victim := c.Followers()[0], c.Followers()[1]
	c.Fill(leader, 10)
	c.CheckAll()
	committed := victim.Replica.Status().CommitRaft
	var before raft.Log
	if err := victim.Log.GetLog(committed, &before); err != nil {
		t.Fatal(err)
	}
	resp, err := pretend(c, liar, victim, func(m *raft.AppendEntriesRequest) {
		var prev raft.Log
		if err := victim.Log.GetLog(committed-1, &prev); err != nil {
			t.Fatal(err)
		}
		m.PrevLogEntry, m.PrevLogTerm = prev.Index, prev.Term
		entry(m, ledger.EncodeCommand(ledger.Command{Statements: [][]byte{c.OpenMemo(liar.Region)}}))
		m.LeaderCommitIndex = committed
	})
	if err != nil || resp.Success {
		t.Errorf("answered %+v, %v", resp, err)
	}
	var after raft.Log
	if err := victim.Log.GetLog(committed, &after); err != nil || after.Term != before.Term || !bytes.Equal(after.Data, before.Data) {
		t.Errorf("entry %d changed: %v", committed, err)
	}
	c.Write(victim, c.OpenMemo(victim.Region))
	c.CheckAll()
}

// Ensure a lie about what is committed costs at most the node that believed it,
// and never puts a statement into its ledger that the others do not have.
func TestLyingCommit(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 34})
	leader := c.Leader()
	liar, victim := c.Followers()[0], c.Followers()[1]
	c.Fill(leader, 10)
	c.CheckAll()
	_, err := pretend(c, liar, victim, func(m *raft.AppendEntriesRequest) {
		entry(m, []byte("noise"))
		m.LeaderCommitIndex = m.PrevLogEntry + 1
	})
	if err != nil {
		t.Fatal(err)
	}
	// The victim has the longest log of the latest term now; it may come to lead,
	// and the noise with it, or fall behind for good. Either way:
	c.Write(liar, c.OpenMemo(liar.Region)) // at least the liar has this one
	for _, n := range c.Nodes {
		view := n.Store.View()
		if err := n.Ledger.Verify(view); err != nil {
			t.Errorf("%s: %v", n.ID, err)
		}
		standing, err := n.Ledger.Books(view).Standing()
		view.Close()
		if err != nil {
			t.Fatal(err)
		}
		now := liar.Store.View()
		err = n.Ledger.VerifyAgainst(now, ledger.Check{Points: []ledger.Point{{Size: standing.Size, Root: standing.Root}}})
		now.Close()
		if err != nil {
			t.Errorf("%s is not a prefix of the newest ledger: %v", n.ID, err)
		}
	}
}

// Ensure no snapshot replaces a ledger unless it verifies as a whole and
// continues it; a later term is no excuse.
func TestForgedSnapshots(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 35})
	leader := c.Leader()
	liar, victim := c.Followers()[0], c.Followers()[1]
	c.Fill(leader, 30)
	c.CheckAll()
	meta := victim.Store.Meta()
	meta.RaftIndex += 1000
	before := standing(t, victim)
	for name, f := range map[string]*clustertest.Forgery{
		"one leaf altered":  c.Forge(meta, clustertest.Copied(victim, alterLeaf)),
		"one leaf missing":  c.Forge(meta, clustertest.Copied(victim, func(k, v []byte) []byte { return unlessLeaf(k, v, 7) })),
		"a key that is not": c.Forge(meta, clustertest.Copied(victim, nil, []byte{0x70, 1})),
		"another history":   c.Forge(meta, c.Another("130000", 40)),
		"a shorter history": c.Forge(meta, c.Another("130000", 0)),
	} {
		term := victim.Replica.Status().Term + 1
		resp, err := c.Install(liar, victim, term, f)
		if err == nil && resp.Success {
			t.Errorf("%s: taken over", name)
		}
		if after := standing(t, victim); after != before {
			t.Fatalf("%s: moved the ledger from %+v to %+v", name, before, after)
		}
	}
	torn := c.Forge(meta, clustertest.Copied(victim, nil))
	torn.Stream = torn.Stream[:len(torn.Stream)-40]
	if resp, err := c.Install(liar, victim, victim.Replica.Status().Term+1, torn); err == nil && resp.Success {
		t.Error("a torn stream: taken over")
	}
	if err := victim.Replica.Err(); err != nil {
		t.Errorf("the victim stopped: %v", err)
	}
	c.Write(victim, c.OpenMemo(victim.Region))
	c.CheckAll()
}

// Ensure a snapshot in which one byte of one row of any table is another does not
// replace a ledger: rows of the state, of the head, of the tree, of what is
// derived. Remembered refusals alone are bound by nothing: see TestPlantedRefusal
// in consensus/witness.
func TestDoctoredRows(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 38})
	leader := c.Leader()
	liar, victim := c.Followers()[0], c.Followers()[1]
	c.Fill(leader, 12)
	memo := c.Write(leader, c.OpenMemo(leader.Region))
	c.Write(leader, c.AddNote(leader.Region, memo.Record, memo.Hash.String(), "first"))
	stale := c.AddNote(leader.Region, memo.Record, memo.Hash.String(), "on a head of yesterday")
	if res, err := c.Submit(within(t, patience), leader, stale); err != nil || res.Status != ledger.Refused {
		t.Fatalf("%+v, %v", res, err)
	}
	c.CheckAll()
	meta := victim.Store.Meta()
	meta.RaftIndex += 1000
	rows := map[byte][][]byte{} // by table: its keys
	err := clustertest.Copied(victim, func(k, _ []byte) []byte {
		rows[k[0]] = append(rows[k[0]], bytes.Clone(k))
		return nil
	})(nil)
	if err != nil || len(rows) < 10 {
		t.Fatalf("%d tables, %v", len(rows), err)
	}
	before := standing(t, victim)
	const refusals = 0x40
	delete(rows, refusals)
	for table, keys := range rows {
		key := keys[c.Rand.IntN(len(keys))]
		f := c.Forge(meta, clustertest.Copied(victim, func(k, v []byte) []byte {
			if !bytes.Equal(k, key) || len(v) == 0 {
				return v
			}
			v = bytes.Clone(v)
			v[c.Rand.IntN(len(v))] ^= 1 << c.Rand.IntN(8)
			return v
		}))
		resp, err := c.Install(liar, victim, victim.Replica.Status().Term+1, f)
		if err == nil && resp.Success {
			t.Errorf("table %02x, row %x: taken over", table, key)
		}
	}
	if after := standing(t, victim); after != before {
		t.Errorf("moved the ledger from %+v to %+v", before, after)
	}
	c.Write(victim, c.OpenMemo(victim.Region))
	c.CheckAll()
}

func standing(t *testing.T, n *clustertest.Node) ledger.Standing {
	t.Helper()
	view := n.Store.View()
	defer view.Close()
	s, err := n.Ledger.Books(view).Standing()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The table of leaves, as consensus/ledger lays it out.
func isLeaf(k []byte, index byte) bool { return len(k) == 9 && k[0] == 0x20 && k[8] == index }

func alterLeaf(k, v []byte) []byte {
	if !isLeaf(k, 3) {
		return v
	}
	v = bytes.Clone(v)
	v[len(v)/2] ^= 1
	return v
}

func unlessLeaf(k, v []byte, index byte) []byte {
	if isLeaf(k, index) {
		return nil
	}
	return v
}

// Ensure a node refuses stores that are not its own, or have lost their past:
// voting on them could break what it has promised.
func TestRefusesToStart(t *testing.T) {
	t.Parallel()
	c := clustertest.New(t, clustertest.Options{Seed: 36, Tuning: small})
	leader := c.Leader()
	c.Fill(leader, 10)
	for range 20 {
		c.Write(leader, c.OpenMemo(leader.Region))
	}
	other := c.Followers()[0]
	truncated(c, leader, 2)
	truncated(c, other, 2)
	c.Stop(leader)
	c.Lose(leader, engine.Raft)
	if err := c.TryStart(leader); !errors.Is(err, replica.ErrPastLost) {
		t.Errorf("without its Raft log: %v", err)
	}
	c.Stop(other)
	c.Lose(other, engine.Ledger)
	if err := c.TryStart(other); !errors.Is(err, replica.ErrPastLost) {
		t.Errorf("without the ledger that its log continues: %v", err)
	}
	third := c.Running()[0]
	c.Stop(third)
	c.Take(leader, third)
	if err := c.TryStart(leader); !errors.Is(err, replica.ErrForeign) {
		t.Errorf("on another node's stores: %v", err)
	}
	c.Start(third)
}

// Ensure a node that cannot apply stops, says why, keeps its local reads and does
// not disturb the others; a repaired one catches up.
func TestMachineFailure(t *testing.T) {
	t.Parallel()
	var broken atomic.Pointer[failing]
	c := clustertest.New(t, clustertest.Options{Seed: 37, Machine: func(node string, l *ledger.Ledger) replica.Machine {
		f := &failing{Ledger: l}
		if node == "130000-a" && broken.Load() == nil {
			broken.Store(f)
		}
		return f
	}})
	leader, n := c.Leader(), c.Node("130000-a")
	c.Fill(leader, 10)
	c.CheckAll()
	broken.Load().fail.Store(true)
	if leader == n {
		leader = c.Followers()[0]
	}
	c.Write(leader, c.OpenMemo(leader.Region))
	c.Await("the node stops", func() bool { return n.Replica.Err() != nil })
	<-n.Replica.Failed()
	if !errors.Is(n.Replica.Err(), errBroken) || n.Replica.Status().Failure == "" {
		t.Errorf("stopped with %v", n.Replica.Err())
	}
	if _, err := c.Submit(within(t, patience), n, c.OpenMemo(n.Region)); !errors.Is(err, replica.ErrClosed) {
		t.Errorf("submitted at a stopped node: %v", err)
	}
	view, err := n.Replica.View(within(t, patience), replica.Consistency{Mode: replica.Local})
	if err != nil {
		t.Fatal(err)
	}
	if s, err := n.Ledger.Books(view).Standing(); err != nil || s.Size != 10 {
		t.Errorf("a local view of %d leaves, %v", s.Size, err)
	}
	view.Close()
	c.Write(leader, c.OpenMemo(leader.Region))
	c.Stop(n)
	c.Start(n)
	c.CheckAll()
}

var errBroken = errors.New("broken on purpose")

// failing is a ledger that fails when told to.
type failing struct {
	*ledger.Ledger
	fail atomic.Bool
}

func (f *failing) ApplyEntry(tx ledger.Tx, entry []byte) ([]ledger.Result, error) {
	if f.fail.Load() {
		return nil, errBroken
	}
	return f.Ledger.ApplyEntry(tx, entry)
}
