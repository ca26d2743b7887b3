package ledger_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

// Ensure each refusal of admission has its code and leaves no trace in the state.
func TestAdmissionRefusals(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	id, head := r.handover("京案〔2025〕1号")
	body := statement.OpenBody{Procedure: "handover", Fields: []byte(`{"case_no":"x-1","receiver_org":"130000-SJ"}`)}.Marshal()
	payload := func(change func(*statement.Payload)) statement.Payload {
		p := w.payload(beijing, statement.KindRecordOpen, "clerk", body)
		change(&p)
		return p
	}
	signed := func(change func(*statement.Payload)) []byte { return w.sign(w.keys[beijing], payload(change)) }
	flipped := func() []byte {
		raw := signed(func(*statement.Payload) {})
		i := bytes.LastIndexByte(raw, '.') + 10
		raw[i] = 'A' + (raw[i]-'A'+1)%26
		return raw
	}
	stranger := w.key(keyring.UseStatement, "st-9")
	impostor := w.key(keyring.UseStatement, "st-1") // Beijing's key id, not its key
	es256, err := keyring.Generate(keyring.ES256, keyring.UseStatement, "st-1")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		raw  []byte
		code ledger.Code
		http int
	}{
		{"empty", nil, "segments", 400},
		{"noise", []byte("\x00\xff..."), "segments", 400},
		{"over 60 KiB", bytes.Repeat([]byte("a"), statement.MaxBytes+1), "too_large", 413},
		{"another network", signed(func(p *statement.Payload) { p.Network = strings.Repeat("A", 43) }), ledger.CodeNetwork, 422},
		{"unknown kind", signed(func(p *statement.Payload) { p.Kind = "record.shred" }), ledger.CodeKind, 422},
		{"unknown version", signed(func(p *statement.Payload) { p.V = 2 }), ledger.CodeKind, 422},
		{"region that is no member", w.sign(stranger, payload(func(p *statement.Payload) { p.Region = "140000" })), ledger.CodeRegion, 403},
		{"unknown key", w.sign(stranger, payload(func(*statement.Payload) {})), ledger.CodeKey, 403},
		{"another region's key under its id", w.sign(impostor, payload(func(*statement.Payload) {})), ledger.CodeSignature, 403},
		{"another region's name over its own key", w.sign(w.keys[tianjin], payload(func(*statement.Payload) {})), ledger.CodeSignature, 403},
		{"another algorithm under its key id", w.sign(es256, payload(func(*statement.Payload) {})), ledger.CodeSignature, 403},
		{"flipped signature", flipped(), ledger.CodeSignature, 403},
		{"organisation of another region", signed(func(p *statement.Payload) { p.Actor.Org = "120000-SJ" }), ledger.CodeOrg, 403},
		{"unknown organisation", signed(func(p *statement.Payload) { p.Actor.Org = "110000-ZZ" }), ledger.CodeOrg, 403},
		{"signed 31 days ago", signed(func(p *statement.Payload) { p.At = statement.FormatAt(w.now - 31*86400) }), ledger.CodeTooOld, 422},
		{"signed an hour ahead", signed(func(p *statement.Payload) { p.At = statement.FormatAt(w.now + 3600) }), ledger.CodeAhead, 422},
		{"signed 121 s ahead", signed(func(p *statement.Payload) { p.At = statement.FormatAt(w.now + 121) }), ledger.CodeAhead, 422},
		{"unknown procedure", signed(func(p *statement.Payload) { p.Body = statement.OpenBody{Procedure: "nothing"}.Marshal() }), ledger.CodeProcedure, 422},
		{"body of another kind", signed(func(p *statement.Payload) { p.Body = []byte(`{"event":"approve","fields":{}}`) }), "unknown_field", 422},
		{"unknown record", w.act(beijing, "bureau_head", "HT-110000-2025-999999", head, "approve", `{}`), ledger.CodeRecord, 404},
		{"stale prev", w.act(beijing, "bureau_head", id, statement.Hash{}.String(), "approve", `{}`), ledger.CodeStalePrev, 409},
		{"wrong role", w.act(beijing, "clerk", id, head, "approve", `{}`), "wrong_role", 403},
		{"not a party", w.act(tianjin, "bureau_head", id, head, "approve", `{}`), "not_party", 403},
		{"wrong state", w.act(beijing, "liaison", id, head, "send", `{"doc_no":"1号"}`), "wrong_state", 409},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := r.refused(test.raw); got != test.code {
				t.Fatalf("got code %s, want %s", got, test.code)
			}
			if got := test.code.Status(); got != test.http {
				t.Fatalf("code %s has status %d, want %d", test.code, got, test.http)
			}
		})
	}
	r.check()
	for _, edge := range []int64{w.now - 30*86400, w.now + 120} {
		r.commit(signed(func(p *statement.Payload) { p.At = statement.FormatAt(edge) }))
	}
}

// Ensure ledger time is the greatest proposal so far, that a refused statement
// does not move it and a slow leader does not turn it back.
func TestLedgerTime(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	at := func() int64 { return r.standing().LedgerTime/1000 - w.signed.CreatedUnix() }
	w.now += 10
	r.handover("甲1")
	if at() != 10 {
		t.Fatalf("ledger time is %d s after genesis, want 10", at())
	}
	w.now += 500
	r.refused(w.act(beijing, "clerk", "HT-110000-2025-000009", statement.Hash{}.String(), "approve", `{}`))
	r.apply()
	if at() != 10 {
		t.Fatalf("a refused statement or an empty command moved ledger time to %d", at())
	}
	w.now -= 509
	r.handover("甲2")
	if at() != 10 {
		t.Fatalf("a slow leader turned ledger time back to %d", at())
	}
	r.check()
}

// Ensure a statement counts once: the same bytes, or the same request under the
// same id, get the first answer, before and after a restart and out of the
// window of recent ids.
func TestIdempotency(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	body := func(no string) []byte {
		return statement.OpenBody{Procedure: "handover", Fields: fmt.Appendf(nil, `{"case_no":%q,"receiver_org":"130000-SJ"}`, no)}.Marshal()
	}
	p := w.payload(beijing, statement.KindRecordOpen, "clerk", body("甲1"))
	raw := w.sign(w.keys[beijing], p)
	first := r.commit(raw)
	w.now += 60
	p.At = statement.FormatAt(w.now)
	again := w.sign(w.keys[beijing], p) // other bytes, same request
	p.Body, p.Request = body("甲2"), statement.RequestDigest(body("甲2"))
	other := w.sign(w.keys[beijing], p)
	own := p
	own.Region, own.Actor = hebei, who(hebei, "clerk")
	own.Body = statement.OpenBody{Procedure: "handover", Fields: []byte(`{"case_no":"x-9","receiver_org":"110000-SJ"}`)}.Marshal()

	ask := func(r *replica) {
		t.Helper()
		want := first
		want.Duplicate = true
		for _, bytes := range [][]byte{raw, again} {
			if got := r.apply(bytes)[0]; fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("repeated: got %+v, want %+v", got, want)
			}
		}
		if code := r.refused(other); code != ledger.CodeIDReused || code.Status() != 409 {
			t.Fatalf("another request under the id: code %s", code)
		}
	}
	ask(r)
	ask(r.restart())
	w.now += 40 * 86400 // the statement itself would now be too old
	ask(r)
	if res := r.apply(raw, raw); res[0].Index != first.Index || res[1].Index != first.Index {
		t.Fatal("twice in one command: not the first answer")
	}
	// The id is Beijing's; Hebei may use it, too.
	own.At = statement.FormatAt(w.now)
	r.commit(w.sign(w.keys[hebei], own))
	// A repeat of a statement whose key was revoked since is still a repeat.
	r.commit(w.govern(beijing, statement.KindKeyRevoke, statement.KeyBody{Key: "st-1", Reason: "compromised"}.Marshal()))
	ask(r)
	r.check()
}

// Ensure a refusal is remembered for its bytes, and that other bytes under the
// same id may try again.
func TestRefusalIsRemembered(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	id, head := r.handover("甲1")
	early := w.act(beijing, "liaison", id, head, "send", `{"doc_no":"京移〔2025〕1号"}`)
	if code := r.refused(early); code != "wrong_state" {
		t.Fatalf("code %s", code)
	}
	approved := r.commit(w.act(beijing, "bureau_head", id, head, "approve", `{}`))
	for _, r := range []*replica{r, r.restart()} {
		res := r.apply(early)[0]
		if res.Refusal == nil || res.Refusal.Code != "wrong_state" || !res.Duplicate {
			t.Fatalf("the same bytes again: %+v", res)
		}
	}
	st, err := statement.Parse(early)
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.books().Statement(beijing, st.ID)
	if err != nil || out.Refused == nil || out.Refused.Result.Refusal.Code != "wrong_state" || out.Refused.Result.Hash != st.Hash {
		t.Fatalf("the refusal is not answerable: %+v, %v", out, err)
	}
	if out, err := r.books().Statement(tianjin, st.ID); err != nil || out != (ledger.Outcome{}) {
		t.Fatalf("another region has an answer for the id: %+v, %v", out, err)
	}
	p := st.Payload
	p.Prev = approved.RecordHead
	r.commit(w.sign(w.keys[beijing], p))
	if out, err := r.books().Statement(beijing, st.ID); err != nil || out.Committed == nil || out.Committed.Record != id {
		t.Fatalf("the second attempt is not the answer: %+v, %v", out, err)
	}
	r.check()
}

// Ensure forged statements do not enter the memory of refusals: they could wash
// out another bureau's answers.
func TestForgeriesAreNotRemembered(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	r.handover("甲1")
	keys := r.mem.Len()
	impostor := w.key(keyring.UseStatement, "st-1")
	for range 5 {
		p := w.payload(beijing, statement.KindRecordOpen, "clerk", statement.OpenBody{Procedure: "handover"}.Marshal())
		r.refused(w.sign(impostor, p))
	}
	if r.mem.Len() != keys {
		t.Fatalf("forgeries left %d keys", r.mem.Len()-keys)
	}
}

// Ensure the memory of refusals is bounded per region, forgets the oldest first,
// and leaves another region's alone.
func TestRefusalRing(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	const kept = 1024
	refusedID := func(region string, n int) string {
		p := w.payload(region, statement.KindRecordOpen, "clerk", statement.OpenBody{Procedure: "nothing"}.Marshal())
		r.apply(w.sign(w.keys[region], p))
		return p.ID
	}
	other := refusedID(tianjin, 0)
	var ids []string
	for n := range kept + 3 {
		ids = append(ids, refusedID(beijing, n))
	}
	for n, id := range ids {
		out, err := r.books().Statement(beijing, id)
		if err != nil {
			t.Fatal(err)
		}
		if (out.Refused != nil) != (n >= 3) {
			t.Fatalf("refusal %d of %d: remembered = %v", n, len(ids), out.Refused != nil)
		}
	}
	if out, err := r.books().Statement(tianjin, other); err != nil || out.Refused == nil {
		t.Fatalf("the other region's refusal is gone: %v", err)
	}
	r.check()
	again := r.restart()
	id := refusedID(beijing, 0)
	raw := w.open(beijing, "clerk", "nothing", `{}`)
	r.apply(raw)
	again.apply(w.sign(w.keys[beijing], statement.Payload{
		Network: w.signed.Network(), Kind: statement.KindRecordOpen, V: 1, ID: id, Region: beijing, At: statement.FormatAt(w.now),
		Actor: who(beijing, "clerk"), Request: statement.RequestDigest(statement.OpenBody{Procedure: "nothing"}.Marshal()),
		Body: statement.OpenBody{Procedure: "nothing"}.Marshal(),
	}), raw)
	if !sameStorage(r.mem, again.mem) {
		t.Fatal("after a restart the ring went on differently")
	}
}

// Ensure an act on one record changes nothing of another.
func TestRecordIsolation(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	first, head := r.handover("甲1")
	second, other := r.handover("甲2")
	before, err := r.books().Record(second)
	if err != nil {
		t.Fatal(err)
	}
	r.commit(w.act(beijing, "bureau_head", first, head, "approve", `{}`))
	after, err := r.books().Record(second)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before.Marshal(), after.Marshal()) || after.Head != other {
		t.Fatal("an act on one record changed another")
	}
	if code := r.refused(w.act(beijing, "bureau_head", second, head, "approve", `{}`)); code != ledger.CodeStalePrev {
		t.Fatalf("the head of one record moved another: %s", code)
	}
}

// Ensure records are numbered without gaps per prefix, region and year of the
// signed time, refused openings taking no number.
func TestNumbering(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	want := func(got, want string) {
		t.Helper()
		if got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
	id, _ := r.handover("甲1")
	want(id, "HT-110000-2025-000001")
	r.refused(w.open(beijing, "clerk", "handover", `{"case_no":"x-1"}`))
	id, _ = r.handover("甲2")
	want(id, "HT-110000-2025-000002")
	want(r.commit(w.open(hebei, "clerk", "handover", `{"case_no":"x-1","receiver_org":"110000-SJ"}`)).Record, "HT-130000-2025-000001")
	want(r.commit(w.open(beijing, "officer", "errand", `{"helper_org":"120000-SJ","question":"?"}`)).Record, "ER-110000-2025-000001")
	w.now += 60 * 86400
	id, _ = r.handover("甲3")
	want(id, "HT-110000-2026-000001")
	w.now -= 10 * 86400 // signed last year, handed in this year
	id, _ = r.handover("甲4")
	want(id, "HT-110000-2025-000003")
	r.check()
}

// Ensure only a protocol newer than the binary halts a ledger.
func TestProtocolGate(t *testing.T) {
	w := buildWorld(t, func(g *genesis.Genesis) { g.Protocol = ledger.Protocol })
	r := w.replica()
	if got, err := r.l.ApplyEntry(r.mem, bytes.Repeat([]byte{0xff}, 1<<20)); err != nil || len(got) != 1 || got[0].Refusal.Code != ledger.CodeUndecodable {
		t.Fatalf("1 MiB of noise: %+v, %v", got, err)
	}
	if got, err := r.l.ApplyEntry(r.mem, ledger.EncodeCommand(ledger.Command{})); err != nil || len(got) != 0 {
		t.Fatalf("an empty command: %+v, %v", got, err)
	}
	if r.standing().Size != 0 {
		t.Fatal("an undecodable entry moved the ledger")
	}
	r.check()
}

// sameStorage compares two storages key by key.
func sameStorage(a, b *ledger.Memory) bool { return bytes.Equal(dump(a), dump(b)) }

func dump(m *ledger.Memory) []byte {
	var out []byte
	m.Scan(nil, nil, false, func(k, v []byte) (bool, error) {
		out = fmt.Appendf(out, "%x=%x\n", k, v)
		return true, nil
	})
	return out
}
