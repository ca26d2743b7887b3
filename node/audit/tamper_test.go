package audit

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/bundle/bundletest"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// Numbers of mutations.
const (
	tamperings     = 2_100
	tamperingsFew  = 300    // with -short
	tamperingsSoak = 60_000 // with SANDI_SOAK
	tamperSeed     = 20251103
	wideEvery      = 25 // one in so many logs has more than one tile
)

// subject is what is tampered with.
type subject struct {
	log      *forgery // some dozens of entries: one tile
	wide     *forgery // several tiles
	foreign  *fixture // a network of the same origin, with other keys
	receipts []receipted
	extract  []byte // a record and the entries that registered its keys
	first    uint64 // entry of the extract's record that another follows
	adder    uint64 // entry of the extract that registered a key

	signing sync.Mutex // the world counts its statements
}

type receipted struct {
	index         uint64
	receipt       []byte
	proof         []byte
	parsed        *checkpoint.Receipt
	foreign, twin []byte // receipts of another network; of another entry
}

// tampering is one way to change a file. do says in f what it did.
type tampering struct {
	name string
	do   func(t testing.TB, s *subject, f *forgery)
}

// Ensure whatever is changed is found, in the entry where it was changed. No
// tampering breaks a checksum: the forger puts every digest, tile and name right.
func TestTamper(t *testing.T) {
	s := newSubject(t)
	ways := slices.Concat(entryTamperings, orderTamperings, tileTamperings, noteTamperings, conspiracies, attachmentTamperings, smallTamperings)
	n := tamperings
	switch {
	case os.Getenv("SANDI_SOAK") != "":
		n = tamperingsSoak
	case testing.Short():
		n = tamperingsFew
	}
	if n < 2*len(ways) {
		t.Fatalf("%d tamperings of %d kinds", n, len(ways))
	}
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		t.Run(fmt.Sprint(worker), func(t *testing.T) {
			t.Parallel()
			courts := make(map[string]*court)
			for i := worker; i < n && !t.Failed(); i += workers {
				tamper(t, s, ways[i%len(ways)], i, courts)
			}
		})
	}
}

// tamper makes tampering number i and looks whether it is found.
func tamper(t *testing.T, s *subject, way tampering, i int, courts map[string]*court) {
	base := s.log
	if i%wideEvery == 0 || strings.HasPrefix(way.name, "tile:") && i%2 == 0 {
		base = s.wide
	}
	f := base.clone(rand.New(rand.NewPCG(tamperSeed, uint64(i))))
	way.do(t, s, f)
	file := f.file(t)
	label := fmt.Sprintf("%d, %s: %s", i, way.name, f.did)
	if bytes.Equal(file, f.fixture.zip) && f.options == nil {
		t.Fatalf("%s: nothing was changed", label)
	}
	o := Options{File: bytes.NewReader(file), Size: int64(len(file)), Keys: f.keys, TempDir: t.TempDir(), courts: lend(courts)}
	if f.options != nil {
		f.options(&o)
	}
	r, err := Verify(t.Context(), o)
	if f.refused && err != nil {
		return
	}
	must(t, err)
	want := f.want
	if want == 0 {
		want = ExitFail
	}
	if lower := f.lower && r.Exit == ExitIndeterminate && r.Grade != string(checkpoint.GradeFinal); r.Exit != want && !lower {
		t.Errorf("%s: exit %d, want %d: %s", label, r.Exit, want, show(r))
	}
	if f.blamed != "" && r.first(func(found *Finding) bool { return found.Result == Fail && found.File == f.blamed }) == nil {
		t.Errorf("%s: %s is not named: %s", label, f.blamed, show(r))
	}
	if len(f.touched) > 0 && !names(r, f.touched, f.within) {
		t.Errorf("%s: none of the entries %v is named: %s", label, f.touched, show(r))
	}
}

// names reports whether a failure names one of the entries: alone, or within a
// range if that is all that can be known.
func names(r *Report, touched []uint64, within bool) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool {
		if f.Result != Fail || f.Entry == nil || f.Last != nil && !within {
			return false
		}
		last := *f.Entry
		if f.Last != nil {
			last = *f.Last
		}
		return slices.ContainsFunc(touched, func(i uint64) bool { return *f.Entry <= i && i <= last })
	})
}

// lend gives the same court for the same network again.
func lend(courts map[string]*court) func(*genesis.Signed) (*court, error) {
	return func(g *genesis.Signed) (*court, error) {
		if c := courts[g.Network()]; c != nil {
			return c, nil
		}
		c, err := newCourt(g)
		courts[g.Network()] = c
		return c, err
	}
}

func newSubject(t *testing.T) *subject {
	t.Helper()
	s := &subject{}
	for _, made := range []struct {
		into    **forgery
		entries int
	}{{&s.log, 45}, {&s.wide, 270}} {
		w, err := bundletest.New("assistance")
		must(t, err)
		f := finish(t, w, made.entries)
		*made.into = f.forge(t)
		f.zip = (*made.into).file(t)
		if r := f.verify(t, f.zip); r.Exit != ExitPass {
			t.Fatalf("what nobody changed: %s", show(r))
		}
	}
	w, err := bundletest.New("assistance")
	must(t, err)
	s.foreign = finish(t, w, 45)
	s.receive(t)
	s.cut(t)
	return s
}

// receive makes receipts of some entries.
func (s *subject) receive(t *testing.T) {
	t.Helper()
	var all [][]byte
	note := s.log.parts[bundle.NameCheckpoint]
	for i := range s.log.entries[:12] {
		all = append(all, receiptOf(t, s.log.fixture, note, uint64(i)))
	}
	foreign := receiptOf(t, s.foreign, s.foreign.sel.Note, 3)
	for i, receipt := range all {
		r, err := checkpoint.ParseReceipt(receipt)
		must(t, err)
		one := receipted{index: uint64(i), receipt: receipt, proof: r.TlogProof(), parsed: r, foreign: foreign, twin: all[(i+1)%len(all)]}
		s.receipts = append(s.receipts, one)
		for name, report := range map[string]*Report{
			"alone":        s.log.verify(t, receipt, func(o *Options) { o.Genesis = s.log.File }),
			"as a proof":   s.log.verify(t, one.proof, func(o *Options) { o.Entry = r.Leaf }),
			"with the log": s.log.verify(t, s.log.zip, func(o *Options) { o.Receipts = [][]byte{receipt} }),
		} {
			if report.Exit != ExitPass {
				t.Fatalf("receipt %d %s: %s", i, name, show(report))
			}
		}
	}
}

func receiptOf(t testing.TB, f *fixture, note []byte, index uint64) []byte {
	t.Helper()
	keys, err := checkpoint.FromGenesis(f.Signed.Genesis)
	must(t, err)
	n, err := keys.Open(note)
	must(t, err)
	path, err := merkle.Inclusion(f.Books(), index, n.Size)
	must(t, err)
	var entry []byte
	must(t, f.Books().Entries(index, index+1, func(_ uint64, e []byte) (bool, error) {
		entry = bytes.Clone(e)
		return true, nil
	}))
	r, err := checkpoint.NewReceipt(entry, path, n, checkpoint.PolicyOf(f.Signed.Genesis))
	must(t, err)
	return r.Marshal()
}

// cut makes an extract of a record that a rotated key has signed.
func (s *subject) cut(t *testing.T) {
	t.Helper()
	keys := []uint64{}
	last := make(map[string][]uint64) // entries by record
	for i := range s.log.entries {
		st, err := statement.Parse(s.log.leaf(t, i).Stmt)
		must(t, err)
		if st.Kind == statement.KindKeyAdd {
			keys = append(keys, uint64(i))
		}
		if st.Kind == statement.KindRecordAct {
			last[st.Record] = append(last[st.Record], uint64(i))
		}
	}
	record := ""
	for id, acts := range last {
		if len(acts) > 2 && acts[len(acts)-1] > keys[0] && id[3:9] == "120000" {
			record, s.first = id, acts[0]
		}
	}
	s.adder = keys[0]
	sel := s.log.sel
	sel.Earlier, sel.Openings, sel.Records = nil, nil, []string{record}
	var err error
	s.extract, err = s.log.Write(sel)
	must(t, err)
	if r := s.log.verify(t, s.extract); r.Exit != ExitIndeterminate {
		t.Fatalf("the extract of %q: %s", record, show(r))
	}
	b, err := bundle.Open(bytes.NewReader(s.extract), int64(len(s.extract)))
	must(t, err)
	if !b.Has(bundle.EntryName(s.adder)) || !b.Has(bundle.EntryName(s.first)) {
		t.Fatalf("the extract of %q holds %v", record, b.Names())
	}
}
