package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/bundle/bundletest"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/statement"
)

// fixture is a world with its key file and a bundle.
type fixture struct {
	*bundletest.World
	keys []byte
	sel  bundle.Selection
	zip  []byte
}

// newFixture is a ledger of some n entries with a key rotation, older notes and
// openings.
func newFixture(t testing.TB, n int) *fixture {
	t.Helper()
	w, err := bundletest.New()
	must(t, err)
	return finish(t, w, n)
}

func golden(t testing.TB) *fixture {
	t.Helper()
	log, err := os.ReadFile("../../consensus/ledger/testdata/golden/protocol1.json")
	must(t, err)
	w, err := bundletest.Golden(log)
	must(t, err)
	f := &fixture{World: w}
	f.close(t)
	return f
}

func finish(t testing.TB, w *bundletest.World, n int) *fixture {
	t.Helper()
	f := &fixture{World: w}
	must(t, w.Play(n/3, 9, 30*time.Minute))
	f.keep(t)
	must(t, w.Rotate("120000", "st-2"))
	must(t, w.Play(n/3, 9, 30*time.Minute))
	f.keep(t)
	w.Advance(24 * time.Hour)
	must(t, w.Seal("130000"))
	w.Advance(40 * 24 * time.Hour)
	must(t, w.Play(n/3, 9, 30*time.Minute))
	must(t, w.Seal("120000"))
	f.close(t)
	return f
}

// keep keeps a note of the present.
func (f *fixture) keep(t testing.TB) {
	t.Helper()
	f.Advance(time.Minute)
	note, err := f.Note()
	must(t, err)
	f.sel.Earlier = append(f.sel.Earlier, note)
}

// close signs the end and writes the bundle.
func (f *fixture) close(t testing.TB) {
	t.Helper()
	var err error
	f.Advance(time.Minute)
	earlier := f.sel.Earlier
	f.sel, err = f.Selection()
	must(t, err)
	f.sel.Earlier = earlier
	f.sel.Openings = map[string][]byte{}
	for c, content := range f.Openings {
		if f.sel.Openings[c] = content; len(f.sel.Openings) == 5 {
			break
		}
	}
	f.keys, err = f.KeyFile()
	must(t, err)
	f.zip, err = f.Write(f.sel)
	must(t, err)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// verify verifies a file under the fixture's keys.
func (f *fixture) verify(t testing.TB, file []byte, change ...func(*Options)) *Report {
	t.Helper()
	o := Options{File: bytes.NewReader(file), Size: int64(len(file)), Keys: f.keys, TempDir: t.TempDir()}
	for _, c := range change {
		c(&o)
	}
	r, err := Verify(t.Context(), o)
	must(t, err)
	return r
}

func show(r *Report) string {
	text, _ := json.MarshalIndent(r.Findings, "", " ")
	return string(text)
}

// Ensure an honest log passes every check.
func TestHonestLog(t *testing.T) {
	for name, f := range map[string]*fixture{"played": newFixture(t, 600), "golden": golden(t)} {
		t.Run(name, func(t *testing.T) {
			r := f.verify(t, f.zip)
			if r.Result != Pass || r.Exit != ExitPass {
				t.Fatalf("%s: %s", r.Result, show(r))
			}
			t.Log(show(r))
			text, _ := json.MarshalIndent(r.Summary, "", " ")
			t.Log(string(text))
		})
	}
}

// Ensure a law that this program cannot read is no accusation, and no pass.
func TestUnreadableLaw(t *testing.T) {
	f := newFixture(t, 60)
	r := f.verify(t, f.zip, func(o *Options) {
		o.courts = func(*genesis.Signed) (*court, error) { return nil, errors.New(`procedure "x": line 79`) }
	})
	if r.Exit != ExitIndeterminate || r.Of(CheckTree) != Pass || r.Of(CheckSignatures) != Indeterminate || r.Of(CheckRules) != Indeterminate {
		t.Errorf("exit %d: %s", r.Exit, show(r))
	}
}

// Ensure what regions decide in the life of a ledger is replayed: keys, another
// calendar by vote, a move of leadership, and seals under the law of their day.
func TestGovernedLog(t *testing.T) {
	w, err := bundletest.New()
	must(t, err)
	govern := func(region, kind string, body []byte) string {
		t.Helper()
		id, err := w.Govern(region, kind, body)
		must(t, err)
		return id
	}
	must(t, w.Play(60, 9, 30*time.Minute))
	w.Advance(24 * time.Hour)
	must(t, w.Seal("110000"))
	move := statement.MoveBody{Leader: w.Signed.Regions[0].Nodes[0].ID, Candidate: w.Signed.Regions[1].Nodes[0].ID, Term: 7, Reason: "delay"}
	govern("120000", statement.KindLeaderMove, move.Marshal())
	govern("130000", statement.KindLeaderMove, move.Marshal())
	text := strings.Replace(w.Signed.Calendar, `"tz":`, `"version": 2, "tz":`, 1)
	next := statement.ProposeBody{Form: statement.LawCalendar, Name: "calendar", Version: 2, From: w.Now, Text: []byte(text)}
	proposal := statement.ProposalBody{Region: "110000", Proposal: govern("110000", statement.KindLawPropose, next.Marshal()), Approve: true}
	for _, region := range []string{"120000", "130000"} {
		govern(region, statement.KindLawVote, proposal.Marshal(statement.KindLawVote))
	}
	govern("130000", statement.KindLawAdopt, proposal.Marshal(statement.KindLawAdopt))
	must(t, w.Play(60, 9, 30*time.Minute))
	w.Advance(3 * 24 * time.Hour)
	must(t, w.Seal("130000"))
	f := &fixture{World: w}
	f.close(t)
	r := f.verify(t, f.zip)
	if r.Exit != ExitPass || r.Size != 120+2+2+4 {
		t.Fatalf("%d entries: %s", r.Size, show(r))
	}
	seals := 0
	for _, k := range r.Summary.Kinds {
		if k.Kind == statement.KindLedgerSeal {
			seals = int(k.N)
		}
	}
	if seals != 2 {
		t.Errorf("%d seals: %v", seals, r.Summary.Kinds)
	}
}
