package replica

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/hashicorp/raft"
	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/membership"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/consensus/transport"
	"sandi.internal/gateway/storage/state"
)

// Machine is the state machine that is replicated; *ledger.Ledger is one. Load,
// ApplyEntry and Size are called by one goroutine at a time, the others by any.
type Machine interface {
	// Load takes the machine's memory from storage, and seeds an empty one.
	Load(tx ledger.Tx) error
	// ApplyEntry executes the bytes of one entry. An error means that storage
	// failed or that this binary is too old to go on.
	ApplyEntry(tx ledger.Tx, entry []byte) ([]ledger.Result, error)
	// Size is the number of leaves.
	Size() uint64
	// PublicKey finds the key to verify a statement with.
	PublicKey(st *statement.Statement) (keyring.PublicKey, bool)
	// VerifyAgainst verifies a whole ledger that is to replace the present one.
	VerifyAgainst(r ledger.Reader, c ledger.Check) error
}

// Log is where Raft keeps its entries and its votes; *raftlog.Store is one.
type Log interface {
	raft.LogStore
	raft.StableStore
	raft.MonotonicLogStore
	DeleteAll() error
	Failed() <-chan struct{} // closed when a write failed: the node must stop
	Err() error
}

// Link is the transport; *transport.Transport is one.
type Link interface {
	raft.Transport
	raft.WithPreVote
	// SetMembers says who may speak Raft.
	SetMembers(ids []string)
	// SetSituation tells the transport's gate where to ask for term and leader.
	SetSituation(f func() transport.Situation)
	// Inject hands Raft a message as if from had sent it.
	Inject(ctx context.Context, from string, rpc raft.RPC) error
}

// Config is what a Replica is made of. The parts stay the caller's to close,
// after Close.
type Config struct {
	NodeID    string
	Genesis   *genesis.Signed
	Store     *state.Store
	Log       Log
	Ledger    Machine
	Pool      *statement.Pool
	Transport Link
	Peers     Peers
	// Roster is which nodes belong to the network now, as this node's ledger has it;
	// nil: those of genesis. It is asked after every entry and by any goroutine, and
	// must not wait. While nothing changes its Genesis is the same pointer.
	Roster func() membership.Roster
	// Clock stamps proposals: real time, or the scenario clock of a practice
	// network. Nothing else here asks it.
	Clock func() time.Time
	// Applied is told the results of what was applied here, in the order of the
	// log, when new views show it and before Size and waiting views know; and nil
	// when a snapshot has replaced the ledger. Raft's FSM goroutine calls it: it
	// must not wait. May be nil.
	Applied func(results []ledger.Result)
	// Cosigned is what this node has put its name to: checkpoints that its ledger
	// has to contain, the present one and any that is to replace it. nil: none.
	Cosigned func() ledger.Check
	// First are statements that the next leader's first command carries: the order by
	// which a network was recovered comes before anything else. nil: none.
	First func() [][]byte
	// Abstain is the term up to which this node neither votes nor stands for
	// election; the highest uint64 while it does not at all. nil: 0. It is asked
	// for each message and must not wait.
	Abstain func() uint64
	Logger  *slog.Logger
	Metrics prometheus.Registerer // nil: not registered
	Tuning  Tuning
}

// Tuning are this node's own matters. Zero values mean the defaults; tests set
// them small. What must be equal everywhere is in genesis.
type Tuning struct {
	TrailingLogs      uint64        // most entries kept behind a snapshot
	SnapshotThreshold uint64        // entries after which the log may be truncated
	SnapshotInterval  time.Duration // how often that is looked at
	DeadAfter         time.Duration // silence after which a voter's place is given to another node of its region
	Steady            time.Duration // how long a node must have kept up before it is given a vote
	MembersEvery      time.Duration // how often the configuration is looked at
}

const (
	// trailingLogs is large: the log is cheap, and each follower that can catch
	// up from it avoids a snapshot and its stall. trailingBytes bounds it where
	// entries are large: under full load one has 100 KiB and more.
	trailingLogs  = 100_000
	trailingBytes = 1 << 30
	// A snapshot only syncs the ledger's store. Full load writes 10 MB of log a
	// second, so this keeps what is not truncated yet below trailingBytes.
	snapshotThreshold = 8192
	snapshotInterval  = 30 * time.Second
)

func (t Tuning) withDefaults() Tuning {
	if t.TrailingLogs == 0 {
		t.TrailingLogs = trailingLogs
	}
	if t.SnapshotThreshold == 0 {
		t.SnapshotThreshold = snapshotThreshold
	}
	if t.SnapshotInterval == 0 {
		t.SnapshotInterval = snapshotInterval
	}
	if t.DeadAfter == 0 {
		t.DeadAfter = deadAfter
	}
	if t.Steady == 0 {
		t.Steady = steady
	}
	if t.MembersEvery == 0 {
		t.MembersEvery = membersEvery
	}
	return t
}

func (c *Config) check() error {
	switch {
	case c.Genesis == nil || c.Store == nil || c.Log == nil || c.Ledger == nil || c.Pool == nil:
		return errors.New("couldn't open the replica: a part is missing")
	case c.Transport == nil || c.Peers == nil || c.Clock == nil || c.Logger == nil:
		return errors.New("couldn't open the replica: a part is missing")
	}
	if c.Roster != nil { // it can be asked when the ledger is loaded
		return nil
	}
	if n, _ := c.Genesis.Node(c.NodeID); n == nil {
		return fmt.Errorf("couldn't open the replica: node %q is not in genesis", c.NodeID)
	}
	return nil
}

// raftConfig takes the timeouts from genesis, and from nowhere else: a node with
// a longer lease than another's election timeout could read stale values.
func (c *Config) raftConfig() *raft.Config {
	t, tuning := c.Genesis.Timeouts, c.Tuning.withDefaults()
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	conf := raft.DefaultConfig()
	conf.LocalID = raft.ServerID(c.NodeID)
	conf.HeartbeatTimeout, conf.ElectionTimeout = ms(t.HeartbeatMS), ms(t.ElectionMS)
	conf.LeaderLeaseTimeout, conf.CommitTimeout = ms(t.LeaseMS), ms(t.CommitMS)
	conf.MaxAppendEntries = transport.MaxEntries
	conf.BatchApplyCh = true
	conf.ShutdownOnRemove = false        // a removed region keeps a node that can be read
	conf.NoSnapshotRestoreOnStart = true // the store is already where its Meta says
	conf.NoLegacyTelemetry = true
	conf.TrailingLogs = tuning.TrailingLogs
	conf.SnapshotThreshold, conf.SnapshotInterval = tuning.SnapshotThreshold, tuning.SnapshotInterval
	conf.Logger = transport.Logger(c.Logger, "raft")
	return conf
}
