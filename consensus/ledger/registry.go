package ledger

import (
	"encoding/binary"
	"maps"
	"slices"
	"sync"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/genesis"
)

// Bounds of what one region may register. A region uses a handful of each; the
// bounds keep the registry, which every replica holds in memory, small.
const (
	maxKeysPerRegion    = 1024
	maxIssuersPerRegion = 64
)

// Key is a registered key and its life.
type Key struct {
	keyring.PublicKey
	Region string
	Owner  string // the issuer of a token key, the node of a log or cosigner key
	Life   keyring.Life
}

// Issuer is a registered token issuer.
type Issuer struct {
	ID      string
	Region  string
	Roles   []string // what its tokens may grant at most; ascending
	Dropped uint64   // leaf index + 1 of the statement that ended it; 0: it stands
}

// registry is who may sign what. It is immutable: a governance statement makes
// a new one, so readers on other goroutines need no lock.
type registry struct {
	keys     map[string]*Key // by region '/' id
	issuers  map[string]*Issuer
	material map[string]string // key bytes -> region '/' id: no key serves twice
	nodes    map[string]*Node  // by id, the removed ones too
	returns  []*Return         // the earliest first
	at       uint64            // leaves in the ledger after the last governance statement

	once   sync.Once
	roster *Roster // see rosterOf; made when it is first asked for
}

func newRegistry() *registry {
	return &registry{keys: make(map[string]*Key), issuers: make(map[string]*Issuer), material: make(map[string]string), nodes: make(map[string]*Node)}
}

// with returns a copy in which the given keys and issuers replace their
// predecessors. Whoever commits it sets at.
func (g *registry) with(keys []*Key, issuers []*Issuer) *registry {
	next := &registry{keys: maps.Clone(g.keys), issuers: maps.Clone(g.issuers), material: maps.Clone(g.material), nodes: maps.Clone(g.nodes), returns: g.returns}
	for _, k := range keys {
		next.put(k)
	}
	for _, i := range issuers {
		next.issuers[i.ID] = i
	}
	return next
}

func (g *registry) put(k *Key) {
	g.keys[k.Region+"/"+k.ID] = k
	g.material[string(k.Key)] = k.Region + "/" + k.ID
}

// keysOf counts a region's keys, the revoked ones too.
func (g *registry) keysOf(region string) int {
	n := 0
	for _, k := range g.keys {
		if k.Region == region {
			n++
		}
	}
	return n
}

func (g *registry) issuersOf(region string) int {
	n := 0
	for _, i := range g.issuers {
		if i.Region == region {
			n++
		}
	}
	return n
}

// governors counts the keys that may govern a region at an index, one left out.
func (g *registry) governors(region, except string, index uint64) int {
	n := 0
	for _, k := range g.keys {
		if k.Region == region && k.Use == keyring.UseGovernance && k.ID != except && k.Life.StateAt(index) == keyring.StateActive {
			n++
		}
	}
	return n
}

// drawKey is the key under which a region contributes to a draw that was opened at
// a leaf: of its draw keys that were active then and aren't revoked now, the one
// that had been so the longest. There must be only one, or a region could choose
// between two contributions. Nil when there is none.
func (g *registry) drawKey(region string, opened, now uint64) *Key {
	var found *Key
	for _, k := range g.keys {
		if k.Region != region || k.Use != keyring.UseDraw || k.Life.StateAt(opened) != keyring.StateActive {
			continue
		}
		if found == nil || k.Life.Active < found.Life.Active || k.Life.Active == found.Life.Active && k.ID < found.ID {
			found = k
		}
	}
	if found == nil || found.Life.StateAt(now) == keyring.StateRevoked {
		return nil
	}
	return found
}

// seedRegistry is the registry that genesis gives. That ids and key bytes stand
// in it only once, genesis.Parse has checked.
func seedRegistry(g *genesis.Genesis) *registry {
	reg := newRegistry()
	add := func(region, owner string, keys ...keyring.PublicKey) {
		for _, k := range keys {
			reg.put(&Key{PublicKey: k, Region: region, Owner: owner, Life: keyring.Genesis()})
		}
	}
	for i := range g.Regions {
		r := &g.Regions[i]
		add(r.Code, "", r.Governance)
		add(r.Code, "", r.Statement...)
		for _, issuer := range r.Issuers {
			roles := slices.Clone(issuer.Roles)
			slices.Sort(roles)
			reg.issuers[issuer.ID] = &Issuer{ID: issuer.ID, Region: r.Code, Roles: roles}
			add(r.Code, issuer.ID, issuer.Keys...)
		}
		for _, n := range r.Nodes {
			add(r.Code, n.ID, n.Log, n.Cosigner)
		}
	}
	reg.putGenesis(g)
	return reg
}

// loadRegistry reads the registry back from storage.
func loadRegistry(r Reader, at uint64) (*registry, error) {
	reg := newRegistry()
	reg.at = at
	lower, upper := tableSpan(tableKey)
	err := r.Scan(lower, upper, false, func(_, v []byte) (bool, error) {
		k, err := parseKeyRow(v)
		if err != nil {
			return false, err
		}
		reg.put(k)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	lower, upper = tableSpan(tableIssuer)
	err = r.Scan(lower, upper, false, func(_, v []byte) (bool, error) {
		i, err := parseIssuerRow(v)
		if err != nil {
			return false, err
		}
		reg.issuers[i.ID] = i
		return true, nil
	})
	if err == nil {
		err = loadNodes(r, reg)
	}
	if err == nil {
		err = loadReturns(r, reg)
	}
	return reg, err
}

// row is the key as it is stored and digested.
func (k *Key) row() []byte {
	dst := []byte{rowVersion}
	for _, s := range [...]string{k.Region, k.ID, string(k.Alg), string(k.Use), string(k.Key), k.Owner} {
		dst = appendText(dst, s)
	}
	for _, n := range [...]uint64{k.Life.Prepared, k.Life.Active, k.Life.Retiring, k.Life.Revoked} {
		dst = binary.AppendUvarint(dst, n)
	}
	return dst
}

func parseKeyRow(row []byte) (*Key, error) {
	d := newDecoder(row)
	k := &Key{Region: d.text()}
	k.ID, k.Alg, k.Use, k.Key, k.Owner = d.text(), keyring.Alg(d.text()), keyring.Use(d.text()), []byte(d.text()), d.text()
	k.Life = keyring.Life{Prepared: d.uvarint(), Active: d.uvarint(), Retiring: d.uvarint(), Revoked: d.uvarint()}
	return k, d.done("a key")
}

// row is the issuer as it is stored and digested.
func (i *Issuer) row() []byte {
	dst := appendText(appendText([]byte{rowVersion}, i.ID), i.Region)
	return binary.AppendUvarint(appendTexts(dst, i.Roles), i.Dropped)
}

func parseIssuerRow(row []byte) (*Issuer, error) {
	d := newDecoder(row)
	i := &Issuer{ID: d.text(), Region: d.text(), Roles: d.texts(), Dropped: d.uvarint()}
	return i, d.done("an issuer")
}
