package catalogue

import (
	"errors"
	"testing"

	"sandi.internal/gateway/consensus/draw"
)

// Ensure made-up codes carry their check digit: these two stand in the scenarios.
func TestCreditCode(t *testing.T) {
	for want, n := range map[string]int{"91130108XXXX00043G": 43} {
		if got := CreditCode("130108", n); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got := CreditCode("131003", 27); got != "91131003XXXX00027R" {
		t.Error(got)
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
