package node

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/lots"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/draw"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/replica/clustertest"
	"sandi.internal/gateway/consensus/statement"
)

//go:embed testdata/tombola.yaml
var tombola string

// drawing is a network whose stewards hold draw keys, two of which are registered.
type drawing struct {
	*stewards
	a, b, c *clustertest.Node
	keys    []keyring.Signer // of a and b
	pool    *draw.Pool
	rule    *draw.Rule
}

// DrawText is lots.Peers: every node keeps its texts where its steward does.
func (d *drawing) DrawText(_ context.Context, node string, digest [sha256.Size]byte) ([]byte, error) {
	return d.of[node].lots.Text(digest)
}

func newDrawing(t *testing.T) *drawing {
	t.Helper()
	d := &drawing{stewards: newStewards(t, clustertest.Options{Seed: 1, Law: []genesis.LawText{{Name: "tombola", Text: tombola}}})}
	d.a, d.b, d.c = d.Nodes[0], d.Nodes[1], d.Nodes[2]
	for i, n := range d.Nodes {
		w := d.of[n.ID]
		var err error
		w.lots, err = lots.Open(solo.NewLocal(), d, func(region string) []string { return []string{region + "-a"} }, func() (map[[sha256.Size]byte]bool, error) { return nil, nil }, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		key, err := keyring.DrawKeyFromSeed("draw-1", bytes.Repeat([]byte{byte(i + 1)}, 32))
		if err != nil {
			t.Fatal(err)
		}
		if n == d.c {
			continue
		}
		proven, err := statement.Prove(key, d.Signed.Network(), n.Region, "")
		if err != nil {
			t.Fatal(err)
		}
		d.Write(n, d.Govern(n.Region, statement.KindKeyAdd, statement.KeyAddBody{Proven: proven, Active: true}.Marshal(), d.Clock()))
		d.keys = append(d.keys, key)
	}
	d.of[d.a.ID].drawKey = d.keys[0]
	var err error
	if d.pool, err = draw.NewPool([]draw.Candidate{{ID: "x1", Stratum: "s"}, {ID: "x2", Stratum: "s"}, {ID: "x3", Stratum: "s"}}); err != nil {
		t.Fatal(err)
	}
	if d.rule, err = draw.NewRule("target", "1", []draw.Quota{{Stratum: "s", Number: 1}}); err != nil {
		t.Fatal(err)
	}
	return d
}

// put brings pool and rule in at a node.
func (d *drawing) put(n *clustertest.Node, texts ...[]byte) {
	d.t.Helper()
	for _, text := range texts {
		if _, err := d.of[n.ID].lots.Put(text); err != nil {
			d.t.Fatal(err)
		}
	}
}

// define opens a draw of what was put at its organiser, a.
func (d *drawing) define() string {
	d.t.Helper()
	pool, rule := d.pool.Digest(), d.rule.Digest()
	fields, err := desk.ParseFields(fmt.Appendf(nil, `{"other_org":"%s-SJ","pool_hash":"%x","rule_hash":"%x"}`, d.b.Region, pool, rule))
	if err != nil {
		d.t.Fatal(err)
	}
	receipt, err := d.of[d.a.ID].desk.Open(d.t.Context(), desk.Draft{
		ID: statement.NewID(d.Clock(), rand.Reader), Role: "liaison", Org: d.a.Region + "-SJ", Person: d.of[d.a.ID].desk.Pseudonym("issuer", "x"),
		Procedure: "tombola", Fields: fields,
	})
	if err != nil || receipt.Status != ledger.Committed {
		d.t.Fatalf("%+v %v", receipt.Refusal, err)
	}
	return receipt.Record
}

// mustName says that the ledger's freezes name pool and rule, and nothing else, and
// whether a draw over them stands.
func (d *drawing) mustName(stands bool) {
	d.t.Helper()
	named, err := lots.NamedIn(func() (*ledger.Books, func(), error) {
		view := d.view(d.a)
		return d.a.Ledger.Books(view), func() { view.Close() }, nil
	})()
	if want := map[[sha256.Size]byte]bool{d.pool.Digest(): stands, d.rule.Digest(): stands}; err != nil || !maps.Equal(named, want) {
		d.t.Errorf("the ledger names %v, want %v (%v)", named, want, err)
	}
}

func (d *drawing) acts(id string) []string {
	d.t.Helper()
	var out []string
	for _, a := range d.record(d.a, id).Acts[1:] {
		out = append(out, a.Event+" "+a.Region)
	}
	return out
}

// Ensure each region's steward contributes to a draw by itself, once, but not before
// it has seen what is drawn from; that a steward without a draw key holds nothing up but
// its own region's part; and that two nodes state the outcome, and no stranger.
func TestStewardDraws(t *testing.T) {
	t.Parallel()
	d := newDrawing(t)
	id := d.define()
	d.mustName(true)
	for range 2 { // nobody has the pool
		d.look(d.a)
		d.look(d.b)
	}
	if acts := d.acts(id); len(acts) != 0 {
		t.Fatalf("before the pool was seen: %v", acts)
	}
	d.put(d.a, d.pool.Marshal(), d.rule.Marshal())
	d.agendas[d.a.ID].keep(id)
	for range 2 { // once, however often it looks
		d.look(d.a)
	}
	if acts := d.acts(id); !slices.Equal(acts, []string{"contribute " + d.a.Region}) {
		t.Fatalf("%v", acts)
	}
	// The other bureau puts its key in place, and fetches: what was left undone is done.
	d.of[d.b.ID].drawKey = d.keys[1]
	d.agendas[d.b.ID].lose()
	d.look(d.b)
	if acts := d.acts(id); len(acts) != 1 {
		t.Fatalf("without the pool: %v", acts)
	}
	ctx, cancel := context.WithTimeout(t.Context(), stewardPatience)
	defer cancel()
	d.of[d.b.ID].lots.Run(ctx, func(string) { cancel() })
	d.agendas[d.b.ID].keep(id)
	d.look(d.b)
	d.mustBe(d.a, id, "computed")
	d.put(d.c, d.pool.Marshal(), d.rule.Marshal())
	d.agendas[d.c.ID].keep(id)
	d.look(d.c) // takes no part
	d.look(d.b)
	d.look(d.a)
	d.mustBe(d.a, id, "sealed")
	d.mustName(true)
	if acts := d.acts(id); len(acts) != 5 || acts[3] != "seal "+d.b.Region || acts[4] != "seal "+d.a.Region {
		t.Errorf("%v", acts)
	}
	rec := d.record(d.a, id)
	r, err := draw.ReadRecord(id, rec.Fields)
	if err != nil {
		t.Fatal(err)
	}
	ranking, err := r.Rank(d.pool, d.rule)
	if err != nil || r.Outcome.Holds(ranking) != nil || len(r.Outcome.Reserves) != 2 {
		t.Errorf("%+v %v", r.Outcome, err)
	}
	d.CheckAll()
}

// Ensure no steward contributes to a draw whose texts say something else than what was
// frozen, or confirms what another region has made up.
func TestStewardAbstains(t *testing.T) {
	t.Parallel()
	d := newDrawing(t)
	d.of[d.b.ID].drawKey = d.keys[1]
	d.put(d.a, d.pool.Marshal(), d.rule.Marshal())
	d.put(d.b, d.pool.Marshal(), d.rule.Marshal())
	fields, err := desk.ParseFields(fmt.Appendf(nil, `{"other_org":"%s-SJ","pool_hash":"%x","rule_hash":"%[2]x"}`, d.b.Region, d.pool.Digest()))
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := d.of[d.a.ID].desk.Open(t.Context(), desk.Draft{
		ID: statement.NewID(d.Clock(), rand.Reader), Role: "liaison", Org: d.a.Region + "-SJ", Person: d.of[d.a.ID].desk.Pseudonym("issuer", "x"),
		Procedure: "tombola", Fields: fields,
	})
	if err != nil || receipt.Status != ledger.Committed {
		t.Fatalf("%+v %v", receipt.Refusal, err)
	}
	d.look(d.a)
	d.look(d.b)
	if acts := d.acts(receipt.Record); len(acts) != 0 {
		t.Errorf("to a pool in the place of a rule: %v", acts)
	}

	id := d.define()
	d.look(d.a)
	d.look(d.b)
	d.mustBe(d.a, id, "computed")
	r, err := draw.ReadRecord(id, d.record(d.a, id).Fields)
	if err != nil {
		t.Fatal(err)
	}
	ranking, err := r.Rank(d.pool, d.rule)
	if err != nil {
		t.Fatal(err)
	}
	lie := ranking.OutcomeOf()
	lie.Selected, lie.Reserves = lie.Reserves[:1], append([]string{lie.Selected[0]}, lie.Reserves[1:]...)
	text, err := json.Marshal(lie.Fields())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.of[d.a.ID].do(t.Context(), task{record: id, head: d.record(d.a, id).Head, event: "seal", fields: text}); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	d.of[d.b.ID].log = slog.New(slog.NewTextHandler(&said, nil))
	d.look(d.b)
	d.mustBe(d.a, id, "computed")
	if acts := d.acts(id); len(acts) != 4 || !strings.Contains(said.String(), "doesn't give") {
		t.Errorf("%v; %s", acts, said.String())
	}
}

// Ensure the texts of a draw that ended without an outcome are known as such, until
// another draw stands over them.
func TestDrawGivenUp(t *testing.T) {
	t.Parallel()
	d := newDrawing(t)
	id := d.define()
	if err := d.of[d.a.ID].do(t.Context(), task{record: id, head: d.record(d.a, id).Head, event: "give_up", fields: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	d.mustName(false)
	d.define()
	d.mustName(true)
}
