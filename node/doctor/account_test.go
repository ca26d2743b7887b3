package doctor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/account"
)

// Ensure what is wrong with accounts is said, the gravest first, and who is to do what.
func TestJudgeAccounts(t *testing.T) {
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	one := func(name, person, role string, change ...func(*account.State)) account.State {
		a := account.State{Account: account.Account{Name: name, Person: person, Roles: []string{role}}}
		for _, f := range change {
			f(&a)
		}
		return a
	}
	disabled := func(a *account.State) { a.Disabled = true }
	locked := func(a *account.State) { a.Locked = time.Minute }
	initial := func(until time.Duration) func(*account.State) {
		return func(a *account.State) { a.Change, a.Until = true, now.Add(until) }
	}
	three := func(more ...account.State) []account.State {
		return append([]account.State{one("sec", "1", "security_admin"), one("ops", "2", "operator"), one("aud", "3", "audit_admin")}, more...)
	}
	for name, c := range map[string]struct {
		list    []account.State
		another bool
		want    Verdict
		says    string
	}{
		"none at all":              {nil, false, Warning, "nobody can sign in"},
		"none, a provider":         {nil, true, OK, "0 accounts"},
		"all disabled":             {[]account.State{one("sec", "1", "security_admin", disabled)}, false, Warning, "nobody can sign in"},
		"no security admin":        {[]account.State{one("wang", "4", "clerk")}, false, Warning, "security administrator"},
		"no audit admin":           {three()[:2], false, Warning, "audit_admin is missing"},
		"those of the provider":    {[]account.State{one("wang", "4", "clerk")}, true, OK, "1 accounts"},
		"all three":                {three(one("wang", "4", "clerk")), false, OK, "4 accounts"},
		"one person twice":         {three(one("sec2", "2", "security_admin")), false, Failure, "one person, 2, holds ops, sec2"},
		"one person, one disabled": {three(one("sec2", "2", "security_admin", disabled)), false, OK, "1 more"},
		"locked out":               {three(one("wang", "4", "clerk", locked)), false, Warning, "wrong passwords make these wait: wang"},
		"expired":                  {three(one("wang", "4", "clerk", initial(-time.Hour))), false, Warning, "expired: wang"},
		"initial":                  {three(one("wang", "4", "clerk", initial(time.Hour))), false, OK, "initial password: wang"},
	} {
		r := judgeAccounts(c.list, c.another, now)
		if r.verdict != c.want || !strings.Contains(r.detail.en, c.says) || (r.verdict == OK) != (r.mend.en == "") || (r.mend.en == "") != (r.mend.zh == "") {
			t.Errorf("%s: %s: %s / %s", name, r.verdict, r.detail.en, r.mend.en)
		}
	}
}

// Ensure a folder that others may use is found.
func TestOpenToOthers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "accounts")
	if openToOthers(dir) != "" {
		t.Error("a folder that there is not")
	}
	file := filepath.Join(dir, "accounts.json")
	for _, mode := range []os.FileMode{0o600, 0o640, 0o602} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		if got := openToOthers(dir); (got == file) != (mode != 0o600) {
			t.Errorf("mode %o: %q", mode, got)
		}
	}
}
