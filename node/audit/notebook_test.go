package audit

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/bundle/bundletest"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/statement"
)

// turned is a ledger in which a node's two keys were exchanged: an older note under
// the first keys, one from between, the last under the new ones.
type turned struct {
	*fixture
	first, fresh map[keyring.Use]*keyring.PrivateKey
	beforeKeys   uint64 // size of the tree before the new keys came
	revoked      uint64 // entry that revoked the first cosigner key
}

const turning = "120000" // the region whose node it is

func turn(t *testing.T) *turned {
	t.Helper()
	w, err := bundletest.New("assistance")
	must(t, err)
	f := &turned{fixture: &fixture{World: w}, first: map[keyring.Use]*keyring.PrivateKey{}, fresh: map[keyring.Use]*keyring.PrivateKey{}}
	must(t, w.Play(20, 3, 30*time.Minute))
	f.keep(t)
	f.beforeKeys = f.size(t)
	for _, use := range []keyring.Use{keyring.UseLog, keyring.UseCosigner} {
		key, err := w.AddNodeKey(turning, use, "second-"+string(use), false)
		must(t, err)
		_, err = w.Govern(turning, statement.KindKeyActivate, statement.KeyBody{Key: key.Public().ID}.Marshal())
		must(t, err)
		f.first[use], err = w.Hold(turning, key)
		must(t, err)
		f.fresh[use] = key
	}
	f.keep(t)
	must(t, w.Play(10, 3, 30*time.Minute))
	for _, use := range []keyring.Use{keyring.UseLog, keyring.UseCosigner} {
		f.revoked = f.size(t)
		must(t, w.Revoke(turning, f.first[use].Public().ID))
	}
	must(t, w.Play(10, 3, 30*time.Minute))
	f.close(t)
	return f
}

func (f *turned) size(t *testing.T) uint64 {
	t.Helper()
	c, err := f.Checkpoint()
	must(t, err)
	return c.Size
}

// hold makes the node sign with keys of one kind or the other.
func (f *turned) hold(t *testing.T, keys map[keyring.Use]*keyring.PrivateKey) {
	t.Helper()
	for _, key := range keys {
		_, err := f.Hold(turning, key)
		must(t, err)
	}
}

// rewritten is the bundle with another last note.
func (f *turned) rewritten(t *testing.T, note []byte) []byte {
	t.Helper()
	sel := f.sel
	sel.Note = note
	file, err := f.Write(sel)
	must(t, err)
	return file
}

func found(r *Report, code Code, result Result) *Finding {
	return r.first(func(x *Finding) bool { return x.Code == code && x.Result == result })
}

// Ensure that checkpoints under keys that came later count from the entry on that
// registered them, with the auditor's first file and with a later one, and that
// older ones under the keys of then still do.
func TestKeysThatCameLater(t *testing.T) {
	f := turn(t)
	r := f.verify(t, f.zip)
	if r.Exit != ExitPass || r.Grade != string(checkpoint.GradeFinal) {
		t.Fatalf("exit %d: %s", r.Exit, show(r))
	}
	stale := f.sel
	stale.Policy = nil // that of genesis
	file, err := f.Write(stale)
	must(t, err)
	if r := f.verify(t, file); r.Exit != ExitFail || found(r, CodePolicyFile, Fail) == nil {
		t.Errorf("policy.txt of genesis: exit %d: %s", r.Exit, show(r))
	}
	var entries []uint64
	for _, x := range r.Findings {
		if x.Code == CodeLaterKey && strings.Contains(x.EN, "governance key of "+turning) {
			entries = append(entries, *x.Entry)
		}
	}
	if want := []uint64{f.beforeKeys, f.beforeKeys + 2}; !slices.Equal(entries, want) {
		t.Errorf("entries %v registered the keys, not %v: %s", entries, want, show(r))
	}
	later := f.keys
	for use, kind := range map[keyring.Use]checkpoint.Kind{keyring.UseLog: checkpoint.KindLog, keyring.UseCosigner: checkpoint.KindCosigner} {
		node := f.Signed.Region(turning).Nodes[0].ID
		vkey := func(k *keyring.PrivateKey) []byte {
			return []byte(checkpoint.NewKey(kind, f.Signed.Origin, turning, node, k.Public().Key).VKey())
		}
		later = bytes.Replace(later, vkey(f.first[use]), vkey(f.fresh[use]), 1)
	}
	r = f.verify(t, f.zip, func(o *Options) { o.Keys = later })
	if r.Exit != ExitPass || found(r, CodeLaterKey, Pass) != nil {
		t.Errorf("with a key file of today: exit %d: %s", r.Exit, show(r))
	}
	if got := string(f.verify(t, f.zip).KeyFile); got != string(later) {
		t.Errorf("the keys at the end are\n%s\nnot\n%s", got, later)
	}
}

// Ensure that a checkpoint under a key which was revoked before is refused, and the
// entry named that revoked it; as the last one and as an older one.
func TestRevokedKeySigns(t *testing.T) {
	f := turn(t)
	f.hold(t, f.first)
	note, err := f.Note()
	must(t, err)
	r := f.verify(t, f.rewritten(t, note))
	x := found(r, CodeRevokedKey, Fail)
	if r.Exit != ExitFail || x == nil || x.Check != CheckPolicy || !strings.Contains(x.EN, "entry") || r.Grade == string(checkpoint.GradeFinal) {
		t.Fatalf("exit %d: %s", r.Exit, show(r))
	}
	if *x.Entry != f.revoked && *x.Entry != f.revoked-1 {
		t.Errorf("entry %d, not %d", *x.Entry, f.revoked)
	}

	// The same note as an older one, in front of more entries.
	f.hold(t, f.fresh)
	must(t, f.Play(5, 3, 30*time.Minute))
	f.sel.Earlier = append(f.sel.Earlier, note)
	f.close(t)
	r = f.verify(t, f.zip)
	if x := found(r, CodeRevokedKey, Fail); r.Exit != ExitFail || x == nil || x.Check != CheckHistory {
		t.Errorf("as an older one: exit %d: %s", r.Exit, show(r))
	}

	// Beside the signatures of today it is refused too: somebody signs with it.
	f.sel.Earlier = f.sel.Earlier[:len(f.sel.Earlier)-1]
	f.close(t)
	f.hold(t, f.first)
	old, err := f.Note(turning)
	must(t, err)
	_, lines, _ := bytes.Cut(old, []byte("\n\n"))
	r = f.verify(t, f.rewritten(t, append(bytes.Clone(f.sel.Note), lines...)))
	if x := found(r, CodeRevokedKey, Fail); r.Exit != ExitFail || x == nil || r.Grade != string(checkpoint.GradeFinal) {
		t.Errorf("beside the others: exit %d: %s", r.Exit, show(r))
	}
}

// Ensure that a key signs nothing before the entry that makes it active, and
// nothing at all when no entry has registered it.
func TestKeyBeforeItsTime(t *testing.T) {
	w, err := bundletest.New("assistance")
	must(t, err)
	f := &fixture{World: w}
	must(t, w.Play(20, 3, 30*time.Minute))
	prepared, err := w.AddNodeKey(turning, keyring.UseCosigner, "second", false)
	must(t, err)
	stranger, err := keyring.Generate(keyring.EdDSA, keyring.UseCosigner, "third")
	must(t, err)
	for name, key := range map[string]*keyring.PrivateKey{"prepared": prepared, "unknown": stranger} {
		before, err := w.Hold(turning, key)
		must(t, err)
		f.close(t)
		r := f.verify(t, f.zip)
		if x := found(r, CodeCosigners, Fail); r.Exit != ExitFail || x == nil || found(r, CodeLaterKey, Pass) != nil {
			t.Errorf("%s: exit %d: %s", name, r.Exit, show(r))
		}
		_, err = w.Hold(turning, before)
		must(t, err)
	}
	// An auditor's file that has another key for the node than genesis and the
	// ledger is not talked out of it.
	f.close(t)
	node := f.Signed.Region(turning).Nodes[0]
	true1 := checkpoint.NewKey(checkpoint.KindCosigner, f.Signed.Origin, turning, node.ID, node.Cosigner.Key)
	false1 := checkpoint.NewKey(checkpoint.KindCosigner, f.Signed.Origin, turning, node.ID, stranger.Public().Key)
	r := f.verify(t, f.zip, func(o *Options) { o.Keys = bytes.Replace(o.Keys, []byte(true1.VKey()), []byte(false1.VKey()), 1) })
	if found(r, CodeCosigners, Fail) == nil {
		t.Errorf("another key in the file: %s", show(r))
	}
}

// Ensure that a region which the others removed has to be asked: its keys in the
// auditor's file stand against a checkpoint without it.
func TestRegionThatLeft(t *testing.T) {
	w, err := bundletest.New("assistance")
	must(t, err)
	f := &fixture{World: w}
	must(t, w.Play(20, 3, 30*time.Minute))
	f.keep(t)
	for _, region := range []string{"110000", "130000"} {
		_, err := w.Govern(region, statement.KindNodeRemove, statement.NodeRemoveBody{Node: w.Signed.Region(turning).Nodes[0].ID, Reason: "ceased"}.Marshal())
		must(t, err)
	}
	f.close(t)
	f.sel.Note, err = f.Note("110000", "130000")
	must(t, err)
	f.zip, err = f.Write(f.sel)
	must(t, err)
	r := f.verify(t, f.zip)
	if x := found(r, CodeLeftRegion, Indeterminate); r.Exit != ExitIndeterminate || x == nil || !strings.Contains(x.EN, turning) {
		t.Fatalf("exit %d: %s", r.Exit, show(r))
	}
	var without []byte
	for line := range bytes.Lines(f.keys) {
		if !bytes.Contains(line, []byte(turning+"/")) {
			without = append(without, line...)
		}
	}
	if r = f.verify(t, f.zip, func(o *Options) { o.Keys = without }); r.Exit != ExitPass {
		t.Errorf("asked and removed from the file: exit %d: %s", r.Exit, show(r))
	}
	if got := r.KeyFile; !bytes.Equal(got, without) {
		t.Errorf("the keys of today are\n%s\nnot\n%s", got, without)
	}
	// Before the removal two regions are too few.
	f.sel.Earlier[0], err = f.Sign(must2(claimOf(f.sel.Earlier[0])), "110000", "130000")
	must(t, err)
	f.zip, err = f.Write(f.sel)
	must(t, err)
	if r = f.verify(t, f.zip); found(r, CodeEarlier, Fail) == nil {
		t.Errorf("an older note of two regions: %s", show(r))
	}
}

func must2[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
