package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/procedure/law"
	"sandi.internal/gateway/node/cli"
)

// runLaw runs the command and returns what it printed.
func runLaw(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := newRoot()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetArgs(append([]string{"--lang", "en", "law"}, args...))
	err := cmd.Execute()
	return out.String(), err
}

// Ensure lint passes every document of the law, names the line of a mistake and
// fails then, in both outputs.
func TestLawLint(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for _, text := range law.Texts() {
		file := filepath.Join(dir, text.Name+".yaml")
		if err := os.WriteFile(file, []byte(text.Text), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	out, err := runLaw(t, append([]string{"lint"}, files...)...)
	if err != nil || strings.Count(out, ": passes (") != len(files) {
		t.Fatalf("%v in\n%s", err, out)
	}
	bad := filepath.Join(dir, "bad.yaml")
	text := strings.Replace(law.Texts()[0].Text, "schema: 1", "schema: 1\ncolour: red", 1)
	if err := os.WriteFile(bad, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, output := range []string{"table", "json"} {
		out, err = runLaw(t, "lint", "-o", output, bad)
		var exit *cli.Error
		if !errors.As(err, &exit) || exit.Code != exitFailed || !strings.Contains(out, "colour") {
			t.Errorf("-o %s: %v in\n%s", output, err, out)
		}
	}
	if line := strings.Count(text[:strings.Index(text, "colour")], "\n") + 1; line < 2 {
		t.Error("the mistake has to stand below the first line")
	}
	if _, err := runLaw(t, "lint", filepath.Join(dir, "nothing.yaml")); err == nil {
		t.Error("a file that is missing passes")
	}
}

// Ensure a procedure is drawn by name and from a file, and a name that there is
// not is answered with those that there are.
func TestLawGraph(t *testing.T) {
	text := law.Texts()[0]
	file := filepath.Join(t.TempDir(), "law.yaml")
	if err := os.WriteFile(file, []byte(text.Text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"svg", "mermaid"} {
		byName, err := runLaw(t, "graph", "--format", format, text.Name)
		if err != nil || len(byName) < 200 {
			t.Fatalf("%s: %v, %d bytes", format, err, len(byName))
		}
		if byFile, err := runLaw(t, "graph", "--format", format, file); err != nil || byFile != byName {
			t.Errorf("%s: %v, or another drawing of the same document", format, err)
		}
	}
	if _, err := runLaw(t, "graph", "nothing"); err == nil || !strings.Contains(err.Error(), text.Name) {
		t.Errorf("unknown name: %v", err)
	}
	if _, err := runLaw(t, "graph", "--format", "png", text.Name); err == nil {
		t.Error("an unknown format is drawn")
	}
}
