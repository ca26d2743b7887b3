package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/consensus/access"
)

// Ensure who looked is shown with its proof, that what was kept is verified again, and
// that whatever is changed in it is found.
func TestWhoLooked(t *testing.T) {
	b := newBureau(t, nil)
	b.Bureau(solo.Hebei, solo.Options{})
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
