package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/bundle/bundletest"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// lookedRows is how many entries a log of the tests has.
const lookedRows = 6

// lookedLedger is the golden ledger with the heads of each region's access log on it,
// and the file of who looked at one of its records. Keys and bytes are always the same.
func lookedLedger(t testing.TB) (*fixture, *access.File) {
	t.Helper()
	f := golden(t)
	page, err := f.Books().Records(ledger.Filter{Limit: 1})
	must(t, err)
	return f, lookedOn(t, f, page.Rows[0].ID)
}

// lookedOn brings heads onto a ledger, and makes the file of who looked at a record.
func lookedOn(t testing.TB, f *fixture, record string) *access.File {
	t.Helper()
	file := &access.File{Format: access.FileFormat, Network: f.Signed.Network(), Record: record}
	rec, err := f.Books().Record(file.Record)
	must(t, err)
	file.Subjects = append([]string{file.Record}, ledger.Named(rec)...)
	for i := range f.Signed.Regions {
		region := f.Signed.Regions[i].Code
		s := access.Shown{Region: region, Node: f.Signed.Regions[i].Nodes[0].ID, Log: 1}
		tree := merkle.NewTree()
		for n := range lookedRows {
			row := lookedRow(t, file.Record, region, n)
			tree.Append(access.Leaf(row.Slip))
			s.Rows = append(s.Rows, row)
			if n != 2 && n != lookedRows-1 {
				continue
			}
			head := access.Head{Log: 1, Size: tree.Size(), Root: tree.Root()}
			body := statement.AccessHeadBody{Node: s.Node, Log: 1, Size: head.Size, Root: head.Text()}
			raw, err := f.SignStatement(f.Payload(region, statement.KindAccessHead, statement.RoleNode, body.Marshal()))
			must(t, err)
			done, err := f.Commit(raw)
			must(t, err)
			if done[0].Refusal != nil {
				t.Fatal(done[0].Refusal)
			}
			s.Heads = append(s.Heads, access.ShownHead{Size: head.Size, Root: head.Text(), Index: done[0].Index})
			note, err := f.SignAccess(region, head)
			must(t, err)
			s.Note = string(note)
		}
		file.Logs = append(file.Logs, s)
	}
	f.keep(t)
	f.close(t)
	for i := range file.Logs {
		file.Logs[i].Receipt = string(receiptOf(t, f, f.sel.Note, file.Logs[i].Newest().Index))
	}
	return file
}

// lookedRow is one entry; every second is about the record, the others are held back.
func lookedRow(t testing.TB, record, region string, n int) access.ShownRow {
	t.Helper()
	e := access.Entry{
		Time: 1763712000000 + int64(n)*60_000, Action: access.Read, Region: region, Person: "AAAAAAAAAAAAAAAAAAAAAA", Org: region + "-SJ", Role: "officer",
		Record: record, Purpose: "核查 <A&B>", What: []string{"name"}, Salt: strict.B64(append(make([]byte, access.SaltSize-1), byte(n))),
	}
	if n%2 == 1 {
		e.Record = "CT-120000-2099-000009"
	}
	raw, err := e.Bytes()
	must(t, err)
	row := access.ShownRow{Slip: access.Slip(e, raw), Entry: string(raw)}
	if n%2 == 1 {
		row.Entry = ""
	}
	return row
}

func lookedText(t testing.TB, f *access.File) []byte {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	must(t, enc.Encode(f))
	return out.Bytes()
}

// cloned is a file that can be spoilt.
func cloned(t testing.TB, f *access.File) *access.File {
	t.Helper()
	out, err := access.ParseFile(lookedText(t, f))
	must(t, err)
	return out
}

func (f *fixture) verifyLooked(t testing.TB, file []byte, bundle []byte) *Report {
	t.Helper()
	o := Options{File: bytes.NewReader(file), Size: int64(len(file)), Keys: f.keys, TempDir: t.TempDir()}
	if bundle != nil {
		o.Ledger, o.LedgerSize = bytes.NewReader(bundle), int64(len(bundle))
	}
	r, err := Verify(t.Context(), o)
	must(t, err)
	return r
}

// lookedSpoils are ways to tamper with a file of who looked, a class of bytes each.
var lookedSpoils = []struct {
	name string
	exit int
	code Code
	do   func(*access.File)
}{
	{"nothing", ExitPass, "", func(*access.File) {}},
	{"another network", ExitFail, CodeGenesis, func(f *access.File) { f.Network = strings.Repeat("A", 43) }},
	{"another format", ExitFail, CodeFile, func(f *access.File) { f.Format += "0" }},
	{"an entry held back", ExitFail, CodeAccessLog, func(f *access.File) { f.Logs[0].Rows[2].Entry = "" }},
	{"an entry changed", ExitFail, CodeAccessLog, func(f *access.File) {
		f.Logs[0].Rows[2].Entry = strings.Replace(f.Logs[0].Rows[2].Entry, "officer", "clerk", 1)
	}},
	{"an entry with spaces", ExitFail, CodeAccessLog, func(f *access.File) {
		f.Logs[0].Rows[2].Entry = strings.Replace(f.Logs[0].Rows[2].Entry, ",", ", ", 1)
	}},
	{"an entry taken out", ExitFail, CodeAccessLog, func(f *access.File) { f.Logs[0].Rows = slices.Delete(f.Logs[0].Rows, 1, 2) }},
	{"an entry added", ExitFail, CodeAccessLog, func(f *access.File) {
		f.Logs[0].Rows = slices.Insert(f.Logs[0].Rows, 1, f.Logs[0].Rows[1])
	}},
	{"entries swapped", ExitFail, CodeAccessLog, func(f *access.File) {
		rows := f.Logs[1].Rows
		rows[0], rows[2] = rows[2], rows[0]
	}},
	{"a slip without its tags", ExitFail, CodeAccessLog, func(f *access.File) {
		f.Logs[0].Rows[2] = access.ShownRow{Slip: strings.Join(strings.Split(f.Logs[0].Rows[2].Slip, " ")[:2], " ")}
	}},
	{"a slip of another form", ExitFail, CodeAccessLog, func(f *access.File) { f.Logs[0].Rows[1].Slip += " " }},
	{"the tail cut", ExitFail, CodeAccessLog, func(f *access.File) { f.Logs[2].Rows = f.Logs[2].Rows[:4] }},
	{"tail and head cut", ExitFail, CodeAccessNote, func(f *access.File) {
		f.Logs[2].Rows, f.Logs[2].Heads, f.Logs[2].Receipt = f.Logs[2].Rows[:3], f.Logs[2].Heads[:1], ""
	}},
	{"another root of a head", ExitFail, CodeAccessLog, func(f *access.File) { f.Logs[0].Heads[0].Root = strings.Repeat("A", 43) }},
	{"no root of a head", ExitFail, CodeAccessLog, func(f *access.File) { f.Logs[0].Heads[0].Root = "!" }},
	{"another place of the head", ExitFail, CodeAccessHead, func(f *access.File) { f.Logs[0].Heads[1].Index++ }},
	{"another size of a head", ExitFail, CodeAccessLog, func(f *access.File) { f.Logs[0].Heads[0].Size++ }},
	{"another node's note", ExitFail, CodeAccessNote, func(f *access.File) { f.Logs[0].Note = f.Logs[1].Note }},
	{"a broken note", ExitFail, CodeAccessNote, func(f *access.File) { f.Logs[0].Note = strings.Replace(f.Logs[0].Note, "\n6\n", "\n7\n", 1) }},
	{"another node", ExitIndeterminate, CodeAccessNote, func(f *access.File) { f.Logs[0].Node += "b"; f.Logs[0].Receipt = "" }},
	{"another log", ExitFail, CodeAccessNote, func(f *access.File) { f.Logs[0].Log = 2; f.Logs[0].Receipt = "" }},
	{"a log twice", ExitFail, CodeAccessLog, func(f *access.File) { f.Logs = append(f.Logs, f.Logs[0]) }},
	{"a log left out", ExitIndeterminate, CodeMissing, func(f *access.File) { f.Logs = f.Logs[:2] }},
	{"a log not shown", ExitIndeterminate, CodeAccessGap, func(f *access.File) {
		f.Gaps = []access.Gap{{Region: f.Logs[2].Region, Node: f.Logs[2].Node, Why: "silent"}}
		f.Logs = f.Logs[:2]
	}},
	{"no receipt", ExitIndeterminate, CodeAccessOpen, func(f *access.File) { f.Logs[0].Receipt = "" }},
	{"another's receipt", ExitFail, CodeAccessHead, func(f *access.File) { f.Logs[0].Receipt = f.Logs[1].Receipt }},
	{"a receipt that is none", ExitFail, CodeAccessHead, func(f *access.File) { f.Logs[0].Receipt = "{}" }},
	{"a receipt of another path", ExitFail, CodeAccessHead, func(f *access.File) {
		f.Logs[0].Receipt = strings.Replace(f.Logs[0].Receipt, `"path": [`, `"path": ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",`, 1)
	}},
	{"a receipt with other signatures", ExitFail, CodeAccessHead, func(f *access.File) {
		at := strings.Index(f.Logs[0].Receipt, `"checkpoint"`) + 250
		f.Logs[0].Receipt = f.Logs[0].Receipt[:at] + swapped(f.Logs[0].Receipt[at:at+1]) + f.Logs[0].Receipt[at+1:]
	}},
	{"newer entries", ExitFail, CodeAccessNote, func(f *access.File) { f.Logs[0].Rows = append(f.Logs[0].Rows, f.Logs[0].Rows[5]) }},
}

func swapped(letter string) string {
	if letter == "A" {
		return "B"
	}
	return "A"
}

// lookedVector is a file of who looked with what is found in it; the console's verifier
// is held to the same.
type lookedVector struct {
	Name     string    `json:"name"`
	At       int       `json:"at"` // bytes of the honest file that others stand in the place of
	Cut      int       `json:"cut"`
	Put      string    `json:"put"`
	Exit     int       `json:"exit"`
	Findings []Finding `json:"findings"`
	Looks    int       `json:"looks"`
}

type lookedVectors struct {
	Keys  string         `json:"keys"`
	File  string         `json:"file"`
	Cases []lookedVector `json:"cases"`
}

const lookedVectorsFile = "testdata/looked.json"

// Ensure what is done to a file of who looked is found, and stays found as the vectors
// have it, which the console's verifier is held to. (-rewrite writes them anew; read the
// difference.)
func TestLooked(t *testing.T) {
	f, file := lookedLedger(t)
	honest := lookedText(t, file)
	v := lookedVectors{Keys: string(f.keys), File: string(honest)}
	for _, c := range lookedSpoils {
		spoilt := cloned(t, file)
		c.do(spoilt)
		text := lookedText(t, spoilt)
		r := f.verifyLooked(t, text, nil)
		if r.Exit != c.exit || c.code != "" && found(r, c.code, map[int]Result{ExitFail: Fail, ExitIndeterminate: Indeterminate}[c.exit]) == nil {
			t.Errorf("%s: exit %d, not %d with %s: %s", c.name, r.Exit, c.exit, c.code, show(r))
		}
		p := patchOf(honest, text)
		v.Cases = append(v.Cases, lookedVector{c.name, p.At, p.Cut, string(p.Put), r.Exit, r.Findings, len(r.Looks)})
	}
	if n := v.Cases[0].Looks; n != 3*lookedRows/2 {
		t.Errorf("%d looks", n)
	}
	got, err := json.MarshalIndent(v, "", " ")
	must(t, err)
	if *rewrite {
		must(t, os.WriteFile(lookedVectorsFile, append(got, '\n'), 0o644))
	}
	want, err := os.ReadFile(lookedVectorsFile)
	must(t, err)
	if !bytes.Equal(append(got, '\n'), want) {
		t.Error("the vectors are not those of testdata; -rewrite writes them anew")
	}
}

// Ensure a file holds against a bundle of the whole ledger, which knows of heads, logs and
// files of the record that somebody left out.
func TestLookedLedger(t *testing.T) {
	w, err := bundletest.New()
	must(t, err)
	f := finish(t, w, 30)
	file := lookedOn(t, f, f.Records[0])
	if len(file.Subjects) < 2 {
		t.Fatal("the record names nothing")
	}
	for _, c := range []struct {
		name string
		exit int
		code Code
		do   func(*access.File)
	}{
		{"nothing", ExitPass, "", func(*access.File) {}},
		{"no receipts", ExitPass, "", func(f *access.File) {
			for i := range f.Logs {
				f.Logs[i].Receipt = ""
			}
		}},
		{"heads left out", ExitPass, "", func(f *access.File) { f.Logs[0].Heads, f.Logs[0].Receipt = nil, "" }},
		{"a log left out", ExitIndeterminate, CodeAccessGap, func(f *access.File) { f.Logs = f.Logs[:2] }},
		{"cut back", ExitFail, CodeAccessNote, func(f *access.File) {
			f.Logs[2].Rows, f.Logs[2].Heads, f.Logs[2].Receipt = f.Logs[2].Rows[:3], nil, ""
		}},
		{"what the record names", ExitIndeterminate, CodeAccessGap, func(f *access.File) { f.Subjects = f.Subjects[:1] }},
		{"an entry held back", ExitFail, CodeAccessLog, func(f *access.File) { f.Logs[0].Rows[2].Entry = "" }},
	} {
		spoilt := cloned(t, file)
		c.do(spoilt)
		r := f.verifyLooked(t, lookedText(t, spoilt), f.zip)
		if r.Exit != c.exit || c.code != "" && found(r, c.code, map[int]Result{ExitFail: Fail, ExitIndeterminate: Indeterminate}[c.exit]) == nil {
			t.Errorf("%s: exit %d, not %d with %s: %s", c.name, r.Exit, c.exit, c.code, show(r))
		}
	}
	r := f.verifyLooked(t, lookedText(t, file), bytes.Replace(f.zip, []byte("PK"), []byte("PX"), 1))
	if r.Exit != ExitFail || found(r, CodeAccessLedger, Fail) == nil {
		t.Errorf("a ledger that is none: %s", show(r))
	}
}

// Ensure no byte of a file can be changed unnoticed, but for those that it only claims:
// which record and which of its files were asked about, and where older heads stand.
func TestLookedBytes(t *testing.T) {
	f, file := lookedLedger(t)
	honest := lookedText(t, file)
	rng := rand.New(rand.NewPCG(20251112, 3))
	tries := 300
	if testing.Short() {
		tries = 60
	}
	kept := 0
	for range tries {
		at := rng.IntN(len(honest))
		text := bytes.Clone(honest)
		text[at] ^= 1 << rng.IntN(8)
		if r := f.verifyLooked(t, text, nil); r.Exit != ExitPass {
			continue
		}
		kept++
		got, err := access.ParseFile(text)
		must(t, err)
		if !reflect.DeepEqual(claimless(got), claimless(cloned(t, file))) {
			t.Errorf("the change of byte %d (%s) passes: %.60q", at, fmt.Sprintf("%q to %q", honest[at], text[at]), text[max(0, at-30):])
		}
	}
	if kept == tries {
		t.Error("no change was found at all")
	}
}

// claimless is a file without what it only claims.
func claimless(f *access.File) *access.File {
	f.Record, f.Subjects = "", nil
	for i := range f.Logs {
		newest := f.Logs[i].Newest()
		for j := range f.Logs[i].Heads {
			if h := &f.Logs[i].Heads[j]; h != newest {
				h.Index = 0
			}
		}
	}
	return f
}
