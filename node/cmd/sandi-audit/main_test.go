package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/bundle/bundletest"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/node/audit"
	"sandi.internal/gateway/node/cli"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// files is what an auditor may have on disk.
type files struct{ dir string }

func (f files) path(name string) string { return filepath.Join(f.dir, name) }

func (f files) put(t *testing.T, name string, content []byte) {
	t.Helper()
	must(t, os.WriteFile(f.path(name), content, 0o600))
}

// newFiles makes a ledger of a day, a bundle of it, an older one, an extract, a
// receipt, and the same bundle with one bit changed.
func newFiles(t *testing.T) files {
	t.Helper()
	f := files{t.TempDir()}
	w, err := bundletest.New()
	must(t, err)
	write := func(name string, change func(*bundle.Selection)) {
		s, err := w.Selection()
		must(t, err)
		change(&s)
		zip, err := w.Write(s)
		must(t, err)
		f.put(t, name, zip)
	}
	must(t, w.Play(40, 8, 30*time.Minute))
	write("old.zip", func(*bundle.Selection) {})
	must(t, w.Play(40, 8, 30*time.Minute))
	w.Advance(time.Minute)
	write("audit.zip", func(*bundle.Selection) {})
	write("extract.zip", func(s *bundle.Selection) { s.Records = w.Records[:1] })
	note, err := w.Note()
	must(t, err)
	f.put(t, "checkpoint", note)
	f.put(t, "receipt.json", receipt(t, w, note, 5))
	f.put(t, "genesis.json", w.File)
	keys, err := w.KeyFile()
	must(t, err)
	f.put(t, "keys", keys)

	whole, err := os.ReadFile(f.path("audit.zip"))
	must(t, err)
	at := bytes.LastIndex(whole, []byte("tile/entries/")) // the directory's; the body lies before
	whole[bytes.Index(whole[:at], []byte("tile/entries/"))+100] ^= 1
	f.put(t, "changed.zip", whole)
	f.put(t, "noise", []byte("not a bundle"))
	must(t, syscall.Mkfifo(f.path("pipe"), 0o600)) // that nobody ever writes into
	return f
}

func receipt(t *testing.T, w *bundletest.World, note []byte, index uint64) []byte {
	t.Helper()
	keys, err := checkpoint.FromGenesis(w.Signed.Genesis)
	must(t, err)
	n, err := keys.Open(note)
	must(t, err)
	path, err := merkle.Inclusion(w.Books(), index, n.Size)
	must(t, err)
	var entry []byte
	must(t, w.Books().Entries(index, index+1, func(_ uint64, e []byte) (bool, error) {
		entry = bytes.Clone(e)
		return true, nil
	}))
	r, err := checkpoint.NewReceipt(entry, path, n, checkpoint.PolicyOf(w.Signed.Genesis))
	must(t, err)
	return r.Marshal()
}

// call runs a command line.
func call(args ...string) (code int, stdout, stderr string) {
	root := newRoot()
	var out, errs bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&errs)
	return cli.Run(root, args), out.String(), errs.String()
}

// Ensure every outcome has its exit status, and every error its one line.
func TestVerify(t *testing.T) {
	f := newFiles(t)
	keys := "--keys=" + f.path("keys")
	for _, tc := range []struct {
		name string
		args []string
		want int
		says string // on the standard output for 0, 3 and 4, else on the standard error
	}{
		{"a whole log", []string{f.path("audit.zip"), keys}, 0, "PASS  everything that was checked holds"},
		{"in Chinese", []string{f.path("audit.zip"), keys, "--lang=zh"}, 0, "PASS 通过  所查各项均成立"},
		{"against an older bundle", []string{f.path("audit.zip"), keys, "--previous", f.path("old.zip")}, 0, "the checkpoint that you kept"},
		{"against a checkpoint", []string{f.path("audit.zip"), keys, "--previous", f.path("checkpoint")}, 0, "the checkpoint that you kept"},
		{"against a newer bundle", []string{f.path("old.zip"), keys, "--previous", f.path("audit.zip")}, 4, "ask for a newer bundle"},
		{"with a receipt", []string{f.path("audit.zip"), keys, "--receipt", f.path("receipt.json")}, 0, "1 receipts match"},
		{"an extract", []string{f.path("extract.zip"), keys}, 4, "INDETERMINATE"},
		{"a receipt", []string{f.path("receipt.json"), keys}, 0, "entry 5"},
		{"a receipt with genesis", []string{f.path("receipt.json"), keys, "--genesis", f.path("genesis.json")}, 0, "under the key"},
		{"one bit changed", []string{f.path("changed.zip"), keys}, 3, "this does not hold"},
		{"no bundle at all", []string{f.path("noise"), keys}, 3, "no audit bundle"},
		{"no file", []string{keys}, 2, "give one file"},
		{"two files", []string{"a", "b", keys}, 2, "give one file"},
		{"no keys", []string{f.path("audit.zip")}, 2, "--keys"},
		{"unknown output", []string{f.path("audit.zip"), keys, "-o", "xml"}, 2, "text or json"},
		{"unknown language", []string{f.path("audit.zip"), keys, "--lang", "fr"}, 2, "zh or en"},
		{"unknown flag", []string{"--nope"}, 2, "--help"},
		{"absent file", []string{f.path("absent"), keys}, 1, "absent"},
		{"a folder", []string{f.dir, keys}, 1, "no regular file"},
		{"a named pipe", []string{f.path("pipe"), keys}, 1, "no regular file"},
		{"kept a named pipe", []string{f.path("audit.zip"), keys, "--previous", f.path("pipe")}, 1, "no regular file"},
		{"a genesis beside a bundle", []string{f.path("audit.zip"), keys, "--genesis", f.path("genesis.json")}, 2, "--genesis is not compared"},
		{"a bundle beside a bundle", []string{f.path("audit.zip"), keys, "--bundle", f.path("old.zip")}, 2, "--bundle is not compared"},
		{"a receipt beside a receipt", []string{f.path("receipt.json"), keys, "--receipt", f.path("receipt.json")}, 2, "--receipt is not compared"},
		{"an entry beside a receipt", []string{f.path("receipt.json"), keys, "--entry", f.path("noise")}, 2, "--entry is not compared"},
		{"absent keys", []string{f.path("audit.zip"), "--keys", f.path("absent")}, 1, "absent"},
		{"keys that are none", []string{f.path("audit.zip"), "--keys", f.path("noise")}, 1, "key file"},
		{"kept nothing", []string{f.path("audit.zip"), keys, "--previous", f.path("noise")}, 1, "--previous"},
	} {
		code, out, errs := call(append([]string{"verify"}, tc.args...)...)
		said, silent := out, errs
		if code == 1 || code == 2 {
			said, silent = errs, out
		}
		if code != tc.want || !strings.Contains(said, tc.says) || silent != "" {
			t.Errorf("%s: exit %d, want %d with %q; printed %q and %q", tc.name, code, tc.want, tc.says, out, errs)
		}
		if lines := strings.Count(errs, "\n"); lines > 1 {
			t.Errorf("%s: %d lines on the standard error", tc.name, lines)
		}
	}
}

// Ensure a machine can read the report, and the list of deadlines is complete.
func TestVerifyForMachines(t *testing.T) {
	f := newFiles(t)
	code, out, _ := call("verify", f.path("audit.zip"), "--keys", f.path("keys"), "-o", "json", "--deadlines", f.path("deadlines"))
	var r audit.Report
	must(t, json.Unmarshal([]byte(out), &r))
	if code != 0 || r.Format != audit.Format || r.Exit != 0 || r.Size != 80 || r.Of(audit.CheckRules) != audit.Pass {
		t.Errorf("exit %d, report %+v", code, r)
	}
	list, err := os.ReadFile(f.path("deadlines"))
	must(t, err)
	want := uint64(0)
	for _, d := range r.Summary.Deadlines {
		for _, n := range d.Runs {
			want += n
		}
	}
	if got := bytes.Count(list, []byte("\n")); uint64(got) != want || want == 0 {
		t.Errorf("%d deadlines in the list, %d counted", got, want)
	}
}

// Ensure the keys of today are written once, and from a whole log alone.
func TestKeysOut(t *testing.T) {
	f := newFiles(t)
	verify := func(file string) (int, string) {
		code, _, errs := call("verify", f.path(file), "--keys", f.path("keys"), "--keys-out", f.path("next"))
		return code, errs
	}
	if code, errs := verify("changed.zip"); code != 3 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	if code, errs := verify("receipt.json"); code != 1 || !strings.Contains(errs, "whole log") {
		t.Errorf("of a receipt: exit %d: %s", code, errs)
	}
	if _, err := os.Stat(f.path("next")); !os.IsNotExist(err) {
		t.Fatalf("a key file was written: %v", err)
	}
	if code, errs := verify("audit.zip"); code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	old, err := os.ReadFile(f.path("keys"))
	must(t, err)
	next, err := os.ReadFile(f.path("next"))
	must(t, err)
	if !bytes.Equal(old, next) {
		t.Errorf("no key has changed, but the file:\n%s", next)
	}
	if code, errs := verify("audit.zip"); code != 1 || !strings.Contains(errs, "is there already") {
		t.Errorf("over a file that is there: exit %d: %s", code, errs)
	}
}

// Ensure the commands around verify answer.
func TestRoot(t *testing.T) {
	for _, tc := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"version"}, 0, "sandi-audit unknown go"},
		{[]string{"help"}, 0, "verify"},
		{[]string{"help", "verify"}, 0, "--previous"},
		{nil, 0, "verify"},
		{[]string{"completion", "bash"}, 0, "sandi-audit"},
		{[]string{"__complete", "verify", "-o", ""}, 0, "json"},
		{[]string{"verfy"}, 2, `did you mean "verify"`},
	} {
		code, out, errs := call(tc.args...)
		if code != tc.code || !strings.Contains(out+errs, tc.says) {
			t.Errorf("%v: exit %d, printed %q and %q", tc.args, code, out, errs)
		}
	}
}

// Ensure the meter is silent on what is no terminal, and says how long it takes.
func TestMeter(t *testing.T) {
	var out bytes.Buffer
	m := newMeter(&out, "en")
	m.begun = m.begun.Add(-time.Hour)
	m.show(1, 2)
	m.clear()
	if out.Len() > 0 {
		t.Errorf("drew %q on what is no terminal", out.String())
	}
	for lang, want := range map[string]string{
		"en": "verifying: 250 of 1000 entries (25%), about 3h0m0s left", "zh": "核验中: 250 / 1000 条（25%），约剩 3h0m0s",
	} {
		m.lang = lang
		if got := m.text(250, 1000, time.Hour); got != want {
			t.Errorf("says %q, want %q", got, want)
		}
	}
}

// Ensure what a scanner reads from a printed code is verified as a receipt is, with the
// address before it and cut into lines.
func TestPrintedCode(t *testing.T) {
	f := newFiles(t)
	raw, err := os.ReadFile(f.path("receipt.json"))
	must(t, err)
	r, err := checkpoint.ParseReceipt(raw)
	must(t, err)
	code := func(most int) []byte {
		c, _, err := r.Code(most)
		must(t, err)
		return c
	}
	whole, hash := checkpoint.CodeText(code(checkpoint.MaxCode)), checkpoint.CodeText(code(0))
	cut := func(text string, at int) string { return text[:at] + "\n  " + text[at:] }
	other := func(text string, at int) string {
		digit := byte('0' + (text[at]-'0'+1)%10)
		return text[:at] + string(digit) + text[at+1:]
	}
	for _, c := range []struct {
		name, text, want string
		exit             int
		flags            []string
	}{
		{"whole", whole, "the statement is entry 5 of the ledger", audit.ExitPass, nil},
		{"with its address", "https://node.example/console/verify.html#" + cut(whole, 60) + "\r\n", "PASS", audit.ExitPass, nil},
		{"with genesis", whole, "the statement is signed by", audit.ExitPass, []string{"--genesis", f.path("genesis.json")}},
		{"a hash", hash, "the code does not hold the statement", audit.ExitPass, nil},
		{"a hash with another entry", hash, "not entry 5", audit.ExitFail, []string{"--entry", f.path("noise")}},
		{"a page", checkpoint.CodeText(r.PageCode("CT-120000-2025-000001")), "proves nothing", audit.ExitIndeterminate, nil},
		{"cut off", whole[:len(whole)-20], "not whole", audit.ExitFail, nil},
		{"misread", other(whole, 40), "not whole", audit.ExitFail, nil},
	} {
		f.put(t, "code.txt", []byte(c.text))
		code, out, errs := call(append([]string{"verify", f.path("code.txt"), "--keys", f.path("keys"), "--lang", "en"}, c.flags...)...)
		if code != c.exit || !strings.Contains(out, c.want) {
			t.Errorf("%s: exit %d, not %d with %q: %s%s", c.name, code, c.exit, c.want, out, errs)
		}
	}
}
