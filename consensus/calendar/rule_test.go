package calendar_test

import (
	"strconv"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/calendar/data"
)

// Ensure the rule table says what DOMAIN 4.1 says for the rules with a number
// that the law fixes.
func TestRuleTable(t *testing.T) {
	rules, err := calendar.ParseRules([]byte(data.Rules))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(`verify_lead 15 wd jurisdiction_negotiate 7 wd superior_designates 7 wd assist_reply 15 wd case_decision 90 d
		case_review 10 wd hearing_statement 5 wd decision_service 7 wd public_notice_service 30 d close_case 15 wd prior_register_evidence 7 wd
		seizure 30 d withdraw_wrong_publication 3 wd penalty_publish_local 20 wd penalty_push_cross 10 wd penalty_publish_cross 10 wd
		sampling_objection 15 d correct_unqualified 60 d reinspect_unqualified 75 d second_reinspection_from 60 d second_reinspection_to 90 d
		police_transfer_decide 3 d police_transfer_send 24 h police_material_handover 3 d complaint_accept 7 wd reporter_told_filing 5 wd
		special_catalogue_quarterly 15 d double_random_publish 20 wd lab_review_rectify 30 wd agree_ack 24 h agree_accept 5 wd
		agree_confirm_findings 3 wd agree_feedback 10 wd`)
	for i := 0; i < len(want); i += 3 {
		r, ok := rules.Rule(want[i])
		if !ok {
			t.Errorf("no rule %s", want[i])
			continue
		}
		if got := []string{strconv.Itoa(r.N), string(r.Unit)}; got[0] != want[i+1] || got[1] != want[i+2] {
			t.Errorf("%s: %v, want %v", want[i], got, want[i+1:i+3])
		}
	}
	for _, r := range rules.List {
		if agreed := strings.HasPrefix(r.ID, "agree_"); agreed != (r.Status == calendar.Agreed) {
			t.Errorf("%s: status %s", r.ID, r.Status)
		}
		if r.Unit == calendar.Days && r.Roll == "" || r.Unit != calendar.Days && r.Roll != calendar.RollNone {
			t.Errorf("%s: roll %q", r.ID, r.Roll)
		}
		if r.Version != rules.Version {
			t.Errorf("%s: version %d", r.ID, r.Version)
		}
	}
}

const ruleHead = "schema: 1\nversion: 4\nrules:\n"

// Ensure the wording of the day applies, and that an id cannot be in force
// twice.
func TestEffectiveDates(t *testing.T) {
	rules, err := calendar.ParseRules([]byte(ruleHead +
		"  - {id: x, zh: 甲, en: A, n: 15, unit: wd, cite: old, status: seen, to: 2026-12-31}\n" +
		"  - {id: x, zh: 甲, en: A, n: 10, unit: wd, cite: new, status: seen, from: 2027-01-01, to: 2027-06-30}\n"))
	if err != nil {
		t.Fatal(err)
	}
	r, ok := rules.Rule("x")
	if !ok || r.Version != 4 {
		t.Fatal("no rule")
	}
	for s, want := range map[string]string{"1999-01-01": "old", "2026-12-31": "old", "2027-01-01": "new", "2027-06-30": "new", "2027-07-01": ""} {
		got, ok := r.On(day(t, s))
		if ok != (want != "") || got.Cite != want {
			t.Errorf("%s: %q %v", s, got.Cite, ok)
		}
		if ok {
			if back, ok := got.On(day(t, "2026-01-01")); !ok || back.Cite != "old" {
				t.Error("a wording has lost the others")
			}
		}
	}
	if _, ok := (calendar.Rule{}).On(day(t, "2025-01-01")); ok {
		t.Error("the zero rule is in force")
	}
}

func TestParseRulesRefuses(t *testing.T) {
	item := "  - {id: x, zh: 甲, en: A, n: 15, unit: wd, cite: c, status: seen}\n"
	for name, text := range map[string]string{
		"empty":          "",
		"schema":         strings.Replace(ruleHead, "schema: 1", "schema: 2", 1) + item,
		"no version":     "schema: 1\nrules:\n" + item,
		"unknown key":    ruleHead + strings.Replace(item, "cite:", "sight: c, cite:", 1),
		"twice":          ruleHead + item + item,
		"overlap":        ruleHead + strings.Replace(item, "}", ", to: 2026-01-01}", 1) + strings.Replace(item, "}", ", from: 2026-01-01}", 1),
		"no cite":        ruleHead + strings.Replace(item, "cite: c, ", "", 1),
		"zero":           ruleHead + strings.Replace(item, "15", "0", 1),
		"too long":       ruleHead + strings.Replace(item, "15", "3661", 1),
		"unit":           ruleHead + strings.Replace(item, "wd", "weeks", 1),
		"status":         ruleHead + strings.Replace(item, "seen", "sure", 1),
		"roll of wd":     ruleHead + strings.Replace(item, "}", ", roll: holiday}", 1),
		"date":           ruleHead + strings.Replace(item, "}", ", from: 2026-02-30}", 1),
		"from after to":  ruleHead + strings.Replace(item, "}", ", from: 2026-02-03, to: 2026-02-01}", 1),
		"rules a map":    "schema: 1\nversion: 1\nrules: {x: 1}\n",
		"number as text": ruleHead + strings.Replace(item, "n: 15", "n: '15'", 1),
	} {
		if _, err := calendar.ParseRules([]byte(text)); err == nil {
			t.Errorf("%s: was accepted", name)
		}
	}
}
