package desk_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/statement"
)

const (
	facts   = "这是一段只能留在本单位的案情简介，共二十字以上。"
	contact = "张三 010-12345678"
	opening = `{"case_file_no":"京市监立〔2025〕37号","legal_basis":["程序规定 第45条"],` +
		`"matters":[{"no":1,"kind":"trade_ledger","question":"核实购销台账"}],"fieldwork":false,` +
		`"contact":"` + contact + `","proposed_assistant":"120000-SJ","background":"` + facts + `"}`
)

func fields(t *testing.T, text string) desk.Object {
	t.Helper()
	o, err := desk.ParseFields([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// clerk is a draft of Beijing's clerk.
func clerk(t *testing.T, b *solo.Bureau, text string) desk.Draft {
	t.Helper()
	return desk.Draft{
		ID: client.NewKey(), Role: "clerk", Org: solo.Beijing + "-SJ", Person: b.Desk.Pseudonym("iss", "zhang"),
		Procedure: "assistance", Fields: fields(t, text),
	}
}

// act is a draft of an act on a record.
func act(t *testing.T, b *solo.Bureau, role, who, event, prev, text string) desk.Draft {
	t.Helper()
	return desk.Draft{
		ID: client.NewKey(), Role: role, Org: b.Region + "-SJ", Person: b.Desk.Pseudonym("iss", who),
		Event: event, Prev: prev, Fields: fields(t, text),
	}
}

func code(err error) string {
	var p *problem.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	if err != nil {
		return "untyped: " + err.Error()
	}
	return ""
}

func open(t *testing.T, b *solo.Bureau) desk.Receipt {
	t.Helper()
	r, err := b.Desk.Open(t.Context(), clerk(t, b, opening))
	if err != nil || r.Status != ledger.Committed {
		t.Fatalf("couldn't open a record: %+v %v", r, err)
	}
	return r
}

// Ensure one id is one statement: again the first answer, and another draft is
// refused, one after the other and all at once.
func TestOnce(t *testing.T) {
	n := solo.New(t)
	b := n.Bureau(solo.Beijing, solo.Options{})
	draft := clerk(t, b, opening)
	first, err := b.Desk.Open(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	n.Pass(time.Minute) // signed anew, the bytes would differ
	second, err := b.Desk.Open(t.Context(), draft)
	if err != nil || second.Index != first.Index || second.LeafHash != first.LeafHash || second.Record != first.Record || !second.Duplicate {
		t.Errorf("the same draft again: %+v %v, first %+v", second, err, first)
	}
	other := draft
	other.Fields = fields(t, strings.Replace(opening, "37号", "38号", 1))
	if _, err := b.Desk.Open(t.Context(), other); code(err) != problem.KeyReused {
		t.Errorf("another draft under the id: %v", err)
	}
	someone := draft
	someone.Person = b.Desk.Pseudonym("iss", "li")
	if _, err := b.Desk.Open(t.Context(), someone); code(err) != problem.KeyReused {
		t.Errorf("another person's draft under the id: %v", err)
	}

	draft = clerk(t, b, opening)
	size := n.Ledger.Size()
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			if r, err := b.Desk.Open(t.Context(), draft); err != nil || r.Index != size {
				t.Errorf("%+v %v", r, err)
			}
		})
	}
	wg.Wait()
	if got := n.Ledger.Size(); got != size+1 {
		t.Errorf("%d leaves for one id", got-size)
	}
	if err := n.Ledger.Verify(); err != nil {
		t.Error(err)
	}
}

// Ensure private values reach the vault and nothing else: no leaf holds them,
// nor the person's name.
func TestPrivate(t *testing.T) {
	n := solo.New(t)
	b := n.Bureau(solo.Beijing, solo.Options{})
	receipt := open(t, b)
	view, err := n.Ledger.View(t.Context(), desk.Fresh{Local: true})
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	leaf, err := n.Ledger.Books(view).Leaf(receipt.Index)
	if err != nil {
		t.Fatal(err)
	}
	body := string(leaf.Statement.Body)
	for _, secret := range []string{facts, contact, "zhang", "张三"} {
		if strings.Contains(body, secret) {
			t.Errorf("the statement holds %q: %s", secret, body)
		}
	}
	if !strings.Contains(body, "购销台账") {
		t.Errorf("the clear fields are missing: %s", body)
	}
	kept := bytes.Join(b.Vault.Contents(), nil)
	if !bytes.Contains(kept, []byte(facts)) || !bytes.Contains(kept, []byte(contact)) {
		t.Error("the vault lacks a private value")
	}

	// A name spelled with an escape is not the name: it must not slip through
	// as an unknown clear field either.
	sneaky := strings.Replace(opening, `"background"`, `"b\u0061ckground"`, 1)
	size := n.Ledger.Size()
	if _, err := b.Desk.Open(t.Context(), clerk(t, b, sneaky)); code(err) != problem.ValidationFailed {
		t.Errorf("an escaped field name: %v", err)
	}
	if n.Ledger.Size() != size || n.Ledger.Submits() != 1 {
		t.Error("a wrong draft was signed and submitted")
	}
}

// Ensure all field errors come at once, with places and codes and no values.
func TestFieldErrors(t *testing.T) {
	n := solo.New(t)
	b := n.Bureau(solo.Beijing, solo.Options{})
	_, err := b.Desk.Open(t.Context(), clerk(t, b, `{"case_file_no":"x","matters":[{"no":1,"kind":"nonsense","question":"核实购销台账"}],"fieldwork":"yes","whatever":1,"contact":"秘密"}`))
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != problem.ValidationFailed {
		t.Fatal(err)
	}
	want := map[string]string{
		"body.fields.case_file_no": "field_invalid", "body.fields.fieldwork": "field_invalid", "body.fields.whatever": problem.UnknownField,
		"body.fields.legal_basis": problem.Missing, "body.fields.proposed_assistant": problem.Missing,
	}
	got := make(map[string]string)
	for _, f := range p.Errors {
		got[f.Location] = f.Code
	}
	for place, code := range want {
		if got[place] != code {
			t.Errorf("%s: %q, want %q", place, got[place], code)
		}
	}
	if text := string(p.Body(problem.English)); strings.Contains(text, "秘密") || strings.Contains(text, "nonsense") {
		t.Errorf("the answer repeats a value: %s", text)
	}
}

// Ensure a desk that is held back says nothing new, keeps what it promised for later, and
// still hands over what was signed elsewhere.
func TestHeldBack(t *testing.T) {
	n := solo.New(t)
	var held atomic.Bool
	b := n.Bureau(solo.Beijing, solo.Options{Wait: time.Second, NoLeaderWait: time.Second, Held: held.Load})
	draft := clerk(t, b, opening)
	r, err := b.Desk.Open(t.Context(), draft)
	if err != nil || r.Status != ledger.Committed {
		t.Fatalf("%+v, %v", r, err)
	}
	n.Ledger.Break(&solo.Fault{Submit: func([]byte) error { return errors.New("the answer was lost") }})
	promised := clerk(t, b, opening)
	if r, err := b.Desk.Open(t.Context(), promised); err != nil || !r.Pending {
		t.Fatalf("%+v, %v", r, err)
	}
	n.Ledger.Break(nil)
	held.Store(true)
	b.Run(t)
	size := n.Ledger.Size()
	for what, say := range map[string]func() (desk.Receipt, error){
		"a record": func() (desk.Receipt, error) { return b.Desk.Open(t.Context(), clerk(t, b, opening)) },
		"an act":   func() (desk.Receipt, error) { return b.Desk.Act(t.Context(), r.Record, clerk(t, b, opening)) },
		"a statement": func() (desk.Receipt, error) {
			return b.Desk.State(t.Context(), clerk(t, b, opening), statement.KindWithdraw, []byte("{}"))
		},
	} {
		var p *problem.Problem
		if _, err := say(); !errors.As(err, &p) || p.Code != problem.Returning || p.Status != 503 || p.RetryAfter() <= 0 {
			t.Errorf("%s: %v", what, err)
		}
	}
	if n.Ledger.Size() != size || !b.Desk.Pending(promised.ID) {
		t.Errorf("%d entries came meanwhile, the promise is open: %v", n.Ledger.Size()-size, b.Desk.Pending(promised.ID))
	}
	held.Store(false)
	wait(t, func() bool { return !b.Desk.Pending(promised.ID) })
}

// Ensure the desk says what it knows: nothing was written, or it is promised.
func TestNoLeader(t *testing.T) {
	n := solo.New(t)
	b := n.Bureau(solo.Beijing, solo.Options{Wait: 2 * time.Second, NoLeaderWait: 50 * time.Millisecond})
	n.Ledger.Break(solo.NoLeader())
	draft := clerk(t, b, opening)
	_, err := b.Desk.Open(t.Context(), draft)
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != problem.NoQuorum || p.RetryAfter() <= 0 {
		t.Fatalf("without a leader: %v", err)
	}
	if b.Desk.Pending(draft.ID) || b.Local.Len() != 0 {
		t.Error("something was kept for a caller who was told that nothing was written")
	}
	n.Ledger.Break(nil)
	if r, err := b.Desk.Open(t.Context(), draft); err != nil || r.Status != ledger.Committed {
		t.Errorf("the same draft with a leader: %+v %v", r, err)
	}
	n.Ledger.Break(&solo.Fault{Submit: func([]byte) error { return replica.ErrOverloaded }})
	if _, err := b.Desk.Open(t.Context(), clerk(t, b, opening)); code(err) != problem.Overloaded {
		t.Errorf("overloaded: %v", err)
	}
}

// Ensure a promise is kept over lost answers and a restart, and made once.
func TestPromise(t *testing.T) {
	n := solo.New(t)
	options := solo.Options{Wait: 50 * time.Millisecond}
	b := n.Bureau(solo.Beijing, options)
	for _, tc := range []struct {
		name    string
		fault   *solo.Fault
		applied bool
	}{
		{"lost before it arrived", &solo.Fault{Submit: func([]byte) error { return replica.ErrUnknownOutcome }}, false},
		{"lost on the way back", &solo.Fault{Answer: func([]byte) error { return replica.ErrUnknownOutcome }}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			size := n.Ledger.Size()
			n.Ledger.Break(tc.fault)
			draft := clerk(t, b, opening)
			r, err := b.Desk.Open(t.Context(), draft)
			if err != nil || !r.Pending || !b.Desk.Pending(draft.ID) {
				t.Fatalf("%+v %v", r, err)
			}
			// Asked again while it is open: the same promise, no second statement.
			again, err := b.Desk.Open(t.Context(), draft)
			if err != nil || !again.Pending || again.Hash != r.Hash {
				t.Errorf("asked again: %+v %v", again, err)
			}
			other := draft
			other.Role = "officer"
			if _, err := b.Desk.Open(t.Context(), other); code(err) != problem.KeyReused {
				t.Errorf("another draft under a promised id: %v", err)
			}

			restarted := n.Bureau(solo.Beijing, solo.Options{Local: b.Local, Wait: time.Second})
			if !restarted.Desk.Pending(draft.ID) {
				t.Fatal("the promise did not survive the restart")
			}
			n.Ledger.Break(nil)
			restarted.Run(t)
			wait(t, func() bool { return !restarted.Desk.Pending(draft.ID) })
			if got := n.Ledger.Size(); got != size+1 {
				t.Errorf("%d leaves, want 1", got-size)
			}
			final, err := restarted.Desk.Open(t.Context(), draft)
			if err != nil || final.Status != ledger.Committed || final.Hash != r.Hash {
				t.Errorf("after the promise was kept: %+v %v", final, err)
			}
			b = n.Bureau(solo.Beijing, solo.Options{Local: b.Local, Wait: options.Wait})
		})
	}
	if b.Local.Len() != 0 {
		t.Errorf("%d keys left in the outbox", b.Local.Len())
	}
}

// Ensure acts follow what they were decided on: an overtaken decision is
// refused, a repeated one answered, whoever's clock is slow.
func TestAct(t *testing.T) {
	n := solo.New(t)
	b := n.Bureau(solo.Beijing, solo.Options{})
	opened := open(t, b)
	head := b.Desk
	approve := act(t, b, "bureau_head", "wang", "approve", opened.RecordHead, `{}`)
	first, err := head.Act(t.Context(), opened.Record, approve)
	if err != nil || first.Status != ledger.Committed {
		t.Fatalf("%+v %v", first, err)
	}
	again, err := head.Act(t.Context(), opened.Record, approve)
	if err != nil || again.Index != first.Index || again.RecordHead != first.RecordHead {
		t.Errorf("the same act again: %+v %v", again, err)
	}
	changed := approve
	changed.Role = "legal"
	if _, err := head.Act(t.Context(), opened.Record, changed); code(err) != problem.KeyReused {
		t.Errorf("another act under the id: %v", err)
	}
	stale := act(t, b, "clerk", "zhang", "cancel", opened.RecordHead, `{"reason":"重复"}`)
	if _, err := head.Act(t.Context(), opened.Record, stale); code(err) != problem.MatchFailed {
		t.Errorf("a decision on an old version: %v", err)
	}
	if _, err := head.Act(t.Context(), "AR-110000-2025-999999", stale); code(err) != problem.NotFound {
		t.Errorf("no such record: %v", err)
	}
	tianjin := n.Bureau(solo.Tianjin, solo.Options{})
	foreign := act(t, tianjin, "clerk", "zhao", "cancel", first.RecordHead, `{"reason":"重复"}`)
	if _, err := tianjin.Desk.Act(t.Context(), opened.Record, foreign); code(err) != problem.NotFound {
		t.Errorf("a record of others: %v", err)
	}
	// The rules' own refusals come as answers.
	wrong, err := head.Act(t.Context(), opened.Record, act(t, b, "bureau_head", "wang", "approve", first.RecordHead, `{}`))
	if err != nil || wrong.Status != ledger.Refused || wrong.Refusal.Code != "wrong_state" {
		t.Errorf("an event of another state: %+v %v", wrong, err)
	}
	if err := n.Ledger.Verify(); err != nil {
		t.Error(err)
	}
}

// Ensure work goes on when its caller hangs up.
func TestCallerLeaves(t *testing.T) {
	n := solo.New(t)
	b := n.Bureau(solo.Beijing, solo.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	n.Ledger.Break(&solo.Fault{Submit: func([]byte) error { cancel(); return nil }})
	draft := clerk(t, b, opening)
	if r, err := b.Desk.Open(ctx, draft); err != nil || r.Status != ledger.Committed {
		t.Errorf("%+v %v", r, err)
	}
	if n.Ledger.Size() != 1 {
		t.Error("the statement did not reach the ledger")
	}
}

func wait(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited too long")
		}
	}
}

// Ensure pseudonyms are stable, per key, and tell nothing.
func TestPseudonyms(t *testing.T) {
	key := bytes.Repeat([]byte{1}, 32)
	a, err := desk.NewPseudonyms(key)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := desk.NewPseudonyms(bytes.Repeat([]byte{2}, 32))
	x := a.Of("iss", "zhang")
	if len(x) != 22 || x != a.Of("iss", "zhang") {
		t.Errorf("pseudonym %q is not stable", x)
	}
	for _, y := range []string{other.Of("iss", "zhang"), a.Of("iss", "zhang2"), a.Of("iss2", "zhang"), a.Of("issz", "hang"), a.Of("", "isszhang")} {
		if x == y {
			t.Errorf("two persons share %q", x)
		}
	}
	if _, err := desk.NewPseudonyms(key[:31]); err == nil {
		t.Error("a short key was taken")
	}
}

func BenchmarkOpen(b *testing.B) {
	n := solo.New(b)
	bureau := n.Bureau(solo.Beijing, solo.Options{})
	o, err := desk.ParseFields([]byte(strings.Replace(strings.Replace(opening, `,"background":"`+facts+`"`, "", 1), `"contact":"`+contact+`",`, "", 1)))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		n.Ledger.Break(&solo.Fault{Submit: func([]byte) error { return replica.ErrOverloaded }})
		draft := desk.Draft{ID: client.NewKey(), Role: "clerk", Org: "110000-SJ", Person: "AAAAAAAAAAAAAAAAAAAAAA", Procedure: "lead_transfer", Fields: o}
		bureau.Desk.Open(b.Context(), draft)
	}
}
