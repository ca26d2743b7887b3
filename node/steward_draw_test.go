package node

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"testing"

	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/replica/clustertest"
	"sandi.internal/gateway/consensus/statement"
)

// Ensure each region's steward contributes to a draw by itself, once, and that a
// steward without a draw key holds nothing up but its own region's part.
func TestStewardContributes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../consensus/ledger/testdata/draw/lot.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := newStewards(t, clustertest.Options{Seed: 1, Law: []genesis.LawText{{Name: "tombola", Text: strings.Replace(string(text), "name: lot", "name: tombola", 1)}}})
	a, b := s.Nodes[0], s.Nodes[1]
	for i, n := range []*clustertest.Node{a, b} {
		key, err := keyring.DrawKeyFromSeed("draw-1", bytes.Repeat([]byte{byte(i + 1)}, 32))
		if err != nil {
			t.Fatal(err)
		}
		proven, err := statement.Prove(key, s.Signed.Network(), n.Region, "")
		if err != nil {
			t.Fatal(err)
		}
		s.Write(n, s.Govern(n.Region, statement.KindKeyAdd, statement.KeyAddBody{Proven: proven, Active: true}.Marshal(), s.Clock()))
		if n == a {
			s.of[n.ID].lots = key
		}
	}
	fields, err := desk.ParseFields(fmt.Appendf(nil, `{"other_org":"%s-SJ","pool_hash":"%s","rule_hash":"%[2]s"}`, b.Region, strings.Repeat("ab", 32)))
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := s.of[a.ID].desk.Open(t.Context(), desk.Draft{
		ID: statement.NewID(s.Clock(), rand.Reader), Role: "liaison", Org: a.Region + "-SJ", Person: s.of[a.ID].desk.Pseudonym("issuer", "x"),
		Procedure: "tombola", Fields: fields,
	})
	if err != nil || receipt.Status != ledger.Committed {
		t.Fatalf("%+v %v", receipt.Refusal, err)
	}
	id := receipt.Record
	for range 2 { // once, however often it looks
		s.look(a)
		s.look(b)
		if acts := s.record(a, id).Acts; len(acts) != 2 || acts[1].Region != a.Region || acts[1].Event != "contribute" {
			t.Fatalf("%+v", acts)
		}
	}
	// The other bureau puts its key in place: what was left undone is done.
	key, _ := keyring.DrawKeyFromSeed("draw-1", bytes.Repeat([]byte{2}, 32))
	s.of[b.ID].lots = key
	s.agendas[b.ID].lose()
	s.look(b)
	s.mustBe(a, id, "computed")
	s.CheckAll()
}
