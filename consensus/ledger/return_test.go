package ledger_test

import (
	"reflect"
	"slices"
	"testing"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// forkAt is a checkpoint of any tree, cosigned by regions.
func (r *replica) forkAt(size uint64, root byte, by ...string) *checkpoint.Note {
	return r.w.cosigned(checkpoint.Checkpoint{Origin: r.w.signed.Origin, Size: size, Root: merkle.Hash{root}}, by...)
}

// returning is what regions sign when the tree stands at its final checkpoint, and two
// histories of two more leaves were shown.
func (r *replica) returning() statement.ReturnBody {
	size := r.standing().Size
	return statement.ReturnBody{
		Checkpoint: r.noted(size, regions...).Marshal(), First: r.forkAt(size+2, 1, beijing).Marshal(), Second: r.forkAt(size+2, 2, tianjin).Marshal(),
		Void: size + 5, Index: 100, Term: 9, Nodes: []string{"110000-a", "120000-a"}, Side: statement.SideFirst,
	}
}

func (w *world) order(region string, body statement.ReturnBody, side string) []byte {
	body.Side = side
	return w.govern(region, statement.KindReturn, body.Marshal())
}

// Ensure a return is recorded just behind its final checkpoint, comes into force with the
// second region, ends every key that signed checkpoints, and is there after a restart and
// a verification; that new keys count from then on, and a third region may join.
func TestReturn(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	r.handover("乙1")
	body := r.returning()
	size := r.standing().Size
	late := w.order(hebei, body, statement.SideShort)

	r.commit(w.order(beijing, body, statement.SideFirst))
	if got := r.l.Returns(); len(got) != 0 {
		t.Fatalf("in force under one signature: %+v", got[0])
	}
	r = r.restart()
	r.commit(w.order(tianjin, body, statement.SideSecond))
	want := &ledger.Return{ReturnBody: body, Size: size, Fork: size + 2, Regions: []string{beijing, tianjin}, Sides: []string{statement.SideFirst, statement.SideSecond}}
	if got := r.l.Returns(); len(got) != 1 || !reflect.DeepEqual(got[0], want) {
		t.Fatalf("got %+v, want %+v", got, want)
	}
	if n := len(r.l.Roster().Keys.List()); n != 0 {
		t.Errorf("%d keys of before still count", n)
	}
	for _, k := range r.l.NoteKeysEver() {
		if !k.ValidAt(size) || k.ValidAt(size+1) {
			t.Errorf("%s may sign %d leaves: %v, %d: %v", k.VKey(), size, k.ValidAt(size), size+1, k.ValidAt(size+1))
		}
	}
	next := w.key(keyring.UseCosigner, "cos-b")
	proven, err := statement.Prove(next, w.signed.Network(), beijing, "110000-a")
	if err != nil {
		t.Fatal(err)
	}
	r.commit(w.govern(beijing, statement.KindKeyAdd, statement.KeyAddBody{Proven: proven, Node: "110000-a", Active: true}.Marshal()))
	if n := len(r.l.Roster().Keys.List()); n != 1 {
		t.Errorf("%d keys count, want the new one", n)
	}
	r.commit(late)
	r = r.restart()
	r.check()
	if got := r.l.Returns(); len(got) != 1 || !slices.Equal(got[0].Regions, []string{beijing, tianjin, hebei}) {
		t.Errorf("after the third region: %+v", got)
	}

	old := r.forkAt(size+2, 1, beijing)
	if r.l.Settles(old) == nil {
		t.Error("a checkpoint of the void entries is not explained")
	}
	for what, n := range map[string]*checkpoint.Note{
		"at the final checkpoint": r.forkAt(size, 1, beijing), "above the void": r.forkAt(body.Void+1, 1, beijing), "of nobody": r.forkAt(size+2, 1),
	} {
		if r.l.Settles(n) != nil {
			t.Errorf("a checkpoint %s is explained away", what)
		}
	}
	w.cosigners[beijing] = next
	if r.l.Settles(r.forkAt(size+2, 1, beijing)) != nil {
		t.Error("what a new key signs is explained away")
	}
}

// Ensure a return that must not be is refused, and leaves nothing.
func TestReturnRefusals(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	r.handover("乙1")
	first := r.standing().Size
	earlier := r.noted(first, regions...).Marshal()
	r.handover("乙2")
	body := r.returning()
	size := r.standing().Size
	change := func(f func(*statement.ReturnBody)) []byte {
		b := body
		f(&b)
		return w.order(tianjin, b, statement.SideSecond)
	}
	for name, tc := range map[string]struct {
		raw  []byte
		want ledger.Code
	}{
		"before later leaves":    {change(func(b *statement.ReturnBody) { b.Checkpoint = earlier }), ledger.CodeReturnTree},
		"a published checkpoint": {change(func(b *statement.ReturnBody) { b.Checkpoint = r.noted(size, beijing, hebei).Marshal() }), ledger.CodeReturnNote},
		"another tree's":         {change(func(b *statement.ReturnBody) { b.Checkpoint = r.forkAt(size, 7, regions...).Marshal() }), ledger.CodeReturnTree},
		"noise":                  {change(func(b *statement.ReturnBody) { b.Checkpoint = []byte("noise") }), ledger.CodeReturnNote},
		"one root":               {change(func(b *statement.ReturnBody) { b.Second = r.forkAt(size+2, 1, tianjin).Marshal() }), ledger.CodeReturnFork},
		"two sizes":              {change(func(b *statement.ReturnBody) { b.Second = r.forkAt(size+1, 2, tianjin).Marshal() }), ledger.CodeReturnFork},
		"of one region's making": {change(func(b *statement.ReturnBody) {
			b.First, b.Second = r.forkAt(size+2, 1, hebei).Marshal(), r.forkAt(size+2, 2, hebei).Marshal()
		}), ledger.CodeReturnFork},
		"a fork nobody signed": {change(func(b *statement.ReturnBody) { b.Second = r.forkAt(size+2, 2).Marshal() }), ledger.CodeReturnFork},
		"a fork below": {change(func(b *statement.ReturnBody) {
			b.First, b.Second = r.forkAt(size, 1, beijing).Marshal(), r.forkAt(size, 2, tianjin).Marshal()
		}), ledger.CodeReturnFork},
		"voids less than the fork": {change(func(b *statement.ReturnBody) { b.Void = size + 1 }), ledger.CodeReturnVoid},
		"no node":                  {change(func(b *statement.ReturnBody) { b.Nodes = []string{"110000-z"} }), ledger.CodeMoveNode},
		"a malformed body":         {w.govern(tianjin, statement.KindReturn, []byte(`{"void":1}`)), "missing_field"},
		"the statement key's":      {w.forge(w.keys[tianjin], w.payload(tianjin, statement.KindReturn, statement.RoleGovernance, body.Marshal())), ledger.CodeKeyUse},
	} {
		if got := r.refused(tc.raw); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
	r.commit(w.order(beijing, body, statement.SideFirst))
	if got := r.refused(w.order(beijing, body, statement.SideSecond)); got != ledger.CodeReturnTwice {
		t.Errorf("the same region again: %s", got)
	}
	r.commit(w.order(hebei, body, statement.SideFirst))
	if len(r.l.Returns()) != 0 || len(r.l.Roster().Keys.List()) == 0 {
		t.Error("in force, though no signing region has the other side's tree: nothing is forked among them")
	}
	r.handover("乙3")
	if got := r.refused(w.order(tianjin, body, statement.SideSecond)); got != ledger.CodeReturnLate {
		t.Errorf("with something between: %s", got)
	}
	r.check()
}
