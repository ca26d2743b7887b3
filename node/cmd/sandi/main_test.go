package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// call runs a command line and returns its exit code and what it printed.
func call(t *testing.T, args ...string) (code int, stdout string) {
	t.Helper()
	root := newRoot()
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetArgs(args)
	return exitCode(root.ExecuteContext(t.Context())), out.String()
}

// Ensure every kind of failure has its exit code.
func TestExitCodes(t *testing.T) {
	t.Setenv("SANDI_TOKEN", "")
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.yaml")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { // where nobody listens it would be tried again for half a minute
		w.WriteHeader(http.StatusInternalServerError)
	}))
	defer broken.Close()
	_, port, _ := net.SplitHostPort(broken.Listener.Addr().String())
	for _, tc := range []struct {
		name string
		args []string
		want int
	}{
		{"version", []string{"version"}, exitOK},
		{"unknown command", []string{"recrod"}, exitUsage},
		{"unknown subcommand", []string{"record", "lst"}, exitUsage},
		{"a group alone", []string{"record"}, exitOK},
		{"unknown flag", []string{"version", "--nope"}, exitUsage},
		{"unknown output", []string{"version", "-o", "xml"}, exitUsage},
		{"a demo by hand that ends at once", []string{"demo", "charger", "--by-hand", "--once"}, exitUsage},
		{"a clock without a time", []string{"demo", "clock", "tomorrow", "--dir", dir}, exitUsage},
		{"the clock of no demo", []string{"demo", "clock", "2025-09-25", "--dir", dir}, exitFailed},
		{"unknown language", []string{"version", "--lang", "fr"}, exitUsage},
		{"no token", []string{"record", "list"}, exitDenied},
		{"a bureau of no region", []string{"init", "--dir", filepath.Join(dir, "bureau")}, exitUsage},
		{"no such file", []string{"genesis", "fingerprint", "-f", filepath.Join(dir, "absent")}, exitFailed},
		{"no configuration", []string{"serve", "-c", filepath.Join(dir, "absent.yaml")}, exitFailed},
		{"empty configuration", []string{"serve", "-c", empty}, exitFailed},
		{"sick doctor", []string{"doctor", "-c", filepath.Join(dir, "absent.yaml")}, exitFailed},
		{"bad fields", []string{"record", "open", "x", "--token", "t", "--fields", "{"}, exitUsage},
		{"token of nowhere", []string{"token", "issue", "--region", "110000", "--role", "clerk"}, exitUsage},
		{"a token of a role that there is not", []string{"token", "issue", "--region", "110000", "--role", "clerc", "--key", empty}, exitUsage},
		{"a token in the clear", []string{"status", "--token", "t", "--addr", "http://192.0.2.1:8011"}, exitUsage},
		{"a token in the clear, by name", []string{"status", "--token", "t", "--addr", "http://gw.example:8011"}, exitUsage},
		{"a certificate that nobody asks for", []string{"status", "--token", "t", "--addr", "http://127.0.0.1:8011", "--cert", empty}, exitUsage},
		{"a token on this machine", []string{"status", "--token", "t", "--addr", "http://localhost:" + port}, exitFailed},
		{"a token of two administrators", []string{"token", "issue", "--region", "110000", "--role", "operator,audit_admin", "--key", empty}, exitUsage},
		{"a token of an administrator in an office", []string{"token", "issue", "--region", "110000", "--role", "clerk,operator", "--key", empty}, exitUsage},
		{"an account without a node", []string{"account", "list", "-c", filepath.Join(dir, "absent.yaml")}, exitFailed},
		{"an account without a role", []string{"account", "add", "x1", "--org", "110000-SJ"}, exitUsage},
		{"a move without a term", []string{"gov", "move", "--region", "110000", "--leader", "110000-a", "--candidate", "120000-a"}, exitUsage},
		{"a move to the leader", []string{"gov", "move", "--region", "110000", "--leader", "110000-a", "--candidate", "110000-a", "--term", "3"}, exitUsage},
		{"not a governance kind", []string{"gov", "sign", "record.open", empty, "--region", "110000"}, exitUsage},
	} {
		if got, out := call(t, tc.args...); got != tc.want {
			t.Errorf("%s: exit %d, want %d; printed %q", tc.name, got, tc.want, out)
		}
	}
}

// Ensure no help text shows the token of the environment.
func TestHelpKeepsSecrets(t *testing.T) {
	t.Setenv("SANDI_TOKEN", "a-secret-token")
	for _, args := range [][]string{{"--help"}, {"record", "list", "--help"}, {"help", "status"}} {
		if _, out := call(t, args...); out == "" || strings.Contains(out, "a-secret-token") {
			t.Errorf("sandi %s printed %q", strings.Join(args, " "), out)
		}
	}
}

// Ensure a machine can read what a command prints.
func TestOutputForms(t *testing.T) {
	for form, want := range map[string]string{"json": `"platform":`, "yaml": "platform:", "table": "platform"} {
		if code, out := call(t, "version", "-o", form); code != exitOK || !strings.Contains(out, want) {
			t.Errorf("-o %s: exit %d, printed %q", form, code, out)
		}
	}
}

// Ensure a shell completes the commands and their words.
func TestCompletion(t *testing.T) {
	for _, tc := range []struct {
		args []string
		want []string
	}{
		{[]string{"a"}, []string{"audit"}},
		{[]string{"rec"}, []string{"receipt", "record"}},
		{[]string{"audit", ""}, []string{"export", "watch"}},
		{[]string{"receipt", ""}, []string{"get"}},
		{[]string{"demo", ""}, []string{"kill-leader", "tamper", "charger", "platform"}},
		{[]string{"receipt", "get", "--wait", ""}, []string{"published", "final"}},
		{[]string{"receipt", "get", "-o", ""}, []string{"table", "json", "yaml"}},
		{[]string{"audit", "export", "--"}, []string{"--all", "--record", "--from", "--to", "--file", "--force"}},
		{[]string{"audit", "watch", "--"}, []string{"--keys", "--state", "--once", "--interval", "--max-age", "--max-lag", "--known"}},
		{[]string{"token", ""}, []string{"issue", "certificate"}},
	} {
		code, out := call(t, append([]string{"__complete"}, tc.args...)...)
		for _, want := range tc.want {
			if code != exitOK || !strings.Contains("\n"+out, "\n"+want) {
				t.Errorf("%v: %q is not offered: %s", tc.args, want, out)
			}
		}
	}
}

// Ensure every command that is called in a wrong form says what it takes and where to
// look, with exit code 2: with arguments that it does not take, and with none.
func TestForms(t *testing.T) {
	t.Setenv("SANDI_TOKEN", "")
	t.Chdir(t.TempDir())
	var walk func(cmd *cobra.Command, path []string)
	walk = func(cmd *cobra.Command, path []string) {
		for _, sub := range cmd.Commands() {
			walk(sub, append(slices.Clone(path), sub.Name()))
		}
		if cmd.HasSubCommands() || slices.Contains(path, "help") || slices.Contains(path, "completion") {
			return
		}
		_, takes, _ := strings.Cut(cmd.Use, " ")
		forms := map[string][]string{}
		if !strings.Contains(takes, "…") && !strings.Contains(takes, "...") {
			forms["too many"] = append(slices.Clone(path), strings.Fields("a b c d e f g h i")...)
		}
		if takes != "" && takes[0] != '[' {
			forms["none"] = path
		}
		for name, args := range forms {
			root := newRoot()
			root.SetArgs(args)
			root.SetOut(io.Discard)
			err := root.ExecuteContext(t.Context())
			if exitCode(err) != exitUsage || !strings.Contains(err.Error(), "--") {
				t.Errorf("%s: %s: exit %d, %v", strings.Join(path, " "), name, exitCode(err), err)
			}
		}
	}
	walk(newRoot(), nil)
	for _, c := range []struct{ args, want string }{
		{"record get", "give RECORD; see `sandi record get --help`"},
		{"record get a b", "give RECORD, not [\"a\" \"b\"]; see `sandi record get --help`"},
		{"key make", "give --file and --id; see `sandi key make --help`"},
		{"demo chargr", "no scenario or command \"chargr\"; `sandi demo --help` lists them"},
	} {
		root := newRoot()
		root.SetArgs(strings.Fields(c.args))
		if err := root.ExecuteContext(t.Context()); exitCode(err) != exitUsage || err.Error() != c.want {
			t.Errorf("%s: exit %d, %v", c.args, exitCode(err), err)
		}
	}
}
