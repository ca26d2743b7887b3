package books

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/certs/devca"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/calendar/data"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

// town is a ledger in memory, governed by real statements, and Beijing's gate
// over it.
type town struct {
	t      *testing.T
	net    *devca.Network
	ledger *ledger.Ledger
	memory *ledger.Memory
	gate   *auth.Gate
	now    int64 // unix s, real and ledger time alike
	serial int
}

func newTown(t *testing.T) *town {
	t.Helper()
	net, err := devca.New("")
	must(t, err)
	g := &genesis.Genesis{
		Format: genesis.Format, Name: "三地 test", Origin: "sandi.internal/ledger", Clock: genesis.ClockReal, Synthetic: true,
		CreatedAt: "2025-11-20T12:00:00+08:00", Protocol: 1, Final: "all",
		Timeouts: genesis.Timeouts{HeartbeatMS: 1000, ElectionMS: 1000, LeaseMS: 500, CommitMS: 5},
		Rules:    data.Rules, Calendar: data.Workdays,
	}
	signers := make(map[string]keyring.Signer)
	for i, r := range net.Regions {
		signers[r.Code] = r.Governance
		node, port := r.Nodes[0], strconv.Itoa(i+1)
		g.Regions = append(g.Regions, genesis.Region{
			Code: r.Code, NameZH: r.NameZH, NameEN: r.NameEN, Governance: r.Governance.Public(),
			Statement: []keyring.PublicKey{r.Statement.Public()}, Roots: r.RootDER(),
			Issuers: []genesis.Issuer{{ID: r.Issuer, Keys: []keyring.PublicKey{r.Token.Public()}, Roles: []string{"clerk", "officer"}}},
			Nodes: []genesis.Node{{
				ID: node.ID, Voter: true, Peer: "127.0.0.1:901" + port, Gossip: "127.0.0.1:701" + port,
				Public: "http://127.0.0.1:801" + port, Log: node.Log.Public(), Cosigner: node.Cosigner.Public(),
			}},
			Orgs: []genesis.Org{{Code: r.Code + "-SJ", NameZH: r.NameZH, NameEN: r.NameEN, Level: "province", Parent: "100000-SJ"}},
		})
	}
	sealed, err := genesis.Seal(g, signers)
	must(t, err)
	sg, err := genesis.Parse(sealed)
	must(t, err)
	w := &town{t: t, net: net, memory: ledger.NewMemory(), now: sg.CreatedUnix() + 60}
	w.ledger, err = ledger.New(sg, statement.NewPool(1, 64))
	must(t, err)
	must(t, w.ledger.Load(w.memory))
	w.gate, err = auth.New(auth.Config{
		Region: "110000", Clock: func() time.Time { return time.Unix(w.now, 0) }, Logger: slog.New(slog.DiscardHandler),
		Registry: &Registry{
			Open:     func() (*ledger.Books, func(), error) { return w.ledger.Books(w.memory), func() {}, nil },
			Governed: func() uint64 { return w.standing().Governed },
			Contact:  func() time.Duration { return 0 },
		},
	})
	must(t, err)
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *town) standing() ledger.Standing {
	s, err := w.ledger.Books(w.memory).Standing()
	must(w.t, err)
	return s
}

// govern signs and applies a governance statement of a region, a second later.
func (w *town) govern(region, kind string, body []byte) {
	w.t.Helper()
	w.now++
	raw, _, err := statement.Sign(w.net.Region(region).Governance, statement.Payload{
		Network: w.ledger.Network(), Kind: kind, V: statement.Version, ID: statement.NewID(time.Unix(w.now, 0), rand.Reader), Region: region,
		At: statement.FormatAt(w.now), Actor: statement.Actor{Role: statement.RoleGovernance, Org: region + "-SJ"},
		Request: statement.RequestDigest(body), Body: body,
	})
	must(w.t, err)
	results, err := w.ledger.Apply(w.memory, ledger.Command{ProposedAt: w.now * 1000, Statements: [][]byte{raw}})
	must(w.t, err)
	if results[0].Status != ledger.Committed {
		w.t.Fatalf("%s: %+v", kind, results[0].Refusal)
	}
}

// token is a fresh token of a region's issuer for Beijing's node.
func (w *town) token(key keyring.Signer, region string) string {
	w.t.Helper()
	w.serial++
	tok, err := keyring.SignToken(key, keyring.Claims{
		Issuer: w.net.Region(region).Issuer, Subject: "p-" + region, Audience: auth.Audience("110000"), IssuedAt: w.now, Expires: w.now + 300,
		ID: fmt.Sprint("jti-", w.serial), Roles: []string{"clerk", "officer", "bureau_head"}, Org: region + "-SJ", Scope: auth.ScopeRead,
	})
	must(w.t, err)
	return tok
}

// want checks a token against the gate; a refused one leaves the ledger as it
// was.
func (w *town) want(name, token string, want auth.Reason) *auth.Caller {
	w.t.Helper()
	before := w.standing()
	r := httptest.NewRequest("GET", "/v1/records", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	caller, err := w.gate.Check(r, "")
	var got auth.Reason
	var refusal *auth.Refusal
	if errors.As(err, &refusal) {
		got = refusal.Reason
	} else if err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	if got != want {
		w.t.Fatalf("%s: got %q, want %q (%v)", name, got, want, err)
	}
	if w.standing() != before {
		w.t.Fatalf("%s: the ledger moved", name)
	}
	return caller
}

// TestGovernance plays the life of keys, issuers, roles and tokens on a real
// ledger and asks the gate after each step.
func TestGovernance(t *testing.T) {
	w := newTown(t)
	bj, tj := w.net.Region("110000"), w.net.Region("120000")
	first, second := w.token(bj.Token, "110000"), w.token(bj.Token, "110000")
	caller := w.want("genesis issuer", first, "")
	if caller.Region != "110000" || len(caller.Roles) != 2 {
		t.Fatalf("caller %+v", caller)
	}
	w.want("another region's issuer", w.token(tj.Token, "120000"), "")
	w.want("key of another region", w.token(tj.Token, "110000"), auth.BadSignature)

	w.govern("110000", statement.KindTokenRevoke, statement.TokenRevokeBody{Issuer: bj.Issuer, JTI: "jti-1"}.Marshal())
	w.want("revoked by jti", first, auth.Revoked)
	w.want("not its neighbour", second, "")
	w.govern("110000", statement.KindTokenRevoke, statement.TokenRevokeBody{Issuer: bj.Issuer, Subject: "p-110000", Before: w.now}.Marshal())
	w.want("revoked by subject", second, auth.Revoked)
	third := w.token(bj.Token, "110000")
	w.want("issued after that", third, "")

	w.govern("110000", statement.KindRoleRevoke, statement.RoleBody{Issuer: bj.Issuer, Roles: []string{"officer"}}.Marshal())
	if c := w.want("role taken away", third, ""); len(c.Roles) != 1 || c.Roles[0] != "clerk" {
		t.Fatalf("roles %v", c.Roles)
	}

	next, err := keyring.Generate(keyring.ES256, keyring.UseToken, "tok-2")
	must(t, err)
	w.want("unknown key", w.token(next, "110000"), auth.UnknownKey)
	proven, err := statement.Prove(next, w.ledger.Network(), "110000", bj.Issuer)
	must(t, err)
	w.govern("110000", statement.KindKeyAdd, statement.KeyAddBody{Proven: proven, Issuer: bj.Issuer}.Marshal())
	w.want("prepared key", w.token(next, "110000"), auth.KeyState)
	w.govern("110000", statement.KindKeyActivate, statement.KeyBody{Key: "tok-2"}.Marshal())
	w.want("active key", w.token(next, "110000"), "")

	old := w.token(bj.Token, "110000")
	w.govern("110000", statement.KindKeyRetire, statement.KeyBody{Key: "tok-1"}.Marshal())
	w.want("retiring key, older token", old, "")
	w.now++
	w.want("retiring key, later token", w.token(bj.Token, "110000"), auth.KeyState)
	w.govern("110000", statement.KindTokenRevoke, statement.TokenRevokeBody{Issuer: bj.Issuer, KID: "tok-1"}.Marshal())
	w.want("revoked by kid", old, auth.Revoked)
	w.govern("110000", statement.KindKeyRevoke, statement.KeyBody{Key: "tok-1", Reason: "compromised"}.Marshal())
	w.want("revoked key", old, auth.KeyState)

	last := w.token(next, "110000")
	w.want("the new key goes on", last, "")
	w.govern("110000", statement.KindIssuerDrop, statement.IssuerDropBody{Issuer: bj.Issuer, Reason: "ceased"}.Marshal())
	w.want("issuer dropped", last, auth.UnknownIssuer)
	w.want("the other region's stands", w.token(tj.Token, "120000"), "")
}

// TestUnreadable: a ledger that cannot be read answers nothing.
func TestUnreadable(t *testing.T) {
	closed := errors.New("closed")
	r := &Registry{Open: func() (*ledger.Books, func(), error) { return nil, nil, closed }}
	if _, err := r.Look(auth.Query{}); !errors.Is(err, closed) {
		t.Fatalf("got %v", err)
	}
	w := newTown(t)
	empty := ledger.NewMemory()
	r.Open = func() (*ledger.Books, func(), error) { return w.ledger.Books(empty), func() {}, nil }
	if _, err := r.Look(auth.Query{Issuer: "https://110000.sandi/issuer"}); err == nil {
		t.Fatal("an empty store answered")
	}
}
