package demo

import (
	"strings"
	"testing"
)

// Ensure every embedded scenario has a form that can be played, and that each
// act's outcome is checked somewhere.
func TestScenarios(t *testing.T) {
	if len(Scenarios()) < 3 {
		t.Fatalf("scenarios: %v", Scenarios())
	}
	orgs, err := LoadOrgs()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range Scenarios() {
		s, err := LoadScenario(name)
		if err != nil {
			t.Fatal(err)
		}
		checked, refused := 0, 0
		for _, step := range s.Steps {
			if step.Expect.State != "" || step.Wait != nil || step.Refused != nil {
				checked++
			}
			if step.Refused != nil {
				refused++
			}
			rows, err := step.rows()
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			for _, row := range rows {
				if a := row.Actor; a.Region != "" && !knows(orgs[a.Region], a.Org) {
					t.Errorf("%s step %d: no organisation %s in region %s", name, step.N, a.Org, a.Region)
				}
			}
		}
		if checked < len(s.Steps)/2 {
			t.Errorf("%s: only %d of %d steps say what must come out", name, checked, len(s.Steps))
		}
		if name == "platform" && refused < 5 {
			t.Errorf("%s has %d negative steps", name, refused)
		}
	}
}

func knows(orgs []Org, code string) bool {
	for _, o := range orgs {
		if o.Code == code {
			return true
		}
	}
	return false
}

// Ensure what cannot be played is refused with the step's number.
func TestParseScenarioRefuses(t *testing.T) {
	head := "scenario: x\nsynthetic: true\nstart: 2025-08-20T08:30:00+08:00\nsteps:\n"
	step := "  - {n: 1, at: 2025-08-20T09:00:00+08:00, zh: 一, en: one, actor: {region: '110000', person: p}, open: a, as: r}\n"
	for _, tc := range []struct{ name, text, want string }{
		{"good", head + step, ""},
		{"not synthetic", strings.Replace(head, "true", "false", 1) + step, "not marked synthetic"},
		{"unknown key", head + strings.Replace(step, "zh:", "hz:", 1), "hz"},
		{"clock back", head + strings.Replace(step, "08-20", "08-19", 1), "step 1: the clock would go back"},
		{"two things", head + strings.Replace(step, "open: a", "open: a, act: b", 1), "one of open, act, wait"},
		{"nobody", head + strings.Replace(step, "person: p", "person: ''", 1), "who acts"},
		{"number", head + strings.Replace(step, "n: 1", "n: 2", 1), "stands at place 1"},
		{"no variable", head + strings.Replace(step, ", as: r", "", 1), "needs a variable"},
	} {
		_, err := ParseScenario([]byte(tc.text))
		if tc.want == "" {
			if err != nil {
				t.Errorf("%s: %v", tc.name, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want one that says %q", tc.name, err, tc.want)
		}
	}
}
