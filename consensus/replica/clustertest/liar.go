//lint:file-ignore SA1019 hashicorp/raft still fills and reads the deprecated fields, so they have to be set and read here too

package clustertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/state"
	"sandi.internal/gateway/storage/storagetest"
)

// What a voter with a genuine certificate can send that an honest one does not.
// The messages pass the same gate as in a real network.

// Say sends a Raft message from one node's certificate to another node, past the
// sender's own Raft, and returns the answer.
func Say[R any](c *Cluster, from, to *Node, message any, body []byte) (*R, error) {
	ctx, cancel := context.WithTimeout(context.Background(), rpcMax)
	defer cancel()
	return carry(ctx, c.hub, raftKind, from.ID, to.ID, func(target *Link) (*R, error) {
		return receive[R](ctx, target, from.ID, message, body)
	})
}

// Header is the header of messages that a node sends in its own name.
func Header(n *Node) raft.RPCHeader {
	return raft.RPCHeader{ProtocolVersion: raft.ProtocolVersionMax, ID: []byte(n.ID), Addr: []byte(n.ID)}
}

// Vote asks a node to vote for another one in a term, as after a handover: nobody
// may refuse because there is a leader.
func (c *Cluster) Vote(from, to *Node, term uint64) error {
	_, err := Say[raft.RequestVoteResponse](c, from, to, &raft.RequestVoteRequest{
		RPCHeader: Header(from), Term: term, Candidate: []byte(from.ID), LeadershipTransfer: true,
	}, nil)
	return err
}

// Canvass asks a node for its vote as the candidate with the best log of all, as
// after a handover.
func (c *Cluster) Canvass(from, to *Node, term uint64) (granted bool, err error) {
	resp, err := Say[raft.RequestVoteResponse](c, from, to, &raft.RequestVoteRequest{
		RPCHeader: Header(from), Term: term, Candidate: []byte(from.ID), LastLogIndex: 1 << 40, LastLogTerm: term, LeadershipTransfer: true,
	}, nil)
	return err == nil && resp.Granted, err
}

// Foist has a node commit statements in one entry behind its last one, as the
// leader of a later term would, past every cut of the network. Two nodes that are
// given different ones, or the same in another order, have different histories.
func (c *Cluster) Foist(liar, victim *Node, statements ...[]byte) {
	c.t.Helper()
	c.FoistAt(liar, victim, c.Clock(), statements...)
}

// FoistAt is Foist with the time at which the statements are said to have been
// proposed.
func (c *Cluster) FoistAt(liar, victim *Node, at time.Time, statements ...[]byte) {
	c.t.Helper()
	s := victim.Replica.Status()
	var last raft.Log
	if err := victim.Log.GetLog(s.LastRaft, &last); err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), rpcMax)
	defer cancel()
	term := s.Term + 1
	resp, err := receive[raft.AppendEntriesResponse](ctx, c.Link(victim.ID), liar.ID, &raft.AppendEntriesRequest{
		RPCHeader: Header(liar), Term: term, Leader: []byte(liar.ID), PrevLogEntry: s.LastRaft, PrevLogTerm: last.Term, LeaderCommitIndex: s.LastRaft + 1,
		Entries: []*raft.Log{{Index: s.LastRaft + 1, Term: term, Data: ledger.EncodeCommand(ledger.Command{
			ProposedAt: at.UnixMilli(), Statements: statements,
		})}},
	}, nil)
	if err != nil || !resp.Success {
		c.t.Fatalf("%s did not take what %s foisted on it: %+v, %v", victim.ID, liar.ID, resp, err)
	}
}

// Forgery is a snapshot that no honest leader would send.
type Forgery struct {
	Meta   state.Meta
	Stream []byte
}

// Forge makes a well-formed snapshot that claims to stand at meta: fill writes
// its content.
func (c *Cluster) Forge(meta state.Meta, fill func(tx ledger.Tx) error) *Forgery {
	c.t.Helper()
	f, err := forge(meta, fill)
	if err != nil {
		c.t.Fatalf("couldn't forge a snapshot: %v", err)
	}
	return f
}

func forge(meta state.Meta, fill func(tx ledger.Tx) error) (f *Forgery, err error) {
	db, err := engine.Open(engine.Options{Dir: "forge", FS: storagetest.NewDisk().FS(), Kind: engine.Ledger, Logger: storagetest.Quiet})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	store, err := state.Open(db)
	if err != nil {
		return nil, err
	}
	batch := store.Batch()
	if err := fill(batch); err != nil {
		return nil, err
	}
	if err := batch.Commit(meta); err != nil {
		return nil, err
	}
	snap, err := store.Snapshot()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, snap.Close()) }()
	var stream bytes.Buffer
	if _, err := snap.WriteTo(&stream); err != nil {
		return nil, err
	}
	return &Forgery{Meta: meta, Stream: stream.Bytes()}, nil
}

// Another is the content of a ledger of the same network in which other things
// happened: memos of one region, and nothing else.
func (c *Cluster) Another(region string, leaves int) func(ledger.Tx) error {
	return func(tx ledger.Tx) error {
		l, err := ledger.New(c.Signed, statement.NewPool(1, 100))
		if err != nil {
			return err
		}
		if err := l.Load(tx); err != nil {
			return err
		}
		for range leaves {
			cmd := ledger.Command{ProposedAt: c.Clock().UnixMilli(), Statements: [][]byte{c.OpenMemo(region)}}
			if res, err := l.Apply(tx, cmd); err != nil || res[0].Status != ledger.Committed {
				return fmt.Errorf("couldn't make another history: %v, %w", res, err)
			}
		}
		return nil
	}
}

// Continued is the content of a node's ledger with other leaves behind it than
// the network has.
func (c *Cluster) Continued(n *Node, region string, leaves int) func(ledger.Tx) error {
	return func(tx ledger.Tx) error {
		if err := Copied(n, nil)(tx); err != nil {
			return err
		}
		return c.Another(region, leaves)(tx)
	}
}

// Copied is the content of a node's ledger, each value as change gives it: nil
// leaves the key out. Extra keys are added.
func Copied(n *Node, change func(k, v []byte) []byte, extra ...[]byte) func(ledger.Tx) error {
	return func(tx ledger.Tx) error {
		view := n.Store.View()
		defer view.Close()
		err := view.Scan(nil, nil, false, func(k, v []byte) (bool, error) {
			if change != nil {
				if v = change(k, v); v == nil {
					return true, nil
				}
			}
			return true, tx.Set(k, v)
		})
		for _, k := range extra {
			err = errors.Join(err, tx.Set(k, []byte("extra")))
		}
		return err
	}
}

// Install sends a forged snapshot from one node's certificate to another node,
// past every cut of the network.
func (c *Cluster) Install(from, to *Node, term uint64, f *Forgery) (*raft.InstallSnapshotResponse, error) {
	ctx, cancel := context.WithTimeout(context.Background(), rpcMax)
	defer cancel()
	return receive[raft.InstallSnapshotResponse](ctx, c.Link(to.ID), from.ID, &raft.InstallSnapshotRequest{
		RPCHeader: Header(from), SnapshotVersion: raft.SnapshotVersionMax, Term: term, Leader: []byte(from.ID),
		LastLogIndex: f.Meta.RaftIndex, LastLogTerm: f.Meta.RaftTerm, Size: int64(len(f.Stream)),
		Configuration: f.Meta.Config, ConfigurationIndex: f.Meta.ConfigIndex,
	}, f.Stream)
}

// Starve keeps from one node what another's Raft has to tell it, but for the
// heartbeats: the victim goes on following a leader that gives it nothing new.
func (c *Cluster) Starve(leader, victim *Node) {
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	c.hub.starved[way{raftKind, leader.ID, victim.ID}] = true
}
