package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/account"
)

// Ensure the first accounts are made on the node's machine while no node runs, and that
// what was done is shown.
func TestAccountCommands(t *testing.T) {
	dir := t.TempDir()
	genesis, err := filepath.Abs(frozenGenesis)
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "sandi.yaml")
	text := fmt.Sprintf("region: \"120000\"\nnode: 120000-a\ngenesis: %s\nlisten: {public: 127.0.0.1:8012, peer: 127.0.0.1:9012, gossip: 127.0.0.1:7012, admin: 127.0.0.1:6012}\n", genesis)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(want int, args ...string) string {
		t.Helper()
		code, out := call(t, append([]string{"account", "--lang", "en", "-c", config}, args...)...)
		if code != want {
			t.Fatalf("%v: exit %d, printed %q", args, code, out)
		}
		return out
	}
	if out := run(exitOK, "list"); strings.Contains(out, "wang") {
		t.Error(out)
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "accounts")); !os.IsNotExist(err) {
		t.Errorf("listing made something: %v", err)
	}
	made := run(exitOK, "add", "zhao", "--role", "security_admin", "--org", "120000-SJ", "--display", "赵", "--person", "1024")
	_, rest, _ := strings.Cut(made, "initial password: ")
	password, _, _ := strings.Cut(rest, "\n")
	run(exitFailed, "add", "zhao2", "--role", "audit_admin", "--org", "120000-SJ", "--person", "1024")
	run(exitFailed, "add", "qian", "--role", "audit_admin,operator", "--org", "120000-SJ")
	run(exitFailed, "add", "qian", "--role", "clerk", "--org", "110000-SJ")
	run(exitFailed, "disable", "nobody")

	store, err := account.Open(filepath.Join(dir, "data", "accounts"), func(string) bool { return true }, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if in, err := store.SignIn(t.Context(), "zhao", password, "192.0.2.1"); err != nil || !in.Change {
		t.Fatalf("%q: %+v %v", password, in, err)
	}
	for _, act := range []string{"disable", "enable", "reset", "unlock"} {
		out := run(exitOK, act, "zhao", "-o", "json")
		var a struct{ Name, Password string }
		if err := json.Unmarshal([]byte(out), &a); err != nil || a.Name != "zhao" || (a.Password != "") != (act == "enable" || act == "reset") {
			t.Errorf("%s: %s", act, out)
		}
	}
	if out := run(exitOK, "list"); !strings.Contains(out, "initial password until") || !strings.Contains(out, "1024") {
		t.Error(out)
	}
	out := run(exitOK, "log")
	for _, want := range []string{"account_made", "signed_in", "account_disabled", "account_enabled", "password_reset", "lockout_lifted", "host", "6 lines; digest of the last "} {
		if !strings.Contains(out, want) {
			t.Errorf("the log lacks %s:\n%s", want, out)
		}
	}
	if strings.Contains(out, password) {
		t.Error("the log tells a password")
	}
	run(exitUsage, "log", "begin")
	run(exitFailed, "log", "begin", "--reason", "a sound one")
}
