package draw

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"testing"
)

// kept is a draw as a ledger's record has it.
func kept(t *testing.T, f *fixture) map[string]json.RawMessage {
	t.Helper()
	fields := must[map[string]any](t)(Frozen(f.pool, f.rule))
	fields[FieldKind] = f.rule.Kind
	var given []map[string]string
	for _, c := range f.list {
		given = append(given, map[string]string{"org": c.Region + "-SJ", "value": hex.EncodeToString(c.Signature)})
	}
	fields[FieldContributions] = given
	return raw(t, fields)
}

func raw(t *testing.T, fields map[string]any) map[string]json.RawMessage {
	t.Helper()
	out := map[string]json.RawMessage{}
	for name, v := range fields {
		out[name] = must[[]byte](t)(json.Marshal(v))
	}
	return out
}

// Ensure a record reads as what was frozen and contributed, and draws the same.
func TestRecord(t *testing.T) {
	f := newFixture(t)
	fields := kept(t, f)
	r := must[*Record](t)(ReadRecord(f.terms.Draw, fields))
	if r.Count != 19 || r.Quota != 5 || len(r.Strata) != 2 || r.Strata[1].Rate != 3_000 || len(r.Exclusions) != 2 || r.Outcome != nil {
		t.Fatalf("%+v", r)
	}
	got := must[*Ranking](t)(r.Rank(f.pool, f.rule))
	want := must[*Ranking](t)(Recompute(f.terms, f.pool, f.rule, f.keys, f.list))
	if got.Digest() != want.Digest() {
		t.Error("another ranking")
	}
	o := got.OutcomeOf()
	maps.Copy(fields, raw(t, o.Fields()))
	r = must[*Record](t)(ReadRecord(f.terms.Draw, fields))
	if err := r.Outcome.Holds(got); err != nil || r.Outcome.Seed != got.Seed {
		t.Errorf("its own outcome: %v", err)
	}
	if none, err := ReadRecord("x", map[string]json.RawMessage{FieldKind: []byte(`"expert"`)}); none != nil || err != nil {
		t.Errorf("a record that has frozen nothing: %v %v", none, err)
	}
}

// Ensure what the record says in clear is held against pool and rule.
func TestAgrees(t *testing.T) {
	for name, change := range map[string]func(*fixture, *Record){
		"pool":             func(f *fixture, _ *Record) { f.pool.Candidates[0].Excluded = "visited" },
		"rule":             func(f *fixture, _ *Record) { f.rule.Exclusions = "recusal-2" },
		"kind":             func(_ *fixture, r *Record) { r.Kind = "target" },
		"exclusion rule":   func(_ *fixture, r *Record) { r.ExclusionRule = "recusal-2" },
		"count":            func(_ *fixture, r *Record) { r.Count++ },
		"a quota":          func(_ *fixture, r *Record) { r.Strata[0].Number++ },
		"a stratum less":   func(_ *fixture, r *Record) { r.Strata = r.Strata[:1] },
		"quota":            func(_ *fixture, r *Record) { r.Quota-- },
		"an exclusion":     func(_ *fixture, r *Record) { r.Exclusions["EX-110000-1"] = "visited" },
		"a reason":         func(_ *fixture, r *Record) { r.Exclusions["EX-110000-4"] = "visited" },
		"no reason at all": func(_ *fixture, r *Record) { r.Exclusions = nil },
	} {
		f := newFixture(t)
		r := must[*Record](t)(ReadRecord(f.terms.Draw, kept(t, f)))
		if err := r.Agrees(f.pool, f.rule); err != nil {
			t.Fatal(err)
		}
		change(f, r)
		if err := r.Agrees(f.pool, f.rule); !errors.Is(err, ErrTerms) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := r.Rank(f.pool, f.rule); !errors.Is(err, ErrTerms) {
			t.Errorf("%s is drawn: %v", name, err)
		}
	}
}

// Ensure an outcome stands for one ranking only.
func TestHolds(t *testing.T) {
	f := newFixture(t)
	ranking := must[*Ranking](t)(Recompute(f.terms, f.pool, f.rule, f.keys, f.list))
	for name, change := range map[string]func(*Outcome){
		"ranking":          func(o *Outcome) { o.Ranking[0]++ },
		"selected":         func(o *Outcome) { o.Selected[0], o.Selected[1] = o.Selected[1], o.Selected[0] },
		"one less":         func(o *Outcome) { o.Selected = o.Selected[1:] },
		"a reserve passed": func(o *Outcome) { o.Reserves = o.Reserves[1:] },
		"a stranger":       func(o *Outcome) { o.Reserves = append(o.Reserves, "EX-999999-1") },
	} {
		o := ranking.OutcomeOf()
		o.Selected, o.Reserves = slices.Clone(o.Selected), slices.Clone(o.Reserves)
		change(&o)
		if err := o.Holds(ranking); !errors.Is(err, ErrOutcome) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Ensure reserves take turns among strata, and that a record names so many only.
func TestReserves(t *testing.T) {
	r := &Ranking{Strata: []Ranked{{Stratum: "a", Selected: 1, Order: []string{"a1", "a2", "a3", "a4"}}, {Stratum: "b", Selected: 1, Order: []string{"b1", "b2"}}}}
	if got := r.Reserves(10); !slices.Equal(got, []string{"a2", "b2", "a3", "a4"}) {
		t.Error(got)
	}
	if got := r.Reserves(3); !slices.Equal(got, []string{"a2", "b2", "a3"}) {
		t.Error(got)
	}
}

func TestReadRecordRefuses(t *testing.T) {
	f := newFixture(t)
	for name, value := range map[string]string{
		FieldPool: `"ab"`, FieldRule: `7`, FieldCount: `"many"`, FieldStrata: `[{"key":"food","rate":"30"}]`, FieldContributions: `[{"org":"110000-SJ","value":"xx"}]`,
		FieldRanking: `"zz"`, FieldExclusions: `{}`,
	} {
		fields := kept(t, f)
		fields[name] = []byte(value)
		if r, err := ReadRecord("d", fields); !errors.Is(err, ErrTerms) || r != nil && name != FieldRanking {
			t.Errorf("%s: %v %v", name, r, err)
		}
	}
}
