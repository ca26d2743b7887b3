package ledger_test

import (
	"reflect"
	"testing"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

func (w *world) move(region string, body statement.MoveBody) []byte {
	return w.govern(region, statement.KindLeaderMove, body.Marshal())
}

func moveBody(term uint64) statement.MoveBody {
	return statement.MoveBody{Leader: "110000-a", Candidate: "120000-a", Term: term, Reason: "delay"}
}

func (r *replica) waiting() []*ledger.Move {
	r.w.t.Helper()
	list, err := r.books().WaitingMoves()
	if err != nil {
		r.w.t.Fatal(err)
	}
	return list
}

func (r *replica) lastMove() *ledger.Move {
	r.w.t.Helper()
	m, err := r.books().LastMove()
	if err != nil {
		r.w.t.Fatal(err)
	}
	return m
}

// Ensure one region's word waits and a second one's completes it, in whatever
// order and with whatever reasons, and that all of it survives a restart and a
// full verification.
func TestMove(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	first := r.commit(w.move(hebei, moveBody(7)))
	if m := r.lastMove(); m != nil {
		t.Fatalf("one region moved leadership: %+v", m)
	}
	want := &ledger.Move{MoveBody: moveBody(7), Regions: []string{hebei}, Leaves: []uint64{first.Index}}
	if got := r.waiting(); len(got) != 1 || !reflect.DeepEqual(got[0], want) {
		t.Fatalf("waiting %+v, want %+v", got, want)
	}
	other := moveBody(7)
	other.Candidate = "130000-a"
	r.commit(w.move(tianjin, other)) // does not agree: both wait
	if r.lastMove() != nil || len(r.waiting()) != 2 {
		t.Fatalf("two different moves: %+v, %+v", r.lastMove(), r.waiting())
	}
	r = r.restart()
	agreed := moveBody(7)
	agreed.Reason = "suspicion"
	second := r.commit(w.move(tianjin, agreed)) // changes its mind
	want = &ledger.Move{MoveBody: moveBody(7), Regions: []string{tianjin, hebei}, Leaves: []uint64{second.Index, first.Index}}
	r = r.restart()
	if got := r.lastMove(); !reflect.DeepEqual(got, want) {
		t.Fatalf("move %+v, want %+v", got, want)
	}
	if got := r.waiting(); len(got) != 0 {
		t.Errorf("still waiting: %+v", got)
	}
	r.check()
	r.commit(w.move(beijing, moveBody(9)))
	r.commit(w.move(tianjin, moveBody(9)))
	if got := r.lastMove(); got == nil || got.Term != 9 {
		t.Errorf("the next move: %+v", got)
	}
	r.check()
}

// Ensure what a move may not be is refused, and leaves nothing.
func TestMoveRefusals(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	r.commit(w.move(beijing, moveBody(5)))
	r.commit(w.move(tianjin, moveBody(5)))
	r.commit(w.move(beijing, moveBody(8)))
	body := func(change func(*statement.MoveBody)) statement.MoveBody {
		b := moveBody(8)
		change(&b)
		return b
	}
	stolen := w.payload(hebei, statement.KindLeaderMove, statement.RoleGovernance, moveBody(8).Marshal())
	for _, tc := range []struct {
		name string
		raw  []byte
		want ledger.Code
	}{
		{"the same region again", w.move(beijing, body(func(b *statement.MoveBody) { b.Reason = "planned" })), ledger.CodeMoveTwice},
		{"the term of a move that took effect", w.move(hebei, moveBody(5)), ledger.CodeMoveStale},
		{"an earlier term", w.move(hebei, moveBody(4)), ledger.CodeMoveStale},
		{"a leader that is no node", w.move(hebei, body(func(b *statement.MoveBody) { b.Leader = "110000-z" })), ledger.CodeMoveNode},
		{"a candidate that is no node", w.move(hebei, body(func(b *statement.MoveBody) { b.Candidate = "110000-z" })), ledger.CodeMoveNode},
		{"a malformed body", w.govern(hebei, statement.KindLeaderMove, []byte(`{"leader":"110000-a"}`)), "missing_field"},
		{"signed with the statement key", w.forge(w.keys[hebei], stolen), ledger.CodeKeyUse},
		{"signed by another region's governance key", w.sign(w.gov[beijing], stolen), ledger.CodeSignature},
	} {
		if got := r.refused(tc.raw); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
	if m := r.lastMove(); m.Term != 5 || len(r.waiting()) != 1 {
		t.Errorf("after refusals: %+v, %+v", m, r.waiting())
	}
	r.check()
}

// Ensure a move is judged outside the ledger as inside it, as far as that can be
// done without it: by the keys that are valid now.
func TestJudgeMove(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	judge := func(raw []byte) (statement.MoveBody, ledger.Code) {
		t.Helper()
		st, err := statement.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		body, refusal := r.l.JudgeMove(st)
		if refusal != nil {
			return body, refusal.Code
		}
		return body, ""
	}
	good := w.move(hebei, moveBody(7))
	if body, code := judge(good); code != "" || body != moveBody(7) {
		t.Fatalf("%+v, %s", body, code)
	}
	stolen := w.payload(hebei, statement.KindLeaderMove, statement.RoleGovernance, moveBody(7).Marshal())
	foreign := stolen
	foreign.Network = statement.RequestDigest([]byte("another network"))
	astray := stolen
	astray.Actor.Org = "110000-SJ"
	for name, tc := range map[string]struct {
		raw  []byte
		want ledger.Code
	}{
		"another kind":                  {w.open(hebei, "clerk", "handover", `{}`), ledger.CodeKind},
		"another network":               {w.sign(w.gov[hebei], foreign), ledger.CodeNetwork},
		"another region's key":          {w.sign(w.gov[beijing], stolen), ledger.CodeSignature},
		"the statement key":             {w.forge(w.keys[hebei], stolen), ledger.CodeKeyUse},
		"another region's organisation": {w.sign(w.gov[hebei], astray), ledger.CodeOrg},
		"no such node":                  {w.move(hebei, statement.MoveBody{Leader: "110000-a", Candidate: "140000-a", Term: 1, Reason: "delay"}), ledger.CodeMoveNode},
	} {
		if _, code := judge(tc.raw); code != tc.want {
			t.Errorf("%s: %q, want %q", name, code, tc.want)
		}
	}
	next := w.key(keyring.UseGovernance, "gov-2")
	r.commit(w.addKey(hebei, next, "", true))
	r.commit(w.turnKey(hebei, statement.KindKeyRetire, "gov-1"))
	if _, code := judge(good); code != ledger.CodeKeyState {
		t.Errorf("a retired governance key: %q", code)
	}
	if _, code := judge(w.sign(next, stolen)); code != "" {
		t.Errorf("its successor: %q", code)
	}
}
