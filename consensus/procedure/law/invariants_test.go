package law_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sandi.internal/gateway/consensus/calendar/data"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/script"
)

// prepared is the part of a script before a line, as text that can be played again
// and again.
func prepared(t *testing.T, file, before string) (string, script.Options) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	head, _, ok := strings.Cut(string(text), before)
	if !ok {
		t.Fatalf("%s has no line %q", file, before)
	}
	var kept []string
	for block := range strings.SplitSeq(head, "\n\n") { // leave out what the script shows being refused
		if !strings.Contains(block, "\n----\nrefused ") {
			kept = append(kept, block)
		}
	}
	return strings.Join(kept, "\n\n") + "\n", script.Options{Law: compiled(t), Calendar: data.Workdays, Rules: data.Rules}
}

// Ensure that in whatever order people try things on an assignment: the team is
// the draw plus the recorded substitutions, in the order of the sealed ranking;
// two licensed officers of the host are on site; only the host orders rectification
// or files a case; nobody starts before the host and the lead have accepted.
func TestAssignmentInvariants(t *testing.T) {
	head, o := prepared(t, "ma_substitution_dispute_rectification.txt", "open ma assignment")
	begun, ids, err := script.Prepare(head, o)
	if err != nil {
		t.Fatal(err)
	}
	walks(t, []string{"redraw", "team_ready", "onsite", "handed_over", "rectifying", "publishing"}, func(rt *rapid.T, reached map[string]int) {
		w := begun.Clone()
		k := &walk{t: rt, w: w, ids: []string{ids["x1"], ids["x2"], ids["x3"], ids["x4"]}}
		experts := []any{ids["x1"], ids["x2"], ids["x3"], ids["x4"]}
		officers := []any{[]any{officer("合-0001"), officer("合-0002")}, []any{officer("合-0001"), officer("津-0009")}, []any{officer("合-0001")}}
		k.hints = map[string][]any{
			"plan": {ids["mp"]}, "target_draw": {ids["d1"], ids["d2"]}, "expert_draw": {ids["d3"]}, "checklist_ref": {ids["ck"]},
			"region_orgs": {[]any{"110000-SJ", "120000-SJ", "130000-SJ"}}, "field": {"eco_environment"},
			"target_uscc": {"91131003XXXX00027R", "92120114XXXX00019E"}, "host_org": {"130000-SJ", "120000-SJ"}, "lead_org": {"120000-SJ", "130000-SJ", "110000-SJ"},
			"experts":     {[]any{experts[0], experts[1]}, []any{experts[1]}, []any{experts[3], experts[1]}, []any{experts[0]}, []any{experts[2]}, []any{experts[3]}},
			"window_from": {"2025-03-05"}, "window_to": {"2025-03-14"}, "recused": experts, "substitute": experts, "passed": experts, "notice_shown": {true},
			"host_officers": officers, "officers_present": officers,
			"result_code": {"problem_ordered", "no_problem", "to_case", "refused", "no_contact"}, "findings": {[]any{}, []any{finding("minor")}, []any{finding("major")}},
			"order_due": {"2025-03-20", "2025-04-02"},
		}
		other := ""
		p := w.Law["assignment"]
		open := p.Document().Open
		for range 2 {
			if rec, _, err := w.Open("assignment", k.fill(p, &open, nil, "110000-SJ", "liaison")); k.fine(err) {
				other = rec.ID
			}
		}
		if other == "" {
			return
		}
		for range 40 {
			k.w.Time += rapid.SampledFrom([]int64{60, 3600, 86400, 2 * 86400}).Draw(rt, "wait")
			rec := k.record(other)
			k.move(p, rec)
			rec = k.record(other)
			reached[rec.State]++
			k.assignment(rec, w, ids)
		}
	})
}

// walks checks random walks until they have come to every one of some states: a walk is
// lucky when it comes far, and one that never does shows nothing.
func walks(t *testing.T, states []string, walk func(rt *rapid.T, reached map[string]int)) {
	t.Helper()
	const most = 40 // a round of walks misses one of the states in two of five
	reached := map[string]int{}
	missed := states
	for round := 0; round < most && len(missed) > 0 && !t.Failed(); round++ {
		rapid.Check(t, func(rt *rapid.T) { walk(rt, reached) })
		missed = slices.DeleteFunc(slices.Clone(states), func(s string) bool { return reached[s] > 0 })
	}
	if len(missed) > 0 && !t.Failed() {
		t.Errorf("no walk came to %v", missed)
	}
}

func officer(no string) any { return map[string]any{"cert_no": no, "person": "王*"} }

func finding(grade string) any {
	return map[string]any{"id": "1", "clause": "RB-T-214", "grade": grade, "facts": "合成事实"}
}

// move tries one of the events of the record's state.
func (k *walk) move(p *procedure.Procedure, rec *procedure.Record) {
	var possible []procedure.Event
	for _, e := range p.Document().Events {
		if slices.Contains(e.From, rec.State) && e.Name != "cancel" && e.Auto != procedure.AutoCondition {
			possible = append(possible, e)
		}
	}
	if len(possible) == 0 {
		return
	}
	e := possible[rapid.IntRange(0, len(possible)-1).Draw(k.t, "event")]
	by := e.By
	if e.Joint != nil {
		by = e.Joint.By
	}
	b := rapid.SampledFrom(by).Draw(k.t, "by")
	org := rec.Parties[b.Party].Org
	if org == "" || rapid.IntRange(0, 9).Draw(k.t, "stranger") == 0 {
		org = rapid.SampledFrom(walkOrgs).Draw(k.t, "org")
	}
	_, _, err := k.w.Step(rec.ID, k.fill(p, &e, rec, org, b.Role))
	k.fine(err)
}

// assignment holds one record against the invariants.
func (k *walk) assignment(rec *procedure.Record, w *script.World, ids map[string]string) {
	host := rec.Parties["host"].Region
	if len(rec.Acts) > 1 && host == rec.Parties["lead"].Region {
		k.t.Fatalf("%s: the lead is of the host's region", rec.ID)
	}
	team, subs := list(rec, "experts"), collected(rec, "substitutions")
	draw, err := w.Record(ids["d3"])
	if err != nil {
		k.t.Fatal(err)
	}
	for _, e := range team {
		if !slices.Contains(list(draw, "selected"), e) && !slices.Contains(subs, e) {
			k.t.Fatalf("%s: %s is neither drawn nor a recorded substitute", rec.ID, e)
		}
		if strings.HasPrefix(e, "EX-"+host) {
			k.t.Fatalf("%s: the visiting expert %s is of the host's region", rec.ID, e)
		}
	}
	taken := append(slices.Clone(subs), collected(rec, "passed_over")...)
	ranking := list(draw, "reserves")
	for _, e := range taken {
		if at := slices.Index(ranking, e); at < 0 || at >= len(taken) {
			k.t.Fatalf("%s: %s was taken out of the order %v", rec.ID, e, ranking)
		}
	}
	for _, a := range rec.Acts {
		switch a.Event {
		case "order_rectification", "open_case", "overdue", "file_after_review", "no_problem":
			if a.Region != host {
				k.t.Fatalf("%s: %s by %s, the host is %s", rec.ID, a.Event, a.Region, host)
			}
		case "start_onsite":
			var present []struct{ CertNo string }
			_ = json.Unmarshal(rec.Fields["officers_present"], &present)
			if len(present) < 2 || !subset(rec.Fields["officers_present"], rec.Fields["host_officers"]) {
				k.t.Fatalf("%s: on site with %s, the host named %s", rec.ID, rec.Fields["officers_present"], rec.Fields["host_officers"])
			}
			if when(rec, "accept") < 0 {
				k.t.Fatalf("%s: on site before the team was accepted", rec.ID)
			}
		}
	}
	if text(rec, "field") == "ccc_body" && text(rec, "authorisation_basis") == "" {
		k.t.Fatalf("%s: a certification body without an authorisation", rec.ID)
	}
}

// list reads a list of texts.
func list(rec *procedure.Record, field string) []string {
	var out []string
	_ = json.Unmarshal(rec.Fields[field], &out) // absent: nil
	return out
}

// collected reads the values of a collection of texts.
func collected(rec *procedure.Record, field string) []string {
	var items []struct{ Value string }
	_ = json.Unmarshal(rec.Fields[field], &items)
	out := make([]string, len(items))
	for i := range items {
		out[i] = items[i].Value
	}
	return out
}

// subset reports whether every item of one list stands in another.
func subset(a, b json.RawMessage) bool {
	var x, y []any
	_ = json.Unmarshal(a, &x)
	_ = json.Unmarshal(b, &y)
	for _, item := range x {
		one, _ := json.Marshal(item)
		if !slices.ContainsFunc(y, func(o any) bool { other, _ := json.Marshal(o); return string(other) == string(one) }) {
			return false
		}
	}
	return true
}

// Ensure that in whatever order people try things on a ledger item: a major danger
// is struck off by the head of the supervising bureau only and verified by others
// than its finder, and the grade never falls after reopening.
func TestLedgerItemInvariants(t *testing.T) {
	head, o := prepared(t, "hd_major.txt", "act h grade")
	begun, ids, err := script.Prepare(head, o)
	if err != nil {
		t.Fatal(err)
	}
	walks(t, []string{"listed", "submitted", "closed", "reopened"}, func(rt *rapid.T, reached map[string]int) {
		w := begun.Clone()
		k := &walk{t: rt, w: w, ids: []string{ids["h"]}}
		photos := []any{map[string]any{"kind": "photo", "pages": 1, "size": 9, "commitment": script.Commitment("照片")}}
		k.hints = map[string][]any{
			"grade": {"major", "general"}, "photos": {photos}, "supervising_org": {"130100-SJ", "130104-SJ", "130000-SJ"}, "due_on": {"2025-12-30"}, "new_due": {"2025-12-30"},
			"on_the_spot": {true}, "evidence": {photos},
		}
		p := w.Law["ledger_item"]
		grade := ""
		for range 40 {
			k.w.Time += rapid.SampledFrom([]int64{60, 3600, 20 * 86400}).Draw(rt, "wait")
			k.move(p, k.record(ids["h"]))
			rec := k.record(ids["h"])
			reached[rec.State]++
			if now := text(rec, "grade"); grade == "major" && now != "major" {
				rt.Fatalf("the grade fell from %s to %s", grade, now)
			} else if now != "" {
				grade = now
			}
			for _, a := range rec.Acts {
				if a.Event == "strike_off" && text(rec, "grade") == "major" && when(rec, "regrade") < int64(a.Seq) && (a.Party != "supervisor" || a.Org != rec.Parties["supervisor"].Org || a.Role != "bureau_head") {
					rt.Fatalf("a major danger was struck off by %s %s as %s", a.Org, a.Role, a.Party)
				}
				if a.Event == "verify_pass_major" && a.Person == rec.Acts[0].Person && a.Region == rec.Acts[0].Region {
					rt.Fatal("the finder verified a major danger")
				}
			}
		}
	})
}
