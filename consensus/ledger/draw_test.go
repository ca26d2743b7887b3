package ledger_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"testing"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/draw"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/statement"
)

// Ensure a contribution counts only under the one draw key that its region had
// when the draw was defined, and that the seed is that of the contributions.
func TestDraw(t *testing.T) {
	text, err := os.ReadFile("testdata/draw/lot.yaml")
	if err != nil {
		t.Fatal(err)
	}
	w := buildWorld(t, func(g *genesis.Genesis) {
		i := slices.IndexFunc(g.Law, func(l genesis.LawText) bool { return l.Name > "lot" })
		if i < 0 {
			i = len(g.Law)
		}
		g.Law = slices.Insert(g.Law, i, genesis.LawText{Name: "lot", Text: string(text)})
	})
	r := w.replica()
	register := func(region, id string, seed byte) keyring.Signer {
		t.Helper()
		k, err := keyring.DrawKeyFromSeed(id, bytes.Repeat([]byte{seed}, 32))
		if err != nil {
			t.Fatal(err)
		}
		r.commit(w.govern(region, statement.KindKeyAdd, statement.KeyAddBody{Proven: w.prove(region, "", k), Active: true}.Marshal()))
		return k
	}
	first, second := register(beijing, "draw-1", 1), register(beijing, "draw-2", 2)
	pool, rule := bytes.Repeat([]byte{7}, 32), bytes.Repeat([]byte{8}, 32)
	res := r.commit(w.open(beijing, "liaison", "lot", fmt.Sprintf(`{"other_org":"120000-SJ","pool_hash":"%x","rule_hash":"%x"}`, pool, rule)))
	late := register(tianjin, "draw-1", 3) // after the draw was defined

	terms := draw.Terms{Network: w.signed.Network(), Draw: res.Record, Pool: [32]byte(pool), Rule: [32]byte(rule)}
	sign := func(t draw.Terms, region string, k keyring.Signer) draw.Contribution {
		c, err := draw.Contribute(t, region, k)
		if err != nil {
			w.t.Fatal(err)
		}
		return c
	}
	act := func(region string, signature []byte) []byte {
		return w.act(region, "node", res.Record, res.RecordHead, "contribute", fmt.Sprintf(`{"contribution":"%x"}`, signature))
	}
	other := terms
	other.Draw = "LO-110000-2025-000009"
	for name, raw := range map[string][]byte{
		"another of its draw keys":      act(beijing, sign(terms, beijing, second).Signature),
		"another draw":                  act(beijing, sign(other, beijing, first).Signature),
		"a key registered afterwards":   act(tianjin, sign(terms, tianjin, late).Signature),
		"another region's contribution": act(tianjin, sign(terms, beijing, first).Signature),
		"a region without a draw key":   act(tianjin, bytes.Repeat([]byte{1}, keyring.BLSSignatureSize)),
	} {
		if got := r.refused(raw); got != "contribution_invalid" {
			t.Errorf("%s: %s", name, got)
		}
	}
	r.commit(act(beijing, sign(terms, beijing, first).Signature))

	// A second draw, for which Tianjin has a key.
	res = r.commit(w.open(beijing, "liaison", "lot", fmt.Sprintf(`{"other_org":"120000-SJ","pool_hash":"%x","rule_hash":"%x"}`, pool, rule)))
	terms.Draw = res.Record
	a, b := sign(terms, beijing, first), sign(terms, tianjin, late)
	res.RecordHead = r.commit(act(tianjin, b.Signature)).RecordHead // the order of giving doesn't matter
	res.RecordHead = r.commit(act(beijing, a.Signature)).RecordHead
	seed, err := draw.Seed([]draw.Contribution{a, b})
	if err != nil {
		t.Fatal(err)
	}
	seal := func(seed []byte) []byte {
		return w.act(beijing, "liaison", res.Record, res.RecordHead, "seal", `{"seed":"`+hex.EncodeToString(seed)+`"}`)
	}
	if got := r.refused(seal(bytes.Repeat([]byte{9}, 32))); got != "seed_differs" {
		t.Errorf("another seed: %s", got)
	}
	r.commit(seal(seed[:]))
	r.check()
	r.rejudged()

	// A key that is revoked contributes to nothing any more.
	res = r.commit(w.open(beijing, "liaison", "lot", fmt.Sprintf(`{"other_org":"120000-SJ","pool_hash":"%x","rule_hash":"%x"}`, pool, rule)))
	terms.Draw = res.Record
	r.commit(w.turnKey(tianjin, statement.KindKeyRevoke, "draw-1"))
	if got := r.refused(act(tianjin, sign(terms, tianjin, late).Signature)); got != "contribution_invalid" {
		t.Errorf("a revoked key: %s", got)
	}
}
