package solo

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sandi.internal/gateway/api/audit"
	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/auth/books"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/certs/devca"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/calendar/data"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure/law"
	"sandi.internal/gateway/consensus/statement"
)

// Start is the first second of the network: a Monday.
const Start = "2025-11-03T09:00:00+08:00"

// Regions of the network: Beijing, Tianjin, Hebei.
const (
	Beijing = "110000"
	Tianjin = "120000"
	Hebei   = "130000"
)

// roles that the issuers may grant.
var roles = []string{"auditor", "bureau_head", "clerk", "expert", "lead", "legal", "liaison", "officer", "operator", "unit_head"}

// Network is three bureaus over one ledger.
type Network struct {
	t       testing.TB
	Keys    *devca.Network
	Genesis *genesis.Signed
	File    []byte // the signed genesis file
	Pool    *statement.Pool
	Ledger  *Ledger
	Notes   *Notes
	// Evidence is what every bureau's log shows against others.
	Evidence []audit.Evidence
	// Delays is what every bureau's log shows of promises that were not kept.
	Delays []audit.Delay
	Log    *slog.Logger

	mu      sync.Mutex
	bureaus map[string]*Bureau // that opened last in a region; guarded by mu

	clock  atomic.Int64 // scenario clock, unix s
	tokens atomic.Int64
}

// New makes a practice network whose scenario clock stands at Start.
func New(t testing.TB) *Network {
	t.Helper()
	keys, err := devca.New("")
	if err != nil {
		t.Fatal(err)
	}
	n := &Network{t: t, Keys: keys, Pool: statement.NewPool(2, 1<<14), Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	n.Genesis, n.File = seal(t, keys, genesis.ClockPractice)
	n.clock.Store(n.Genesis.CreatedUnix())
	machine, err := ledger.New(n.Genesis, n.Pool)
	if err != nil {
		t.Fatal(err)
	}
	n.Ledger = newLedger(machine, n.Clock)
	n.Notes = newNotes(n)
	return n
}

// Clock is the scenario clock.
func (n *Network) Clock() time.Time { return time.Unix(n.clock.Load(), 0) }

// Pass moves the scenario clock on.
func (n *Network) Pass(d time.Duration) { n.clock.Add(int64(d / time.Second)) }

// Now and Set make the network a practice clock.
func (n *Network) Now() time.Time { return n.Clock() }

// Set moves the scenario clock to an instant, never back.
func (n *Network) Set(to time.Time) error {
	for {
		now := n.clock.Load()
		if to.Unix() < now {
			return fmt.Errorf("the clock stands at %d, not before %d", now, to.Unix())
		}
		if n.clock.CompareAndSwap(now, to.Unix()) {
			return nil
		}
	}
}

// seal makes the genesis of a network with the project's own law.
func seal(t testing.TB, keys *devca.Network, clock genesis.Clock) (*genesis.Signed, []byte) {
	t.Helper()
	g := &genesis.Genesis{
		Format: genesis.Format, Name: "solo", Origin: "sandi.internal/ledger", Clock: clock, Synthetic: true,
		CreatedAt: Start, Protocol: 1, Final: "all",
		Timeouts: genesis.Timeouts{HeartbeatMS: 1000, ElectionMS: 1000, LeaseMS: 500, CommitMS: 5},
		Rules:    data.Rules, Calendar: data.Workdays,
	}
	for _, text := range law.Texts() {
		g.Law = append(g.Law, genesis.LawText{Name: text.Name, Text: text.Text})
	}
	signers := make(map[string]keyring.Signer)
	for i, r := range keys.Regions {
		signers[r.Code] = r.Governance
		node := r.Nodes[0]
		g.Regions = append(g.Regions, genesis.Region{
			Code: r.Code, NameZH: r.NameZH, NameEN: r.NameEN, Governance: r.Governance.Public(),
			Statement: []keyring.PublicKey{r.Statement.Public()}, Roots: r.RootDER(),
			Issuers: []genesis.Issuer{{ID: r.Issuer, Keys: []keyring.PublicKey{r.Token.Public()}, Roles: roles}},
			Nodes: []genesis.Node{{
				ID: node.ID, Voter: true, Log: node.Log.Public(), Cosigner: node.Cosigner.Public(),
				Peer: fmt.Sprint("127.0.0.1:", 9011+i), Gossip: fmt.Sprint("127.0.0.1:", 7011+i), Public: fmt.Sprint("http://127.0.0.1:", 8011+i),
			}},
			Orgs: []genesis.Org{
				{Code: r.Code + "-SJ", NameZH: r.NameZH, NameEN: r.NameEN, Level: "province", Parent: "100000-SJ"},
				{Code: r.Code[:2] + "0114-SJ", NameZH: "区局（合成）", NameEN: "District bureau (synthetic)", Level: "county", Parent: r.Code + "-SJ"},
			},
		})
	}
	sealed, err := genesis.Seal(g, signers)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := genesis.Parse(sealed)
	if err != nil {
		t.Fatal(err)
	}
	return signed, sealed
}

// open opens books over a ledger as it stands.
func open(l desk.Ledger) (*ledger.Books, func(), error) {
	v, err := l.View(context.Background(), local)
	if err != nil {
		return nil, nil, err
	}
	return l.Books(v), func() { v.Close() }, nil
}

// Gate is a region's token gate over the ledger.
func (n *Network) Gate(region string) *auth.Gate {
	n.t.Helper()
	gate, err := auth.New(auth.Config{
		Region: region, Logger: n.Log,
		Registry: &books.Registry{
			Open:     func() (*ledger.Books, func(), error) { return open(n.Ledger) },
			Governed: n.Ledger.Governed,
			Contact:  func() time.Duration { return 0 },
		},
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return gate
}

// Person is somebody with a token.
type Person struct {
	Region, Name, Org string
	Roles             []string
}

// Someone is a person of a region's bureau itself.
func Someone(region, name string, roles ...string) Person {
	return Person{Region: region, Name: name, Org: region + "-SJ", Roles: roles}
}

// Token is an access token of a person for a region's node.
func (n *Network) Token(p Person, audience string) string {
	n.t.Helper()
	scope := auth.ScopeRead + " " + auth.ScopeWrite
	for _, r := range p.Roles {
		if r == auth.RoleOperator {
			scope += " " + auth.ScopeOperate
		}
	}
	now := time.Now().Unix()
	token, err := n.Keys.Region(p.Region).SignToken(keyring.Claims{
		Subject: p.Name, Audience: auth.Audience(audience), IssuedAt: now, Expires: now + 300,
		ID: fmt.Sprint("jti-", n.tokens.Add(1)), Roles: p.Roles, Org: p.Org, Scope: scope,
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return token
}
