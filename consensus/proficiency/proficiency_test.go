package proficiency

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
)

var sample = strings.Fields("0.482 0.495 0.501 0.488 0.507 0.476 0.493 0.499 0.512 0.485 0.490 0.640 0.503 0.421 0.497")

func numbers(t testing.TB, list ...string) []Number {
	t.Helper()
	out, err := ParseAll(list)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestVector is the worked example of the domain's section 3.8 (synthetic, mg/L).
// It stopped at the 17th round, where s* was 0.014030217; the fixed point is
// 0.0140302177.
func TestVector(t *testing.T) {
	values := numbers(t, sample...)
	if got := Format(Median(values), 3); got != "0.495" {
		t.Errorf("median %s", got)
	}
	r, err := AlgorithmA(values)
	if err != nil {
		t.Fatal(err)
	}
	iqr, err := NormalisedIQR(values)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, got, want string }{
		{"x*", Format(r.Mean, 9), "0.494461538"},
		{"s*", Format(r.Deviation, 10), "0.0140302177"},
		{"u", Format(r.Uncertainty, 6), "0.004528"},
		{"0.3 s*", Format(mul(fraction, r.Deviation), 6), "0.004209"},
		{"nIQR", Format(iqr, 6), "0.013343"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", c.name, c.got, c.want)
		}
	}
}

func labs(values []string) []Result {
	var list []Result
	for i, v := range values {
		list = append(list, Result{Lab: string(rune('A' + i)), Value: v})
	}
	return list
}

// TestEvaluate: with plain z laboratory 12 has 10.37 and laboratory 14 -5.24, all
// others lie within 1.4; Auto takes z' because u(x_pt) is too large.
func TestEvaluate(t *testing.T) {
	plain, err := Evaluate(Round{Method: Consensus, Score: Z, Results: labs(sample), Places: 6})
	if err != nil {
		t.Fatal(err)
	}
	if plain.Lines[11].Score != "10.37" || plain.Lines[13].Score != "-5.24" || !plain.Few {
		t.Errorf("%+v", plain)
	}
	if plain.Tally != (Tally{Satisfactory: 13, Unsatisfactory: 2}) {
		t.Errorf("%+v", plain.Tally)
	}
	for i, line := range plain.Lines {
		if z := numbers(t, line.Score)[0]; i != 11 && i != 13 && abs(z).Cmp(constant("1.4")) > 0 {
			t.Errorf("laboratory %s has %s", line.Lab, line.Score)
		}
	}
	auto, err := Evaluate(Round{Method: Consensus, Score: Auto, Results: labs(sample), Places: 6})
	if err != nil {
		t.Fatal(err)
	}
	if auto.Score != ZPrime || auto.Lines[11].Score != "9.87" || auto.Assigned != "0.494462" {
		t.Errorf("%+v", auto)
	}
	// The order in which results came doesn't matter.
	turned := labs(sample)
	slices.Reverse(turned)
	again, err := Evaluate(Round{Method: Consensus, Score: Auto, Results: turned, Places: 6})
	if err != nil || !slices.Equal(again.Lines, auto.Lines) {
		t.Errorf("%+v, %v", again, err)
	}
}

// TestScores holds each kind against a hand calculation: x = 10.6, x_pt = 10,
// sigma = 0.2, u = 0.15, U(x) = 0.4 (u(x) = 0.2).
func TestScores(t *testing.T) {
	a := Assigned{Value: constant("10"), Uncertainty: constant("0.15"), Sigma: constant("0.2")}
	for _, c := range []struct {
		kind    Kind
		used    Kind
		want    string
		verdict Verdict
	}{
		{Z, Z, "3.0000", Unsatisfactory},         // 0.6 / 0.2
		{ZPrime, ZPrime, "2.4000", Questionable}, // 0.6 / 0.25
		{Auto, ZPrime, "2.4000", Questionable},   // 0.15 > 0.06
		{Zeta, Zeta, "2.4000", Questionable},     // 0.6 / sqrt(0.04 + 0.0225)
		{En, En, "1.2000", Unsatisfactory},       // 0.6 / sqrt(0.16 + 0.09)
	} {
		score, used, err := a.Score(c.kind, constant("10.6"), constant("0.4"))
		if err != nil || Format(score, 4) != c.want || used != c.used || Judge(used, score) != c.verdict {
			t.Errorf("%s: %v %s %v, want %+v", c.kind, score, used, err, c)
		}
	}
	for _, kind := range []Kind{Zeta, En} {
		if _, _, err := a.Score(kind, constant("10.6"), nil); !errors.Is(err, ErrRound) {
			t.Errorf("%s without uncertainty: %v", kind, err)
		}
	}
}

// TestLimits: the limits of the verdicts belong to the side the law puts them on.
func TestLimits(t *testing.T) {
	for _, c := range []struct {
		kind  Kind
		score string
		want  Verdict
	}{
		{Z, "2", Satisfactory},
		{Z, "-2", Satisfactory},
		{Z, "2.000001", Questionable},
		{Z, "2.999999", Questionable},
		{Z, "3", Unsatisfactory},
		{Z, "-3", Unsatisfactory},
		{En, "1", Satisfactory},
		{En, "-1.000001", Unsatisfactory},
		{Z, "0", Satisfactory},
	} {
		if got := Judge(c.kind, constant(c.score)); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.kind, c.score, got, c.want)
		}
	}
}

// TestNoSpread: with more than half of the values equal s* is 0, and the round
// must choose another method.
func TestNoSpread(t *testing.T) {
	if _, err := AlgorithmA(numbers(t, "1.0", "1.0", "1.0", "1.0", "1.2", "0.9", "1.1")); !errors.Is(err, ErrNoSpread) {
		t.Errorf("%v", err)
	}
	if _, err := Evaluate(Round{Method: Consensus, Score: Z, Results: labs([]string{"1", "1", "1", "2"}), Places: 2}); !errors.Is(err, ErrNoSpread) {
		t.Errorf("%v", err)
	}
}

// TestSamples: a set whose samples differ by chance passes, one with an outlier
// fails; repeats that scatter more than the samples give s_s = 0.
func TestSamples(t *testing.T) {
	pairs := func(list ...string) [][2]Number {
		n := numbers(t, list...)
		var out [][2]Number
		for i := 0; i < len(n); i += 2 {
			out = append(out, [2]Number{n[i], n[i+1]})
		}
		return out
	}
	even := pairs("1.00", "1.02", "1.01", "0.99", "1.00", "1.01", "0.98", "1.01", "1.02", "1.00", "1.01", "1.00", "0.99", "1.00")
	h, err := CheckHomogeneity(even, constant("0.05"))
	if err != nil || !h.Pass || h.Between.Sign() != 0 || Format(h.Within, 5) != "0.01309" {
		t.Errorf("%+v %v", h, err)
	}
	odd := pairs("1.00", "1.02", "1.01", "0.99", "1.00", "1.01", "0.98", "1.01", "1.02", "1.00", "1.01", "1.00", "1.19", "1.20")
	if h, err = CheckHomogeneity(odd, constant("0.05")); err != nil || h.Pass {
		t.Errorf("%+v %v", h, err)
	}
	if _, err := CheckHomogeneity(even[:6], constant("0.05")); !errors.Is(err, ErrTooFew) {
		t.Errorf("%v", err)
	}
	s, err := CheckStability(numbers(t, "1.00", "1.02"), numbers(t, "1.02", "1.03"), constant("0.05"))
	if err != nil || !s.Pass || Format(s.Difference, 3) != "0.015" { // exactly the limit
		t.Errorf("%+v %v", s, err)
	}
	if s, err = CheckStability(numbers(t, "1.00", "1.02"), numbers(t, "1.02", "1.04"), constant("0.05")); err != nil || s.Pass {
		t.Errorf("%+v %v", s, err)
	}
}

// TestJudgeSamples: every measurand that was announced, once, and no other; what is no
// number is named with its place.
func TestJudgeSamples(t *testing.T) {
	fields := map[string]json.RawMessage{FieldMeasurands: json.RawMessage(`[{"code":"Pb"},{"code":"Cd"}]`)}
	even := func(measurand string) Samples {
		s := Samples{Measurand: measurand, Sigma: "0.05", Before: []string{"1.00", "1.02"}, After: []string{"1.02", "1.03"}}
		for range 7 {
			s.Pairs = append(s.Pairs, [2]string{"1.00", "1.02"})
		}
		return s
	}
	bad, moved := even("Cd"), even("Cd")
	bad.Pairs[3][1] = "1,02"
	moved.After[1] = "1.04"
	for _, c := range []struct {
		name string
		list []Samples
		err  string
	}{
		{"both", []Samples{even("Cd"), even("Pb")}, ""},
		{"one is missing", []Samples{even("Pb")}, "no samples of Cd"},
		{"one twice", []Samples{even("Cd"), even("Pb"), even("Pb")}, "of 3 measurands, the record announces 2"},
		{"one unknown", []Samples{even("Cd"), even("Pb"), even("As")}, "of 3 measurands, the record announces 2"},
		{"no number", []Samples{bad, even("Pb")}, "Cd, sample 4: value 2"},
	} {
		found, err := JudgeSamples(fields, c.list)
		if c.err == "" && (err != nil || len(found) != 2 || found[0].Measurand != "Pb" || !found[1].Homogeneous || !found[1].Stable || found[1].Difference != "0.015000000") {
			t.Errorf("%s: %+v, %v", c.name, found, err)
		}
		if c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.err)
		}
	}
	if found, err := JudgeSamples(fields, []Samples{moved, even("Pb")}); err != nil || found[1].Stable || !found[1].Homogeneous {
		t.Errorf("moved: %+v, %v", found, err)
	}
	if _, err := JudgeSamples(nil, nil); !errors.Is(err, ErrRound) {
		t.Errorf("no record: %v", err)
	}
}

func TestRefuses(t *testing.T) {
	good := Round{Method: Reference, Value: "0.5", Sigma: "0.02", Score: Z, Results: labs([]string{"0.51", "0.48"}), Places: 3}
	if _, err := Evaluate(good); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(*Round)
		want   error
	}{
		{"method", func(r *Round) { r.Method = "dice" }, ErrRound},
		{"score", func(r *Round) { r.Score = "q" }, ErrRound},
		{"no value", func(r *Round) { r.Value = "" }, ErrNumber},
		{"exponent", func(r *Round) { r.Value = "5e-1" }, ErrNumber},
		{"no sigma", func(r *Round) { r.Sigma = "" }, ErrRound},
		{"sigma 0", func(r *Round) { r.Sigma = "0" }, ErrRound},
		{"sigma negative", func(r *Round) { r.Sigma = "-1" }, ErrRound},
		{"negative uncertainty", func(r *Round) { r.Uncertainty = "-0.1" }, ErrRound},
		{"places", func(r *Round) { r.Places = 13 }, ErrRound},
		{"a laboratory twice", func(r *Round) { r.Results[1].Lab = "A" }, ErrRound},
		{"a result of words", func(r *Round) { r.Results[1].Value = "<0.01" }, ErrNumber},
		{"E_n without uncertainty", func(r *Round) { r.Score = En }, ErrRound},
		{"consensus with a value", func(r *Round) { r.Method = Consensus }, ErrRound},
		{"consensus of two", func(r *Round) { r.Method, r.Value = Consensus, "" }, ErrTooFew},
	} {
		r := good
		r.Results = slices.Clone(good.Results)
		c.change(&r)
		if out, err := Evaluate(r); !errors.Is(err, c.want) || out != nil {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	for _, s := range []string{"", "-", ".", "1.", ".5", "+1", "01", "1,5", "1e3", "Inf", "NaN", "0x1p-2", "1_000", "1234567890123456", " 1"} {
		if _, err := Parse(s); !errors.Is(err, ErrNumber) {
			t.Errorf("%q is read", s)
		}
	}
}

func TestFormat(t *testing.T) {
	for _, c := range []struct {
		in     string
		places int
		want   string
	}{{"0.125", 2, "0.12"}, {"0.375", 2, "0.38"}, {"-0.004", 2, "0.00"}, {"-1.5", 0, "-2"}, {"2.5", 0, "2"}} {
		if got := Format(constant(c.in), c.places); got != c.want {
			t.Errorf("%s to %d places: %s, want %s", c.in, c.places, got, c.want)
		}
	}
}
