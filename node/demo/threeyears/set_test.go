package threeyears

import (
	"encoding/json"
	"fmt"
	"testing"
)

// Ensure the data give the figures of the sources by their making, whatever the
// seed, that equal seeds give equal data, and that steps are in the order of time.
func TestGenerate(t *testing.T) {
	for seed := range uint64(3) {
		s := Generate(seed)
		for _, c := range []struct {
			report, figure string
			want           int
		}{
			{"risk_monitoring", "products", Products},
			{"risk_monitoring", "batches", Batches},
			{"risk_monitoring", "-batches/duplicate", doubleBatches},
			{"technical_help", "dispatches", Dispatches},
			{"technical_help", "trainings", Trainings},
			{"technical_help", "clusters", Clusters},
			{"technical_help", "enterprises", Enterprises},
			{"technical_help", "problems_solved", Solved},
			{"technical_help", "-activities/duplicate", doubleCases},
			{"technical_help", "-problems/reopened", 2 * openAgainCases},
		} {
			if got := s.Truth[c.report][c.figure]; got != fmt.Sprint(c.want) {
				t.Errorf("seed %d: %s of %s is %s, not %d", seed, c.figure, c.report, got, c.want)
			}
		}
		for i, c := range s.Cases {
			for k := range c.Steps {
				if q := c.Steps[k].Quarter; q < 0 || q >= Quarters || k > 0 && q < c.Steps[k-1].Quarter {
					t.Fatalf("seed %d: step %d of case %d (%s) is in quarter %d", seed, k, i, c.Procedure, q)
				}
			}
		}
	}
	first, again := text(t, Generate(7)), text(t, Generate(7))
	if first != again {
		t.Error("one seed gave two sets")
	}
	if first == text(t, Generate(8)) {
		t.Error("two seeds gave one set")
	}
}

func text(t *testing.T, s *Set) string {
	t.Helper()
	var all []any
	for _, c := range s.Cases {
		for _, step := range c.Steps {
			fields := map[string]any{}
			for name, v := range step.Fields {
				if _, ok := v.(Ref); !ok {
					fields[name] = v
				}
			}
			all = append(all, step.Actor, step.Event, step.Quarter, fields)
		}
	}
	data, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
