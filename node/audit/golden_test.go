package audit

import (
	"bytes"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/bundle"
)

var rewrite = flag.Bool("rewrite", false, "write the golden reports anew")

// goldenReports are files of the golden log of the ledger, whose keys and entries
// are always the same, as an auditor might get them.
var goldenReports = []struct {
	name string
	exit int
	file func(t *testing.T, f *fixture) []byte
}{
	{"log", ExitPass, func(_ *testing.T, f *fixture) []byte { return f.zip }},
	{"changed", ExitFail, func(t *testing.T, f *fixture) []byte {
		forged := f.forge(t).clone(rand.New(rand.NewPCG(1, 2)))
		l := forged.leaf(t, 70)
		l.Stmt = forged.payload(l.Stmt)
		forged.put(70, l)
		return forged.file(t)
	}},
	{"extract", ExitIndeterminate, func(t *testing.T, f *fixture) []byte {
		sel := f.sel
		sel.Earlier, sel.From, sel.To = nil, 60, 75
		zip, err := f.Write(sel)
		must(t, err)
		return zip
	}},
	{"receipt", ExitPass, func(t *testing.T, f *fixture) []byte { return receiptOf(t, f, f.sel.Note, 70) }},
}

// sealedGolden is the golden log, an older checkpoint and a seal.
func sealedGolden(t *testing.T) *fixture {
	t.Helper()
	f := golden(t)
	f.keep(t)
	f.Advance(24 * time.Hour)
	must(t, f.Seal("120000"))
	f.close(t)
	return f
}

// Ensure reports stay as they were, to the byte: programs read one form, people
// the two others. (-rewrite writes them anew; read the difference.)
func TestGoldenReports(t *testing.T) {
	f := sealedGolden(t)
	for _, g := range goldenReports {
		r := f.verify(t, g.file(t, f))
		if r.Exit != g.exit {
			t.Errorf("%s: exit %d, want %d: %s", g.name, r.Exit, g.exit, show(r))
		}
		var out bytes.Buffer
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		must(t, enc.Encode(r))
		same(t, g.name+".json", out.Bytes())
		for _, lang := range []string{"zh", "en"} {
			out.Reset()
			must(t, r.WriteText(&out, lang))
			same(t, g.name+"."+lang+".txt", out.Bytes())
		}
	}
}

func same(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		must(t, os.WriteFile(path, got, 0o600))
		return
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (run: go test ./node/audit -run TestGoldenReports -rewrite, and read the difference): %s", path, got)
	}
}

// Ensure the golden bundle still has the bytes that its report was made of.
func TestGoldenIsDeterministic(t *testing.T) {
	one, two := sealedGolden(t), sealedGolden(t)
	if !bytes.Equal(one.zip, two.zip) || !bytes.Equal(one.keys, two.keys) {
		t.Error("the same log gives two bundles")
	}
	b, err := bundle.Open(bytes.NewReader(one.zip), int64(len(one.zip)))
	must(t, err)
	if len(b.Names(bundle.ClassEarlier)) != 1 {
		t.Errorf("files %v", b.Names())
	}
}
