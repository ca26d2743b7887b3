package lots

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"sandi.internal/gateway/consensus/draw"
)

// prefix is the first byte of the node-local keys of this package: digest -> text, and
// digest, 'n' -> its note.
const prefix = 0x99

var (
	// ErrMissing says that pool or rule of a draw isn't here.
	ErrMissing = errors.New("the pool or the rule of the draw is not at this node")
	// ErrFull says that standing draws need all of a share.
	ErrFull = errors.New("this node keeps as many pools of standing draws as it may")
)

// Local is the node-local store; *state.Local is one.
type Local interface {
	Get(key []byte) ([]byte, error)
	Set(key, value []byte, sync bool) error
	Delete(key []byte) error
	Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (bool, error)) error
}

// Lots is safe for concurrent use.
type Lots struct {
	store Local
	peers Peers
	nodes func(region string) []string // other nodes to ask, the region's first
	named Named
	log   *slog.Logger
	clock func() time.Time
	news  chan struct{} // pinged when something new is wanted

	mu     sync.Mutex // guards the fields below
	held   map[[sha256.Size]byte]holding
	wanted map[string]want // by record
}

// Open reads what is kept. nodes are those to ask for what isn't here, those of a
// region first; peers may be nil at a node that asks nobody. named says what must stay.
func Open(store Local, peers Peers, nodes func(region string) []string, named Named, log *slog.Logger) (*Lots, error) {
	l := &Lots{
		store: store, peers: peers, nodes: nodes, named: named, log: log, clock: time.Now, news: make(chan struct{}, 1),
		held: map[[sha256.Size]byte]holding{}, wanted: map[string]want{},
	}
	if err := l.load(); err != nil {
		return nil, fmt.Errorf("couldn't read the pools of draws: %w", err)
	}
	return l, nil
}

// Put keeps a pool or a rule that the own bureau's people bring in, durably. The error
// wraps draw.ErrText or ErrFull.
func (l *Lots) Put(text []byte) (draw.Text, error) { return l.keep(text, people) }

// keep keeps a text in a share.
func (l *Lots) keep(text []byte, share string) (draw.Text, error) {
	t, err := draw.ParseText(text)
	if err != nil {
		return draw.Text{}, err
	}
	old, err := l.store.Get(key(t.Digest))
	if err != nil {
		return draw.Text{}, err
	}
	if old == nil {
		if err := l.makeRoom(share, int64(len(text))); err != nil {
			return draw.Text{}, err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	h, known := l.held[t.Digest]
	if !known {
		if h = (holding{Share: share, size: int64(len(text))}); l.used(share)+h.size > MaxShare {
			return draw.Text{}, ErrFull
		}
	}
	h.At = l.clock()
	raw, err := json.Marshal(h)
	if err == nil {
		err = l.store.Set(note(t.Digest), raw, known) // what is written after it, is synced with it
	}
	if err == nil && !known {
		err = l.store.Set(key(t.Digest), text, true)
	}
	if err != nil {
		return draw.Text{}, fmt.Errorf("couldn't keep a draw's text: %w", err)
	}
	l.held[t.Digest] = h
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
	l.touch(digest)
	return draw.ParseText(text)
}
