package lint_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/calendar/data"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/law"
	"sandi.internal/gateway/consensus/procedure/lint"
)

func rules(t *testing.T) func(string) bool {
	t.Helper()
	table, err := calendar.ParseRules([]byte(data.Rules))
	if err != nil {
		t.Fatal(err)
	}
	return func(id string) bool { _, ok := table.Rule(id); return ok }
}

// Ensure every document of the law passes without advice: each event cites its
// provision, each limit has a rule and an end.
func TestTheLawPasses(t *testing.T) {
	known := rules(t)
	for _, text := range law.Texts() {
		r := lint.Check([]byte(text.Text), known)
		for _, f := range r.Findings {
			t.Errorf("%s:%d: %s", text.Name, f.Line, f.Text)
		}
		if r.Name != text.Name || r.States == 0 || r.Events == 0 {
			t.Errorf("%s: report %+v", text.Name, r)
		}
	}
}

// Ensure each kind of mistake is found at its line, several in one go, and that a
// document has faults exactly when it does not compile.
func TestFindings(t *testing.T) {
	text, err := os.ReadFile("../testdata/exercise.yaml")
	if err != nil {
		t.Fatal(err)
	}
	good := string(text)
	for name, v := range map[string]struct {
		edits []string // from, to, …
		want  []string
	}{
		"not YAML":           {[]string{"name: exercise", "name: [exercise"}, []string{""}},
		"role and state":     {[]string{"by: [asker.liaison]", "by: [asker.king]", "initial: draft", "initial: begun"}, []string{`no office role "king"`, `no state "begun"`}},
		"two guards":         {[]string{`'in.urgent && in.copies > 9'`, `'in.urgent > 9'`, `'overdue("answer")'`, `'overdue("nothing")'`}, []string{"no matching overload", "no such deadline"}},
		"no rule":            {[]string{"rule: agree_ack", "rule: unheard_of"}, []string{`no rule "unheard_of"`}},
		"circle":             {[]string{"    to: ready\n", "    to: sent\n"}, []string{"cannot be reached"}},
		"field of nobody":    {[]string{"    require: [excluded_periods]\n", ""}, []string{"no event takes"}},
		"mark without words": {[]string{"name: exercise", "name: exercise"}, []string{"without a code"}},
	} {
		bad := good
		for i := 0; i+1 < len(v.edits); i += 2 {
			if !strings.Contains(bad, v.edits[i]) {
				t.Errorf("%s: %q is not in the exercise", name, v.edits[i])
			}
			bad = strings.Replace(bad, v.edits[i], v.edits[i+1], 1)
		}
		r := lint.Check([]byte(bad), rules(t))
		for _, want := range v.want {
			if !slices.ContainsFunc(r.Findings, func(f lint.Finding) bool { return strings.Contains(f.Text, want) }) {
				t.Errorf("%s: %q is not among %v", name, want, r.Findings)
			}
		}
		compiles := false
		if d, err := procedure.Parse([]byte(bad)); err == nil {
			_, err = procedure.Compile(d)
			compiles = err == nil
		}
		if compiles == r.Faulty() && name != "no rule" {
			t.Errorf("%s: compiles %v, faulty %v", name, compiles, r.Faulty())
		}
	}
}

// Ensure an event that time causes and that changes nothing is not let through
// without a guard: nodes would submit it for ever.
func TestEndlessEvent(t *testing.T) {
	text, err := os.ReadFile("../testdata/relay.yaml")
	if err != nil {
		t.Fatal(err)
	}
	bad := strings.Replace(string(text), "    to: void\n    by: [any.node]\n    auto: due", "    by: [any.node]\n    auto: due", 1)
	bad = strings.Replace(bad, "terminal: [done, void]", "terminal: [done]", 1)
	bad = strings.Replace(bad, "  void: {zh: 作废, en: Void}\n", "", 1)
	bad = strings.Replace(bad, "    cancel: [lapse]\n", "", 1)
	r := lint.Check([]byte(bad), rules(t))
	if len(r.Findings) == 0 || !r.Faulty() || !slices.ContainsFunc(r.Findings, func(f lint.Finding) bool { return !f.Advice && strings.Contains(f.Text, "for ever") && f.Line > 0 }) {
		t.Errorf("findings %v", r.Findings)
	}
}
