package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/node/audit"
)

// Ensure who looked is shown with its proof, that what was kept is verified again, and
// that whatever is changed in it is found.
func TestWhoLooked(t *testing.T) {
	b := newBureau(t, nil)
	b.Bureau(solo.Hebei, solo.Options{})
	publishing(t, b)
	_, record := b.open()
	if code, out := b.as("clerk", "record", "private", record); code != exitOK && code != exitDenied {
		t.Fatalf("exit %d: %s", code, out)
	}
	code, out := b.as("auditor", "audit", "who-looked", "--record", record)
	if code != exitDegraded || !strings.Contains(out, "120000-a  the node does not answer") || !strings.Contains(out, "110000-a  log 1: 1 entries, all under a head") {
		t.Fatalf("without Tianjin's node: exit %d: %s", code, out)
	}
	b.Bureau(solo.Tianjin, solo.Options{})
	kept := filepath.Join(b.dir, "looked.json")
	if code, out = b.as("auditor", "audit", "who-looked", "--record", record, "-f", kept); code != exitOK || !strings.Contains(out, "Result: complete") || strings.Count(out, "none is missing") != 3 {
		t.Fatalf("exit %d: %s", code, out)
	}
	if code, out := b.as("clerk", "audit", "who-looked", "--record", record); code != exitDenied {
		t.Errorf("a clerk: exit %d: %s", code, out)
	}
	if code, out := b.as("auditor", "audit", "access-log", "--record", record); code != exitOK || !strings.Contains(out, record) {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, out := b.as("operator", "audit", "access-log", "begin", "--reason", "lost"); code != exitFailed {
		t.Errorf("another log beside an open one: exit %d: %s", code, out)
	}
	raw, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := access.ParseFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range shown.Logs {
		if (s.Newest() != nil) != (s.Receipt != "") {
			t.Errorf("%s: the head %v has the receipt %q", s.Node, s.Newest(), s.Receipt)
		}
	}
	if code, out := auditCall(t, b, kept); code != audit.ExitPass || !strings.Contains(out, "none is missing, changed or moved") {
		t.Errorf("with the keys alone: exit %d: %s", code, out)
	}
	again := func(change func(*access.File)) (int, string) {
		f, err := access.ParseFile(raw)
		if err != nil {
			t.Fatal(err)
		}
		if change(f); len(f.Logs) == 0 {
			t.Fatal("no log")
		}
		text, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		return call(t, "audit", "who-looked", b.file("again.json", text), "--lang", "en", "-o", "json")
	}
	if code, out := again(func(f *access.File) { f.Gaps = nil }); code != exitOK || !strings.Contains(out, `"result": "complete"`) || !strings.Contains(out, `"checked": "file"`) {
		t.Errorf("exit %d: %s", code, out)
	}
	for name, change := range map[string]func(*access.File){
		"another person": func(f *access.File) {
			f.Logs[0].Rows[0].Entry = strings.Replace(f.Logs[0].Rows[0].Entry, `"person":"`, `"person":"A`, 1)
		},
		"an entry held back": func(f *access.File) { f.Logs[0].Rows[0].Entry = "" },
		"the tail cut":       func(f *access.File) { f.Logs[0].Rows = nil },
		"another slip":       func(f *access.File) { f.Logs[0].Rows[0].Slip += "A" },
		"another head":       func(f *access.File) { f.Logs[0].Heads[0].Root = strings.Repeat("A", 43) },
	} {
		if code, out := again(change); code != exitVerify || !strings.Contains(out, `"result": "wrong"`) {
			t.Errorf("%s: exit %d: %s", name, code, out)
		}
	}
	if code, _ := call(t, "audit", "who-looked", b.file("x.json", []byte("{}"))); code != exitFailed {
		t.Errorf("no file of who looked: exit %d", code)
	}
	if code, _ := call(t, "audit", "who-looked", kept, "--bundle", "audit.zip"); code != exitUsage {
		t.Errorf("a bundle without keys: exit %d", code)
	}
}

// publishing signs the ledger again and again, as the nodes do, until the test ends.
func publishing(t *testing.T, b *bureau) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				b.Notes.Publish()
			}
		}
	}()
}

// auditCall verifies a file as sandi-audit does.
func auditCall(t *testing.T, b *bureau, path string) (exit int, text string) {
	t.Helper()
	read := func(path string) []byte {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	file := read(path)
	r, err := audit.Verify(t.Context(), audit.Options{File: bytes.NewReader(file), Size: int64(len(file)), Keys: read(b.keys), TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := r.WriteText(&out, "en"); err != nil {
		t.Fatal(err)
	}
	return r.Exit, out.String()
}
