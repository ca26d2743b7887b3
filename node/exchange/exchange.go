package exchange

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/peer"
	"sandi.internal/gateway/api/public"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/storage/vault"
)

// Ref names an offer.
type Ref = peer.OfferRef

// Peers are the other nodes' doors for private objects; *peer.Bulk is one.
type Peers interface {
	// List, Tree and Chunk fetch from a node. ErrAbsent says that it doesn't have
	// the object or doesn't know the offer yet; any other error that it gave none.
	List(ctx context.Context, node string, o Ref) ([]byte, error)
	Tree(ctx context.Context, node string, o Ref, item int) ([]byte, error)
	Chunk(ctx context.Context, node string, o Ref, item int, chunk int64, into []byte) ([]byte, error)
	// Lend dials a node and lets it ask this one over that connection, until it
	// breaks or ctx ends.
	Lend(ctx context.Context, node string) error
}

// ErrAbsent: a node has not what was asked for, or may not give it to the asker.
var ErrAbsent = peer.ErrAbsent

var (
	_ Peers           = (*peer.Bulk)(nil)
	_ peer.Objects    = (*Exchange)(nil)
	_ public.Exchange = (*Exchange)(nil)
)

// Desk says things in the bureau's name; *desk.Desk is one.
type Desk interface {
	State(ctx context.Context, draft desk.Draft, kind string, body []byte) (desk.Receipt, error)
}

// Local is the node's own keyspace (storage/state).
type Local = desk.Local

// Config is what an exchange works with.
type Config struct {
	Region  string
	Nodes   func(region string) []string // ids of a region's nodes
	Ledger  desk.Ledger
	Desk    Desk
	Vault   *vault.Vault
	Peers   Peers
	Local   Local
	Clock   func() time.Time // real time, or the scenario clock: offers expire by it
	Rate    int64            // bytes a second while statements are committed; 0: DefaultRate
	Logger  *slog.Logger
	Metrics prometheus.Registerer
}

// Exchange is one node's exchange. Safe for concurrent use.
type Exchange struct {
	cfg  Config
	pace *pace
	// pledging is held while an offer is pledged and while an object is purged.
	pledging sync.Mutex
	news     chan struct{} // pinged when an offer was made or ended
	marks    *markers

	mu       sync.Mutex
	jobs     map[Ref]*job         // guarded by mu
	running  int                  // of jobs; guarded by mu
	asked    map[string]time.Time // region -> when a node of it last asked for something; guarded by mu
	progress map[Ref]Progress     // guarded by mu

	grants grants
}

// Progress is how far a fetch has come.
type Progress struct {
	Bytes int64  // verified and stored
	Total int64  //
	Note  string // why it does not go on; empty while it does
}

// New makes an exchange; it does nothing before Run.
func New(cfg Config) (*Exchange, error) {
	e := &Exchange{
		cfg: cfg, pace: newPace(cfg.Rate), news: make(chan struct{}, 1), jobs: map[Ref]*job{}, asked: map[string]time.Time{},
		progress: map[Ref]Progress{}, marks: newMarkers(),
	}
	return e, e.marks.register(cfg.Metrics)
}

// Applied takes note of what the ledger has just applied. It doesn't wait.
func (e *Exchange) Applied(results []ledger.Result) {
	e.pace.statements(len(results))
	changed := results == nil // a snapshot came in
	for i := range results {
		changed = changed || results[i].Offered
	}
	if !changed {
		return
	}
	select {
	case e.news <- struct{}{}:
	default:
	}
}

// Progress says how far the fetch of an offer has come on this node.
func (e *Exchange) Progress(o Ref) (Progress, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p, ok := e.progress[o]
	return p, ok
}

// Fetched implements public.Exchange.
func (e *Exchange) Fetched(region, id string) (bytes int64, note string, ok bool) {
	p, ok := e.Progress(Ref{Region: region, ID: id})
	return p.Bytes, p.Note, ok
}

func (e *Exchange) note(o Ref, change func(*Progress)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.progress[o]
	change(&p)
	e.progress[o] = p
}

// markers are the metrics.
type markers struct {
	bytes     *prometheus.CounterVec
	transfers *prometheus.CounterVec
}

func newMarkers() *markers {
	return &markers{
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sandi_exchange_bytes_total", Help: "Bytes of private objects given to and taken from other bureaus.",
		}, []string{"way"}),
		transfers: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sandi_exchange_transfers_total", Help: "Offers to this bureau by how their fetch ended.",
		}, []string{"outcome"}),
	}
}

func (m *markers) register(r prometheus.Registerer) error {
	if r == nil {
		return nil
	}
	return errors.Join(r.Register(m.bytes), r.Register(m.transfers))
}
