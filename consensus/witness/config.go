package witness

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
)

// Ledger is this node's own replica of the ledger. Safe for concurrent use.
type Ledger interface {
	// Open shows the ledger as it stands; the caller closes what it gets.
	Open() (*Sight, error)
	// Size is the number of leaves now.
	Size() uint64
	// Wait returns once there are at least size leaves, or with ctx's error.
	Wait(ctx context.Context, size uint64) error
}

// Sight is one state of the ledger. Reads that a restore overtook fail.
type Sight struct {
	*ledger.Books
	Index uint64 // Raft index and term of the last entry applied
	Term  uint64
	Close func()
}

// Peers is how this node reaches the others' witnesses: mutual TLS, one request
// and one answer each. api/peer implements it.
type Peers interface {
	// Pull asks what a node shows: see Witness.HandlePull.
	Pull(ctx context.Context, node string) (Pulled, error)
	// AddCheckpoint posts a C2SP add-checkpoint request.
	AddCheckpoint(ctx context.Context, node string, request []byte) (status int, body []byte, err error)
	// PushNote and PushEvidence hand something on; nil means that the node has it.
	PushNote(ctx context.Context, node string, note []byte) error
	PushEvidence(ctx context.Context, node string, evidence []byte) error
}

// Raft is what the witness needs of this node's Raft.
type Raft interface {
	// Leads reports whether this node leads and its term is open.
	Leads() bool
	// Rejoin proves that every other voter is in one term with this node, which
	// has applied all that was acknowledged before the call; it returns the term.
	Rejoin(ctx context.Context) (term uint64, err error)
	// StepAside hands leadership to another node, if this one leads.
	StepAside(ctx context.Context)
}

// Past is what Raft's own store held when the node started.
type Past struct {
	LastIndex uint64 // last entry in the log
	Term      uint64
}

// Config is what a Witness is made of.
type Config struct {
	Node    string
	Genesis *genesis.Genesis
	// Roster is the network's nodes as far as is known at the start; zero: those of
	// genesis. SetRoster tells what changes.
	Roster Roster
	// Voters are the other nodes that vote now; nil: those that genesis lets vote.
	Voters   func() []string
	Log      checkpoint.Signer // this node's two keys
	Cosigner checkpoint.Signer
	// Foreign are log keys of origins outside the federation that this node
	// cosigns as a plain C2SP witness.
	Foreign []checkpoint.Key
	// Resolved are the ids of evidence that an operator has dealt with: it stays
	// on show and no longer stops this cosigner.
	Resolved []string
	// Settled reports whether a return to a final checkpoint explains a note: it is of a
	// history that was given up, and no evidence of anything. nil: nothing is explained.
	Settled func(*checkpoint.Note) bool
	Store   Store
	Ledger  Ledger
	Past    Past
	Peers   Peers
	Raft    Raft
	// Clock stamps cosignatures: real time, or the scenario clock of a practice
	// network. Waiting goes by real time.
	Clock   func() time.Time
	Logger  *slog.Logger
	Metrics prometheus.Registerer // nil: not registered
	Tuning  Tuning
}

// Tuning are intervals. Zero values mean the defaults; tests set them small.
type Tuning struct {
	Publish time.Duration // between two checkpoints of a growing tree
	Retry   time.Duration // between two attempts to complete one that is not final
	Restamp time.Duration // age of the newest note after which an idle leader renews it
	Pull    time.Duration // between two looks at each other node
	Gather  time.Duration // for the other nodes to cosign
	CatchUp time.Duration // for this replica to reach a checkpoint that is to be cosigned
	Late    time.Duration // without progress after which Warning speaks up
}

func (t Tuning) withDefaults() Tuning {
	set := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	set(&t.Publish, time.Second)
	set(&t.Retry, 5*time.Second)
	set(&t.Restamp, 10*time.Minute)
	set(&t.Pull, 2*time.Second)
	set(&t.Gather, 3*time.Second)
	set(&t.CatchUp, time.Second)
	set(&t.Late, 30*time.Second)
	return t
}

const (
	// maxAhead is how far ledger time may lie ahead of this node's clock in a
	// tree that it signs: as much as a statement's signed time may.
	maxAhead = 2 * time.Minute
	// maxForeign bounds the foreign log keys of a configuration.
	maxForeign = 256
)

func (c *Config) check() error {
	switch {
	case c.Genesis == nil || c.Log == nil || c.Cosigner == nil || c.Store == nil || c.Ledger == nil:
		return errors.New("couldn't open the witness: a part is missing")
	case c.Peers == nil || c.Raft == nil || c.Clock == nil || c.Logger == nil:
		return errors.New("couldn't open the witness: a part is missing")
	case len(c.Foreign) > maxForeign:
		return fmt.Errorf("couldn't open the witness: %d foreign log keys, at most %d", len(c.Foreign), maxForeign)
	}
	for _, k := range c.Foreign {
		if k.Kind != checkpoint.KindLog || k.Name == c.Genesis.Origin {
			return fmt.Errorf("couldn't open the witness: %s is not the log key of a foreign origin", k.VKey())
		}
	}
	return nil
}
