package redraw

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/draw"
)

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// made is told's draw: three pairings' worth of keys and signatures, made once.
var made []byte

// told is a draw as a node tells it, with its texts; each time another copy.
func told(t *testing.T) *v1.Draw {
	t.Helper()
	if made == nil {
		made = must[[]byte](t)(json.Marshal(compose(t)))
	}
	d := new(v1.Draw)
	if err := json.Unmarshal(made, d); err != nil {
		t.Fatal(err)
	}
	return d
}

func compose(t *testing.T) *v1.Draw {
	t.Helper()
	var list []draw.Candidate
	for i := range 20 {
		list = append(list, draw.Candidate{ID: fmt.Sprintf("x%02d", i), Stratum: "s"})
	}
	list[3].Excluded = "visited"
	pool := must[*draw.Pool](t)(draw.NewPool(list))
	rule := must[*draw.Rule](t)(draw.NewRule("target", "PC-1", []draw.Quota{{Stratum: "s", Rate: 1_000}}))
	digest := func(sum [32]byte) string { return hex.EncodeToString(sum[:]) }
	d := &v1.Draw{
		ID: "DR-110000-2025-000001", Network: "net", State: "sealed", Kind: "target", Count: 20, Quota: 2, ExclusionRule: "PC-1",
		Pool: v1.DrawPart{Digest: digest(pool.Digest()), Held: true, Text: string(pool.Marshal())}, Rule: v1.DrawPart{Digest: digest(rule.Digest()), Held: true, Text: string(rule.Marshal())},
		Strata: []v1.DrawStratum{{Stratum: "s", Rate: "10.00"}}, Exclusions: []v1.DrawExclusion{{ID: "x03", Reason: "visited"}},
	}
	terms := draw.Terms{Network: d.Network, Draw: d.ID, Pool: pool.Digest(), Rule: rule.Digest()}
	var given []draw.Contribution
	for i, region := range []string{"110000", "120000", "130000"} {
		key := must[*keyring.PrivateKey](t)(keyring.DrawKeyFromSeed("draw-1", bytes.Repeat([]byte{byte(i + 1)}, 32)))
		c := must[draw.Contribution](t)(draw.Contribute(terms, region, key))
		given = append(given, c)
		d.Regions = append(d.Regions, v1.DrawRegion{Region: region, Key: "draw-1", Public: hex.EncodeToString(key.Public().Key), Contribution: hex.EncodeToString(c.Signature)})
	}
	ranking := must[*draw.Ranking](t)(draw.Rank(d.ID, pool, rule, must[[32]byte](t)(draw.Seed(given))))
	o := ranking.OutcomeOf()
	d.Outcome = &v1.DrawOutcome{Seed: digest(o.Seed), Ranking: digest(o.Ranking), Selected: o.Selected, Reserves: o.Reserves}
	d.Taken = []v1.DrawTaken{{ID: o.Reserves[0], Record: "MA-110000-2025-000001"}}
	return d
}

// Ensure a true draw passes part by part, and that each part is compared.
func TestVerify(t *testing.T) {
	d := told(t)
	r := Verify(d)
	if r.Result != Pass || len(r.Checks) != 9 || len(r.Strata) != 1 || r.Strata[0].Of != 19 || len(r.Strata[0].Selected) != 2 || len(r.Strata[0].Next) != shownNext || r.Ranking == nil {
		t.Fatalf("%+v", r)
	}
	for name, tc := range map[string]struct {
		change func(*v1.Draw)
		part   Part
		want   Result
	}{
		"a candidate less":    {func(d *v1.Draw) { d.Pool.Text = strings.Replace(d.Pool.Text, "s x00\n", "", 1) }, Pool, Fail},
		"no pool":             {func(d *v1.Draw) { d.Pool.Text = "" }, Pool, Indeterminate},
		"no digest":           {func(d *v1.Draw) { d.Pool.Digest = "" }, Pool, Fail},
		"another rule":        {func(d *v1.Draw) { d.Rule.Text = strings.Replace(d.Rule.Text, "1000", "2000", 1) }, Rule, Fail},
		"a pool as rule":      {func(d *v1.Draw) { d.Rule.Text = d.Pool.Text }, Rule, Fail},
		"another size":        {func(d *v1.Draw) { d.Count = 21 }, Pool, Fail},
		"another rate":        {func(d *v1.Draw) { d.Strata[0].Rate = "20.00" }, Pool, Fail},
		"no reason":           {func(d *v1.Draw) { d.Exclusions = nil }, Pool, Fail},
		"another key":         {func(d *v1.Draw) { d.Regions[0].Public = d.Regions[1].Public }, Contributions, Fail},
		"another network":     {func(d *v1.Draw) { d.Network = "other" }, Contributions, Fail},
		"a region is missing": {func(d *v1.Draw) { d.Regions[2].Contribution, d.Missing, d.Outcome = "", []string{"130000"}, nil }, Contributions, Indeterminate},
		"not confirmed":       {func(d *v1.Draw) { d.Outcome = nil }, Ranking, Indeterminate},
		"another seed":        {func(d *v1.Draw) { d.Outcome.Seed = d.Pool.Digest }, Seed, Fail},
		"another ranking":     {func(d *v1.Draw) { d.Outcome.Ranking = d.Pool.Digest }, Ranking, Fail},
		"no ranking":          {func(d *v1.Draw) { d.Outcome.Ranking = "" }, Ranking, Fail},
		"others selected":     {func(d *v1.Draw) { d.Outcome.Selected[0] = d.Outcome.Reserves[5] }, Selected, Fail},
		"reserves changed":    {func(d *v1.Draw) { d.Outcome.Reserves = d.Outcome.Reserves[1:] }, Selected, Fail},
		"out of turn":         {func(d *v1.Draw) { d.Taken[0].ID = d.Outcome.Reserves[1] }, Substitutions, Fail},
	} {
		d := told(t)
		tc.change(d)
		r := Verify(d)
		last := r.Checks[len(r.Checks)-1]
		for _, c := range r.Checks {
			if c.Result != Pass {
				last = c
				break
			}
		}
		if r.Result != tc.want || last.Part != tc.part || last.Result != tc.want || last.ZH == "" || strings.Contains(last.EN+last.ZH, "%!") {
			t.Errorf("%s: %s, %+v", name, r.Result, last)
		}
	}
	for _, c := range r.Checks {
		if strings.Contains(c.EN+c.ZH, "%!") {
			t.Errorf("%+v", c)
		}
	}
}

var rewrite = flag.Bool("rewrite", false, "rewrite testdata/draw.json")

// Ensure a draw that was kept as a file stays readable, and the same.
func TestFile(t *testing.T) {
	text := append(must[[]byte](t)(json.MarshalIndent(told(t), "", "  ")), '\n')
	if *rewrite {
		if err := os.WriteFile("testdata/draw.json", text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept := must[[]byte](t)(os.ReadFile("testdata/draw.json"))
	if !bytes.Equal(kept, text) {
		t.Errorf("the draw is written as\n%s", text)
	}
	var d v1.Draw
	if err := json.Unmarshal(kept, &d); err != nil {
		t.Fatal(err)
	}
	if r := Verify(&d); r.Result != Pass {
		t.Errorf("%+v", r)
	}
}
