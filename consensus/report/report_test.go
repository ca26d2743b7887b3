package report

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/law"
)

// shelf is a ledger made by hand: records and what their acts stated.
type shelf struct {
	t       testing.TB
	laws    map[string]*procedure.Procedure
	records []*procedure.Record
	stated  []statedAct
	limits  map[string][]procedure.Deadline
}

type statedAct struct {
	event  string
	fields []byte
}

func newShelf(t testing.TB) *shelf {
	return &shelf{t: t, laws: embedded(), limits: map[string][]procedure.Deadline{}}
}

// embedded is the law that a network starts with, compiled once for all tests.
var embedded = sync.OnceValue(func() map[string]*procedure.Procedure {
	out := map[string]*procedure.Procedure{}
	for _, text := range law.Texts() {
		d, err := procedure.Parse([]byte(text.Text))
		if err != nil {
			panic(err)
		}
		if out[text.Name], err = procedure.Compile(d); err != nil {
			panic(err)
		}
	}
	return out
})

func (s *shelf) Records(name string, visit func(*procedure.Record) error) error {
	for _, r := range s.records {
		if name == AnyProcedure || r.Procedure == name {
			if err := visit(r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *shelf) Procedure(name string, version int) *procedure.Procedure {
	if p := s.laws[name]; p != nil && p.Document().Version == version {
		return p
	}
	d := s.laws[name].Document() // another version, which lacks every field
	p, err := procedure.Compile(&procedure.Document{
		Name: name, Version: version, Prefix: d.Prefix, Initial: d.Initial, Terminal: []string{d.Initial},
		States:  []procedure.State{{Name: d.Initial}},
		Parties: []procedure.PartyRule{{Name: "owner", Owner: true}},
		Open:    procedure.Event{Name: procedure.OpenEvent, By: []procedure.Actor{{Party: "owner", Role: "clerk"}}},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func (s *shelf) Stated(seq uint64) (string, []byte, error) {
	return s.stated[seq].event, s.stated[seq].fields, nil
}

func (s *shelf) Deadlines(r *procedure.Record) ([]procedure.Deadline, error) {
	return s.limits[r.ID], nil
}
func (s *shelf) Facts() procedure.Facts { return shelfFacts{s} }
func (s *shelf) Now() int64             { return at("2025-12-31") }

// shelfFacts are the facts that reports ask for: other records.
type shelfFacts struct{ *shelf }

func (f shelfFacts) Record(id string) (*procedure.Record, error) {
	i := slices.IndexFunc(f.records, func(r *procedure.Record) bool { return r.ID == id })
	if i < 0 {
		return nil, nil
	}
	return f.records[i], nil
}

func (shelfFacts) IsRegion(string) bool                                   { return true }
func (shelfFacts) Regions() int                                           { return 3 }
func (shelfFacts) OrgKnown(string) bool                                   { return true }
func (shelfFacts) Marked(string, string) (string, bool)                   { return "", false }
func (shelfFacts) Tally(string, string) int64                             { return 0 }
func (shelfFacts) Calendar() *calendar.Calendar                           { return nil }
func (shelfFacts) Contributes(_, _ string, _ uint64, _, _, _ string) bool { return false }
func (shelfFacts) Rule(string, int) (calendar.Rule, bool)                 { return calendar.Rule{}, false }

func at(day string) int64 {
	d, ok := calendar.ParseDay(day)
	if !ok {
		panic(day)
	}
	return d.Start() + 3600
}

// put opens a record of a region on a day.
func (s *shelf) put(name, id, day string, state string, fields string) *procedure.Record {
	r := &procedure.Record{
		ID: id, Procedure: name, Version: 1, Owner: strings.Split(id, "-")[1], State: state,
		Parties: map[string]procedure.Party{}, Fields: map[string]json.RawMessage{}, CreatedAt: at(day),
	}
	s.records = append(s.records, r)
	s.act(r, procedure.OpenEvent, r.Owner, day, fields)
	r.State = state
	return r
}

// act adds an act with what it states.
func (s *shelf) act(r *procedure.Record, event, region, day, fields string) {
	if fields == "" {
		fields = "{}"
	}
	if err := json.Unmarshal([]byte(fields), &r.Fields); err != nil {
		s.t.Fatalf("%s: %v", fields, err)
	}
	r.Acts = append(r.Acts, procedure.ActNote{Event: event, Region: region, At: at(day), Now: at(day), Seq: uint64(len(s.stated))})
	s.stated = append(s.stated, statedAct{event, []byte(fields)})
}

// compute counts a report of the binary.
func (s *shelf) compute(name string, req Request) *Result {
	s.t.Helper()
	res, err := Find(name).Compute(context.Background(), s, req)
	if err != nil {
		s.t.Fatal(err)
	}
	return res
}

// holds compares figures, groups of figures ("figure/key/key") and what was left
// out ("-rows/code") with what they have to be.
func holds(t *testing.T, res *Result, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for i := range res.Figures {
		f := &res.Figures[i]
		got[f.Name] = show(&f.Value)
		for _, c := range f.Cuts {
			for _, g := range c.Groups {
				key := f.Name
				for _, cell := range g.Key {
					key += "/" + cell.Code
				}
				got[key] = show(&g.Value)
			}
		}
	}
	for _, l := range res.LeftOut {
		got["-"+l.Rows+"/"+l.Code] = fmt.Sprint(l.Count)
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %q, not %q", name, got[name], value)
		}
	}
	for name := range got {
		if _, named := want[name]; strings.HasPrefix(name, "-") && !named {
			t.Errorf("%s rows were left out as %s", got[name], name)
		}
	}
}

func show(v *Value) string {
	s := v.Value
	if v.Den != "" {
		s = v.Num + "/" + v.Den + "=" + s
	}
	if v.Low != "" {
		s += " [" + v.Low + ", " + v.High + "]"
	}
	if v.Small {
		s += " small"
	}
	if v.Met != nil {
		s += fmt.Sprintf(" %v", *v.Met)
	}
	return s
}

// Ensure help is counted by person-times, distinct enterprises and distinct
// problems, and that cancelled, reopened, unsolved and double ones are not.
func TestTechnicalHelp(t *testing.T) {
	s := newShelf(t)
	one := s.put("help", "HE-120000-2022-000001", "2022-03-01", "closed", `{"help_no":"1","cluster":"自行车","enterprise_uscc":"E1"}`)
	s.act(one, "dispatch", "120000", "2022-03-02", `{"activity":"visit","activity_no":"P1","held_on":"2022-03-02","expert_times":3,"problems":[{"no":1,"text":"充电器"},{"no":2,"text":"车灯"}]}`)
	s.act(one, "dispatch", "130000", "2022-04-02", `{"activity":"training","activity_no":"P2","held_on":"2022-04-02","expert_times":2,"attendees":["E1","E2","E3"]}`)
	s.act(one, "solve", "120000", "2022-05-01", `{"problems":[{"no":1,"text":"充电器"},{"no":2,"text":"车灯"}],"problems_solved":[1]}`) // 2 stays unsolved
	s.act(one, "close", "120000", "2022-05-02", "")
	two := s.put("help", "HE-120000-2022-000002", "2022-06-01", "solved", `{"help_no":"2","enterprise_uscc":"E1"}`) // the same matter again
	s.act(two, "dispatch", "120000", "2022-03-02", `{"activity":"visit","activity_no":"P1","held_on":"2022-03-02","expert_times":3}`)
	s.act(two, "solve", "120000", "2022-06-02", `{"problems":[{"no":7,"text":"充电器"}],"problems_solved":[7]}`)
	three := s.put("help", "HE-120000-2022-000003", "2022-06-01", "closed", `{"help_no":"3","enterprise_uscc":"E9"}`)
	s.act(three, "cancel", "120000", "2022-06-02", `{"reason":"重复"}`)
	four := s.put("help", "HE-130000-2023-000001", "2023-01-01", "closed", `{"help_no":"4","enterprise_uscc":"E4"}`) // solved, reopened, given up
	s.act(four, "dispatch", "130000", "2023-01-02", `{"activity":"meeting","held_on":"2023-01-02","expert_times":0,"problems":[{"no":1,"text":"电缆"}]}`)
	s.act(four, "solve", "130000", "2023-01-03", `{"problems":[{"no":1,"text":"电缆"}],"problems_solved":[1]}`)
	s.act(four, "reopen", "130000", "2023-01-04", `{"reason":"反弹"}`)
	s.act(four, "give_up", "130000", "2023-01-05", `{"reason":"无法解决"}`)
	five := s.put("help", "HE-130000-2023-000002", "2023-02-01", "solved", `{"help_no":"5","enterprise_uscc":"E5","cluster":"线缆"}`) // reopened and solved again
	s.act(five, "dispatch", "130000", "2023-02-02", `{"activity":"visit","held_on":"2023-02-02","expert_times":1}`)
	s.act(five, "solve", "130000", "2023-02-03", `{"problems":[{"no":1,"text":"套管"}],"problems_solved":[1]}`)
	s.act(five, "reopen", "130000", "2023-02-04", `{"reason":"反弹"}`)
	s.act(five, "solve", "130000", "2023-02-05", `{"problems":[{"no":1,"text":"套管"},{"no":2,"text":"标志"}],"problems_solved":[1,2]}`)
	s.put("help", "HE-130000-2023-000003", "2023-02-01", "opened", `{"help_no":"6","enterprise_uscc":"E6"}`)

	holds(t, s.compute("technical_help", Request{}), map[string]string{
		"dispatches": "6", "dispatches/2022": "5", "dispatches/2023": "1", "dispatches/2022-Q1": "3", "dispatches/2022-Q2": "2",
		"dispatches/120000": "5", "dispatches/visit": "4", "dispatches/training": "2", "dispatches/meeting": "0",
		"trainings": "2", "trainings/2022": "1", "trainings/training": "1", "trainings/meeting": "1",
		"clusters": "2", "clusters/120000": "1", "enterprises": "5", "enterprises/120000": "3", "enterprises/130000": "2",
		"problems_solved": "3", "problems_solved/2022": "1", "problems_solved/2023": "2",
		"-activities/duplicate": "1", "-helped/cancelled": "1", "-helped/unfinished": "1",
		"-problems/unsolved": "1", "-problems/duplicate": "1", "-problems/reopened": "1",
	})
	holds(t, s.compute("technical_help", Request{Region: "130000"}), map[string]string{
		"dispatches": "1", "enterprises": "2", "problems_solved": "2", "-helped/unfinished": "1", "-problems/reopened": "1",
	})
	from, to := calendar.DayOf(at("2022-03-01")), calendar.DayOf(at("2022-03-31"))
	holds(t, s.compute("technical_help", Request{From: from, To: to}), map[string]string{
		"dispatches": "3", "trainings": "0", "-activities/duplicate": "1", "-problems/unsolved": "1",
	})

	res := s.compute("technical_help", Request{List: "problems_solved"})
	var counted, omitted []string
	for _, r := range res.Counted {
		counted = append(counted, r.Record+"#"+fmt.Sprint(r.Item))
	}
	for _, r := range res.Omitted {
		omitted = append(omitted, r.Record+"#"+fmt.Sprint(r.Item)+" "+r.Code)
	}
	if want := []string{one.ID + "#0", five.ID + "#0", five.ID + "#1"}; !slices.Equal(counted, want) {
		t.Errorf("counted are %v, not %v", counted, want)
	}
	if want := []string{one.ID + "#1 unsolved", two.ID + "#0 duplicate", four.ID + "#0 reopened"}; !slices.Equal(omitted, want) {
		t.Errorf("omitted are %v, not %v", omitted, want)
	}
	for _, r := range []*procedure.Record{one, two, three, four, five} {
		r.Parties["helper@110000"] = procedure.Party{Region: "110000"}
	}
	if got := s.compute("technical_help", Request{Sees: "110000"}); got.Records != 5 {
		t.Errorf("110000 sees %d records, not 5", got.Records)
	}
	if got := s.compute("technical_help", Request{Sees: "120000"}); got.Records != 3 {
		t.Errorf("120000 sees %d records, not 3", got.Records)
	}
}

// Ensure batches are told apart by their reports, products are distinct, and the
// share of problems has its numerator, denominator and interval.
func TestRiskMonitoring(t *testing.T) {
	s := newShelf(t)
	batch := func(n int, region, product, report, result string, acts ...string) {
		id := fmt.Sprintf("RM-%s-2022-%06d", region, n)
		r := s.put("monitoring", id, "2022-02-01", "assessed", fmt.Sprintf(`{"product_code":%q,"product_name":"名%s"}`, product, product))
		for _, event := range acts {
			fields := ""
			switch event {
			case "sample":
				fields = `{"sampled_on":"2022-01-20"}`
			case "test":
				fields = fmt.Sprintf(`{"lab_uscc":"L","report_no":%q,"result":%q}`, report, result)
			case "assess":
				fields = `{"risk_level":"low"}`
			}
			s.act(r, event, region, "2022-02-02", fields)
		}
	}
	batch(1, "110000", "P1", "A", "problem", "sample", "test", "assess")
	batch(2, "110000", "P1", "B", "no_problem", "sample", "test", "assess", "close")
	batch(1, "120000", "P1", "A", "problem", "sample", "test", "assess") // the same report, by another region
	batch(2, "120000", "P2", "C", "no_problem", "sample", "test", "assess")
	batch(3, "120000", "P3", "", "", "sample")
	batch(4, "120000", "P3", "", "", "abandon")
	holds(t, s.compute("risk_monitoring", Request{}), map[string]string{
		"products": "2", "batches": "3", "batches/P1": "2", "batches/2022-Q1": "3", "batches/110000": "2",
		"problem_rate": "1/3=0.3333 [0.0615, 0.7923] small", "problem_rate/P2": "0/1=0.0000 [0.0000, 0.7935] small",
		"-batches/duplicate": "1", "-batches/no_sample": "1", "-batches/unfinished": "1",
	})
	res := s.compute("risk_monitoring", Request{})
	if cell := res.Figures[1].Cuts[3].Groups[0].Key[0]; cell.Code != "P1" || cell.Name.ZH != "名P1" {
		t.Errorf("the product is called %+v", cell)
	}
}

// Ensure the floor is judged on exact sums: with corrections, per region and
// product, and to the last batch.
func TestListedFloor(t *testing.T) {
	s := newShelf(t)
	c := s.put("campaign", "CA-130000-2023-000001", "2023-01-05", "running", `{"title":"治理","campaign_type":"rectification_drive"}`)
	s.act(c, "report_period", "130000", "2023-04-02", `{"reported_quarter":"2023-03-31","batches_all":100,"batches_listed":29,"counters":{},
		"products":[{"product_code":"P1","product_name":"电缆","batches_all":60,"batches_listed":29},{"product_code":"P2","product_name":"钢筋","batches_all":40,"batches_listed":0}]}`)
	s.act(c, "report_period", "120000", "2023-04-02", `{"reported_quarter":"2023-03-31","batches_all":10,"batches_listed":3,"counters":{}}`)
	other := s.put("campaign", "CA-130000-2023-000002", "2023-01-05", "running", `{"title":"质量月","campaign_type":"quality_month"}`)
	s.act(other, "report_period", "130000", "2023-04-02", `{"reported_quarter":"2023-03-31","batches_all":900,"batches_listed":0,"counters":{}}`)
	want := map[string]string{
		"share": "32/110=0.2909 false", "share/130000": "29/100=0.2900 false", "share/120000": "3/10=0.3000 true", "share/2023/120000": "3/10=0.3000 true",
		"product_share/P1": "29/60=0.4833 true", "product_share/P2": "0/40=0.0000 false", "-returns/other_campaign": "1",
	}
	holds(t, s.compute("listed_floor", Request{}), want)
	s.act(c, "correct_period", "130000", "2023-04-03", `{"reported_quarter":"2023-03-31","change_all":0,"change_listed":1,"product_changes":[{"product_code":"P2","product_name":"钢筋","change_all":0,"change_listed":1}]}`)
	want["share"], want["share/130000"], want["product_share/P2"] = "33/110=0.3000 true", "30/100=0.3000 true", "1/40=0.0250 false"
	holds(t, s.compute("listed_floor", Request{}), want)
}

// Ensure quarterly counters are summed exactly, decimals too.
func TestCampaignCounters(t *testing.T) {
	s := newShelf(t)
	c := s.put("campaign", "CA-130000-2023-000001", "2023-01-05", "running", `{"title":"治理","campaign_type":"rectification_drive"}`)
	s.act(c, "report_period", "130000", "2023-04-02", `{"reported_quarter":"2023-03-31","batches_all":100,"batches_listed":29,"counters":{"inspected":7,"fines":"0.10","found_major":2}}`)
	s.act(c, "report_period", "120000", "2023-07-02", `{"reported_quarter":"2023-06-30","batches_all":10,"batches_listed":3,"counters":{"inspected":5,"fines":"0.20"}}`)
	holds(t, s.compute("campaign_counters", Request{}), map[string]string{
		"inspected": "12", "inspected/2023-Q1": "7", "inspected/2023-Q2/120000": "5", "fines": "0.30", "fines/130000": "0.10", "found_major": "2",
		"batches_all": "110", "batches_all/2023-Q1": "100", "inspected/rectification_drive": "12",
	})
}

// Ensure of a region's corrections the last counts, indicators have their names,
// shares their interval, and the correlation is over the pairs that have both.
func TestSituation(t *testing.T) {
	s := newShelf(t)
	set := `[{"code":"R1","group":"regulator","name":"合格率","unit":"%"},{"code":"G2","group":"growth","name":"增速","unit":"%"},{"code":"R3","group":"regulator","name":"批次","unit":"批"}]`
	for i, year := range []string{"2018", "2019"} {
		a := s.put("analysis", fmt.Sprintf("AN-130000-%s-000001", year), "2021-01-05", "collecting", fmt.Sprintf(`{"period_from":"%s-01-01","period_to":"%s-12-31","indicators":%s}`, year, year, set))
		if i == 0 {
			s.act(a, "submit_data", "130000", "2021-02-01", `{"data_return":[{"code":"R1","num":"1.0000","den":"2.0000","n":2}]}`)
		}
		s.act(a, "submit_data", "130000", "2021-02-02", fmt.Sprintf(`{"data_return":[{"code":"R1","num":"%d.0000","den":"100.0000","n":100},{"code":"G2","num":"%d.5000","den":"100.0000","n":0},{"code":"X","num":"1","den":"1","n":0}]}`, 90+i, 5+i))
		s.act(a, "submit_data", "110000", "2021-02-02", fmt.Sprintf(`{"data_return":[{"code":"R1","num":"%d.0000","den":"20.0000","n":20},{"code":"G2","num":"%d.0000","den":"100.0000","n":0}]}`, 19-i, 8-i))
		s.act(a, "submit_data", "120000", "2021-02-02", `{"data_return":[{"code":"R3","num":"500","den":"1","n":0}]}`)
	}
	holds(t, s.compute("situation", Request{}), map[string]string{
		"indicators": "3", "indicators/safety": "2", "indicators/industry": "1",
		"share/R1/130000/2018": "90.0000/100.0000=0.9000 [0.8256, 0.9448]", "share/R1/110000/2018": "19.0000/20.0000=0.9500 [0.7639, 0.9911] small",
		"share/G2/130000/2018": "5.5000/100.0000=0.0550", "value/R3/120000": "1000.0000/2.0000=500.0000",
		"safety_and_growth":  "0.6325 small", // ranks 4 1.5 1.5 3 against 4 1 3 2: 3 / sqrt(4.5*5)
		"-values/superseded": "1", "-values/not_in_the_set": "2",
	})
}

// Ensure the composite is the weighted mean of scores between the regions of one
// analysis: less is better where the direction says so, equals score a half, and what
// has no weight, no direction or no rival counts for nothing.
func TestComposite(t *testing.T) {
	s := newShelf(t)
	set := `[{"code":"A","group":"regulator","name":"甲","unit":"%","direction":1,"weight":"3.00"},{"code":"B","group":"consumer","name":"乙","unit":"件","direction":-1,"weight":"1.50"},
		{"code":"C","group":"growth","name":"丙","unit":"%","direction":1,"weight":"0.50"},{"code":"D","group":"growth","name":"丁","unit":"%","direction":1},
		{"code":"E","group":"growth","name":"戊","unit":"%","direction":0,"weight":"9.00"},{"code":"F","group":"growth","name":"己","unit":"%","direction":1,"weight":"9.00"}]`
	data := func(values ...string) string {
		var list []string
		for i, v := range values {
			if v != "" {
				list = append(list, fmt.Sprintf(`{"code":"%c","num":%q,"den":"10.0000","n":10}`, 'A'+i, v))
			}
		}
		return `{"data_return":[` + strings.Join(list, ",") + `]}`
	}
	for _, year := range []string{"2018", "2019"} {
		a := s.put("analysis", fmt.Sprintf("AN-130000-%s-000001", year), "2021-01-05", "collecting", fmt.Sprintf(`{"period_from":"%s-01-01","period_to":"%s-12-31","indicators":%s}`, year, year, set))
		if year == "2019" { // one region only: nothing to compare
			s.act(a, "submit_data", "110000", "2021-02-02", data("9.0000", "1.0000"))
			continue
		}
		s.act(a, "submit_data", "110000", "2021-02-02", data("9.0000", "2.0000", "5.0000", "9.0000", "9.0000", "9.0000"))
		s.act(a, "submit_data", "120000", "2021-02-02", data("5.0000", "-2.0000", "5.0000", "1.0000", "1.0000", ""))
		s.act(a, "submit_data", "130000", "2021-02-02", data("8.0000", "", "5.0000", "", "", ""))
	}
	holds(t, s.compute("situation", Request{}), map[string]string{
		"composite/AN-130000-2018-000001/110000": "3.2500/5.0000=0.6500 small", // A 1, B 0, C 1/2
		"composite/AN-130000-2018-000001/120000": "1.7500/5.0000=0.3500 small", // A 0, B 1, C 1/2
		"composite/AN-130000-2018-000001/130000": "2.5000/3.5000=0.7143 small", // A 3/4, C 1/2
		"composite/AN-130000-2019-000001/110000": "",
	})
}

// Ensure the rating in force counts, and the lists as published.
func TestRiskAndLists(t *testing.T) {
	s := newShelf(t)
	rate := func(n int, state, class string, events ...string) {
		r := s.put("risk_rating", fmt.Sprintf("RR-120000-2025-%06d", n), "2025-06-01", state, fmt.Sprintf(`{"risk_class":%q,"score":%d,"valid_month":"2025-06","model_version":"1"}`, class, 100*n))
		for _, e := range events {
			s.act(r, e, "120000", "2025-06-02", "")
		}
	}
	rate(1, "superseded", "a", "confirm", "supersede")
	rate(2, "confirmed", "b", "confirm")
	rate(3, "confirmed", "b", "confirm")
	rate(4, "proposed", "d")
	rate(5, "superseded", "d", "withdraw")
	holds(t, s.compute("risk_classes", Request{}), map[string]string{
		"enterprises": "2", "enterprises/b": "2", "enterprises/2025-06/b": "2", "mean_score": "500/2=250.0000 small",
		"-ratings/superseded": "1", "-ratings/unconfirmed": "1", "-ratings/withdrawn": "1",
	})
	entry := func(n int, state, list string, events ...string) {
		r := s.put("listing", fmt.Sprintf("RB-120000-2025-%06d", n), "2025-06-01", state, fmt.Sprintf(`{"list_kind":%q,"product_code":"P","product_name":"灯","enterprise_uscc":"E%d","enterprise_name":"合成%d"}`, list, n, n))
		for _, e := range events {
			s.act(r, e, "120000", "2025-06-02", "")
		}
	}
	entry(1, "published", "red", "review", "publish")
	entry(2, "published", "black", "review", "publish")
	entry(3, "withdrawn", "black", "review", "publish", "withdraw")
	entry(4, "withdrawn", "black", "drop")
	entry(5, "drafted", "red")
	holds(t, s.compute("red_black_list", Request{}), map[string]string{
		"entries": "2", "entries/red": "1", "entries/black/P/E2": "1",
		"-entries/withdrawn": "1", "-entries/dropped": "1", "-entries/unpublished": "1",
	})
}

// Ensure limits are counted by who owes them and how they came out.
func TestOverdue(t *testing.T) {
	s := newShelf(t)
	r := s.put("campaign", "CA-130000-2023-000001", "2023-01-05", "running", `{}`)
	run := func(region string, v procedure.Verdict) procedure.Deadline {
		return procedure.Deadline{Name: "summary", Title: procedure.Label{ZH: "总结", EN: "Summary"}, Region: region, Org: region + "-SJ", Verdict: v, Due: at("2023-03-01")}
	}
	s.limits[r.ID] = []procedure.Deadline{
		run("130000", procedure.Met), run("130000", procedure.Met), run("130000", procedure.Late), run("130000", procedure.Overdue), run("130000", procedure.Open),
		{Name: "confirmation", Owner: "region", Verdict: procedure.Met, Due: at("2023-03-01")}, // owed by several
		run("120000", procedure.Lapsed), run("120000", procedure.Cancelled), run("120000", procedure.Overdue),
	}
	holds(t, s.compute("overdue", Request{}), map[string]string{
		"overdue": "2", "overdue/130000/130000-SJ": "1", "late": "1", "met": "3", "met/region/region": "1", "in_time/130000": "2/4=0.5000 [0.1500, 0.8500] small",
		"in_time/120000": "0/1=0.0000 [0.0000, 0.7935] small", "verdicts": "9", "verdicts/lapsed": "1", "overdue/campaign/summary": "2",
	})
}

// Ensure expert-days are those spent in another region, from arrival to findings.
func TestReciprocity(t *testing.T) {
	s := newShelf(t)
	for i, region := range []string{"110000", "120000", "130000"} {
		s.put("expert", fmt.Sprintf("EX-%s-2025-00000%d", region, i+1), "2025-01-01", "active", `{}`).Parties["home"] = procedure.Party{Region: region}
	}
	a := s.put("assignment", "MA-110000-2025-000001", "2025-05-01", "handed_over", `{"experts":["EX-110000-2025-000001","EX-120000-2025-000002","EX-130000-2025-000003"]}`)
	a.Parties["host"] = procedure.Party{Region: "130000"}
	s.act(a, "start_onsite", "110000", "2025-05-27", `{}`)
	s.act(a, "submit_findings", "110000", "2025-05-29", `{"findings":[]}`)
	h := s.put("help", "HE-120000-2025-000001", "2025-03-01", "dispatched", `{}`)
	s.act(h, "dispatch", "110000", "2025-03-02", `{"activity":"visit","held_on":"2025-03-02","expert_times":4}`)
	s.act(h, "dispatch", "120000", "2025-03-02", `{"activity":"visit","held_on":"2025-03-03","expert_times":9}`)
	holds(t, s.compute("reciprocity", Request{}), map[string]string{
		"sent": "10", "sent/110000": "7", "sent/120000": "3", "received": "10", "received/130000": "6", "received/120000": "4",
		"sent/110000/120000": "4", "sent/inspection/110000": "3", "-days/own_region": "2",
	})
}

// Ensure a record under a version that the report does not fit is left out, and
// said so; and that a cancelled reader stops the work.
func TestOtherLaw(t *testing.T) {
	s := newShelf(t)
	s.put("listing", "RB-120000-2025-000001", "2025-06-01", "published", `{"list_kind":"red"}`).Version = 2
	holds(t, s.compute("red_black_list", Request{}), map[string]string{"entries": "0", "-entries/other_law": "1"})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Find("red_black_list").Compute(ctx, s, Request{}); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}
