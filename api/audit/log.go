package audit

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"time"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
)

// Prefixes of the two logs.
const (
	PrefixPublished = "/log"
	PrefixFinal     = "/log/final"
)

// Open opens books over what this node has applied, and says how to close them.
// They are closed soon.
type Open func() (books *ledger.Books, done func(), err error)

// Notes are the checkpoints that this node knows; *witness.Board is one. A note
// that was returned never changes.
type Notes interface {
	Published() *checkpoint.Note // newest with enough cosignatures to publish; nil before the first
	Final() *checkpoint.Note     // newest with enough to be final; nil before the first
	Earlier() []*checkpoint.Note // older final ones that were kept, ascending by size
	// Wait gives the first note with at least size leaves, or the context's error.
	Wait(ctx context.Context, size uint64, final bool) (*checkpoint.Note, error)
}

// Config is what the log is made of.
type Config struct {
	Open   Open
	Notes  Notes
	Policy func() checkpoint.Policy // of the moment
	// PolicyFile is the policy of a checkpoint's moment as a file (*ledger.Ledger.PolicyFileAt);
	// nil: that of genesis.
	PolicyFile func(size uint64) ([]byte, error)
	Network    string            // its id
	Genesis    []byte            // the signed genesis file
	Evidence   func() []Evidence // what stands against others; nil: nothing ever does
	Delays     func() []Delay    // promises that were not kept; nil: none ever is
	Witness    Witness           // nil: this node is nobody's witness
	// DrawText is the pool or rule of a draw by its digest, nil when it isn't here; nil:
	// bundles go without.
	DrawText func(digest [sha256.Size]byte) ([]byte, error)
	Logger   *slog.Logger
}

// Log is the ledger as others read it. It is safe for concurrent use.
type Log struct {
	cfg       Config
	published *tree
	final     *tree
	exports   turns
	cache     *merkle.Cache // of tiles, for proofs
}

// New makes the log.
func New(cfg Config) (*Log, error) {
	if cfg.Open == nil || cfg.Notes == nil || cfg.Logger == nil {
		return nil, errors.New("couldn't open the log: no ledger, no notes or no logger")
	}
	if cfg.Evidence == nil {
		cfg.Evidence = func() []Evidence { return nil }
	}
	if cfg.Delays == nil {
		cfg.Delays = func() []Delay { return nil }
	}
	return &Log{
		cfg:       cfg,
		published: &tree{prefix: PrefixPublished, newest: cfg.Notes.Published, policy: cfg.Policy, open: cfg.Open, log: cfg.Logger},
		final:     &tree{prefix: PrefixFinal, newest: cfg.Notes.Final, policy: cfg.Policy, open: cfg.Open, log: cfg.Logger},
		exports:   newTurns(exportsAtOnce),
		cache:     merkle.NewCache(cachedTiles),
	}, nil
}

// Wait gives the first checkpoint that this node knows with at least size leaves;
// a final one, if final. It may be shown a moment later only.
func (l *Log) Wait(ctx context.Context, size uint64, final bool) (*checkpoint.Note, error) {
	return l.cfg.Notes.Wait(ctx, size, final)
}

const (
	// tilesAtOnce is how many hash tiles are read at a time: each is one short
	// scan, and more at a time than processors gain nothing.
	tilesAtOnce = 16
	// entriesAtOnce is how many entry tiles of one door are held in memory at a
	// time. One is a third of a megabyte, and 16 MiB at worst.
	entriesAtOnce = 8
	// witnessAtOnce is how many notes of strangers are verified at a time.
	witnessAtOnce = 4
	// turnPatience is how long a reader waits for its turn.
	turnPatience = 10 * time.Second
	// cachedTiles is enough for proofs of the youngest 260,000 entries, in 16 MiB
	// when all of them have been asked for.
	cachedTiles = 1024
	// stall is how long a reader may take nothing before it is dropped.
	stall = 30 * time.Second
)
