package accesslog

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/storage/journal"
)

// Store is where rows lie; *journal.Journal is one.
type Store interface {
	Get(key []byte) ([]byte, error)
	Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (more bool, err error)) error
	// Write writes all pairs or none; wait returns when they, and all before them,
	// survive a power cut.
	Write(pairs []journal.Pair) (wait func() error, err error)
}

// Config is what a log works with.
type Config struct {
	Region  string
	Node    string
	Store   Store
	Clock   func() time.Time // of entries: real time, or the scenario clock
	Now     func() time.Time // real time
	Rand    io.Reader        // of salts; nil: crypto/rand
	Logger  *slog.Logger
	Metrics prometheus.Registerer // nil: none
}

// Log is safe for concurrent use.
type Log struct {
	cfg   Config
	crowd *crowd

	mu     sync.Mutex // orders entries; guards the rest
	number uint64     // of the log, from 1
	tree   *merkle.Tree
	time   int64  // of the last entry, unix ms
	synced uint64 // entries that survive a power cut
	closed error  // why nothing is written; nil: open
	waits  bool   // it is empty, and nobody has said yet that it may be
}

var _ access.Log = (*Log)(nil)

// Open opens the log, or begins the first. A log that is not what it was is opened all
// the same, and closed to entries: Closed says why.
func Open(cfg Config) (*Log, error) {
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	l := &Log{cfg: cfg, crowd: newCrowd(cfg.Region), number: 1, tree: merkle.NewTree()}
	row, err := cfg.Store.Get(numberKey())
	if err != nil {
		return nil, err
	}
	if len(row) == 8 {
		l.number = binary.BigEndian.Uint64(row)
	}
	if err := l.load(); err != nil {
		l.shut(err)
	}
	l.waits = l.synced == 0
	return l, l.measure()
}

// load reads the tree as it stood and holds it against the rows.
func (l *Log) load() error {
	row, err := l.cfg.Store.Get(edgeKey(l.number))
	if err != nil {
		return err
	}
	if row != nil {
		if l.tree, err = merkle.UnmarshalTree(row); err != nil {
			l.tree = merkle.NewTree()
			return fmt.Errorf("%w: the edge of its tree is unreadable", ErrDamaged)
		}
	}
	size := l.tree.Size()
	l.synced = size
	root, err := merkle.RootAt(l.hashes(l.number), size)
	if err != nil || root != l.tree.Root() {
		return fmt.Errorf("%w: its hashes do not give the root at %d entries", ErrDamaged, size)
	}
	count := uint64(0)
	var last []byte
	lower, upper := entrySpan(l.number, 0)
	err = l.cfg.Store.Scan(lower, upper, true, func(key, value []byte) (bool, error) {
		count, last = indexOf(key)+1, append(last, value...)
		return false, nil
	})
	if err != nil {
		return err
	}
	if count != size {
		return fmt.Errorf("%w: its tree has %d entries, its rows end at %d", ErrDamaged, size, count)
	}
	if size == 0 {
		return nil
	}
	slip, e, err := access.SlipOf(last)
	if err != nil {
		return fmt.Errorf("%w: its last entry is unreadable", ErrDamaged)
	}
	if hash, err := l.hashes(l.number).StoredHashes(0, size-1, 1); err != nil || hash[0] != access.Leaf(slip) {
		return fmt.Errorf("%w: its last entry is not the one that was written", ErrDamaged)
	}
	l.time = e.Time
	return nil
}

// ErrDamaged says that what is stored is not what was written.
var ErrDamaged = errors.New("the access log is not what it was")

// Closed says why the log takes no entries; nil when it takes them.
func (l *Log) Closed() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refusal()
}

// errWaits: an empty log may be a new node's, or what is left of a lost one. Hold tells.
var errWaits = fmt.Errorf("%w: it is empty, and this node has not read yet whether the ledger has a head of it", access.ErrClosed)

func (l *Log) refusal() error {
	if l.closed == nil && l.waits {
		return errWaits
	}
	return l.closed
}

// shut closes the log to entries; the first reason stays.
func (l *Log) shut(reason error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.shutLocked(reason)
}

func (l *Log) shutLocked(reason error) {
	if l.closed == nil {
		l.closed = fmt.Errorf("%w: %w", access.ErrClosed, reason)
		l.cfg.Logger.Error("the access log takes no entries: nobody is given private data; see OPERATIONS, who looked", "node", l.cfg.Node, "log", l.number, "reason", reason)
	}
}

// Record implements access.Log.
func (l *Log) Record(ctx context.Context, e access.Entry) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("couldn't write the access log: %w", err)
	}
	if e.Action == access.Denied {
		if err := l.Closed(); err != nil {
			return err
		}
		counted, due := l.crowd.admit(e, l.cfg.Now())
		if err := l.write(due...); err != nil || counted {
			return err
		}
	}
	return l.write(e)
}

// Flush writes the counts of denials whose minute is over; all of them when the log is
// about to close.
func (l *Log) Flush(all bool) error { return l.write(l.crowd.flush(l.cfg.Now(), all)...) }

// write appends entries and waits until they are on disk.
func (l *Log) write(entries ...access.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	wait, size, err := l.append(entries)
	if err != nil {
		return err
	}
	err = wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.shutLocked(err)
		return l.closed
	}
	l.synced = max(l.synced, size)
	return nil
}

// append puts entries at the end, in one batch with the tree.
func (l *Log) append(entries []access.Entry) (wait func() error, size uint64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.refusal(); err != nil {
		return nil, 0, err
	}
	tree, at := l.tree.Clone(), l.time
	var pairs []journal.Pair
	for _, e := range entries {
		at = max(at, l.cfg.Clock().UnixMilli())
		if pairs, err = l.rows(pairs, tree, e, at); err != nil {
			return nil, 0, err
		}
	}
	pairs = append(pairs, journal.Pair{Key: edgeKey(l.number), Value: tree.Marshal()})
	if wait, err = l.cfg.Store.Write(pairs); err != nil {
		return nil, 0, fmt.Errorf("%w: %w", access.ErrClosed, err)
	}
	l.tree, l.time = tree, at
	return wait, tree.Size(), nil
}

// rows adds the rows of one entry.
func (l *Log) rows(pairs []journal.Pair, tree *merkle.Tree, e access.Entry, at int64) ([]journal.Pair, error) {
	var salt [access.SaltSize]byte
	if _, err := io.ReadFull(l.cfg.Rand, salt[:]); err != nil {
		return nil, fmt.Errorf("couldn't make a salt: %w", err)
	}
	e.Time, e.Salt = at, strict.B64(salt[:])
	raw, err := e.Bytes()
	if err != nil {
		return nil, err
	}
	index := tree.Size()
	pairs = append(pairs, journal.Pair{Key: entryKey(l.number, index), Value: raw})
	for _, s := range e.Subjects() {
		pairs = append(pairs, journal.Pair{Key: tagKey(l.number, access.Tag(s), index)})
	}
	for _, h := range tree.Append(access.Leaf(access.Slip(e, raw))) {
		pairs = append(pairs, journal.Pair{Key: hashKey(l.number, h.Level, h.Index), Value: h.Hash[:]})
	}
	return pairs, nil
}

// Head is the head of what is on disk.
func (l *Log) Head() (access.Head, error) {
	l.mu.Lock()
	number, size := l.number, l.synced
	l.mu.Unlock()
	return l.HeadAt(number, size)
}

// HeadAt is the head that a log had at a size.
func (l *Log) HeadAt(number, size uint64) (access.Head, error) {
	root, err := merkle.RootAt(l.hashes(number), size)
	if err != nil {
		return access.Head{}, fmt.Errorf("couldn't read the access log at %d entries: %w", size, err)
	}
	return access.Head{Log: number, Size: size, Root: root}, nil
}

// Hold holds the log against the latest head that the ledger has of it, nil for none,
// and closes it when it cannot be the log of that head. An empty log takes entries after
// that; it is to be held against a ledger that is not behind.
func (l *Log) Hold(h *access.Head) error {
	if h != nil {
		l.hold(*h)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waits = false
	return l.closed
}

func (l *Log) hold(h access.Head) {
	own, err := l.Head()
	if err != nil {
		l.shut(fmt.Errorf("%w: %w", ErrDamaged, err))
		return
	}
	switch {
	case own.Log > h.Log: // this one began after it; its first head will say so
	case own.Log < h.Log:
		l.shut(fmt.Errorf("the ledger has a head of log %d, this is log %d", h.Log, own.Log))
	case own.Size < h.Size:
		l.shut(fmt.Errorf("the ledger has a head of %d entries, the log has %d", h.Size, own.Size))
	default:
		if then, err := l.HeadAt(h.Log, h.Size); err != nil || then.Root != h.Root {
			l.shut(fmt.Errorf("the ledger has another root at %d entries", h.Size))
		}
	}
}

// ErrOpen says that the log takes entries: there is nothing to begin anew.
var ErrOpen = errors.New("the access log takes entries; none begins beside it")

// Begin ends a closed log and begins another, with the number after: that of the
// ledger's latest head if it is higher. e says who answers for it, and why. The rows of
// the old log stay.
func (l *Log) Begin(ctx context.Context, after uint64, e access.Entry) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := l.begin(after); err != nil {
		return err
	}
	e.Action = access.Begun
	if err := l.write(e); err != nil {
		l.shut(err)
		return err
	}
	l.cfg.Logger.Warn("another access log begins", "node", l.cfg.Node, "reason", e.Reason, "person", e.Person)
	return nil
}

func (l *Log) begin(after uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed == nil {
		return ErrOpen
	}
	number := max(after, l.number) + 1
	wait, err := l.cfg.Store.Write([]journal.Pair{{Key: numberKey(), Value: binary.BigEndian.AppendUint64(nil, number)}})
	if err == nil {
		err = wait()
	}
	if err != nil {
		return fmt.Errorf("%w: %w", access.ErrClosed, err)
	}
	l.number, l.tree, l.time, l.synced = number, merkle.NewTree(), 0, 0
	l.closed, l.waits = nil, false
	return nil
}
