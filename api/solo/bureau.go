package solo

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/api/audit"
	"sandi.internal/gateway/api/dataset"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/home"
	"sandi.internal/gateway/api/lots"
	"sandi.internal/gateway/api/public"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

// Bureau is one region's desk and public door.
type Bureau struct {
	Region     string
	Desk       *desk.Desk
	API        *public.API
	Log        *audit.Log
	Local      *Local
	Vault      *Vault
	Lots       *lots.Lots
	Metrics    *prometheus.Registry
	Home       *home.Home
	Access     public.AccessLog
	Auditing   *public.Auditing
	Data       *dataset.Sets  // nil without tables
	DataConfig dataset.Config // that Data was made of
}

// Options change a bureau before it opens.
type Options struct {
	Local              *Local // nil: an empty one
	Wait, NoLeaderWait time.Duration
	Rate               int
	Hosts              []string
	NoClock            bool        // without the scenario clock's door
	Ledger             desk.Ledger // nil: the network's
	Witness            audit.Witness
	Vault              Keeper // nil: the bureau's own, in memory
	// Exchange and Keeping are behind the door; nil: nothing.
	Exchange public.Exchange
	Keeping  public.Keeper
	Access   public.AccessLog // nil: one in memory
	Tables   dataset.Tables   // of shared data sets; nil: none
	// Backup pins the bureau for a backup; nil: none is made.
	Backup func(context.Context) (public.Backup, error)
	// Promise and Promises are what the desk and the door know of submission
	// promises, Move what takes a leader.move past the ledger; nil: nothing.
	Promise  func(*statement.Statement) error
	Held     func() bool
	Promises func(region, id string) []v1.Promise
	Move     func(raw []byte) error
}

// Keeper is a vault as desk and door use it.
type Keeper interface {
	desk.Vault
	home.Vault
	public.Materials
}

// Bureau opens a region's desk and door.
func (n *Network) Bureau(region string, o Options) *Bureau {
	n.t.Helper()
	if o.Local == nil {
		o.Local = NewLocal()
	}
	if o.Ledger == nil {
		o.Ledger = n.Ledger
	}
	b := &Bureau{Region: region, Local: o.Local, Vault: NewVault(), Metrics: prometheus.NewRegistry()}
	if o.Vault == nil {
		o.Vault = b.Vault
	}
	keys := n.Keys.Region(region)
	var err error
	if b.Lots, err = lots.Open(b.Local, nil, func(string) []string { return nil }, lots.NamedIn(func() (*ledger.Books, func(), error) { return open(o.Ledger) }), n.Log); err != nil {
		n.t.Fatal(err)
	}
	pseudonyms, err := desk.NewPseudonyms(keys.Pseudonym)
	if err != nil {
		n.t.Fatal(err)
	}
	b.Desk, err = desk.New(desk.Config{
		Region: region, Network: n.Genesis.Network(), Signer: keys.Statement, Pool: n.Pool, Ledger: o.Ledger,
		Vault: o.Vault, Local: b.Local, Pseudonyms: pseudonyms, Clock: n.Clock, Logger: n.Log, Metrics: b.Metrics,
		Wait: o.Wait, NoLeaderWait: o.NoLeaderWait, Promise: o.Promise, Held: o.Held,
	})
	if err != nil {
		n.t.Fatal(err)
	}
	b.Log, err = audit.New(audit.Config{
		Open: func() (*ledger.Books, func(), error) { return open(o.Ledger) }, Notes: n.Notes, Policy: func() checkpoint.Policy { return checkpoint.PolicyOf(n.Genesis.Genesis) }, Network: n.Genesis.Network(), Genesis: n.File,
		Evidence: func() []audit.Evidence { return n.Evidence }, Delays: func() []audit.Delay { return n.Delays }, Witness: o.Witness, Logger: n.Log,
		DrawText: b.Lots.Text,
	})
	if err != nil {
		n.t.Fatal(err)
	}
	if b.Access = o.Access; b.Access == nil {
		b.Access = n.AccessLog(region, b.Local)
	}
	b.Auditing = n.Auditing(region, b.Access)
	b.Home = home.New(home.Config{Region: region, Nodes: n.nodes, Vault: o.Vault, Peers: n, Access: b.Access})
	b.Data = n.sets(b, o)
	n.open(b)
	cfg := public.Config{
		Region: region, Node: keys.Nodes[0].ID, Network: n.Genesis.Network(), Version: "test", Genesis: n.Genesis.Genesis,
		Gate: n.Gate(region), Desk: b.Desk, Ledger: o.Ledger, Log: b.Log, Materials: o.Vault, Home: b.Home, Local: b.Local, Clock: n.Clock, Practice: n,
		Hosts: o.Hosts, Rate: o.Rate, Logger: n.Log, Metrics: b.Metrics, Promises: o.Promises, Move: o.Move,
		Lots: b.Lots, Replica: func() v1.Replica {
			return v1.Replica{Role: "leader", Leader: keys.Nodes[0].ID, Term: 1, Ready: true, Voters: []string{}}
		},
	}
	cfg.Exchange, cfg.Keeper, cfg.Access, cfg.Data = o.Exchange, o.Keeping, b.Access, b.Data
	cfg.Auditing, cfg.Backup = b.Auditing, o.Backup
	if o.NoClock {
		cfg.Practice = nil
	}
	if b.API, err = public.New(cfg); err != nil {
		n.t.Fatal(err)
	}
	return b
}

// Run keeps the desk's promises until the test ends.
func (b *Bureau) Run(t testing.TB) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { b.Desk.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
}

// Local is a node's own keys in memory.
type Local struct {
	mu    sync.Mutex
	pairs map[string][]byte
}

// NewLocal makes an empty one.
func NewLocal() *Local { return &Local{pairs: make(map[string][]byte)} }

// Get implements desk.Local.
func (l *Local) Get(key []byte) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Clone(l.pairs[string(key)]), nil
}

// Set implements desk.Local.
func (l *Local) Set(key, value []byte, _ bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pairs[string(key)] = bytes.Clone(value)
	return nil
}

// Delete implements desk.Local.
func (l *Local) Delete(key []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.pairs, string(key))
	return nil
}

// Scan implements desk.Local.
func (l *Local) Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (bool, error)) error {
	l.mu.Lock()
	var keys []string
	for k := range l.pairs {
		if k >= string(lower) && k < string(upper) {
			keys = append(keys, k)
		}
	}
	l.mu.Unlock()
	slices.Sort(keys)
	if reverse {
		slices.Reverse(keys)
	}
	for _, k := range keys {
		v, err := l.Get([]byte(k))
		if err != nil {
			return err
		}
		if more, err := fn([]byte(k), v); err != nil || !more {
			return err
		}
	}
	return nil
}

// Len is the number of keys.
func (l *Local) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.pairs)
}
