package audit

import (
	"bytes"
	"testing"

	"sandi.internal/gateway/consensus/bundle/bundletest"
)

// FuzzVerify: whatever the file is, there is a report, and its conclusion is that
// of its findings.
func FuzzVerify(f *testing.F) {
	w, err := bundletest.New("assistance")
	must(f, err)
	made := finish(f, w, 30)
	sel := made.sel
	sel.Earlier, sel.Openings, sel.From, sel.To = nil, nil, 0, 2
	extract, err := made.Write(sel)
	must(f, err)
	for _, seed := range [][]byte{extract, receiptOf(f, made, made.sel.Note, 3), []byte("c2sp.org/tlog-proof@v1\nindex 1\n"), []byte("PK"), nil} {
		f.Add(seed)
	}
	courts := make(map[string]*court)
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := Verify(t.Context(), Options{File: bytes.NewReader(file), Size: int64(len(file)), Keys: made.keys, TempDir: t.TempDir(), courts: lend(courts)})
		if err != nil {
			t.Fatal(err)
		}
		worst, want := Pass, ExitPass
		for _, found := range r.Findings {
			switch {
			case found.Result == Fail:
				worst, want = Fail, ExitFail
			case found.Result == Indeterminate && found.Check <= lastDeciding && worst == Pass:
				worst, want = Indeterminate, ExitIndeterminate
			}
		}
		if r.Result != worst || r.Exit != want || len(r.Findings) == 0 {
			t.Errorf("%s, exit %d, of %d findings: %s", r.Result, r.Exit, len(r.Findings), show(r))
		}
		var out bytes.Buffer
		must(t, r.WriteText(&out, "zh"))
	})
}
