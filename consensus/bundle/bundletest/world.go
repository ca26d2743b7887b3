package bundletest

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"sandi.internal/gateway/certs/devca"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/calendar/data"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure/law"
	"sandi.internal/gateway/consensus/statement"
)

// Start is the first second of a world: a Monday.
const Start = "2025-11-03T09:00:00+08:00"

// World is a network with all its keys, its ledger in memory, and a clock. It
// belongs to one goroutine.
type World struct {
	Signed   *genesis.Signed
	File     []byte // the genesis file
	Ledger   *ledger.Ledger
	Memory   *ledger.Memory
	Now      int64             // unix s: what callers sign, leaders propose and cosigners stamp
	Records  []string          // in the order they were opened
	Openings map[string][]byte // of the commitments that were made, by their text

	keys    map[string]*regionKeys // by region
	ids     uint64
	matters []*matter
	next    int // position in matters
	begun   int // matters so far
}

type regionKeys struct {
	governance, statement, log, cosigner *keyring.PrivateKey
}

// New makes a world under the law that a new network starts with, or under some of
// its documents: a shorter law is compiled sooner. Its keys are new every time.
func New(documents ...string) (*World, error) {
	net, err := devca.New("")
	if err != nil {
		return nil, fmt.Errorf("couldn't make keys: %w", err)
	}
	g := &genesis.Genesis{
		Format: genesis.Format, Name: "三地 bundle test", Origin: "sandi.internal/ledger", Clock: genesis.ClockPractice, Synthetic: true,
		CreatedAt: Start, Protocol: 1, Final: "all", Rules: data.Rules, Calendar: data.Workdays,
		Timeouts: genesis.Timeouts{HeartbeatMS: 1000, ElectionMS: 1000, LeaseMS: 500, CommitMS: 5},
	}
	for _, text := range law.Texts() {
		if len(documents) > 0 && !slices.Contains(documents, text.Name) {
			continue
		}
		g.Law = append(g.Law, genesis.LawText{Name: text.Name, Text: text.Text})
	}
	keys := make(map[string]*regionKeys)
	signers := make(map[string]keyring.Signer)
	for i, r := range net.Regions {
		node := r.Nodes[0]
		keys[r.Code] = &regionKeys{r.Governance, r.Statement, node.Log, node.Cosigner}
		signers[r.Code] = r.Governance
		port := fmt.Sprint(1 + i)
		g.Regions = append(g.Regions, genesis.Region{
			Code: r.Code, NameZH: r.NameZH, NameEN: r.NameEN, Governance: r.Governance.Public(),
			Statement: []keyring.PublicKey{r.Statement.Public()}, Roots: r.RootDER(),
			Issuers: []genesis.Issuer{{ID: r.Issuer, Keys: []keyring.PublicKey{r.Token.Public()}, Roles: []string{"clerk"}}},
			Nodes: []genesis.Node{{
				ID: node.ID, Voter: true, Peer: "127.0.0.1:901" + port, Gossip: "127.0.0.1:701" + port, Public: "http://127.0.0.1:801" + port,
				Log: node.Log.Public(), Cosigner: node.Cosigner.Public(),
			}},
			Orgs: []genesis.Org{
				{Code: bureau(r.Code), NameZH: r.NameZH, NameEN: r.NameEN, Level: "province", Parent: "100000-SJ"},
				{Code: district(r.Code), NameZH: "区局", NameEN: "District bureau", Level: "county", Parent: bureau(r.Code)},
			},
		})
	}
	file, err := genesis.Seal(g, signers)
	if err != nil {
		return nil, fmt.Errorf("couldn't seal the genesis: %w", err)
	}
	return found(file, keys)
}

// golden is what ledger/testdata/golden holds, as far as it is needed here.
type golden struct {
	Genesis  []byte   `json:"genesis"`
	Commands [][]byte `json:"commands"`
}

// Golden makes the world of a golden log of the ledger (testdata/golden): always
// the same entries, and keys from counted seeds.
func Golden(log []byte) (*World, error) {
	var g golden
	if err := json.Unmarshal(log, &g); err != nil {
		return nil, fmt.Errorf("couldn't read the golden log: %w", err)
	}
	signed, err := genesis.Parse(g.Genesis)
	if err != nil {
		return nil, err
	}
	keys := make(map[string]*regionKeys)
	seed := uint64(0)
	for i := range signed.Regions {
		r := &signed.Regions[i]
		node := r.Nodes[0]
		k := &regionKeys{}
		// The order in which the ledger's tests made them.
		for _, want := range []struct {
			public keyring.PublicKey
			into   **keyring.PrivateKey
		}{{r.Governance, &k.governance}, {r.Statement[0], &k.statement}, {r.Issuers[0].Keys[0], nil}, {node.Log, &k.log}, {node.Cosigner, &k.cosigner}} {
			seed++
			if want.into == nil {
				continue
			}
			sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("ledger test key "), seed))
			if *want.into, err = keyring.FromSeed(want.public.Use, want.public.ID, sum[:]); err != nil {
				return nil, err
			}
			if !(*want.into).Public().Equal(want.public) {
				return nil, fmt.Errorf("seed %d does not give the key %s of the golden log", seed, want.public.ID)
			}
		}
		keys[r.Code] = k
	}
	w, err := found(g.Genesis, keys)
	if err != nil {
		return nil, err
	}
	for _, entry := range g.Commands {
		if _, err := w.Ledger.ApplyEntry(w.Memory, entry); err != nil {
			return nil, err
		}
	}
	s, err := w.Books().Standing()
	w.Now = s.LedgerTime/1000 + 1
	return w, err
}

func found(file []byte, keys map[string]*regionKeys) (*World, error) {
	signed, err := genesis.Parse(file)
	if err != nil {
		return nil, err
	}
	w := &World{
		Signed: signed, File: file, Memory: ledger.NewMemory(), Now: signed.CreatedUnix(), Openings: make(map[string][]byte), keys: keys,
	}
	if w.Ledger, err = ledger.New(signed, statement.NewPool(1, 4096)); err != nil {
		return nil, err
	}
	return w, w.Ledger.Load(w.Memory)
}

func bureau(region string) string   { return region + "-SJ" }
func district(region string) string { return region[:2] + "0114-SJ" }

// Books are the ledger's books as they stand.
func (w *World) Books() *ledger.Books { return w.Ledger.Books(w.Memory) }

// Advance moves the clock.
func (w *World) Advance(d time.Duration) { w.Now += int64(d / time.Second) }

// KeyFile is what the bureaus hand an auditor.
func (w *World) KeyFile() ([]byte, error) {
	f, err := checkpoint.KeyFileOf(w.Signed)
	if err != nil {
		return nil, err
	}
	return f.Marshal(), nil
}

// Checkpoint is the ledger's present size and root.
func (w *World) Checkpoint() (checkpoint.Checkpoint, error) {
	s, err := w.Books().Standing()
	return checkpoint.Checkpoint{Origin: w.Signed.Origin, Size: s.Size, Root: s.Root}, err
}

// Note signs the present checkpoint as the given regions do, all when none is
// given: with log key and cosigner, at the world's clock.
func (w *World) Note(regions ...string) ([]byte, error) {
	c, err := w.Checkpoint()
	if err != nil {
		return nil, err
	}
	return w.Sign(c, regions...)
}

// Sign is Note for any checkpoint, a false one too.
func (w *World) Sign(c checkpoint.Checkpoint, regions ...string) ([]byte, error) {
	return w.SignAt(c, w.Now, regions...)
}

// SignAt is Sign with cosignatures of another time, unix s.
func (w *World) SignAt(c checkpoint.Checkpoint, at int64, regions ...string) ([]byte, error) {
	if len(regions) == 0 {
		for i := range w.Signed.Regions {
			regions = append(regions, w.Signed.Regions[i].Code)
		}
	}
	var lines []checkpoint.Signature
	for _, region := range regions {
		node := w.Signed.Region(region).Nodes[0].ID
		k := w.keys[region]
		line, err := checkpoint.SignLog(c, checkpoint.NewKey(checkpoint.KindLog, w.Signed.Origin, region, node, k.log.Public().Key), k.log)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
		if line, err = checkpoint.Cosign(c, checkpoint.NewKey(checkpoint.KindCosigner, w.Signed.Origin, region, node, k.cosigner.Public().Key), k.cosigner, at); err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return checkpoint.NewNote(c, lines...).Marshal(), nil
}
