// Package vectors holds a package's bytes against the test vectors in its
// testdata: files that programs in other languages read as well. It is for tests.
package vectors

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Frozen compares bytes with testdata/name, or writes them there.
func Frozen(t testing.TB, name string, got []byte, rewrite bool) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if rewrite {
		if err := os.WriteFile(path, got, 0o644); err != nil { //nolint:gosec // to be read by everybody
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: the bytes changed; write them anew and see the diff", name)
	}
}

// JSON is Frozen for a value, written with members in order and two spaces.
func JSON(t testing.TB, name string, got any, rewrite bool) {
	t.Helper()
	text, err := json.Marshal(got, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		t.Fatal(err)
	}
	Frozen(t, name, append(text, '\n'), rewrite)
}
