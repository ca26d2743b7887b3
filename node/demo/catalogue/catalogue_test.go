package catalogue

import (
	"errors"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/draw"
)

// Ensure made-up codes carry their check digit: these two stand in the scenarios.
func TestCreditCode(t *testing.T) {
	for _, c := range []struct {
		kind, division string
		n              int
		want           string
	}{{"91", "130108", 43, "91130108XXXX00043G"}, {"91", "131003", 27, "91131003XXXX00027R"}, {"92", "120114", 19, "92120114XXXX00019E"}} {
		if got := CreditCode(c.kind, c.division, c.n); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// Ensure a scenario's file that makes no code is refused by name.
func TestBuildRefuses(t *testing.T) {
	s := Spec{Kind: "expert", ExclusionRule: "1", Strata: []Stratum{{Key: "B", Rate: 1000}}, Labs: []Labs{{Stratum: "B", Division: "1301O8", From: 99, Count: 1}}}
	if _, _, err := s.Build(nil); err == nil || !strings.Contains(err.Error(), `"1301O8"`) {
		t.Errorf("%v", err)
	}
}

// Ensure pools come out as a scenario states them.
func TestBuild(t *testing.T) {
	s := Spec{
		Kind: "expert", ExclusionRule: "1", Strata: []Stratum{{Key: "A", N: 1}, {Key: "B", Rate: 1000}},
		Labs: []Labs{{Stratum: "B", Division: "130108", From: 40, Count: 10, Excluded: map[int]string{43: "visited"}}},
		List: []Candidate{{Stratum: "A", ID: "$ex1"}, {Stratum: "A", ID: "x", Excluded: "same_region"}},
	}
	pool, rule, err := s.Build(func(name string) (string, error) { return "EX-" + name[1:], nil })
	if err != nil {
		t.Fatal(err)
	}
	if len(pool.Candidates) != 12 || pool.Candidates[0].ID != "EX-ex1" || pool.Excluded()["91130108XXXX00043G"] != "visited" || rule.Total(pool) != 2 {
		t.Errorf("%+v %+v", pool, rule)
	}
	away := errors.New("no such record")
	if _, _, err := s.Build(func(string) (string, error) { return "", away }); !errors.Is(err, away) {
		t.Error(err)
	}
	s.Labs = append(s.Labs, s.Labs[0])
	if _, _, err := s.Build(func(name string) (string, error) { return name[1:], nil }); !errors.Is(err, draw.ErrPool) {
		t.Error(err)
	}
}
