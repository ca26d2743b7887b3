package audit

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/statement"
)

// delayed puts a promise about a statement into the fixture's evidence.
func (f *fixture) delayed(t testing.TB, name string, st *statement.Statement, seen, due int64, change func(*delayFile)) {
	t.Helper()
	p, err := f.Promise("120000", st, seen, due)
	must(t, err)
	file := delayFile{Format: bundle.FormatDelay, Why: "late", Node: "120000/120000-a", Statement: st.Region + "/" + st.ID, Promise: string(p.Marshal())}
	if change != nil {
		change(&file)
	}
	text, err := json.Marshal(file)
	must(t, err)
	if f.sel.Evidence == nil {
		f.sel.Evidence = map[string][]byte{}
	}
	f.sel.Evidence[bundle.DelayPrefix+name] = text
}

// Ensure the verifier says in plain words what became of each promise, judged by
// the log alone, and that none of it is a failure.
func TestDelays(t *testing.T) {
	f := newFixture(t, 60)
	// An entry whose ledger time lies before the cosignature of a checkpoint that
	// does not cover it, by less than clocks may differ.
	before, err := f.Checkpoint()
	must(t, err)
	note, err := f.SignAt(before, f.Now+90)
	must(t, err)
	f.sel.Earlier = append(f.sel.Earlier, note)
	must(t, f.Play(1, 9, time.Second))
	backdated, err := f.Ledger.Books(f.Memory).Leaf(before.Size)
	must(t, err)
	f.Advance(time.Minute)
	f.close(t)
	leaf, err := f.Ledger.Books(f.Memory).Leaf(10)
	must(t, err)
	st, ts := leaf.Statement, leaf.TS/1000
	missing := *st
	missing.ID, missing.Hash = "01K9Z8Q6X5W4V3T2S1R0QPNMKJ", statement.Hash{1}
	f.delayed(t, "0", st, ts-60, ts-1, nil)
	f.delayed(t, "1", st, ts-60, ts, nil)
	f.delayed(t, "2", &missing, f.Now-600, f.Now-1, nil)
	f.delayed(t, "3", &missing, f.Now, f.Now+60, nil)
	f.delayed(t, "4", &missing, f.Now-600, f.Now-1, func(d *delayFile) { d.Promise = strings.Replace(d.Promise, "01K9Z8", "01K9Z9", 1) })
	f.delayed(t, "5", &missing, f.Now-600, f.Now-1, func(d *delayFile) { d.Format = "sandi-delay/2" })
	f.delayed(t, "6", backdated.Statement, f.Now-600, backdated.TS/1000+30, nil)
	file, err := f.Write(f.sel)
	must(t, err)
	r := f.verify(t, file)
	if r.Exit != ExitPass {
		t.Fatalf("exit %d: %s", r.Exit, show(r))
	}
	var said []string
	for _, x := range r.Findings {
		if x.Code == CodeDelay {
			said = append(said, string(x.Result)+": "+x.Text.EN)
		}
	}
	for i, want := range []string{
		"evidence/delay-5.json is no evidence of a delay",
		"the promise in evidence/delay-4.json is not signed under the key file's keys",
		"node 120000/120000-a promised that statement " + st.Region + "/" + st.ID + " is in the ledger by",
		"it came in time, as entry 10",
		"node 120000/120000-a promised that statement " + st.Region + "/01K9Z8Q6X5W4V3T2S1R0QPNMKJ is in the ledger by",
		"this checkpoint is older",
		"a checkpoint without it was cosigned at",
	} {
		if i >= len(said) || !strings.Contains(said[i], want) {
			t.Fatalf("finding %d is not %q:\n%s", i, want, strings.Join(said, "\n"))
		}
	}
	if !strings.Contains(said[2], "as entry 10") || !strings.Contains(said[4], "as of the final checkpoint") || !strings.Contains(said[4], "it is missing") {
		t.Errorf("said %s", strings.Join(said, "\n"))
	}
	late := 0
	kept := []int64{}
	for _, d := range r.Summary.Delays {
		if d.Late {
			late++
		}
		if d.KeptLateS > 0 {
			kept = append(kept, d.KeptLateS)
		}
	}
	if !strings.HasPrefix(said[2], "PASS: ") || !strings.Contains(said[2], "kept late by 1 s: it came") || !strings.HasPrefix(said[4], "INDETERMINATE: ") || !strings.Contains(said[6], "kept late by 59 s at least") {
		t.Errorf("said %s", strings.Join(said, "\n"))
	}
	if len(r.Summary.Delays) != 5 || late != 3 || !slices.Equal(kept, []int64{1, 59}) {
		t.Errorf("summary %+v", r.Summary.Delays)
	}
	if zh := show(r); !bytes.Contains([]byte(zh), []byte("账上仍无此声明")) {
		t.Error("nothing in Chinese")
	}
}
