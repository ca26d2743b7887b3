package law_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/calendar/data"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/script"
)

// walk acts at random, as people who know the forms but not the law: the right
// fields with values drawn from a small world, any event that the state lists.
type walk struct {
	t   *rapid.T
	w   *script.World
	ids []string
	n   int // makes document numbers unique when wanted

	hints map[string][]any // values that a field mostly takes
}

var (
	// walkLaw is what people try; the five that move cases more often.
	walkLaw = []string{
		"case_transfer", "case_transfer", "case_transfer", "lead_transfer", "lead_transfer", "assistance", "assistance", "unqualified", "unqualified", "penalty_push",
		"analysis", "campaign", "catalogue_vote", "checklist", "data_agreement", "data_set", "expert", "help", "ledger_item", "listing", "mi_plan", "monitoring", "pt_round", "risk_rating",
	}
	walkOrgs  = []string{"110115-SJ", "110000-SJ", "120114-SJ", "120000-SJ", "130600-SJ", "131000-SJ", "130000-SJ"}
	walkUSCC  = []string{"91110108" + strings.Repeat("X", 4) + "00078T", "91131003" + strings.Repeat("X", 4) + "00027R"}
	walkWords = []string{"甲物", "乙物", "丙物"}
)

// Ensure that whatever people try in whatever order, the invariants of DOMAIN
// 2.1 hold, no guard fails to decide, and records stay well-formed (the World
// checks that after every act).
func TestWalks(t *testing.T) {
	law := compiled(t)
	cal, err := calendar.Parse([]byte(data.Workdays))
	if err != nil {
		t.Fatal(err)
	}
	table, err := calendar.ParseRules([]byte(data.Rules))
	if err != nil {
		t.Fatal(err)
	}
	accepted := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		k := &walk{t: rt, w: script.NewWorld(cal, table, "110000", "120000", "130000")}
		k.w.Law = law
		day, _ := calendar.ParseDay("2025-09-01")
		k.w.Time = day.Start() + 9*3600
		for range 60 {
			k.w.Time += rapid.SampledFrom([]int64{60, 3600, 86400, 5 * 86400, 20 * 86400}).Draw(rt, "wait")
			k.act(accepted)
			k.check()
		}
	})
	// The walk has to get somewhere, or it would show nothing.
	for _, want := range []string{"case_transfer.send", "case_transfer.receive", "lead_transfer.send", "lead_transfer.receive", "assistance.receive"} {
		if accepted[want] == 0 {
			t.Errorf("no walk came to %s", want)
		}
	}
}

// act opens a record or moves one.
func (k *walk) act(accepted map[string]int) {
	if len(k.ids) < 3 || len(k.ids) < 12 && rapid.IntRange(0, 5).Draw(k.t, "new") == 0 {
		name := rapid.SampledFrom(walkLaw).Draw(k.t, "procedure")
		p := k.w.Law[name]
		open := p.Document().Open
		org := rapid.SampledFrom(walkOrgs).Draw(k.t, "org")
		rec, _, err := k.w.Open(name, k.fill(p, &open, nil, org, open.By[0].Role))
		if k.fine(err) {
			k.ids = append(k.ids, rec.ID)
			accepted[name+".open"]++
		}
		return
	}
	rec := k.record(rapid.SampledFrom(k.ids).Draw(k.t, "record"))
	p := k.w.Law[rec.Procedure]
	var possible []procedure.Event
	for _, e := range p.Document().Events {
		if slices.Contains(e.From, rec.State) && e.Name != "cancel" && e.Name != "withdraw" && e.Auto != procedure.AutoCondition {
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
	if _, _, err := k.w.Step(rec.ID, k.fill(p, &e, rec, org, b.Role)); k.fine(err) {
		accepted[rec.Procedure+"."+e.Name]++
	}
}

// fine tells whether an act was accepted; anything but a refusal for a reason
// ends the walk.
func (k *walk) fine(err error) bool {
	if err == nil {
		return true
	}
	r, ok := err.(*procedure.Refusal)
	if !ok || r.Code == procedure.CodeGuardFailed || r.ZH == "" || r.EN == "" {
		k.t.Fatalf("not a proper refusal: %v", err)
	}
	return false
}

func (k *walk) record(id string) *procedure.Record {
	rec, err := k.w.Record(id)
	if err != nil {
		k.t.Fatal(err)
	}
	return rec
}

// fill gives an act the fields that the event takes.
func (k *walk) fill(p *procedure.Procedure, e *procedure.Event, rec *procedure.Record, org, role string) procedure.Act {
	a := procedure.Act{Event: e.Name, Org: org, Region: procedure.RegionOf(org), Role: role}
	if e.Name == procedure.OpenEvent {
		a.Event = ""
	}
	a.Person = script.Commitment(fmt.Sprint(org, role, rapid.IntRange(0, 2).Draw(k.t, "person")))[4:26]
	clear := map[string]any{}
	for i, name := range append(slices.Clone(e.Require), e.Optional...) {
		if i >= len(e.Require) && rapid.IntRange(0, 2).Draw(k.t, "optional") == 0 {
			continue
		}
		f := p.Field(name)
		switch f.See {
		case procedure.SeeCommit:
			if a.Commits == nil {
				a.Commits = map[string]string{}
			}
			a.Commits[name] = script.Commitment(name)
		case procedure.SeeHome:
			a.Home, a.Private = append(a.Home, name), script.Commitment("home")
		default:
			if v := k.value(f, rec); v != nil {
				clear[name] = v
			}
		}
	}
	a.Fields, _ = json.Marshal(clear)
	return a
}

// value draws a value of the field's type; what the record already says is
// often said again, because most guards ask for that.
func (k *walk) value(f *procedure.Field, rec *procedure.Record) any {
	if list := k.hints[f.Name]; len(list) > 0 && rapid.IntRange(0, 7).Draw(k.t, "hint") > 0 {
		return rapid.SampledFrom(list).Draw(k.t, f.Name)
	}
	if rec != nil && rapid.IntRange(0, 3).Draw(k.t, "again") > 0 {
		for _, from := range []string{f.Name, strings.TrimSuffix(f.Name, "_check") + "_root", "proposed_" + strings.TrimSuffix(f.Name, "_org"), "redacted_copy"} {
			same := k.w.Law[rec.Procedure].Field(from)
			if v, ok := rec.Fields[from]; ok && same.Type == f.Type {
				return v
			}
		}
	}
	switch f.Type {
	case procedure.TypeInt:
		return rapid.IntRange(1, 9).Draw(k.t, f.Name)
	case procedure.TypeBool:
		return rapid.Bool().Draw(k.t, f.Name)
	case procedure.TypeDecimal:
		return "1." + strings.Repeat("0", f.Places)
	case procedure.TypeDate:
		d := calendar.DayOf(k.w.Time) + calendar.Day(rapid.IntRange(-10, 1).Draw(k.t, f.Name))
		return d.String()
	case procedure.TypeEnum:
		return f.Values[rapid.IntRange(0, len(f.Values)-1).Draw(k.t, f.Name)].Name
	case procedure.TypeOrg:
		return rapid.SampledFrom(append(slices.Clone(walkOrgs), "100000-SJ")).Draw(k.t, f.Name)
	case procedure.TypeTime:
		d := calendar.DayOf(k.w.Time) + calendar.Day(rapid.IntRange(-3, 1).Draw(k.t, f.Name))
		return d.String() + "T10:00:00+08:00"
	case procedure.TypeHash:
		return strings.Repeat(rapid.SampledFrom([]string{"0", "a"}).Draw(k.t, f.Name), 64)
	case procedure.TypeRegion:
		return rapid.SampledFrom([]string{"110000", "120000", "130000"}).Draw(k.t, f.Name)
	case procedure.TypePerson:
		return "张*"
	case procedure.TypeDivision:
		return rapid.SampledFrom(walkOrgs).Draw(k.t, f.Name)[:6]
	case procedure.TypeUSCC:
		return rapid.SampledFrom(walkUSCC).Draw(k.t, f.Name)
	case procedure.TypeDocNo, procedure.TypeCaseFileNo:
		k.n++
		return fmt.Sprintf("合成字〔2025〕%d号", max(1, rapid.IntRange(k.n-40, k.n).Draw(k.t, f.Name)))
	case procedure.TypeCommitment:
		return script.Commitment(rapid.SampledFrom(walkWords).Draw(k.t, f.Name))
	case procedure.TypeRecord:
		if len(k.ids) == 0 {
			return nil
		}
		return rapid.SampledFrom(k.ids).Draw(k.t, f.Name)
	case procedure.TypeCMA:
		return "230212340001"
	case procedure.TypeMaterials:
		return []any{map[string]any{"kind": kindOf(f), "pages": 1, "size": 9, "commitment": script.Commitment("材料")}}
	case procedure.TypeIntervals:
		return []any{map[string]any{"kind": kindOf(f), "from": "2025-10-09", "to": "2025-10-10"}}
	case procedure.TypeOfficer:
		k.n++
		return map[string]any{"cert_no": fmt.Sprintf("合-%04d", k.n), "person": "王*"}
	case procedure.TypeList:
		list := []any{k.value(f.Of, nil), k.value(f.Of, nil)}
		if f.Distinct == "true" || f.Distinct == "no" {
			list = list[:1]
		}
		return list
	case procedure.TypeObject:
		m := map[string]any{}
		for i := range f.Members {
			m[f.Members[i].Name] = k.value(&f.Members[i], nil)
		}
		return m
	}
	return "合成文字说明，用于随机试探，不少于二十个字，没有任何实际含义*"[:k.runes(f)]
}

// runes is a length in bytes of the filler that the field can take.
func (k *walk) runes(f *procedure.Field) int {
	const filler = 3 // bytes of a Han
	if f.Max != nil && *f.Max < 30 {
		return int(*f.Max) * filler
	}
	return 30 * filler
}

func kindOf(f *procedure.Field) string {
	if len(f.Values) == 0 {
		return "documentary"
	}
	return f.Values[0].Name
}

// check holds every record against the invariants.
func (k *walk) check() {
	sent := map[string]string{} // region/number -> record that was sent
	for _, id := range k.ids {
		rec := k.record(id)
		switch rec.Procedure {
		case "case_transfer":
			k.transfer(rec, sent)
		case "unqualified":
			k.notice(rec)
		}
		for _, l := range k.w.Law[rec.Procedure].Deadlines(k.w, rec, k.w.Time) {
			if !l.NotBefore && l.Verdict == procedure.Met && l.StoppedAt != 0 && l.Due < stoppedNow(rec, l) {
				k.t.Fatalf("%s: %s counts as met after it was due", id, l.Name)
			}
		}
	}
}

func stoppedNow(rec *procedure.Record, l procedure.Deadline) int64 {
	for i := range rec.Clocks {
		if c := &rec.Clocks[i]; c.Name == l.Name && c.StoppedAt == l.StoppedAt && c.Start == l.Start {
			return c.StoppedNow
		}
	}
	return 0
}

// transfer: at most one hop. What counts is the order of sending, by place in
// the ledger.
func (k *walk) transfer(rec *procedure.Record, sent map[string]string) {
	out := when(rec, "send")
	if out < 0 {
		return
	}
	number := rec.Owner + "/" + text(rec, "case_file_no")
	if other := sent[number]; other != "" {
		k.t.Fatalf("%s and %s both moved the case %s", other, rec.ID, number)
	}
	sent[number] = rec.ID
	for _, id := range k.ids {
		in := k.record(id)
		if in.Procedure != "case_transfer" || id == rec.ID || when(in, "send") < 0 || when(in, "send") > out {
			continue
		}
		if in.Parties["receiver"].Region != rec.Owner {
			continue
		}
		if text(in, "case_file_no") == text(rec, "case_file_no") {
			k.t.Fatalf("%s moved on the case that %s had brought", rec.ID, id)
		}
		same := text(in, "party_uscc") != "" && text(in, "party_uscc") == text(rec, "party_uscc")
		if same && text(rec, "distinct_case_reason") == "" {
			k.t.Fatalf("%s moved on the party that %s had brought, without a reason", rec.ID, id)
		}
		if filed := when(in, "file"); filed >= 0 && filed < out && in.Parties["handler"].Region == rec.Owner &&
			text(in, "handling_case_no") == text(rec, "case_file_no") {
			k.t.Fatalf("%s moved on the case that was filed from %s", rec.ID, id)
		}
	}
	if o := text(rec, "origin_record"); strings.HasPrefix(o, "CT-") {
		k.t.Fatalf("%s was sent although it comes from %s", rec.ID, o)
	}
	if len(rec.Joint) > 0 && rec.State != "objected" && rec.State != "reported" {
		k.t.Fatalf("%s left the dispute with one signature", rec.ID)
	}
}

// notice: the producer's region is told when the result is final, or urgently.
func (k *walk) notice(rec *procedure.Record) {
	for _, a := range rec.Acts {
		if a.Event == "notify_producer_region" && a.From != "confirmed" &&
			(a.Role != "bureau_head" || text(rec, "urgent_reason") == "") {
			k.t.Fatalf("%s was sent from %s without the bureau head's reason", rec.ID, a.From)
		}
	}
}

// when is the place in the ledger of an event's last happening, -1 if never.
func when(rec *procedure.Record, event string) int64 {
	at := int64(-1)
	for _, a := range rec.Acts {
		if a.Event == event && !a.Part {
			at = int64(a.Seq)
		}
	}
	return at
}

func text(rec *procedure.Record, field string) string {
	var s string
	_ = json.Unmarshal(rec.Fields[field], &s) // absent or not text: ""
	return s
}
