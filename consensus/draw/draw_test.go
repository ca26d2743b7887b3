package draw

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/vectors"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the files of testdata")

type fixture struct {
	terms   Terms
	pool    *Pool
	rule    *Rule
	keys    map[string]keyring.PublicKey
	private map[string]*keyring.PrivateKey
	list    []Contribution
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	var list []Candidate
	for i := range 12 {
		list = append(list, Candidate{ID: fmt.Sprintf("EX-110000-%d", i+1), Stratum: "food"})
	}
	for i := range 7 {
		list = append(list, Candidate{ID: fmt.Sprintf("EX-130000-%d", i+1), Stratum: "metal"})
	}
	list[3].Excluded, list[15].Excluded = "same_employer", "same_region"
	f := &fixture{keys: map[string]keyring.PublicKey{}, private: map[string]*keyring.PrivateKey{}}
	f.pool = must[*Pool](t)(NewPool(list))
	f.rule = must[*Rule](t)(NewRule("expert", "recusal-1", []Quota{{Stratum: "metal", Rate: 3_000}, {Stratum: "food", Number: 3}}))
	f.terms = Terms{Network: "net-1", Draw: "DR-110000-2025-000001", Pool: f.pool.Digest(), Rule: f.rule.Digest()}
	for i, region := range []string{"130000", "110000", "120000"} {
		k := must[*keyring.PrivateKey](t)(keyring.DrawKeyFromSeed("draw-1", bytes.Repeat([]byte{byte(i + 1)}, 32)))
		f.private[region], f.keys[region] = k, k.Public()
		f.list = append(f.list, must[Contribution](t)(Contribute(f.terms, region, k)))
	}
	return f
}

// vector is a whole draw as other languages can read it.
type vector struct {
	Network       string            `json:"network"`
	Draw          string            `json:"draw"`
	Pool          string            `json:"pool"`
	Rule          string            `json:"rule"`
	Message       string            `json:"message"`
	Keys          map[string]string `json:"keys"`
	Contributions map[string]string `json:"contributions"`
	Seed          string            `json:"seed"`
	Ranking       string            `json:"ranking"`
}

// frozen holds a whole draw against its file, or writes it there.
func (f *fixture) frozen(t *testing.T, name string) {
	t.Helper()
	ranking := must[*Ranking](t)(Recompute(f.terms, f.pool, f.rule, f.keys, f.list))
	b64 := base64.RawURLEncoding
	v := vector{
		Network: f.terms.Network, Draw: f.terms.Draw, Pool: string(f.pool.Marshal()), Rule: string(f.rule.Marshal()),
		Message: string(must[[]byte](t)(f.terms.Message())), Keys: map[string]string{}, Contributions: map[string]string{},
		Seed: b64.EncodeToString(ranking.Seed[:]), Ranking: string(ranking.Marshal()),
	}
	for region, k := range f.keys {
		v.Keys[region] = b64.EncodeToString(k.Key)
	}
	for _, c := range f.list {
		v.Contributions[c.Region] = b64.EncodeToString(c.Signature)
	}
	got := append(must[[]byte](t)(json.MarshalIndent(v, "", "  ")), '\n')
	vectors.Frozen(t, name, got, *rewrite)
}

// TestVector holds the bytes of every format. The console draws the same files again
// in TypeScript (api/console/src/draw/again.test.ts).
func TestVector(t *testing.T) {
	newFixture(t).frozen(t, "vector.json")
}

// TestVectorStrata is a draw with what the first has not: strata in Han characters, one
// of a single candidate, one whose quota is above those who may be drawn, and a rate
// that is rounded up.
func TestVectorStrata(t *testing.T) {
	f := newFixture(t)
	var list []Candidate
	for i := range 70 {
		list = append(list, Candidate{ID: fmt.Sprintf("9113%014d", i), Stratum: "B"})
	}
	list[12].Excluded, list[30].Excluded = "duplicate_national", "visited"
	list = append(list, Candidate{ID: "EX-110000-2025-000001", Stratum: "生态环境"}, Candidate{ID: "only-one", Stratum: "CD"},
		Candidate{ID: "EX-120000-2025-000002", Stratum: "生态环境"}, Candidate{ID: "EX-120000-2025-000003", Stratum: "生态环境", Excluded: "declared"})
	f.pool = must[*Pool](t)(NewPool(list))
	f.rule = must[*Rule](t)(NewRule("target", "PC-2025-1", []Quota{{Stratum: "生态环境", Number: 5}, {Stratum: "B", Rate: 201}, {Stratum: "CD", Number: 1}}))
	f.terms = Terms{Network: "net-2", Draw: "DR-130000-2025-000007", Pool: f.pool.Digest(), Rule: f.rule.Digest()}
	f.list = nil
	for region, k := range f.private {
		f.list = append(f.list, must[Contribution](t)(Contribute(f.terms, region, k)))
	}
	f.frozen(t, "strata.json")
}

// TestExcluded: who is excluded is never ranked, everybody else once, and the
// quotas are kept.
func TestExcluded(t *testing.T) {
	f := newFixture(t)
	r := must[*Ranking](t)(Recompute(f.terms, f.pool, f.rule, f.keys, f.list))
	for i, want := range []struct {
		stratum       string
		selected, all int
	}{{"food", 3, 11}, {"metal", 2, 6}} {
		s := r.Strata[i]
		if s.Stratum != want.stratum || s.Selected != want.selected || len(s.Order) != want.all {
			t.Errorf("%s: %d of %d, want %v", s.Stratum, s.Selected, len(s.Order), want)
		}
		if sorted := slices.Sorted(slices.Values(s.Order)); !slices.Equal(sorted, slices.Sorted(slices.Values(f.pool.Eligible(s.Stratum)))) {
			t.Errorf("%s ranks %v", s.Stratum, sorted)
		}
	}
	if slices.Contains(r.Strata[0].Order, "EX-110000-4") {
		t.Error("an excluded candidate is ranked")
	}
}

// TestNext: a vacant place goes to the next in rank, again and again, until
// nobody is left.
func TestNext(t *testing.T) {
	r := &Ranking{Strata: []Ranked{{Stratum: "s", Selected: 2, Order: []string{"a", "b", "c", "d"}}}}
	for _, c := range []struct {
		served []string
		want   string
	}{{nil, "c"}, {[]string{"c"}, "d"}, {[]string{"d"}, "c"}, {[]string{"c", "d"}, ""}} {
		if got := r.Next("s", c.served); got != c.want {
			t.Errorf("served %v: %q, want %q", c.served, got, c.want)
		}
	}
	if got := r.Next("t", nil); got != "" {
		t.Errorf("an unknown stratum gives %q", got)
	}
}

// TestUniform simulates 100,000 draws of five of ten: every candidate is selected
// equally often, and every pair of first places too (chi-squared, 99.99 %).
func TestUniform(t *testing.T) {
	const draws, n = 100_000, 10
	var list []Candidate
	for i := range n {
		list = append(list, Candidate{ID: fmt.Sprint(i), Stratum: "s"})
	}
	pool := must[*Pool](t)(NewPool(list))
	rule := must[*Rule](t)(NewRule("target", "none", []Quota{{Stratum: "s", Number: 5}}))
	var selected [n]int
	var pairs [n * n]int
	for i := range draws {
		var seed [32]byte
		seed[0], seed[1], seed[2] = byte(i), byte(i>>8), byte(i>>16)
		r := must[*Ranking](t)(Rank("d", pool, rule, seed))
		order := r.Strata[0].Order
		for _, id := range r.Selected("s") {
			selected[id[0]-'0']++
		}
		pairs[int(order[0][0]-'0')*n+int(order[1][0]-'0')]++
	}
	// A candidate is selected with p = 1/2; the counts of one draw depend on each
	// other, which makes the statistic n/(n-1) times as large as n-1 degrees say.
	var chi float64
	for _, got := range selected {
		d := float64(got) - draws/2
		chi += d * d / (draws / 4)
	}
	if chi = chi * (n - 1) / n; chi > 33.7 { // 9 degrees of freedom
		t.Errorf("selected %v: chi-squared %.1f", selected, chi)
	}
	chi = 0
	for i, got := range pairs {
		if i/n == i%n {
			if got != 0 {
				t.Errorf("%d follows itself", i/n)
			}
			continue
		}
		want := float64(draws) / (n * (n - 1))
		chi += (float64(got) - want) * (float64(got) - want) / want
	}
	if chi > 146.9 { // 89 degrees of freedom
		t.Errorf("first places: chi-squared %.1f", chi)
	}
}

// TestBelow: the uneven rest above the largest multiple is passed over.
func TestBelow(t *testing.T) {
	const n = 1<<63 + 1 // nearly half of all numbers must be passed over
	s, seen := newStream([32]byte{}, "s"), 0
	for range 1_000 {
		if v := s.below(n); v >= n {
			t.Fatalf("%d isn't below %d", v, uint64(n))
		} else if v < n/2 {
			seen++
		}
	}
	if s.next*4 < 1_800 || s.next*4 > 2_200 {
		t.Errorf("1,000 numbers took %d", s.next*4)
	}
	if seen < 420 || seen > 580 { // a remainder would put three quarters below
		t.Errorf("%d of 1,000 lie in the lower half", seen)
	}
}

func TestRecomputeRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*fixture)
		want   error
	}{
		{"another pool", func(f *fixture) { f.pool.Candidates[0].Excluded = "late_idea" }, ErrTerms},
		{"another rule", func(f *fixture) { f.rule.Quotas[0].Number = 4 }, ErrTerms},
		{"a region is missing", func(f *fixture) { f.list = f.list[:2] }, ErrContribution},
		{"a region twice", func(f *fixture) { f.list = append(f.list, f.list[0]) }, ErrContribution},
		{"a stranger", func(f *fixture) { f.list[0].Region = "140000" }, ErrContribution},
		{"swapped signatures", func(f *fixture) { f.list[0].Signature, f.list[1].Signature = f.list[1].Signature, f.list[0].Signature }, ErrContribution},
		{"another draw", func(f *fixture) { f.terms.Draw = "DR-110000-2025-000002" }, ErrContribution},
		{"another network", func(f *fixture) { f.terms.Network = "net-2" }, ErrContribution},
		{"no signature", func(f *fixture) { f.list[0].Signature = nil }, ErrContribution},
		{"a network with a line break", func(f *fixture) { f.terms.Network = "a\nb" }, ErrTerms},
		{"a statement key", func(f *fixture) {
			k, _ := keyring.Generate(keyring.EdDSA, keyring.UseStatement, "st-1")
			f.keys["110000"] = k.Public()
		}, ErrContribution},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t)
			c.change(f)
			if r, err := Recompute(f.terms, f.pool, f.rule, f.keys, f.list); !errors.Is(err, c.want) || r != nil {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestContributeRefuses(t *testing.T) {
	f := newFixture(t)
	k := must[*keyring.PrivateKey](t)(keyring.Generate(keyring.EdDSA, keyring.UseStatement, "st-1"))
	if _, err := Contribute(f.terms, "110000", k); !errors.Is(err, ErrContribution) {
		t.Errorf("a statement key contributes: %v", err)
	}
	if _, err := Contribute(Terms{}, "110000", f.private["110000"]); !errors.Is(err, ErrTerms) {
		t.Errorf("to nothing: %v", err)
	}
}

// TestRankRefuses: a stratum without quota, and a quota without candidates.
func TestRankRefuses(t *testing.T) {
	f := newFixture(t)
	less := must[*Rule](t)(NewRule("expert", "r", []Quota{{Stratum: "food", Number: 1}}))
	if _, err := Rank("d", f.pool, less, [32]byte{}); !errors.Is(err, ErrRule) {
		t.Errorf("a stratum without quota: %v", err)
	}
	more := must[*Rule](t)(NewRule("expert", "r", []Quota{{Stratum: "food", Number: 1}, {Stratum: "metal", Number: 1}, {Stratum: "water", Number: 1}}))
	if _, err := Rank("d", f.pool, more, [32]byte{}); !errors.Is(err, ErrRule) {
		t.Errorf("a quota without candidates: %v", err)
	}
}

func TestQuota(t *testing.T) {
	for _, c := range []struct {
		q       Quota
		n, want int
	}{
		{Quota{Number: 3}, 11, 3},
		{Quota{Number: 3}, 2, 2},
		{Quota{Rate: 3_000}, 6, 2},
		{Quota{Rate: 3_000}, 10, 3},
		{Quota{Rate: 1}, 1, 1},
		{Quota{Rate: 10_000}, 7, 7},
		{Quota{Rate: 200}, 51, 2},
	} {
		if got := c.q.Of(c.n); got != c.want {
			t.Errorf("%+v of %d: %d, want %d", c.q, c.n, got, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	long := strings.Repeat("a", maxName+1)
	for name, text := range map[string]string{
		"empty": "", "no end": "sandi-pool/1\ns a", "another format": "sandi-pool/2\ns a\n", "nobody": "sandi-pool/1\n", "one word": "sandi-pool/1\na\n",
		"four words": "sandi-pool/1\ns a b c\n", "no reason": "sandi-pool/1\ns a \n", "two spaces": "sandi-pool/1\ns  a\n", "carriage return": "sandi-pool/1\ns a\r\n",
		"out of order": "sandi-pool/1\ns b\ns a\n", "twice": "sandi-pool/1\ns a\ns a\n", "twice in two strata": "sandi-pool/1\nr a\ns a\n",
		"long": "sandi-pool/1\ns " + long + "\n", "an id that is not ASCII": "sandi-pool/1\ns 张\n", "a stratum of symbols": "sandi-pool/1\n★ a\n", "a stratum beyond the basic plane": "sandi-pool/1\n𠮷 a\n", "blank line": "sandi-pool/1\ns a\n\n",
	} {
		if p, err := ParsePool([]byte(text)); !errors.Is(err, ErrPool) || p != nil {
			t.Errorf("pool, %s: %v", name, err)
		}
	}
	head := "sandi-draw-rule/1\nkind target\nexclusions x\n"
	for name, text := range map[string]string{
		"empty": "", "no stratum": head, "no kind": "sandi-draw-rule/1\nkin target\nexclusions x\ns number 1\n", "another unit": head + "s part 1\n",
		"zero": head + "s number 0\n", "negative": head + "s number -1\n", "plus": head + "s number +1\n", "leading zero": head + "s number 01\n",
		"rate above one": head + "s rate 10001\n", "out of order": head + "t number 1\ns number 1\n", "twice": head + "s number 1\ns rate 1\n", "words": head + "s 1\n",
		"huge": head + "s number 99999999999999999999\n",
	} {
		if r, err := ParseRule([]byte(text)); !errors.Is(err, ErrRule) || r != nil {
			t.Errorf("rule, %s: %v", name, err)
		}
	}
}

// Ensure strata may be named in Chinese.
func TestStratum(t *testing.T) {
	p, err := ParsePool([]byte("sandi-pool/1\n全部 a\n食品_一类 b\n"))
	if err != nil || len(p.Eligible("全部")) != 1 {
		t.Fatal(err)
	}
}

func FuzzParse(f *testing.F) {
	x := newFixture(f)
	f.Add(x.pool.Marshal())
	f.Add(x.rule.Marshal())
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, err := ParsePool(data); err == nil && !bytes.Equal(p.Marshal(), data) {
			t.Errorf("%q is read as %q", data, p.Marshal())
		}
		if r, err := ParseRule(data); err == nil && !bytes.Equal(r.Marshal(), data) {
			t.Errorf("%q is read as %q", data, r.Marshal())
		}
	})
}
