package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node/watch"
)

// bureau is a network with one bureau's door served, and files for the command
// line to use.
type bureau struct {
	*solo.Network
	t    *testing.T
	addr string
	dir  string
	keys string // key file
}

func newBureau(t *testing.T, around func(http.Handler) http.Handler) *bureau {
	t.Helper()
	b := &bureau{Network: solo.New(t), t: t, dir: t.TempDir()}
	handler := http.Handler(b.Bureau(solo.Beijing, solo.Options{Rate: 1 << 20}).API)
	if around != nil {
		handler = around(handler)
	}
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	b.addr = srv.URL
	keys, err := checkpoint.KeyFileOf(b.Genesis)
	if err != nil {
		t.Fatal(err)
	}
	b.keys = b.file("auditor-keys", keys.Marshal())
	return b
}

func (b *bureau) file(name string, data []byte) string {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// as calls the command line with a token of that role.
func (b *bureau) as(role string, args ...string) (code int, stdout string) {
	b.t.Helper()
	token := b.Token(solo.Someone(solo.Beijing, "wang", role), solo.Beijing)
	return call(b.t, append(args, "--addr", b.addr, "--token", token, "--lang", "en")...)
}

// open opens a record and gives its statement and its record.
func (b *bureau) open() (id, record string) {
	b.t.Helper()
	code, out := b.as("clerk", "record", "open", "assistance", "-o", "json", "--fields", `{"case_file_no":"京市监立〔2025〕37号","legal_basis":["程序规定 第45条"],`+
		`"matters":[{"no":1,"kind":"trade_ledger","question":"核实购销台账"}],"fieldwork":false,"contact":"张三 010-12345678","proposed_assistant":"120000-SJ"}`)
	var r struct{ ID, Record string }
	if err := json.Unmarshal([]byte(out), &r); code != exitOK || err != nil {
		b.t.Fatalf("exit %d: %v: %s", code, err, out)
	}
	return r.ID, r.Record
}

// Ensure a receipt is kept in both forms once it was verified, and nothing is
// overwritten.
func TestReceiptGet(t *testing.T) {
	b := newBureau(t, nil)
	id, record := b.open()
	path, proof, entry := filepath.Join(b.dir, "receipt.json"), filepath.Join(b.dir, "receipt.tlog-proof"), filepath.Join(b.dir, "entry")
	if code, out := b.as("clerk", "receipt", "get", id, "-f", path); code != exitDegraded || out != "" {
		t.Errorf("before a checkpoint: exit %d, %q", code, out)
	}
	if code, _ := b.as("clerk", "receipt", "get", id, "--wait", "final", "--patience", "10ms"); code != exitDegraded {
		t.Errorf("waited in vain: exit %d", code)
	}
	go b.Notes.Publish()
	code, out := b.as("clerk", "receipt", "get", id, "--wait", "final", "-f", path, "--keys", b.keys, "-o", "json")
	var told judgedReceipt
	if err := json.Unmarshal([]byte(out), &told); code != exitOK || err != nil {
		t.Fatalf("exit %d: %v: %s", code, err, out)
	}
	if told.Grade != "final" || !told.Verified || len(told.CosignedBy) != 3 || told.Record != record && told.Record != "" {
		t.Errorf("told %+v", told)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := checkpoint.ParseReceipt(raw)
	if err != nil {
		t.Fatal(err)
	}
	if code, out = b.as("clerk", "receipt", "get", id); code != exitOK || out != string(raw) {
		t.Errorf("to standard output: exit %d, %q", code, out)
	}
	if code, out = b.as("clerk", "receipt", "get", id, "--tlog-proof", "-f", proof, "--entry", entry); code != exitOK || !strings.Contains(out, "no signature was verified") {
		t.Fatalf("exit %d, %q", code, out)
	}
	text, err := os.ReadFile(proof)
	if err != nil {
		t.Fatal(err)
	}
	p, err := checkpoint.ParseProof(text)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := os.ReadFile(entry)
	if err != nil || !bytes.Equal(leaf, r.Leaf) {
		t.Errorf("entry %q: %v", leaf, err)
	}
	if _, err := p.Verify(merkle.LeafHash(leaf), b.Notes.Keys()); err != nil {
		t.Error(err)
	}
	if code, _ = b.as("clerk", "receipt", "get", id, "-f", path); code != exitFailed {
		t.Errorf("overwritten: exit %d", code)
	}
	for want, args := range map[int][]string{exitUsage: {"receipt", "get", "CT-1"}, exitFailed: {"receipt", "get", statementID(t)}} {
		if code, _ := b.as("clerk", args...); code != want {
			t.Errorf("%v: exit %d, want %d", args, code, want)
		}
	}
}

func statementID(t *testing.T) string {
	t.Helper()
	const unknown = "01K9Z8Q6X5W4V3T2S1R0QPNMKJ"
	if err := statement.CheckID(unknown); err != nil {
		t.Fatal(err)
	}
	return unknown
}

// Ensure a node that lies in a receipt is caught before anything is written.
func TestReceiptOfALiar(t *testing.T) {
	var spoil atomic.Pointer[func(*checkpoint.Receipt)]
	b := newBureau(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			change := spoil.Load()
			if change == nil || !strings.HasSuffix(r.URL.Path, "/receipt") {
				next.ServeHTTP(w, r)
				return
			}
			answer := httptest.NewRecorder()
			next.ServeHTTP(answer, r)
			receipt, err := checkpoint.ParseReceipt(answer.Body.Bytes())
			if err != nil {
				t.Error(err)
				return
			}
			(*change)(receipt)
			_, _ = w.Write(receipt.Marshal())
		})
	})
	id, _ := b.open()
	other, _ := b.open()
	b.Notes.Publish(solo.Beijing, solo.Tianjin)
	path := filepath.Join(b.dir, "receipt.json")
	for _, tc := range []struct {
		name    string
		without bool // seen without keys too
		change  func(*checkpoint.Receipt)
	}{
		{"path", true, func(r *checkpoint.Receipt) { r.Path[0][0] ^= 1 }},
		{"index", true, func(r *checkpoint.Receipt) { r.Index++ }},
		{"network", true, func(r *checkpoint.Receipt) { r.Network = statement.RequestDigest([]byte("other")) }},
		{"a grade too high", false, func(r *checkpoint.Receipt) { r.Grade = checkpoint.GradeFinal }},
		{"signature", false, func(r *checkpoint.Receipt) { r.Checkpoint[len(r.Checkpoint)-9] ^= 1 }},
	} {
		spoil.Store(&tc.change)
		if code, _ := b.as("clerk", "receipt", "get", id, "-f", path, "--keys", b.keys); code != exitVerify {
			t.Errorf("%s: exit %d", tc.name, code)
		}
		if code, _ := b.as("clerk", "receipt", "get", id, "-f", path); tc.without && code != exitVerify {
			t.Errorf("%s, without keys: exit %d", tc.name, code)
		}
		if !tc.without {
			_ = os.Remove(path)
		}
		if _, err := os.Stat(path); err == nil {
			t.Fatalf("%s: a false receipt was written", tc.name)
		}
	}
	spoil.Store(nil)
	raw := filepath.Join(b.dir, "other.json")
	if code, _ := b.as("clerk", "receipt", "get", other, "-f", raw); code != exitOK {
		t.Fatalf("exit %d", code)
	}
	swap := func(r *checkpoint.Receipt) {
		text, err := os.ReadFile(raw)
		if err != nil {
			t.Error(err)
			return
		}
		o, err := checkpoint.ParseReceipt(text)
		if err != nil {
			t.Error(err)
			return
		}
		*r = *o
	}
	spoil.Store(&swap)
	if code, _ := b.as("clerk", "receipt", "get", id, "-f", path, "--keys", b.keys); code != exitVerify {
		t.Errorf("a true receipt of another statement: exit %d", code)
	}
}

// Ensure bundles come whole, for auditors only, and what is there stays.
func TestAuditExport(t *testing.T) {
	var cut atomic.Bool
	b := newBureau(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !cut.Load() {
				next.ServeHTTP(w, r)
				return
			}
			answer := httptest.NewRecorder()
			next.ServeHTTP(answer, r)
			for name, values := range answer.Header() {
				w.Header()[name] = values
			}
			_, _ = w.Write(answer.Body.Bytes()[:answer.Body.Len()/2])
			panic(http.ErrAbortHandler)
		})
	})
	_, record := b.open()
	b.open()
	b.Notes.Publish()
	whole, part, days := filepath.Join(b.dir, "a.zip"), filepath.Join(b.dir, "r.zip"), filepath.Join(b.dir, "d.zip")
	for file, args := range map[string][]string{whole: {"--all"}, part: {"--record", record}, days: {"--from", "2025-11-03", "--to", "2025-11-03"}} {
		code, out := b.as("auditor", append([]string{"audit", "export", "-f", file, "-o", "json"}, args...)...)
		var told exported
		if err := json.Unmarshal([]byte(out), &told); code != exitOK || err != nil {
			t.Fatalf("%v: exit %d: %v: %s", args, code, err, out)
		}
		info, err := os.Stat(file)
		if err != nil || told.Bytes != info.Size() || told.Size != 2 || (told.Entries == 2) != (file != part) {
			t.Errorf("%v: told %+v, %v", args, told, err)
		}
		z, err := zip.OpenReader(file)
		if err != nil {
			t.Fatal(err)
		}
		z.Close()
	}
	if code, _ := b.as("auditor", "audit", "export", "--all", "-f", whole); code != exitFailed {
		t.Errorf("overwritten: exit %d", code)
	}
	if code, _ := b.as("auditor", "audit", "export", "--all", "-f", whole, "--force"); code != exitOK {
		t.Errorf("with --force: exit %d", code)
	}
	if code, _ := b.as("clerk", "audit", "export", "--all", "-f", filepath.Join(b.dir, "c.zip")); code != exitDenied {
		t.Errorf("a clerk's export: exit %d", code)
	}
	cut.Store(true)
	before, _ := os.ReadFile(whole)
	if code, _ := b.as("auditor", "audit", "export", "--all", "-f", whole, "--force"); code != exitFailed {
		t.Errorf("half a bundle: exit %d", code)
	}
	if after, _ := os.ReadFile(whole); !bytes.Equal(before, after) {
		t.Error("half a bundle replaced a whole one")
	}
	for _, args := range [][]string{{}, {"--all", "--record", record}, {"--to", "3"}, {"--record", record, "--from", "1"}} {
		if code, _ := b.as("auditor", append([]string{"audit", "export"}, args...)...); code != exitUsage {
			t.Errorf("%v: exit %d", args, code)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(b.dir, ".*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Ensure watching once says how it went by its exit code, and remembers.
func TestAuditWatch(t *testing.T) {
	var forged atomic.Pointer[[]byte]
	b := newBureau(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if note := forged.Load(); note != nil && strings.HasSuffix(r.URL.Path, "/checkpoint") {
				_, _ = w.Write(*note)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	state := filepath.Join(b.dir, "state.json")
	once := func(args ...string) (int, string) {
		return call(t, append([]string{"audit", "watch", "--once", "--patience", "10ms", "--max-age", "0", "--lang", "en", "--keys", b.keys, "--state", state}, args...)...)
	}
	if code, out := once(b.addr); code != exitDegraded || !strings.Contains(out, "no checkpoint yet") {
		t.Errorf("before a checkpoint: exit %d: %s", code, out)
	}
	b.open()
	b.Notes.Publish()
	if code, out := once(b.addr); code != exitOK || !strings.Contains(out, "entries verified: 1, one history") || !strings.Contains(out, "3/3") {
		t.Errorf("exit %d: %s", code, out)
	}
	code, out := once(b.addr, "-o", "json")
	var round struct {
		Size   uint64
		Alarms []struct{ Kind string }
	}
	if err := json.Unmarshal([]byte(out), &round); code != exitOK || err != nil || round.Size != 1 || len(round.Alarms) != 0 {
		t.Errorf("exit %d: %v: %s", code, err, out)
	}
	if code, out := once(b.addr, "--max-age", "15m"); code != exitDegraded || !strings.Contains(out, "stale") {
		t.Errorf("a checkpoint of the scenario's clock: exit %d: %s", code, out)
	}
	note := b.Notes.Sign(checkpoint.Checkpoint{Origin: b.Genesis.Origin, Size: 1, Root: merkle.LeafHash(nil)}).Marshal()
	forged.Store(&note)
	if code, out := once(b.addr); code != exitVerify || !strings.Contains(out, "a fork is proved") {
		t.Errorf("a fork: exit %d: %s", code, out)
	}
	if kept, _ := filepath.Glob(filepath.Join(b.dir, "fork-*.json")); len(kept) != 1 {
		t.Errorf("evidence kept: %v", kept)
	}
	for want, args := range map[int][]string{
		exitUsage:  {"audit", "watch", b.addr},
		exitFailed: {"audit", "watch", "--keys", state, "--state", state, b.addr},
	} {
		if code, _ := call(t, args...); code != want {
			t.Errorf("%v: exit %d, want %d", args, code, want)
		}
	}
}

// Ensure what goes on is said once when it begins and once when it ends, off a
// terminal, and is drawn over on one.
func TestWatchView(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	quiet := &watch.Round{Size: 7, Regions: 3, Nodes: []watch.Sight{{Node: "a", Size: 7, Final: 7, CosignedBy: []string{"x"}, At: 1, OK: true}}}
	loud := &watch.Round{Size: 8, Regions: 3, Nodes: quiet.Nodes, Alarms: []watch.Alarm{{Kind: watch.KindStale, Node: "a", ZH: "旧", EN: "old 1"}}}
	louder := &watch.Round{Size: 9, Regions: 3, Nodes: quiet.Nodes, Alarms: []watch.Alarm{{Kind: watch.KindStale, Node: "a", ZH: "旧", EN: "old 2"}}}
	play := func(inPlace bool) string {
		var out bytes.Buffer
		v := &watchView{s: &settings{lang: "en", output: "table"}, w: &out, inPlace: inPlace}
		for i, r := range []*watch.Round{quiet, quiet, loud, louder, quiet} {
			r.At = at.Add(time.Duration(i) * time.Second)
			if err := v.round(r); err != nil {
				t.Fatal(err)
			}
		}
		return out.String()
	}
	lines := play(false)
	for text, times := range map[string]int{"ALARM": 1, "over ": 1, "old 1": 1, "old 2": 1, "node": 1, "entries verified: 8; alarms: 1": 1, "entries verified: 7, one history": 2} {
		if n := strings.Count(lines, text); n != times {
			t.Errorf("%q stands %d times, want %d:\n%s", text, n, times, lines)
		}
	}
	if n := strings.Count(play(true), "\x1b[3A\x1b[J"); n != 4 {
		t.Errorf("drawn over %d times:\n%q", n, play(true))
	}
}
