package tamper

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/bundle/bundletest"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/node/audit"
)

// world is a ledger of n entries and its bundle.
func world(t *testing.T, n int) (*bundletest.World, bundle.Selection, Options) {
	t.Helper()
	w, err := bundletest.New()
	must(t, err)
	must(t, w.Play(n/3, 5, 10*time.Minute))
	w.Advance(time.Minute)
	older, err := w.Note()
	must(t, err)
	must(t, w.Play(n-n/3, 5, 10*time.Minute))
	w.Advance(time.Minute)
	s, err := w.Selection()
	must(t, err)
	s.Earlier = [][]byte{older}
	o := Options{TempDir: t.TempDir(), Sign: func(c checkpoint.Checkpoint, at int64, regions ...string) ([]byte, error) {
		w.Now = at
		return w.Sign(c, regions...)
	}}
	o.Bundle, err = w.Write(s)
	must(t, err)
	o.Keys, err = w.KeyFile()
	must(t, err)
	return w, s, o
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// only limits the attacks of a test to those from one on: judging a bundle anew
// compiles the law each time.
func only(t *testing.T, from string) {
	t.Helper()
	whole := attacks
	t.Cleanup(func() { attacks = whole })
	attacks = attacks[slices.IndexFunc(attacks, func(a attack) bool { return a.name == from }):]
}

func checks(list []audit.Finding) (numbers []int) {
	for _, f := range list {
		numbers = append(numbers, f.Check)
	}
	return numbers
}

// Ensure every forgery is noticed by the check that is there for it and, where
// an entry was touched, that entry is named.
func TestRun(t *testing.T) {
	_, _, o := world(t, 300) // more than a tile
	shown := 0
	all, err := Run(t.Context(), o, func(Outcome) { shown++ })
	must(t, err)
	if shown != len(attacks) || len(all) != shown {
		t.Fatalf("%d of %d shown", shown, len(attacks))
	}
	for i, want := range []struct {
		name   string
		checks []int // at least
		entry  bool
		text   string
	}{
		{"change", []int{audit.CheckTree, audit.CheckSignatures}, true, "does not verify"},
		{"remove", []int{audit.CheckTree, audit.CheckRules}, true, "state digest"},
		{"swap", []int{audit.CheckTree, audit.CheckRules}, true, "state digest"},
		{"resign", []int{audit.CheckPolicy, audit.CheckSignatures}, true, "1 regions only"},
		{"rewrite", []int{audit.CheckPolicy}, false, "2 regions only"},
		{"rewrite-kept", []int{audit.CheckPolicy, audit.CheckHistory}, false, "cut back"},
	} {
		got := all[i]
		var said strings.Builder
		for _, f := range got.Findings {
			said.WriteString(f.EN + "\n")
		}
		if got.Name != want.name || !got.Noticed || got.Exit != audit.ExitFail || got.Title.ZH == "" || got.Done.ZH == "" {
			t.Errorf("%s: %+v", want.name, got)
		}
		if want.entry && (got.Entry == nil || !strings.Contains(got.Done.EN, "entr") || *got.Entry != victimOf(t, o)) {
			t.Errorf("%s: the entry is not named:\n%s", want.name, said.String())
		}
		for _, check := range want.checks {
			if !slices.Contains(checks(got.Findings), check) {
				t.Errorf("%s: not noticed by check %d:\n%s", want.name, check, said.String())
			}
		}
		if !strings.Contains(said.String(), want.text) {
			t.Errorf("%s: nothing says %q:\n%s", want.name, want.text, said.String())
		}
	}
}

func victimOf(t *testing.T, o Options) uint64 {
	t.Helper()
	src, err := openOriginal(o.Bundle)
	must(t, err)
	f := &forger{original: src}
	must(t, f.choose())
	return uint64(f.victim)
}

// Ensure a forgery that passes is reported: here all regions sign it, and the
// auditor keeps nothing.
func TestUnnoticed(t *testing.T) {
	only(t, "rewrite")
	w, _, o := world(t, 40)
	o.Sign = func(c checkpoint.Checkpoint, at int64, _ ...string) ([]byte, error) {
		w.Now = at
		return w.Sign(c)
	}
	all, err := Run(t.Context(), o, func(Outcome) {})
	if !errors.Is(err, ErrUnnoticed) || len(all) != 2 || all[0].Noticed || !all[1].Noticed {
		t.Errorf("%v: %+v", err, all)
	}
}

// Ensure forgers without the regions' keys are noticed by their signatures.
func TestInvented(t *testing.T) {
	only(t, "rewrite-kept")
	_, _, o := world(t, 40)
	o.Sign = nil
	all, err := Run(t.Context(), o, func(Outcome) {})
	if err != nil || len(all) != 1 || !slices.Contains(checks(all[0].Findings), audit.CheckPolicy) {
		t.Errorf("%v: %+v", err, all)
	}
}

// Ensure only what passes by itself is forged upon.
func TestRunRefuses(t *testing.T) {
	w, s, o := world(t, 40)
	s.Records = w.Records[:1]
	extract, err := w.Write(s)
	must(t, err)
	other, err := bundletest.New()
	must(t, err)
	foreign, err := other.KeyFile()
	must(t, err)
	for name, bad := range map[string]Options{
		"an extract":         {Bundle: extract, Keys: o.Keys},
		"no zip":             {Bundle: []byte("PK"), Keys: o.Keys},
		"keys of elsewhere":  {Bundle: o.Bundle, Keys: foreign},
		"half of the bundle": {Bundle: o.Bundle[:len(o.Bundle)/2], Keys: o.Keys},
	} {
		if all, err := Run(context.Background(), bad, func(Outcome) { t.Error("shown") }); err == nil || len(all) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
