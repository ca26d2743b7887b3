package lots

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"sandi.internal/gateway/consensus/draw"
)

// prefix is the first byte of the node-local keys of this package; digest -> text.
const prefix = 0x99

// MaxBytes bounds what a node keeps: thousands of pools of a bureau's size. A pool is
// kept as long as the ledger that names it.
const MaxBytes = 1 << 30

var (
	// ErrMissing says that pool or rule of a draw isn't here.
	ErrMissing = errors.New("the pool or the rule of the draw is not at this node")
	// ErrFull says that MaxBytes are kept.
	ErrFull = errors.New("this node keeps as many pools as it may")
)

// Local is the node-local store; *state.Local is one.
type Local interface {
	Get(key []byte) ([]byte, error)
	Set(key, value []byte, sync bool) error
	Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (bool, error)) error
}

// Lots is safe for concurrent use.
type Lots struct {
	store Local
	peers Peers
	nodes func(region string) []string // other nodes to ask, the region's first
	log   *slog.Logger
	news  chan struct{} // pinged when something new is wanted

	mu     sync.Mutex      // guards the fields below
	kept   int64           // bytes
	wanted map[string]want // by record
}

// Open reads how much is kept. nodes are those to ask for what isn't here, those of a
// region first; peers may be nil at a node that asks nobody.
func Open(store Local, peers Peers, nodes func(region string) []string, log *slog.Logger) (*Lots, error) {
	l := &Lots{store: store, peers: peers, nodes: nodes, log: log, news: make(chan struct{}, 1), wanted: map[string]want{}}
	err := store.Scan([]byte{prefix}, []byte{prefix + 1}, false, func(_, value []byte) (bool, error) {
		l.kept += int64(len(value))
		return true, nil
	})
	if err != nil {
		return nil, fmt.Errorf("couldn't read the pools of draws: %w", err)
	}
	return l, nil
}

// Put keeps a pool or a rule, durably. The error wraps draw.ErrText or ErrFull.
func (l *Lots) Put(text []byte) (draw.Text, error) {
	t, err := draw.ParseText(text)
	if err != nil {
		return draw.Text{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	old, err := l.store.Get(key(t.Digest))
	if err != nil || old != nil {
		return t, err
	}
	if l.kept+int64(len(text)) > MaxBytes {
		return draw.Text{}, ErrFull
	}
	if err := l.store.Set(key(t.Digest), text, true); err != nil {
		return draw.Text{}, fmt.Errorf("couldn't keep a draw's text: %w", err)
	}
	l.kept += int64(len(text))
	return t, nil
}

// Text is the pool or rule with that digest, nil when it isn't here.
func (l *Lots) Text(digest [sha256.Size]byte) ([]byte, error) { return l.store.Get(key(digest)) }

func key(digest [sha256.Size]byte) []byte { return append([]byte{prefix}, digest[:]...) }

// Terms are pool and rule of a draw, held against what its record says. The error
// wraps ErrMissing when one isn't here, draw.ErrTerms when they say something else.
func (l *Lots) Terms(r *draw.Record) (*draw.Pool, *draw.Rule, error) {
	pool, err := l.read(r.Pool)
	if err != nil {
		return nil, nil, err
	}
	rule, err := l.read(r.Rule)
	if err != nil {
		return nil, nil, err
	}
	if pool.Pool == nil || rule.Rule == nil {
		return nil, nil, fmt.Errorf("%w: what was frozen as pool or rule is something else", draw.ErrTerms)
	}
	return pool.Pool, rule.Rule, r.Agrees(pool.Pool, rule.Rule)
}

func (l *Lots) read(digest [sha256.Size]byte) (draw.Text, error) {
	text, err := l.Text(digest)
	if err != nil {
		return draw.Text{}, err
	}
	if text == nil {
		return draw.Text{}, ErrMissing
	}
	return draw.ParseText(text)
}
