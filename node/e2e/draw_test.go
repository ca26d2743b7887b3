//go:build e2e

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Ensure anybody can draw again what three real nodes have drawn: each bureau from its
// own node, without a network from a file, an auditor from a bundle; that a changed
// list is noticed, and that who did not contribute is named.
func TestDraws(t *testing.T) {
	r := startDemo(t, "mutual-inspection")
	kept := t.TempDir()
	file := func(name string) string { return filepath.Join(kept, name) }
	as := func(region int, role string) []string {
		code := []string{"110000", "120000", "130000"}[region]
		return []string{"--lang", "en", "--addr", addrs[region], "--token", strings.TrimSpace(run(t, 0, "sandi", "token", "issue", "--dir", r.dir, "--region", code, "--role", role))}
	}
	var draws []struct{ ID, State string }
	if err := json.Unmarshal([]byte(run(t, 0, "sandi", append(as(1, "liaison"), "record", "list", "--procedure", "draw", "-o", "json")...)), &draws); err != nil || len(draws) != 5 {
		t.Fatalf("%d draws: %v", len(draws), err)
	}
	sealed := ""
	for _, d := range draws {
		want := map[string]int{"sealed": 0, "void": 4}[d.State]
		for region := range addrs { // every node has fetched and checked what is drawn from
			out := run(t, want, "sandi", append(as(region, "clerk"), "draw", "verify", d.ID)...)
			if d.State == "void" && !strings.Contains(out, "130000 has not contributed") {
				t.Errorf("the defaulter is not named:\n%s", out)
			}
		}
		if d.State == "sealed" {
			sealed = d.ID
		}
	}
	run(t, 0, "sandi", append(as(2, "clerk"), "draw", "get", sealed, "-f", file("draw.json"))...)
	run(t, 0, "sandi", append(as(0, "auditor"), "audit", "export", "--all", "-f", file("all.zip"))...)
	pids := r.nodes(t)
	if err := r.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	gone(t, pids)

	run(t, 0, "sandi", "draw", "verify", file("draw.json"))
	var d struct {
		Pool, Rule struct{ Text string }
	}
	text, err := os.ReadFile(file("draw.json"))
	if err == nil {
		err = json.Unmarshal(text, &d)
	}
	if err != nil || d.Pool.Text == "" {
		t.Fatalf("%v: %s", err, text)
	}
	lines := strings.SplitAfter(d.Pool.Text, "\n")
	changed := lines[0] + strings.Join(lines[2:], "") // the first candidate is gone
	for name, text := range map[string]string{"pool": d.Pool.Text, "rule": d.Rule.Text, "changed": changed} {
		if err := os.WriteFile(file(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, 0, "sandi", "draw", "rank", "--pool", file("pool"), "--rule", file("rule"), "--contributions", file("draw.json"), "-f", file("ranking"))
	run(t, 3, "sandi", "draw", "verify", file("draw.json"), "--pool", file("changed"))
	out := run(t, 0, "sandi-audit", "verify", file("all.zip"), "--keys", filepath.Join(r.dir, "auditor-keys"), "--lang", "en")
	for _, want := range []string{"draw " + sealed + " comes out again", "130000 did not contribute", "draws that come out again: 4", "next in rank: 1"} {
		if !strings.Contains(out, want) {
			t.Errorf("the auditor is not told %q:\n%s", want, out)
		}
	}
}
