package docket

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/promise"
	"sandi.internal/gateway/consensus/statement"
)

const (
	// Period is what this node promises: longer than an election between cities
	// (12 s) and a node's restart take, short enough for a clerk to notice.
	Period = time.Minute
	// patience is how long a statement may be under way before others are asked: a
	// slow commit is no delay.
	patience = 2 * time.Second
	// askAgain is between two rounds of asking for one statement.
	askAgain = 5 * time.Second
	// askMax bounds one question.
	askMax = 3 * time.Second
	// lookEvery is how often open promises are held against the ledger.
	lookEvery = time.Second
	// roundsMost bounds the questions under way, and takenMost the statements that
	// this node brings in for others at a time: when everything waits, the network is
	// slow, and a few promises say as much as all would.
	roundsMost = 8
	takenMost  = 64
)

// Peers is how other nodes are asked; *peer.Client is one.
type Peers interface {
	// AskPromises shows statements to a node. It returns one signed promise each,
	// empty where the node promises nothing.
	AskPromises(ctx context.Context, node string, statements [][]byte) ([][]byte, error)
}

// Store is a keyspace of this node alone; *state.Local is one.
type Store interface {
	Set(key, value []byte, sync bool) error
	Delete(key []byte) error
	Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (more bool, err error)) error
}

// Config is what a Docket works with.
type Config struct {
	Network   string                                               // network id
	Node      string                                               // this node's id
	Nodes     func() []string                                      // all nodes of the network now
	Keys      func() *checkpoint.Keys                              // of all nodes that there ever were
	Key       checkpoint.Key                                       // this node's log key
	Signer    keyring.Signer                                       // its private half
	Pool      *statement.Pool                                      //
	PublicKey func(*statement.Statement) (keyring.PublicKey, bool) // *ledger.Ledger.PublicKey
	Open      func() (books *ledger.Books, done func(), err error) // what this node has applied
	// Submit is *replica.Replica.Submit.
	Submit  func(ctx context.Context, raw []byte) (ledger.Result, error)
	Peers   Peers
	Store   Store
	Clock   func() time.Time // real time, or the scenario clock of a practice network
	Logger  *slog.Logger
	Metrics prometheus.Registerer // nil: not registered

	Patience time.Duration // 0: the default; tests set it small
}

// Docket is safe for concurrent use.
type Docket struct {
	cfg     Config
	metrics *metrics
	life    context.Context
	end     context.CancelFunc
	running sync.WaitGroup // rounds of asking and statements taken on
	rounds  chan struct{}  // places for the former
	taken   chan struct{}  // and for the latter

	count atomic.Int64 // len(open), for the way of every statement
	mu    sync.Mutex   // guards all below
	ended bool
	open  map[string]*file // by region '/' id: not answered yet
	late  []*file          // answered late or not at all, by the first due time
}

// New reads what this node held before.
func New(cfg Config) (*Docket, error) {
	if cfg.Patience == 0 {
		cfg.Patience = patience
	}
	d := &Docket{cfg: cfg, open: make(map[string]*file), rounds: make(chan struct{}, roundsMost), taken: make(chan struct{}, takenMost)}
	if err := d.load(); err != nil {
		return nil, err
	}
	d.life, d.end = context.WithCancel(context.Background())
	d.metrics = newMetrics(cfg.Metrics, d)
	return d, nil
}

// Close ends what is under way and waits for it.
func (d *Docket) Close() error {
	d.mu.Lock()
	d.ended = true
	d.mu.Unlock()
	d.end()
	d.running.Wait()
	d.metrics.unregister()
	return nil
}

// spawn runs f in the background if there is a place for it.
func (d *Docket) spawn(places chan struct{}, f func()) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ended {
		return false
	}
	select {
	case places <- struct{}{}:
	default:
		return false
	}
	d.running.Go(func() {
		defer func() { <-places }()
		f()
	})
	return true
}

// Submit is Config.Submit for statements of this bureau: one that takes longer is
// shown to the other nodes.
func (d *Docket) Submit(ctx context.Context, raw []byte) (ledger.Result, error) {
	timer := time.AfterFunc(d.cfg.Patience, func() { d.ask(raw) })
	res, err := d.cfg.Submit(ctx, raw)
	timer.Stop()
	if err == nil && d.count.Load() > 0 {
		d.look(key(res.Region, res.ID))
	}
	return res, err
}

// Give promises about statements that another node shows, and takes each on: it is
// submitted as long as the promise runs. An empty answer is no promise: the
// statement is none, or answered already, or there is no room.
func (d *Docket) Give(statements [][]byte) [][]byte {
	notes := make([][]byte, len(statements))
	for i, raw := range statements {
		st, err := d.cfg.Pool.Parse(raw)
		if err != nil || st.Network != d.cfg.Network {
			continue
		}
		if public, known := d.cfg.PublicKey(st); !known || !d.cfg.Pool.Verify(st, public) {
			continue
		}
		if fate, err := d.fate(st.Region, st.ID); err != nil || fate.known {
			continue
		}
		made, err := d.make(st)
		if err != nil {
			d.cfg.Logger.Error("couldn't promise", "statement", st.ID, "error", err)
			continue
		}
		if d.spawn(d.taken, func() { d.bring(st.Raw) }) {
			notes[i] = made.Marshal()
			d.metrics.given.Inc()
		}
	}
	return notes
}

// make signs that this node has seen a statement.
func (d *Docket) make(st *statement.Statement) (*promise.Signed, error) {
	now := d.cfg.Clock().Unix()
	return promise.Sign(promise.Promise{
		Network: d.cfg.Network, Region: d.cfg.Key.Region, Node: d.cfg.Node, From: st.Region, ID: st.ID, Hash: st.Hash,
		Seen: now, Due: now + int64(Period.Seconds()),
	}, d.cfg.Key, d.cfg.Signer)
}

// bring submits a statement until it is answered or the promise is over. It waits in
// real time, on practice networks too.
func (d *Docket) bring(raw []byte) {
	ctx, cancel := context.WithTimeout(d.life, Period)
	defer cancel()
	for ctx.Err() == nil {
		if _, err := d.cfg.Submit(ctx, raw); err == nil {
			return
		}
		select {
		case <-time.After(d.cfg.Patience):
		case <-ctx.Done():
		}
	}
}

// Own makes and keeps this node's own promise to the caller who handed over a
// statement. Asked again, it keeps the first.
func (d *Docket) Own(st *statement.Statement) error {
	if d.holds(st, d.cfg.Node) {
		return nil
	}
	made, err := d.make(st)
	if err != nil {
		return err
	}
	return d.keep(made)
}

// ask shows a statement to every node whose promise is not held.
func (d *Docket) ask(raw []byte) {
	st, err := d.cfg.Pool.Parse(raw)
	if err != nil {
		return
	}
	var nodes []string
	d.mu.Lock()
	f := d.open[key(st.Region, st.ID)]
	due := f == nil || time.Since(f.asked) >= askAgain
	for _, node := range d.cfg.Nodes() {
		if node != d.cfg.Node && due && !(f != nil && f.has(node)) {
			nodes = append(nodes, node)
		}
	}
	if f != nil && len(nodes) > 0 {
		f.asked = time.Now()
	}
	d.mu.Unlock()
	for _, node := range nodes {
		d.spawn(d.rounds, func() { d.askOne(node, st) })
	}
}

func (d *Docket) askOne(node string, st *statement.Statement) {
	ctx, cancel := context.WithTimeout(d.life, askMax)
	defer cancel()
	notes, err := d.cfg.Peers.AskPromises(ctx, node, [][]byte{st.Raw})
	if err == nil && len(notes) == 1 && len(notes[0]) > 0 {
		var got *promise.Signed
		if got, err = promise.Open(d.cfg.Keys(), notes[0]); err == nil {
			err = d.matches(got, node, st)
		}
		if err == nil {
			err = d.keep(got)
		}
	}
	if err != nil {
		d.cfg.Logger.Debug("no promise", "node", node, "statement", st.ID, "error", err)
	}
}

// matches checks that a promise is of a node, about a statement, and for a time that
// is worth waiting for.
func (d *Docket) matches(p *promise.Signed, node string, st *statement.Statement) error {
	const most = 10 * Period
	if p.Network != d.cfg.Network || p.Node != node || p.From != st.Region || p.ID != st.ID || p.Hash != st.Hash ||
		p.Due > d.cfg.Clock().Add(most).Unix() {
		return fmt.Errorf("%s promised something else", node)
	}
	return nil
}
