package ledger_test

import (
	"reflect"
	"testing"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

// recovery is what regions sign when the tree stands as it does now.
func (r *replica) recovery() statement.RecoveryBody {
	s := r.standing()
	return statement.RecoveryBody{Size: s.Size, Root: s.Root[:], Survivors: []string{"110000-a"}, Reason: "lost"}
}

func (r *replica) lastRecovery() *ledger.Recovery {
	r.w.t.Helper()
	m, err := r.books().Recovery()
	if err != nil {
		r.w.t.Fatal(err)
	}
	return m
}

// Ensure a recovery is recorded where the tree is the one that it names, that other
// regions join it, and that restart and verification find it.
func TestRecovery(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	r.handover("乙1")
	body := r.recovery()
	agreed := body
	agreed.Reason = "destroyed"
	signed := w.govern(hebei, statement.KindRecovery, agreed.Marshal())
	first := r.commit(w.govern(beijing, statement.KindRecovery, body.Marshal()))
	r = r.restart()
	second := r.commit(signed)
	want := &ledger.Recovery{RecoveryBody: body, Regions: []string{beijing, hebei}, Leaves: []uint64{first.Index, second.Index}}
	if got := r.lastRecovery(); !reflect.DeepEqual(got, want) {
		t.Fatalf("got %+v, want %+v", got, want)
	}
	r.check()
	r = r.restart()
	r.check()
	r.commit(w.govern(tianjin, statement.KindRecovery, r.recovery().Marshal())) // a later one
	if got := r.lastRecovery(); got.Size == body.Size || len(got.Regions) != 1 {
		t.Errorf("the next recovery: %+v", got)
	}
	r.check()
}

// Ensure what a recovery may not be is refused, and leaves nothing.
func TestRecoveryRefusals(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	r.handover("乙1")
	r.handover("乙2")
	body := r.recovery()
	change := func(f func(*statement.RecoveryBody)) []byte {
		b := body
		f(&b)
		return w.govern(tianjin, statement.KindRecovery, b.Marshal())
	}
	for name, tc := range map[string]struct {
		raw  []byte
		want ledger.Code
	}{
		"a shorter tree":      {change(func(b *statement.RecoveryBody) { b.Size-- }), ledger.CodeRecoveryTree},
		"a longer tree":       {change(func(b *statement.RecoveryBody) { b.Size++ }), ledger.CodeRecoveryTree},
		"another root":        {change(func(b *statement.RecoveryBody) { b.Root = make([]byte, 32) }), ledger.CodeRecoveryTree},
		"no node":             {change(func(b *statement.RecoveryBody) { b.Survivors = []string{"110000-z"} }), ledger.CodeMoveNode},
		"a malformed body":    {w.govern(tianjin, statement.KindRecovery, []byte(`{"size":1}`)), "missing_field"},
		"the statement key's": {w.forge(w.keys[tianjin], w.payload(tianjin, statement.KindRecovery, statement.RoleGovernance, body.Marshal())), ledger.CodeKeyUse},
	} {
		if got := r.refused(tc.raw); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
	r.commit(w.govern(beijing, statement.KindRecovery, body.Marshal()))
	if got := r.refused(w.govern(beijing, statement.KindRecovery, body.Marshal())); got != ledger.CodeRecoverTwice {
		t.Errorf("the same region again: %s", got)
	}
}
