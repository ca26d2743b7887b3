package script_test

import (
	"os"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/calendar/data"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/script"
)

func options(t *testing.T) script.Options {
	t.Helper()
	text, err := os.ReadFile("../testdata/exercise.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, err := procedure.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	p, err := procedure.Compile(d)
	if err != nil {
		t.Fatal(err)
	}
	return script.Options{Law: map[string]*procedure.Procedure{"exercise": p}, Calendar: data.Workdays, Rules: data.Rules}
}

const course = `# A course. / 一个过程
at 2025-09-15 10:00
open a exercise by 120114-SJ clerk 甲
  file_no: 津武市监立〔2025〕7号
  helper_org: 131000-SJ
  subject: 充电器
  tags: ["A1"]
expect accepted
act a approve by 120114-SJ bureau_head 甲
expect refused four_eyes
state a
marked file 120000/津武市监立〔2025〕7号
options a
deadlines a
`

// Ensure a rewritten script plays without a difference, and is then left as it
// is.
func TestRewrite(t *testing.T) {
	o := options(t)
	first, mistakes := script.Play(course, o)
	if len(mistakes) != 6 { // six answers are missing
		t.Fatalf("mistakes %v", mistakes)
	}
	second, mistakes := script.Play(first, o)
	if len(mistakes) != 0 || second != first {
		t.Fatalf("mistakes %v in\n%s", mistakes, second)
	}
	for _, want := range []string{"# A course. / 一个过程\n", "refused four_eyes\n  同一人", "XX-120000-2025-000001 draft, 1 acts", "approve -> ready by asker.bureau_head"} {
		if !strings.Contains(first, want) {
			t.Errorf("%q is missing in\n%s", want, first)
		}
	}
}

// Ensure what differs is found: a script that cannot fail proves nothing.
func TestMistakes(t *testing.T) {
	o := options(t)
	good, _ := script.Play(course, o)
	for name, v := range map[string]struct{ from, to, want string }{
		"an answer":               {"open: · -> draft", "open: · -> ready", "answer differs"},
		"an answer cut":           {"  the same person may not do both\n", "", "answer differs"},
		"accepted, not refused":   {"expect accepted", "expect refused x", "expected refused x, got accepted"},
		"refused, not accepted":   {"expect refused four_eyes", "expect accepted", "expected accepted, got refused four_eyes"},
		"refused otherwise":       {"expect refused four_eyes", "expect refused other", "expected refused other"},
		"unknown command":         {"at 2025-09-15", "on 2025-09-15", "unknown command"},
		"unknown record":          {"state a", "state b", "no record"},
		"unknown procedure":       {"open a exercise", "open a exercises", "no procedure"},
		"time that runs back":     {"state a", "at 2025-09-14 10:00\nstate a", "backwards"},
		"time that is none":       {"at 2025-09-15", "at 2025-09-31", "is not a time"},
		"a command cut":           {"by 120114-SJ bureau_head 甲", "by 120114-SJ", "written"},
		"a field without a value": {"  subject: 充电器", "  subject", "name: value"},
		"a field that floats":     {"# A course. / 一个过程\n", "  x: y\n", "without a command"},
		"JSON that is none":       {`["A1"]`, `["A1"`, "is not JSON"},
		"an answer to nothing":    {"expect accepted\n", "expect accepted\n----\nyes\n\n", "has no answer"},
		"a file that is not read": {"state a", "table x.yaml\nstate a", "written"},
	} {
		text := strings.Replace(good, v.from, v.to, 1)
		if text == good {
			t.Errorf("%s: %q is not in the script", name, v.from)
			continue
		}
		_, mistakes := script.Play(text, o)
		found := false
		for _, m := range mistakes {
			found = found || strings.Contains(m.Error(), v.want)
		}
		if !found {
			t.Errorf("%s: mistakes %v, want %q", name, mistakes, v.want)
		}
	}
}
