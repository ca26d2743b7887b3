package audit

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/draw"
	"sandi.internal/gateway/consensus/procedure"
)

// drawn is the draw of the vectors, as its record and the bundle would have it.
func oneDraw(t *testing.T) (*procedure.Record, drawFile) {
	t.Helper()
	text, err := os.ReadFile("../../consensus/draw/testdata/vector.json")
	must(t, err)
	var v struct {
		Draw          string            `json:"draw"`
		Pool          string            `json:"pool"`
		Rule          string            `json:"rule"`
		Contributions map[string]string `json:"contributions"`
		Ranking       string            `json:"ranking"`
	}
	must(t, json.Unmarshal(text, &v))
	pool, err := draw.ParsePool([]byte(v.Pool))
	must(t, err)
	rule, err := draw.ParseRule([]byte(v.Rule))
	must(t, err)
	type item struct {
		Org   string `json:"org"`
		Value string `json:"value"`
	}
	var given []item
	var list []draw.Contribution
	for _, region := range slices.Sorted(maps.Keys(v.Contributions)) {
		signature, err := base64.RawURLEncoding.DecodeString(v.Contributions[region])
		must(t, err)
		given = append(given, item{region + "-SJ", hex.EncodeToString(signature)})
		list = append(list, draw.Contribution{Region: region, Signature: signature})
	}
	seed, err := draw.Seed(list)
	must(t, err)
	ranking, err := draw.Rank(v.Draw, pool, rule, seed)
	must(t, err)
	if string(ranking.Marshal()) != v.Ranking {
		t.Fatal("the vectors have another ranking")
	}
	hash := func(sum [32]byte) json.RawMessage { return text2json(t, hex.EncodeToString(sum[:])) }
	var selected, reserves []string
	for _, s := range ranking.Strata {
		selected = append(selected, s.Order[:s.Selected]...)
		reserves = append(reserves, s.Order[s.Selected:][:2]...)
	}
	exclusions := []map[string]string{}
	for id, reason := range pool.Excluded() {
		exclusions = append(exclusions, map[string]string{"item": id, "reason": reason})
	}
	r := &procedure.Record{ID: v.Draw, Fields: map[string]json.RawMessage{
		draw.FieldPool: hash(pool.Digest()), draw.FieldRule: hash(rule.Digest()), draw.FieldRanking: hash(ranking.Digest()),
		draw.FieldContributions: text2json(t, given), draw.FieldSelected: text2json(t, selected), draw.FieldReserves: text2json(t, reserves),
		draw.FieldExclusions: text2json(t, exclusions),
	}, Acts: []procedure.ActNote{{Seq: 7}, {Seq: 9, Fields: []string{draw.FieldRanking}}, {Seq: 11}}}
	return r, drawFile{bundle.FormatDraw, v.Draw, v.Pool, v.Rule}
}

func text2json(t *testing.T, v any) json.RawMessage { return text(t, v) }

// Ensure a draw comes out again, and nothing else in its place.
func TestRedraw(t *testing.T) {
	swap := func(field string, i, j int) func(*testing.T, *procedure.Record, *drawFile) {
		return func(t *testing.T, r *procedure.Record, _ *drawFile) {
			var list []json.RawMessage
			must(t, json.Unmarshal(r.Fields[field], &list))
			list[i], list[j] = list[j], list[i]
			r.Fields[field] = text2json(t, list)
		}
	}
	for name, change := range map[string]func(*testing.T, *procedure.Record, *drawFile){
		"": func(*testing.T, *procedure.Record, *drawFile) {},
		"a candidate is gone": func(_ *testing.T, _ *procedure.Record, f *drawFile) {
			f.Pool = strings.Replace(f.Pool, "food EX-110000-1\n", "", 1)
		},
		"an exclusion": func(_ *testing.T, _ *procedure.Record, f *drawFile) {
			f.Pool = strings.Replace(f.Pool, "food EX-110000-1\n", "food EX-110000-1 same_employer\n", 1)
		},
		"another quota": func(_ *testing.T, _ *procedure.Record, f *drawFile) {
			f.Rule = strings.Replace(f.Rule, "number 3", "number 4", 1)
		},
		"of another draw":    func(_ *testing.T, _ *procedure.Record, f *drawFile) { f.Draw = "DR-110000-2025-000002" },
		"no pool":            func(_ *testing.T, _ *procedure.Record, f *drawFile) { f.Pool = "" },
		"another format":     func(_ *testing.T, _ *procedure.Record, f *drawFile) { f.Format += "1" },
		"another order":      swap(draw.FieldSelected, 0, 1),
		"another reserve":    swap(draw.FieldReserves, 0, 1),
		"reserves exchanged": swap(draw.FieldReserves, 2, 3),
		"another ranking": func(_ *testing.T, r *procedure.Record, _ *drawFile) {
			r.Fields[draw.FieldRanking] = r.Fields[draw.FieldPool]
		},
		"a contribution changed": func(_ *testing.T, r *procedure.Record, _ *drawFile) {
			r.Fields[draw.FieldContributions] = json.RawMessage(strings.Replace(string(r.Fields[draw.FieldContributions]), `"value":"9`, `"value":"8`, 1))
		},
		"an exclusion that the record does not name": func(_ *testing.T, r *procedure.Record, _ *drawFile) {
			delete(r.Fields, draw.FieldExclusions)
		},
		"a contribution missing": func(t *testing.T, r *procedure.Record, _ *drawFile) {
			var list []json.RawMessage
			must(t, json.Unmarshal(r.Fields[draw.FieldContributions], &list))
			r.Fields[draw.FieldContributions] = text2json(t, list[1:])
		},
		"somebody from nowhere": func(t *testing.T, r *procedure.Record, _ *drawFile) {
			r.Fields[draw.FieldReserves] = text2json(t, []string{"EX-999999-1"})
		},
	} {
		r, f := oneDraw(t)
		change(t, r, &f)
		if _, _, err := redraw(r, text(t, f)); (err == nil) != (name == "") {
			t.Errorf("%q: %v", name, err)
		}
		if at := outcomeOf(r); at != 9 {
			t.Errorf("the outcome stands in entry %d", at)
		}
	}
}

// Ensure draws count as recomputed, as closed, as open, or as false.
func TestDraws(t *testing.T) {
	record, file := oneDraw(t)
	other := *record
	other.ID = "DR-110000-2025-000009"
	open := procedure.Record{ID: "DR-110000-2025-000010", Fields: map[string]json.RawMessage{
		draw.FieldPool: record.Fields[draw.FieldPool], draw.FieldRule: record.Fields[draw.FieldRule], draw.FieldDenied: record.Fields[draw.FieldPool],
	}, Parties: map[string]procedure.Party{"organiser": {Region: "110000"}, "region@130000": {Region: "130000"}}}
	reserves := []string{}
	must(t, json.Unmarshal(record.Fields[draw.FieldReserves], &reserves))
	nobody := map[string]string{}
	f := newFixture(t, 30)
	f.sel.Draws = map[string]bundle.Draw{record.ID: {Pool: file.Pool, Rule: file.Rule}}
	judge := func(taken map[string]string, records ...*procedure.Record) *walk {
		t.Helper()
		zip, err := f.Write(f.sel)
		must(t, err)
		w := &walk{audit: &audit{bundle: opened(t, zip), report: &Report{Summary: &Summary{}}}, rules: &rules{}}
		w.recorder = newRecorder(w.report)
		w.draws.holder = func(draw, reserve string) (string, error) { return taken[draw+"/"+reserve], nil }
		for _, r := range records {
			must(t, w.draw(r))
		}
		w.concludeDraws()
		return w
	}
	for name, tc := range map[string]struct {
		records []*procedure.Record
		want    Result
		refused int
	}{
		"recomputed":        {[]*procedure.Record{record, &open}, Pass, 1},
		"not disclosed":     {[]*procedure.Record{record, &other}, Indeterminate, 0},
		"of no draw at all": {nil, Fail, 0},
	} {
		w := judge(nobody, tc.records...)
		if got := w.report.Of(CheckDraws); name == "recomputed" && !strings.Contains(show(w.report), "110000, 130000 did not contribute") || got != tc.want || w.report.Summary.RefusedDraws != tc.refused {
			t.Errorf("%s: %s, %d refused: %s", name, got, w.report.Summary.RefusedDraws, show(w.report))
		}
	}
	forged := *record
	forged.Fields = maps.Clone(record.Fields)
	forged.Fields[draw.FieldSelected] = record.Fields[draw.FieldReserves]
	if w := judge(nobody, &forged); !names(w.report, []uint64{9}, false) {
		t.Errorf("a false outcome: %s", show(w.report))
	}
	inTurn := map[string]string{record.ID + "/" + reserves[0]: "MA-110000-2025-000001", record.ID + "/" + reserves[1]: "MA-110000-2025-000001"}
	w := judge(inTurn, record)
	if text := show(w.report); w.report.Of(CheckDraws) != Pass || !strings.Contains(text, "5 drawn from a pool of 19, 2 of which were excluded") || !strings.Contains(text, "next in rank: 2;") {
		t.Errorf("substitutions in turn: %s", text)
	}
	delete(inTurn, record.ID+"/"+reserves[0])
	if w := judge(inTurn, record); !names(w.report, []uint64{9}, false) {
		t.Errorf("a reserve before its turn: %s", show(w.report))
	}
}
