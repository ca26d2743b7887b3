//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The doors of a demo that start runs.
var addrs = []string{"http://127.0.0.1:28011", "http://127.0.0.1:28012", "http://127.0.0.1:28013"}

// run runs one of the built programs and expects an exit code.
func run(t *testing.T, want int, program string, args ...string) (stdout string) {
	t.Helper()
	var out, problem bytes.Buffer
	cmd := exec.Command(filepath.Join(filepath.Dir(binary(t)), program), args...)
	cmd.Stdout, cmd.Stderr = &out, &problem
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("couldn't run %s: %v", program, err)
	}
	if got := cmd.ProcessState.ExitCode(); got != want {
		t.Fatalf("%s %s: exit %d, want %d: %s%s", program, strings.Join(args, " "), got, want, out.String(), problem.String())
	}
	return out.String()
}

// verify checks what a demo left, and that a changed copy of it is noticed.
func verify(t *testing.T, dir string) {
	t.Helper()
	bundle, keys, forged := filepath.Join(dir, "audit.zip"), filepath.Join(dir, "auditor-keys"), filepath.Join(t.TempDir(), "forged")
	var report struct {
		Kind, Result, Grade string
		Size                uint64
	}
	if err := json.Unmarshal([]byte(run(t, 0, "sandi-audit", "verify", bundle, "--keys", keys, "-o", "json")), &report); err != nil {
		t.Fatal(err)
	}
	if report.Kind != "log" || report.Result != "PASS" || report.Grade != "final" || report.Size == 0 {
		t.Errorf("%+v", report)
	}
	var forgeries []struct {
		Name    string
		Noticed bool
		Entry   *uint64
	}
	if err := json.Unmarshal([]byte(run(t, 0, "sandi", "demo", "tamper", "--dir", dir, "--keep", forged, "-o", "json")), &forgeries); err != nil {
		t.Fatal(err)
	}
	if len(forgeries) != 6 {
		t.Errorf("%d forgeries", len(forgeries))
	}
	for _, f := range forgeries {
		touched := f.Name != "rewrite" && f.Name != "rewrite-kept"
		if !f.Noticed || touched != (f.Entry != nil) {
			t.Errorf("%+v", f)
		}
		run(t, 3, "sandi-audit", "verify", filepath.Join(forged, f.Name+".zip"), "--keys", keys)
	}
	// One flipped bit in the middle, and nothing else.
	zip, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	zip[bytes.Index(zip, []byte(`"proposed_at":`))+14] ^= 1
	flipped := filepath.Join(forged, "flipped.zip")
	if err := os.WriteFile(flipped, zip, 0o600); err != nil {
		t.Fatal(err)
	}
	if out := run(t, 3, "sandi-audit", "verify", flipped, "--keys", keys, "--lang", "en"); !strings.Contains(out, "entry 0") {
		t.Errorf("the flipped entry is not named:\n%s", out)
	}
}

// Ensure an auditor gets along with the command line alone: receipts and bundles
// from a running network, a watch over its nodes, all verified when it is gone.
func TestAuditor(t *testing.T) {
	r := start(t)
	keys, kept := filepath.Join(r.dir, "auditor-keys"), t.TempDir()
	file := func(name string) string { return filepath.Join(kept, name) }
	token := func(role string) []string {
		return []string{"--addr", addrs[0], "--token", strings.TrimSpace(run(t, 0, "sandi", "token", "issue", "--dir", r.dir, "--region", "110000", "--role", role))}
	}
	as := func(role string, args ...string) string { return run(t, 0, "sandi", append(args, token(role)...)...) }

	var records []struct{ ID string }
	if err := json.Unmarshal([]byte(as("liaison", "record", "list", "-o", "json")), &records); err != nil || len(records) == 0 {
		t.Fatalf("%d records: %v", len(records), err)
	}
	record := records[0].ID
	var history []struct{ Statement, Region string }
	if err := json.Unmarshal([]byte(as("liaison", "record", "history", record, "-o", "json")), &history); err != nil {
		t.Fatal(err)
	}
	statement := ""
	for _, e := range history {
		if e.Region == "110000" {
			statement = e.Statement
		}
	}
	as("liaison", "receipt", "get", statement, "--wait", "final", "--keys", keys, "-f", file("receipt.json"))
	as("liaison", "receipt", "get", statement, "--tlog-proof", "--keys", keys, "-f", file("receipt.tlog-proof"), "--entry", file("entry"))
	as("auditor", "audit", "export", "--all", "-f", file("all.zip"))
	as("auditor", "audit", "export", "--record", record, "-f", file("record.zip"))
	as("auditor", "audit", "export", "--from", "0", "--to", "5", "-f", file("range.zip"))
	run(t, 5, "sandi", append([]string{"audit", "export", "--all", "-f", file("clerk.zip")}, token("clerk")...)...)
	watch := append([]string{"audit", "watch", "--once", "--max-age", "0", "--keys", keys, "--state", file("state.json")}, addrs...)
	run(t, 0, "sandi", watch...)
	run(t, 4, "sandi", append(watch, "--patience", "100ms", "http://127.0.0.1:9")...)

	pids := r.nodes(t)
	if err := r.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	gone(t, pids)
	run(t, 4, "sandi", append(watch, "--patience", "100ms")...)
	for _, args := range [][]string{
		{"all.zip"},
		{"all.zip", "--previous", file("record.zip"), "--receipt", file("receipt.json")},
		{"receipt.json", "--genesis", filepath.Join(r.dir, "genesis.json")},
		{"receipt.json"},
		{"receipt.tlog-proof", "--entry", file("entry")},
	} {
		run(t, 0, "sandi-audit", append([]string{"verify", file(args[0]), "--keys", keys}, args[1:]...)...)
	}
	for _, extract := range []string{"record.zip", "range.zip"} {
		exit := 4 // an extract cannot show that nothing is missing; that is said, and is no failure
		run(t, exit, "sandi-audit", "verify", file(extract), "--keys", keys)
	}
	receipt, err := os.ReadFile(file("receipt.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file("bad.json"), bytes.Replace(receipt, []byte(`"index": `), []byte(`"index": 1`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, 3, "sandi-audit", "verify", file("bad.json"), "--keys", keys)
}
