package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sandi.internal/gateway/api/peer"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/witness"
)

// keyRaftTerm is where Raft keeps its term in its store.
var keyRaftTerm = []byte("CurrentTerm")

// openWitness opens what answers for the ledger's tree. It comes before the
// replica: what this node has promised decides whether it may vote.
func (n *Node) openWitness(peers *peer.Client) error {
	last, err := n.stores.log.LastIndex()
	if err != nil {
		return fmt.Errorf("couldn't read the Raft log: %w", err)
	}
	term, err := n.stores.log.GetUint64(keyRaftTerm)
	if err != nil {
		return fmt.Errorf("couldn't read the Raft store: %w", err)
	}
	foreign, err := n.cfg.Witness.keys()
	if err != nil {
		return err
	}
	n.witness, err = witness.Open(witness.Config{
		Node: n.cfg.Node, Genesis: n.genesis.Genesis, Roster: witnessRoster(n.early), Voters: n.voters, Log: n.secrets.log, Cosigner: n.secrets.cosigner,
		Foreign: foreign, Resolved: n.cfg.Witness.Resolved, Settled: n.settled,
		Store: n.stores.state.Local(), Ledger: ownLedger{n}, Past: witness.Past{LastIndex: last, Term: term},
		Peers: peers, Raft: ownRaft{n}, Clock: n.now, Logger: n.log, Metrics: n.reg,
	})
	if err != nil {
		return fmt.Errorf("couldn't open the witness: %w", err)
	}
	n.onClose(n.witness.Close)
	return nil
}

// ownLedger is this node's replica as the witness reads it.
type ownLedger struct{ n *Node }

// Open implements witness.Ledger.
func (l ownLedger) Open() (*witness.Sight, error) {
	view := l.n.stores.state.View()
	meta, err := view.Meta()
	if err != nil {
		return nil, errors.Join(err, view.Close())
	}
	return &witness.Sight{Books: l.n.ledger.Books(view), Index: meta.RaftIndex, Term: meta.RaftTerm, Close: func() { _ = view.Close() }}, nil
}

// Size implements witness.Ledger. Before the replica is open it is what the store
// holds.
func (l ownLedger) Size() uint64 {
	if l.n.replica != nil {
		return l.n.replica.Size()
	}
	sight, err := l.Open()
	if err != nil {
		return 0
	}
	defer sight.Close()
	standing, err := sight.Standing()
	if err != nil {
		return 0 // a new store
	}
	return standing.Size
}

// Wait implements witness.Ledger.
func (l ownLedger) Wait(ctx context.Context, size uint64) error {
	if size == 0 {
		return nil
	}
	_, err := l.n.replica.WaitSize(ctx, size-1)
	return err
}

// ownRaft is this node's Raft as the witness needs it. It is not asked before Run.
type ownRaft struct{ n *Node }

// Leads implements witness.Raft.
func (r ownRaft) Leads() bool {
	s := r.n.replica.Status()
	return s.Role == "leader" && s.Ready
}

// Rejoin implements witness.Raft.
func (r ownRaft) Rejoin(ctx context.Context) (uint64, error) { return r.n.replica.Rejoin(ctx) }

// StepAside implements witness.Raft.
func (r ownRaft) StepAside(ctx context.Context) { r.n.replica.StepAside(ctx) }

// checkpoints is what the status page says of them.
func (n *Node) checkpoints() *v1.Checkpoints {
	c := &v1.Checkpoints{Cosigned: n.witness.State().Size, Evidence: []string{}, Others: []v1.Reach{}, Quarantine: n.witness.Quarantine()}
	c.Published, c.Final = shown(n.witness.Board().Published()), shown(n.witness.Board().Final())
	for _, e := range n.witness.Evidence() {
		if !e.Resolved {
			c.Evidence = append(c.Evidence, e.ID)
		}
	}
	for _, r := range n.witness.Reached() {
		other := v1.Reach{Node: r.Node, Size: r.Size}
		if !r.At.IsZero() {
			ago := int(time.Since(r.At).Seconds())
			other.AgoS = &ago
		}
		c.Others = append(c.Others, other)
	}
	if err := n.witness.Trouble(); err != nil {
		c.Stopped = err.Error()
	} else if err := n.witness.Warning(); err != nil {
		c.Warning = err.Error()
	}
	return c
}

func shown(n *checkpoint.Note) *v1.Checkpoint {
	if n == nil {
		return nil
	}
	return &v1.Checkpoint{Size: n.Size, Root: strict.B64(n.Root[:]), CosignedBy: n.CosignedBy()}
}

var _ witness.Ledger = ownLedger{}

// probeVote fails while this node does not vote.
func (n *Node) probeVote(context.Context) error {
	if why := n.witness.Quarantine(); why != "" {
		return errors.New("this node does not vote: " + why)
	}
	return nil
}

// probeCheckpoints fails while this node signs nothing, or sees signs of a node
// that lies. It is a warning: one liar must not be able to take every bureau's
// node out of service.
func (n *Node) probeCheckpoints(context.Context) error {
	if err := n.keysCount(); err != nil {
		return err
	}
	return n.witness.Warning()
}
