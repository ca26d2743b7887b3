package ledger_test

import (
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

// changed is a text of the test law with its version and more replaced.
func (w *world) changed(name string, pairs ...string) []byte {
	w.t.Helper()
	text := w.file(name)
	after := strings.NewReplacer(pairs...).Replace(text)
	if after == text {
		w.t.Fatalf("nothing to change in %s", name)
	}
	return []byte(after)
}

// proposal is a signed law.propose that may come into force at once, and its id.
func (w *world) proposal(region, form, name string, version int, text []byte) (raw []byte, id string) {
	w.t.Helper()
	return w.proposalFrom(w.now, region, form, name, version, text)
}

func (w *world) proposalFrom(from int64, region, form, name string, version int, text []byte) (raw []byte, id string) {
	w.t.Helper()
	raw = w.govern(region, statement.KindLawPropose, statement.ProposeBody{Form: form, Name: name, Version: version, From: from, Text: text}.Marshal())
	st, err := statement.Parse(raw)
	if err != nil {
		w.t.Fatal(err)
	}
	return raw, st.ID
}

func (w *world) vote(region, proposer, id string, approve bool) []byte {
	body := statement.ProposalBody{Region: proposer, Proposal: id, Approve: approve}
	return w.govern(region, statement.KindLawVote, body.Marshal(statement.KindLawVote))
}

func (w *world) adopt(region, proposer, id string) []byte {
	body := statement.ProposalBody{Region: proposer, Proposal: id}
	return w.govern(region, statement.KindLawAdopt, body.Marshal(statement.KindLawAdopt))
}

// enact has a text proposed by Tianjin, approved by all and adopted.
func (r *replica) enact(form, name string, version int, text []byte) {
	r.w.t.Helper()
	raw, id := r.w.proposal(tianjin, form, name, version, text)
	r.commit(raw)
	r.commit(r.w.vote(beijing, tianjin, id, true))
	r.commit(r.w.vote(hebei, tianjin, id, true))
	r.commit(r.w.adopt(hebei, tianjin, id))
}

// rejudged judges the ledger again on a bare one and compares every leaf.
func (r *replica) rejudged() {
	r.w.t.Helper()
	again(r.w.t, r.w, r.books(), r.standing().Size)
}

// Ensure a procedure changes for new records when all regions have approved, and
// that a record keeps the version it began under.
func TestLawChanges(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	old, head := r.handover("甲1")
	second := w.changed("handover.yaml", "version: 1", "version: 2", "require: [case_no, receiver_org]\n  optional: [summary, identity, facts]", "require: [case_no, receiver_org, summary]\n  optional: [identity, facts]")
	r.enact(statement.LawProcedure, "handover", 2, second)
	for _, r := range []*replica{r, r.restart()} {
		if law := r.books().Law("handover", 0); law == nil || law.Version != 2 {
			t.Fatalf("in force is %+v", law)
		}
		if law := r.books().Law("handover", 1); law == nil || law.Version != 1 {
			t.Fatal("the first version is gone")
		}
		if n := len(r.books().Laws()); n != len(w.signed.Law)+1 {
			t.Errorf("%d versions of procedures", n)
		}
		if n := len(r.books().Procedures()); n != len(w.signed.Law) {
			t.Errorf("%d procedures in force", n)
		}
	}
	if got := r.refused(w.open(beijing, "clerk", "handover", `{"case_no":"甲2","receiver_org":"130000-SJ"}`)); got != "missing_field" {
		t.Errorf("a record under the old rules: %s", got)
	}
	res := r.commit(w.open(beijing, "clerk", "handover", `{"case_no":"甲2","receiver_org":"130000-SJ","summary":"x"}`))
	if record, err := r.books().Record(res.Record); err != nil || record.Version != 2 {
		t.Fatalf("%+v %v", record, err)
	}
	r.commit(w.act(beijing, "bureau_head", old, head, "approve", `{}`))
	if record, err := r.books().Record(old); err != nil || record.Version != 1 || record.State != "approved" {
		t.Fatalf("%+v %v", record, err)
	}
	r.check()
	r.restart().check()
	r.rejudged()
}

// Ensure a new procedure can be added.
func TestLawIsAdded(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	r.enact(statement.LawProcedure, "second_hand", 1, w.changed("handover.yaml", "name: handover", "name: second_hand", "prefix: HT", "prefix: SH"))
	res := r.commit(w.open(beijing, "clerk", "second_hand", `{"case_no":"乙1","receiver_org":"130000-SJ"}`))
	if !strings.HasPrefix(res.Record, "SH-110000-") {
		t.Errorf("record %s", res.Record)
	}
	r.check()
	r.rejudged()
}

// running is a record whose limit of five working days runs from the world's now.
func (r *replica) running(caseNo string) string {
	r.w.t.Helper()
	id, head := r.handover(caseNo)
	for _, step := range []struct{ region, role, event, fields string }{
		{beijing, "bureau_head", "approve", `{}`},
		{beijing, "liaison", "send", `{"doc_no":"京移〔2025〕` + caseNo + `号"}`},
		{hebei, "node", "receive", `{"payload_check":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}`},
	} {
		head = r.commit(r.w.act(step.region, step.role, id, head, step.event, step.fields)).RecordHead
	}
	return id
}

func (r *replica) dueOf(id string) string {
	r.w.t.Helper()
	list, err := r.books().DueBetween(0, 1<<40, 100)
	if err != nil {
		r.w.t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(d ledger.Due) bool { return d.Record == id })
	if i < 0 {
		r.w.t.Fatalf("nothing falls due in %s", id)
	}
	return statement.FormatAt(list[i].At)[:10]
}

// Ensure that limits which run end by the calendar in force, in the lists too.
func TestCalendarChanges(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	id := r.running("丙1")
	if got := r.dueOf(id); got != "2025-11-10" {
		t.Fatalf("due on %s", got)
	}
	second := w.changed("workdays.json", `"tz":`, `"version": 2, "tz":`, `"2025-10-08"`, `"2025-10-08", "2025-11-06"`)
	r.enact(statement.LawCalendar, "calendar", 2, second)
	for _, r := range []*replica{r, r.restart()} {
		if got := r.dueOf(id); got != "2025-11-11" {
			t.Errorf("with one working day less it is due on %s", got)
		}
		page, err := r.books().Records(ledger.Filter{Sort: ledger.ByDue})
		if err != nil || len(page.Rows) != 1 || len(page.Rows[0].Dues) != 2 || statement.FormatAt(page.Rows[0].Dues[0].At)[:10] != "2025-11-11" {
			t.Errorf("the list says %+v, %v", page, err)
		}
		r.check()
	}
	r.rejudged()
	past := w.changed("workdays.json", `"tz":`, `"version": 3, "tz":`, `"2025-10-08"`, `"2025-10-09"`)
	raw, _ := w.proposal(tianjin, statement.LawCalendar, "calendar", 3, past)
	if got := r.refused(raw); got != ledger.CodeLawPast {
		t.Errorf("a calendar that changes the past: %s", got)
	}
}

// Ensure a limit keeps the rules under which it began.
func TestRulesChange(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	before := r.running("丁1")
	r.enact(statement.LawRules, "rules", 2, w.changed("rules.yaml", "version: 1", "version: 2", "id: accept_case, zh: 受理, en: Acceptance, n: 5", "id: accept_case, zh: 受理, en: Acceptance, n: 3"))
	after := r.running("丁2")
	if a, b := r.dueOf(before), r.dueOf(after); a != "2025-11-10" || b != "2025-11-06" {
		t.Errorf("due on %s and %s", a, b)
	}
	r.check()
	r.restart().check()
	r.rejudged()
}

// Ensure nobody changes law alone, and nothing that is no law becomes it.
func TestProposalRefusals(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	second := w.changed("handover.yaml", "version: 1", "version: 2")
	raw, id := w.proposal(tianjin, statement.LawProcedure, "handover", 2, second)
	later, laterID := w.proposalFrom(w.now+86400, tianjin, statement.LawProcedure, "handover", 2, second)
	r.commit(raw)
	r.commit(later)
	r.commit(w.vote(beijing, tianjin, id, true))
	for _, region := range []string{beijing, hebei} {
		r.commit(w.vote(region, tianjin, laterID, true))
	}
	propose := func(form, name string, version int, text []byte) []byte {
		raw, _ := w.proposal(hebei, form, name, version, text)
		return raw
	}
	document := func(pairs ...string) []byte {
		return propose(statement.LawProcedure, "handover", 2, w.changed("handover.yaml", append([]string{"version: 1", "version: 2"}, pairs...)...))
	}
	for _, tc := range []struct {
		name string
		raw  []byte
		code ledger.Code
	}{
		{"adopted by two of three", w.adopt(tianjin, tianjin, id), ledger.CodeLawVotes},
		{"adopted before its time", w.adopt(tianjin, tianjin, laterID), ledger.CodeLawEarly},
		{"approved twice", w.vote(beijing, tianjin, id, true), ledger.CodeLawVoted},
		{"approved again by its proposer", w.vote(tianjin, tianjin, id, true), ledger.CodeLawVoted},
		{"a vote on nothing", w.vote(beijing, hebei, id, true), ledger.CodeLawProposal},
		{"an adoption of nothing", w.adopt(beijing, hebei, id), ledger.CodeLawProposal},
		{"signed with the statement key", w.forge(w.keys[hebei], w.payload(hebei, statement.KindLawAdopt, "governance", statement.ProposalBody{Region: tianjin, Proposal: id}.Marshal(statement.KindLawAdopt))), ledger.CodeKeyUse},
		{"a text that is no document", propose(statement.LawProcedure, "handover", 2, []byte("version: 2")), ledger.CodeLawText},
		{"a guard that is no rule", document("linked_state(", "unheard_of(", "marked(", "unheard_of("), ledger.CodeLawText},
		{"a rule that the table lacks", document("rule: accept_case", "rule: accept_later"), ledger.CodeLawText},
		{"another name", document("name: handover", "name: favour"), ledger.CodeLawText},
		{"another prefix", document("prefix: HT", "prefix: XX"), ledger.CodeLawText},
		{"the version in force", propose(statement.LawProcedure, "handover", 1, []byte(w.file("handover.yaml"))), ledger.CodeLawVersion},
		{"a version left out", propose(statement.LawProcedure, "handover", 3, w.changed("handover.yaml", "version: 1", "version: 3")), ledger.CodeLawVersion},
		{"another version than the text's", propose(statement.LawProcedure, "handover", 2, []byte(w.file("handover.yaml"))), ledger.CodeLawVersion},
		{"rules without one that is needed", propose(statement.LawRules, "rules", 2, w.changed("rules.yaml", "version: 1", "version: 2", "id: verify_case", "id: verify_later")), ledger.CodeLawText},
		{"rules that are none", propose(statement.LawRules, "rules", 2, []byte("rules: {}")), ledger.CodeLawText},
		{"a calendar that is none", propose(statement.LawCalendar, "calendar", 2, []byte("{}")), ledger.CodeLawText},
		{"a calendar that forgets a year", propose(statement.LawCalendar, "calendar", 2, w.changed("workdays.json", `"tz":`, `"version": 2, "tz":`, `"2018"`, `"2017"`, `"2018-`, `"2017-`)), ledger.CodeLawPast},
	} {
		if got := r.refused(tc.raw); got != tc.code {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.code)
		}
	}
	r.commit(w.vote(hebei, tianjin, id, false))
	for name, raw := range map[string][]byte{"a vote": w.vote(hebei, tianjin, id, true), "an adoption": w.adopt(tianjin, tianjin, id)} {
		if got := r.refused(raw); got != ledger.CodeLawClosed {
			t.Errorf("%s after a refusal: %s", name, got)
		}
	}
	w.now += 86400
	r.commit(w.adopt(beijing, tianjin, laterID))
	list, err := r.books().Proposals()
	if err != nil || len(list) != 2 || list[0].Rejected != hebei || list[1].Adopted == 0 || list[1].Open() {
		t.Errorf("%+v %v", list, err)
	}
	if p, text, err := r.books().Proposal(tianjin, id); err != nil || p.Rejected != hebei || string(text) != string(second) {
		t.Errorf("%+v with %d bytes, %v", p, len(text), err)
	}
	if p, _, err := r.books().Proposal(beijing, id); err != nil || p != nil {
		t.Errorf("a proposal that nobody made: %+v %v", p, err)
	}
	r.check()
}

// Ensure a region has at most so many proposals open, and that a closed one makes
// room.
func TestProposalsAreBounded(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	second := w.changed("rules.yaml", "version: 1", "version: 2")
	var first string
	for i := range 16 {
		raw, id := w.proposal(hebei, statement.LawRules, "rules", 2, second)
		if i == 0 {
			first = id
		}
		r.commit(raw)
	}
	raw, _ := w.proposal(hebei, statement.LawRules, "rules", 2, second)
	if got := r.refused(raw); got != ledger.CodeFull {
		t.Fatalf("one more: %s", got)
	}
	r.commit(w.vote(hebei, hebei, first, false))
	raw, _ = w.proposal(hebei, statement.LawRules, "rules", 2, second)
	r.commit(raw)
	r.check()
}

// Ensure a storage whose adopted law was changed does not verify.
func TestForgedLaw(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	r.enact(statement.LawRules, "rules", 2, w.changed("rules.yaml", "version: 1", "version: 2"))
	forged := r.mem.Clone()
	found := false
	err := r.mem.Scan([]byte{0x15, 't'}, []byte{0x15, 'u'}, false, func(key, value []byte) (bool, error) {
		found = true
		return true, forged.Set(key, []byte(strings.Replace(string(value), "n: 15", "n: 99", 1)))
	})
	if err != nil || !found {
		t.Fatal(err)
	}
	if err := r.l.Verify(forged); err == nil {
		t.Fatal("a changed text of law verifies")
	}
}
