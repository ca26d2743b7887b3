//lint:file-ignore SA1019 hashicorp/raft still fills and reads the deprecated fields, so they have to be set and read here too

package clustertest

import (
	"bytes"
	"context"
	"errors"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/consensus/ledger"
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

// Foist has a node commit one statement behind its last entry, as the leader of a
// later term would, past every cut of the network. Two nodes that are given
// different ones have different histories.
func (c *Cluster) Foist(liar, victim *Node, statement []byte) {
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
			ProposedAt: c.Clock().UnixMilli(), Statements: [][]byte{statement},
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

// Install sends a forged snapshot from one node's certificate to another node.
func (c *Cluster) Install(from, to *Node, term uint64, f *Forgery) (*raft.InstallSnapshotResponse, error) {
	return Say[raft.InstallSnapshotResponse](c, from, to, &raft.InstallSnapshotRequest{
		RPCHeader: Header(from), SnapshotVersion: raft.SnapshotVersionMax, Term: term, Leader: []byte(from.ID),
		LastLogIndex: f.Meta.RaftIndex, LastLogTerm: f.Meta.RaftTerm, Size: int64(len(f.Stream)),
		Configuration: f.Meta.Config, ConfigurationIndex: f.Meta.ConfigIndex,
	}, f.Stream)
}
