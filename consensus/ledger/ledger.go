package ledger

import (
	"errors"
	"fmt"
	"sync/atomic"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// Protocol is the newest version of the rules that this binary knows. A ledger
// that has moved past it cannot be applied here.
const Protocol = 1

// ErrProtocol is returned when the ledger's protocol exceeds the binary's: the
// node must stop applying and be upgraded. Nothing else about a statement's
// content ever stops a node.
var ErrProtocol = errors.New("the ledger's protocol is newer than this binary")

// ErrNotLoaded is returned by Apply before Load, and after an error until the
// next Load: the memory would not match the storage.
var ErrNotLoaded = errors.New("the ledger is not loaded")

// Ledger is the state machine. Load and Apply belong to one goroutine; the
// methods that say so may be called from any.
type Ledger struct {
	// Fixed by New.
	signed  *genesis.Signed
	genesis *genesis.Genesis
	network string
	pool    *statement.Pool
	first   *lawBook          // of genesis
	orgs    map[string]string // organisation code -> region
	regions []string          // codes, ascending
	bare    bool              // see Bare

	// Owned by the goroutine that calls Load and Apply.
	loaded   bool
	protocol int
	time     int64 // ledger time, unix ms
	tree     *merkle.Tree
	digest   *merkle.Digest
	recents  map[string]*recent // by region
	rings    map[string]*ring   // by region
	records  *recordCache
	counters map[string][]byte // series -> row, of those used since Load: a few for each region and year
	leaf     []byte            // buffer of the leaf that is being made

	// Replaced as a whole by that goroutine, read by any.
	registry atomic.Pointer[registry]
	law      atomic.Pointer[lawBook]
}

// New builds a ledger for one network. The genesis must have been verified
// (genesis.Parse); its law, rules and calendar are compiled here, and an error
// means that this genesis cannot start a network with this binary.
func New(sg *genesis.Signed, pool *statement.Pool) (*Ledger, error) {
	g := sg.Genesis
	law, err := newLawBook(g)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the law of genesis: %w", err)
	}
	l := &Ledger{
		signed: sg, genesis: g, network: sg.Network(), pool: pool, first: law,
		orgs: make(map[string]string),
	}
	l.law.Store(law)
	for _, r := range g.Regions {
		l.regions = append(l.regions, r.Code)
		for _, o := range r.Orgs {
			l.orgs[o.Code] = r.Code
		}
	}
	return l, nil
}

// Bare makes Apply write only what it may read again: no head, lists, due times
// or refusals. It is for judging leaves again from the first on, before Load; the
// storage cannot be loaded afterwards.
func (l *Ledger) Bare() { l.bare = true }

// Network returns the network id. Any goroutine may call it.
func (l *Ledger) Network() string { return l.network }

// Genesis returns the signed genesis. Any goroutine may call it.
func (l *Ledger) Genesis() *genesis.Signed { return l.signed }

// PublicKey finds the registered key that a statement names, in whatever state:
// what a verification pool needs to work ahead. Any goroutine may call it.
func (l *Ledger) PublicKey(st *statement.Statement) (keyring.PublicKey, bool) {
	reg := l.registry.Load()
	if reg == nil {
		return keyring.PublicKey{}, false
	}
	k, ok := reg.keys[st.Region+"/"+st.Key]
	if !ok {
		return keyring.PublicKey{}, false
	}
	return k.PublicKey, true
}

// Governed is the number of leaves after the last governance statement, as in
// Standing: while it stays, so does what was learned of keys, issuers and
// revocations. It changes before a view shows the statement. Any goroutine may
// call it.
func (l *Ledger) Governed() uint64 {
	if reg := l.registry.Load(); reg != nil {
		return reg.at
	}
	return 0
}

// Size returns the number of leaves. It belongs to Apply's goroutine.
func (l *Ledger) Size() uint64 { return l.tree.Size() }

func (l *Ledger) isRegion(code string) bool {
	_, ok := l.rings[code]
	return ok
}
