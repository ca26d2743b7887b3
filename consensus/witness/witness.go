package witness

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
)

// Why this node signs nothing at the moment.
var (
	// ErrFork: two histories have been shown, and no operator has looked yet.
	ErrFork = errors.New("cosigning has stopped: a fork of the ledger was found; see OPERATIONS.md, \"A fork\"")
	// ErrForgotten: the node is on probation, or no peer has answered since the
	// start.
	ErrForgotten = errors.New("this node does not cosign before it knows what it has cosigned before")
	// errAhead: a tree from the future.
	errAhead = errors.New("ledger time is too far ahead of this node's clock")
)

// Witness is one node's part in the checkpoints of its network. Safe for
// concurrent use, but for Publish, which one goroutine calls.
type Witness struct {
	cfg     Config
	tuning  Tuning
	log     *slog.Logger
	group   atomic.Pointer[group]
	foreign *checkpoint.Keys // of foreign logs
	logKey  checkpoint.Key   // this node's
	metrics *metrics
	signs   *signs

	board     *Board
	cases     *cases
	probation *probation
	rehash    *rehash
	own       *origin
	others    map[string]*origin // foreign, by name
	publisher publisher
	damage    atomic.Pointer[error] // set once: what was re-read is wrong
	retired   error                 // set by Open: nothing may be signed with these keys

	heading sync.Mutex // one new head at a time
	head    atomic.Pointer[checkpoint.Note]
	headed  time.Time // when; guarded by heading

	circle circle

	life context.Context // ends with Close
	end  context.CancelFunc
}

// Open reads what this node has promised and decides whether it may vote. The
// ledger in Config.Ledger need not have been loaded yet; nothing is signed before
// Run, or a peer, asks.
func Open(cfg Config) (*Witness, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	w := &Witness{cfg: cfg, tuning: cfg.Tuning.withDefaults(), log: cfg.Logger, others: make(map[string]*origin), circle: circle{watched: make(map[string]*watched)}, signs: newSigns()}
	var err error
	roster := cfg.Roster
	if roster.Genesis == nil {
		if roster, err = rosterOf(cfg.Genesis); err != nil {
			return nil, err
		}
	}
	if w.foreign, err = checkpoint.NewKeys(cfg.Foreign); err != nil {
		return nil, fmt.Errorf("couldn't take up the foreign logs: %w", err)
	}
	self, region := roster.Genesis.Node(cfg.Node)
	if self == nil {
		return nil, fmt.Errorf("couldn't open the witness: the network has no node %s", cfg.Node)
	}
	// Of several keys that count this node signs with the ones it holds.
	w.logKey = checkpoint.NewKey(checkpoint.KindLog, cfg.Genesis.Origin, region.Code, self.ID, cfg.Log.Public().Key)
	cosigner := checkpoint.NewKey(checkpoint.KindCosigner, cfg.Genesis.Origin, region.Code, self.ID, cfg.Cosigner.Public().Key)
	w.SetRoster(roster)
	if err := w.load(cosigner); err != nil {
		return nil, err
	}
	w.life, w.end = context.WithCancel(context.Background())
	w.metrics = newMetrics(cfg.Metrics, w)
	if err := w.lookBack(); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// load reads everything that is kept.
func (w *Witness) load(cosigner checkpoint.Key) error {
	var err error
	if w.own, err = openOrigin(w.cfg, rowKey(rowOwn, ""), cosigner); err != nil {
		return err
	}
	for _, k := range w.cfg.Foreign {
		if w.others[k.Name] != nil {
			continue
		}
		switch frozen, err := w.frozen(k.Name, cosigner); {
		case err != nil:
			return fmt.Errorf("couldn't read whether %s is cosigned: %w", k.Name, err)
		case frozen:
			w.log.Error("this node cosigns a foreign log no more: its folder came from a backup, and what it signed after that is not known. "+
				"Give the node a new cosigner key (OPERATIONS.md, \"Backup and recovery\")", "origin", k.Name)
			continue
		}
		if w.others[k.Name], err = openOrigin(w.cfg, rowKey(rowForeign, k.Name), cosigner); err != nil {
			return fmt.Errorf("couldn't read what was cosigned for %s: %w", k.Name, err)
		}
	}
	if w.board, err = openBoard(w.cfg.Store, &w.group); err != nil {
		return err
	}
	if w.cases, err = openCases(w.cfg.Store, w.group.Load().Ever, w.cfg.Resolved); err != nil {
		return err
	}
	w.cases.explained = w.explained
	if err := w.checkRetired(); err != nil {
		return err
	}
	if w.probation, err = openProbation(w.cfg.Store, len(w.group.Load().nodes) > 0); err != nil {
		return err
	}
	w.rehash = &rehash{ledger: w.cfg.Ledger, from: w.own.state()}
	return nil
}

// Close ends what Run and handlers do in the background.
func (w *Witness) Close() error {
	w.end()
	w.metrics.unregister()
	return nil
}

// Board is the notes to show.
func (w *Witness) Board() *Board { return w.board }

// Evidence is every fork that this node knows of, the oldest first.
func (w *Witness) Evidence() []Evidence { return w.cases.all() }

// State is what this node has cosigned last of its own origin.
func (w *Witness) State() State { return w.own.state() }

// Trouble is why this node signs nothing until somebody acts: nil, ErrDamaged, ErrRetired
// or ErrFork. Quarantine is told apart.
func (w *Witness) Trouble() error {
	if d := w.damage.Load(); d != nil {
		return *d
	}
	if w.retired != nil {
		return w.retired
	}
	if open := w.cases.open(); len(open) > 0 {
		return fmt.Errorf("%s (evidence %s): %w", open[0].Why, open[0].ID, ErrFork)
	}
	return nil
}

// mayCosign is nil when this node may put its cosigner key to its own origin.
func (w *Witness) mayCosign() error {
	if err := w.Trouble(); err != nil {
		return err
	}
	if c, held := w.probation.now(); c != nil || held {
		return ErrForgotten
	}
	return nil
}

// point re-hashes the own ledger up to a size. Damage is remembered.
func (w *Witness) point(ctx context.Context, size uint64) (point, error) {
	if d := w.damage.Load(); d != nil {
		return point{}, *d
	}
	p, err := w.rehash.to(ctx, size)
	if err == nil {
		w.signs.saw(p.time)
	}
	if errors.Is(err, ErrDamaged) && w.damage.CompareAndSwap(nil, &err) {
		w.log.Error("this node signs no more checkpoints: its ledger does not re-hash to its own tree. "+
			"Let it start with an empty data folder while the others are up; see OPERATIONS.md", "error", err)
	}
	return p, err
}

// checkpoint is the own tree at a point.
func (w *Witness) checkpoint(p point) checkpoint.Checkpoint {
	return checkpoint.Checkpoint{Origin: w.cfg.Genesis.Origin, Size: p.size, Root: p.root}
}

// inTime refuses a tree from the future: its signature would say that this node's
// clock had seen that time.
func (w *Witness) inTime(p point) error {
	if ahead := time.UnixMilli(p.time).Sub(w.cfg.Clock()); ahead > maxAhead {
		return fmt.Errorf("%w, by %s", errAhead, ahead.Round(time.Second))
	}
	return nil
}

// signLog signs the own tree with this node's log key. Unlike a cosignature it
// promises nothing about other checkpoints than this one, and needs no state:
// what is committed stays.
func (w *Witness) signLog(size uint64, root merkle.Hash) (checkpoint.Signature, error) {
	if w.retired != nil {
		return checkpoint.Signature{}, w.retired
	}
	return checkpoint.SignLog(checkpoint.Checkpoint{Origin: w.cfg.Genesis.Origin, Size: size, Root: root}, w.logKey, w.cfg.Log)
}

// sign makes this node's own note of a size: log line and cosignature.
func (w *Witness) sign(ctx context.Context, size uint64) (*checkpoint.Note, error) {
	if err := w.mayCosign(); err != nil {
		return nil, err
	}
	p, err := w.point(ctx, size)
	if err != nil {
		return nil, err
	}
	if err := w.inTime(p); err != nil {
		return nil, err
	}
	signed, err := w.signLog(p.size, p.root)
	if err != nil {
		return nil, err
	}
	c := w.checkpoint(p)
	cosigned, err := w.own.extend(c, p)
	if err != nil {
		return nil, err
	}
	return checkpoint.NewNote(c, signed, cosigned), nil
}

// headEvery bounds how often a growing tree is re-hashed and signed because a
// peer asks.
const headEvery = 500 * time.Millisecond

// Head is this node's own newest checkpoint, under its log key alone: what peers
// compare with theirs. nil while the ledger is empty.
func (w *Witness) Head(ctx context.Context) (*checkpoint.Note, error) {
	w.heading.Lock()
	defer w.heading.Unlock()
	size, have := w.cfg.Ledger.Size(), w.head.Load()
	if size == 0 || have != nil && (have.Size >= size || time.Since(w.headed) < headEvery) {
		return have, nil
	}
	p, err := w.point(ctx, size)
	if err != nil {
		return nil, err
	}
	signed, err := w.signLog(p.size, p.root)
	if err != nil {
		return nil, err
	}
	head := checkpoint.NewNote(w.checkpoint(p), signed)
	w.head.Store(head)
	w.headed = time.Now()
	return head, nil
}

// accuse keeps a note of another that contradicts the own ledger, which has root
// at that size: the other half of the evidence is this node's own signature.
func (w *Witness) accuse(theirs *checkpoint.Note, from string, root merkle.Hash) error {
	signed, err := w.signLog(theirs.Size, root)
	if err != nil {
		return err
	}
	ours := checkpoint.NewNote(checkpoint.Checkpoint{Origin: theirs.Origin, Size: theirs.Size, Root: root}, signed)
	e, err := newEvidence(ours, theirs, w.cfg.Clock().Unix(), from)
	if err != nil {
		return err
	}
	return w.convict(e)
}

// convict keeps evidence and raises the alarm.
func (w *Witness) convict(e Evidence) error {
	fresh, err := w.cases.add(e)
	if fresh {
		w.log.Error("found a fork of the ledger; this node cosigns nothing until an operator has looked: see OPERATIONS.md, \"A fork\"",
			"evidence", e.ID, "why", e.Why, "from", e.From)
	}
	return err
}

func when(unix int64) string { return time.Unix(unix, 0).UTC().Format(time.RFC3339) }
