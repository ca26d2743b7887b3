package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/calendar/data"
	"sandi.internal/gateway/consensus/procedure/law"
	"sandi.internal/gateway/consensus/statement"
)

// Ensure a text is recognised by what it says, and that what is none says why.
func TestProposalOf(t *testing.T) {
	for _, text := range law.Texts() {
		if p, err := proposalOf([]byte(text.Text)); err != nil || p.Form != statement.LawProcedure || p.Name != text.Name || p.Version < 1 {
			t.Errorf("%s: %s %s %d, %v", text.Name, p.Form, p.Name, p.Version, err)
		}
	}
	if p, err := proposalOf([]byte(data.Rules)); err != nil || p.Form != statement.LawRules || p.Name != "rules" {
		t.Errorf("rules: %+v %v", p.Form, err)
	}
	if p, err := proposalOf([]byte(data.Workdays)); err != nil || p.Form != statement.LawCalendar || p.Name != "calendar" {
		t.Errorf("calendar: %+v %v", p.Form, err)
	}
	if _, err := proposalOf([]byte("schema: 9\n")); err == nil || !strings.Contains(err.Error(), "as a procedure") {
		t.Errorf("no law: %v", err)
	}
}

// Ensure mistakes are told before anything is signed or written.
func TestLawUsage(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "x.yaml")
	if err := os.WriteFile(file, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args []string
		want int
	}{
		{[]string{"law", "vote", "120000"}, exitUsage},
		{[]string{"law", "vote", "120000/1"}, exitUsage},
		{[]string{"law", "adopt", "tianjin/01J9ZZZZZZZZZZZZZZZZZZZZZZ"}, exitUsage},
		{[]string{"law", "propose", file}, exitFailed},
		{[]string{"law", "propose", filepath.Join(dir, "none.yaml")}, exitFailed},
	} {
		if code, out := call(t, append(tc.args, "--region", "110000")...); code != tc.want || out != "" {
			t.Errorf("%v: exit %d, %q", tc.args, code, out)
		}
	}
}
