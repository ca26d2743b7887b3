package ledger_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

const (
	beijing = "110000"
	tianjin = "120000"
	hebei   = "130000"
)

var regions = []string{beijing, tianjin, hebei}

// start is the first second of the test network: a Monday.
const start = "2025-11-03T09:00:00+08:00"

// world is a network of three regions with all its keys, and a clock. Keys come
// from counted seeds and ids from a counter, so that a test signs the same bytes
// every time.
type world struct {
	t      testing.TB
	signed *genesis.Signed
	sealed []byte // the genesis file
	gov    map[string]*keyring.PrivateKey
	keys   map[string]*keyring.PrivateKey // statement keys
	// cosigners are the nodes' cosigner keys.
	cosigners map[string]*keyring.PrivateKey
	pool      *statement.Pool
	now       int64 // unix s: what callers sign and leaders propose
	ids       uint64
	seeds     uint64
}

func newWorld(t testing.TB) *world { return buildWorld(t, func(*genesis.Genesis) {}) }

// buildWorld makes a world whose genesis was changed before it was signed.
func buildWorld(t testing.TB, change func(*genesis.Genesis)) *world {
	t.Helper()
	w := &world{t: t, gov: map[string]*keyring.PrivateKey{}, cosigners: map[string]*keyring.PrivateKey{}, keys: map[string]*keyring.PrivateKey{}, pool: statement.NewPool(2, 4096)}
	g := &genesis.Genesis{
		Format: genesis.Format, Name: "三地 test", Origin: "sandi.internal/ledger", Clock: genesis.ClockPractice, Synthetic: true,
		CreatedAt: start, Protocol: 1, Final: "all",
		Timeouts: genesis.Timeouts{HeartbeatMS: 1000, ElectionMS: 1000, LeaseMS: 500, CommitMS: 5},
		Law: []genesis.LawText{
			{Name: "errand", Text: w.file("errand.yaml")}, {Name: "handover", Text: w.file("handover.yaml")},
		},
		Rules: w.file("rules.yaml"), Calendar: w.file("workdays.json"),
	}
	signers := make(map[string]keyring.Signer)
	for i, code := range regions {
		w.gov[code] = w.key(keyring.UseGovernance, "gov-1")
		w.keys[code] = w.key(keyring.UseStatement, "st-1")
		signers[code] = w.gov[code]
		port := fmt.Sprint(1 + i)
		g.Regions = append(g.Regions, genesis.Region{
			Code: code, NameZH: "市场监管局", NameEN: "Administration for Market Regulation",
			Governance: w.gov[code].Public(), Statement: []keyring.PublicKey{w.keys[code].Public()},
			Issuers: []genesis.Issuer{{
				ID: issuerOf(code), Roles: []string{"officer", "clerk"},
				Keys: []keyring.PublicKey{w.key(keyring.UseToken, "tok-1").Public()},
			}},
			Roots: [][]byte{rootCertificate(t, byte(i))},
			Nodes: []genesis.Node{{
				ID: code + "-a", Voter: true, Peer: "127.0.0.1:901" + port, Gossip: "127.0.0.1:701" + port, Public: "http://127.0.0.1:801" + port,
				Log: w.key(keyring.UseLog, "log-a").Public(), Cosigner: w.cosigner(code).Public(),
			}},
			Orgs: []genesis.Org{
				{Code: code + "-SJ", NameZH: "市局", NameEN: "Bureau", Level: "province", Parent: "100000-SJ"},
				{Code: code[:2] + "0114-SJ", NameZH: "区局", NameEN: "District bureau", Level: "county", Parent: code + "-SJ"},
			},
		})
	}
	change(g)
	var err error
	if w.sealed, err = genesis.Seal(g, signers); err != nil {
		t.Fatal(err)
	}
	if w.signed, err = genesis.Parse(w.sealed); err != nil {
		t.Fatal(err)
	}
	w.now = w.signed.CreatedUnix()
	return w
}

func issuerOf(region string) string { return "https://" + region + ".sandi/issuer" }

func (w *world) file(name string) string {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "law", name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(text)
}

// key makes the next key.
func (w *world) key(use keyring.Use, id string) *keyring.PrivateKey {
	w.t.Helper()
	w.seeds++
	return w.seeded(w.seeds, use, id)
}

// cosigner makes the cosigner key of a region's node.
func (w *world) cosigner(region string) *keyring.PrivateKey {
	w.cosigners[region] = w.key(keyring.UseCosigner, "cos-a")
	return w.cosigners[region]
}

// seeded makes a key from a counted seed.
func (w *world) seeded(n uint64, use keyring.Use, id string) *keyring.PrivateKey {
	w.t.Helper()
	seed := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("ledger test key "), n))
	k, err := keyring.FromSeed(use, id, seed[:])
	if err != nil {
		w.t.Fatal(err)
	}
	return k
}

func rootCertificate(t testing.TB, seed byte) []byte {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{0xc0 + seed}, 32))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "root"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Unix(1_700_000_000, 0), NotAfter: time.Unix(2_000_000_000, 0), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// newID gives ids in ascending order.
func (w *world) newID() string {
	w.ids++
	entropy := make([]byte, 10)
	binary.BigEndian.PutUint64(entropy[2:], w.ids)
	return statement.NewID(time.Unix(w.now, 0), bytes.NewReader(entropy))
}

// person is the pseudonym of somebody.
func person(name string) string {
	sum := sha256.Sum256([]byte(name))
	return strict.B64(sum[:16])
}

// who is an actor: an office role of a bureau, one person per role.
func who(region, role string) statement.Actor {
	a := statement.Actor{Role: role, Org: region + "-SJ"}
	if role != statement.RoleNode && role != statement.RoleGovernance {
		a.Person = person(region + role)
	}
	return a
}

// payload fills in what every statement carries.
func (w *world) payload(region, kind, role string, body []byte) statement.Payload {
	return statement.Payload{
		Network: w.signed.Network(), Kind: kind, V: statement.Version, ID: w.newID(), Region: region,
		At: statement.FormatAt(w.now), Actor: who(region, role), Request: statement.RequestDigest(body), Body: body,
	}
}

func (w *world) sign(signer keyring.Signer, p statement.Payload) []byte {
	w.t.Helper()
	raw, _, err := statement.Sign(signer, p)
	if err != nil {
		w.t.Fatal(err)
	}
	return raw
}

// masked is a key that claims another use than it is registered for.
type masked struct {
	keyring.Signer
	use keyring.Use
}

func (m masked) Public() keyring.PublicKey {
	k := m.Signer.Public()
	k.Use = m.use
	return k
}

// forge signs a statement with a key of the wrong use, which Sign would not.
func (w *world) forge(signer keyring.Signer, p statement.Payload) []byte {
	w.t.Helper()
	use := keyring.UseStatement
	if statement.IsGovernance(p.Kind) {
		use = keyring.UseGovernance
	}
	return w.sign(masked{signer, use}, p)
}

// open is a signed record.open.
func (w *world) open(region, role, procedure, fields string) []byte {
	body := statement.OpenBody{Procedure: procedure, Fields: []byte(fields)}.Marshal()
	return w.sign(w.keys[region], w.payload(region, statement.KindRecordOpen, role, body))
}

// act is a signed record.act on the head that the caller knows.
func (w *world) act(region, role, record, prev, event, fields string) []byte {
	body := statement.ActBody{Event: event, Fields: []byte(fields)}.Marshal()
	p := w.payload(region, statement.KindRecordAct, role, body)
	p.Record, p.Prev = record, prev
	return w.sign(w.keys[region], p)
}

// govern is a signed governance statement.
func (w *world) govern(region, kind string, body []byte) []byte {
	return w.sign(w.gov[region], w.payload(region, kind, statement.RoleGovernance, body))
}

// prove is a key with its proof of possession.
func (w *world) prove(region, owner string, key keyring.Signer) statement.Proven {
	w.t.Helper()
	p, err := statement.Prove(key, w.signed.Network(), region, owner)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// replica is one replica: a ledger and its storage.
type replica struct {
	w   *world
	l   *ledger.Ledger
	mem *ledger.Memory
}

func (w *world) replica() *replica { return w.replicaOn(ledger.NewMemory()) }

// replicaOn starts a replica on a storage, as after a restart or a restore.
func (w *world) replicaOn(mem *ledger.Memory) *replica {
	w.t.Helper()
	l, err := ledger.New(w.signed, w.pool)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := l.Load(mem); err != nil {
		w.t.Fatal(err)
	}
	return &replica{w: w, l: l, mem: mem}
}

// restart drops the memory and loads it again from a copy of the storage.
func (r *replica) restart() *replica { return r.w.replicaOn(r.mem.Clone()) }

// apply runs statements as one command, proposed at the world's clock.
func (r *replica) apply(statements ...[]byte) []ledger.Result {
	r.w.t.Helper()
	results, err := r.l.Apply(r.mem, ledger.Command{ProposedAt: r.w.now * 1000, Statements: statements})
	if err != nil {
		r.w.t.Fatal(err)
	}
	if len(results) != len(statements) {
		r.w.t.Fatalf("%d statements, %d results", len(statements), len(results))
	}
	return results
}

// commit applies one statement that has to stand.
func (r *replica) commit(raw []byte) ledger.Result {
	r.w.t.Helper()
	res := r.apply(raw)[0]
	if res.Status != ledger.Committed {
		r.w.t.Fatalf("refused: %+v", res.Refusal)
	}
	return res
}

// refused applies one statement that has to be refused and returns the code. It
// checks that nothing but the memory of refusals changed.
func (r *replica) refused(raw []byte) ledger.Code {
	r.w.t.Helper()
	before := r.standing()
	res := r.apply(raw)[0]
	if res.Status != ledger.Refused || res.Refusal == nil {
		r.w.t.Fatalf("status %s, refusal %v", res.Status, res.Refusal)
	}
	if after := r.standing(); after != before {
		r.w.t.Fatalf("a refused statement moved the ledger from %+v to %+v", before, after)
	}
	return res.Refusal.Code
}

func (r *replica) books() *ledger.Books { return r.l.Books(r.mem) }

func (r *replica) standing() ledger.Standing {
	r.w.t.Helper()
	s, err := r.books().Standing()
	if err != nil {
		r.w.t.Fatal(err)
	}
	return s
}

// check verifies everything, as tests do after every step that matters.
func (r *replica) check() {
	r.w.t.Helper()
	if err := r.l.Verify(r.mem); err != nil {
		r.w.t.Fatal(err)
	}
}

// handover opens the record that most tests use and returns its id and head.
func (r *replica) handover(caseNo string) (id, head string) {
	r.w.t.Helper()
	res := r.commit(r.w.open(beijing, "clerk", "handover", fmt.Sprintf(`{"case_no":%q,"receiver_org":"130000-SJ"}`, caseNo)))
	return res.Record, res.RecordHead
}

func timeOf(r *replica) time.Time { return time.Unix(r.w.now, 0) }
