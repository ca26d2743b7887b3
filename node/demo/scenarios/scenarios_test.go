// Package scenarios_test plays the scenarios on the law documents alone: no
// node, no network, a ledger in miniature.
package scenarios_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/calendar/data"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/law"
	"sandi.internal/gateway/consensus/procedure/script"
)

type scenario struct {
	Steps []step `yaml:"steps"`
}

type step struct {
	N     int       `yaml:"n"`
	At    time.Time `yaml:"at"`
	Note  bool      `yaml:"note"`
	Actor struct {
		Org, Role, Person string
	} `yaml:"actor"`
	Open      string         `yaml:"open"`
	As        string         `yaml:"as"`
	Act       string         `yaml:"act"`
	Record    string         `yaml:"record"`
	Fields    map[string]any `yaml:"fields"`
	Materials []struct {
		Field, Name, Kind, Text string
		Pages                   int
	} `yaml:"materials"`
	Expect struct {
		State     string  `yaml:"state"`
		Deadline  *limit  `yaml:"deadline"`
		Deadlines []limit `yaml:"deadlines"`
	} `yaml:"expect"`
	Refused *struct {
		Code, Cite string
		Status     int
	} `yaml:"refused"`
	Wait *struct {
		Record, State string
	} `yaml:"wait"`
	Repeat *struct {
		Columns []string
		Rows    [][]string
		Count   int
	} `yaml:"repeat"`
}

type limit struct{ Name, Due, Verdict string }

// Ensure the documents bring out every step as it is written.
func TestScenariosOnTheLaw(t *testing.T) {
	files, err := filepath.Glob("*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	played := 0
	for _, file := range files {
		if file == "orgs.yaml" {
			continue
		}
		played++
		t.Run(file, func(t *testing.T) { playFile(t, file) })
	}
	if played < 2 {
		t.Fatalf("only %d scenarios found", played)
	}
}

func playFile(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var s scenario
	if err := yaml.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	p := newPlayer(t)
	for _, st := range s.Steps {
		if now := st.At.Unix(); now < p.w.Time {
			t.Fatalf("step %d: the clock goes back", st.N)
		} else {
			p.w.Time = now
		}
		for _, row := range rows(&st) {
			if err := p.step(&st, row); err != nil {
				t.Fatalf("step %d: %v", st.N, err)
			}
		}
	}
}

// rows are the replacements of a repeated step, one empty set otherwise.
func rows(st *step) []*strings.Replacer {
	if st.Repeat == nil {
		return []*strings.Replacer{strings.NewReplacer()}
	}
	var out []*strings.Replacer
	for i := range st.Repeat.Count {
		out = append(out, strings.NewReplacer("${i}", fmt.Sprint(i+1)))
	}
	for _, row := range st.Repeat.Rows {
		var pairs []string
		for i, c := range st.Repeat.Columns {
			pairs = append(pairs, "${"+c+"}", row[i])
		}
		out = append(out, strings.NewReplacer(pairs...))
	}
	return out
}

type player struct {
	w   *script.World
	ids map[string]string
}

func newPlayer(t *testing.T) *player {
	cal, err := calendar.Parse([]byte(data.Workdays))
	if err != nil {
		t.Fatal(err)
	}
	table, err := calendar.ParseRules([]byte(data.Rules))
	if err != nil {
		t.Fatal(err)
	}
	w := script.NewWorld(cal, table, "110000", "120000", "130000")
	for _, text := range law.Texts() {
		d, err := procedure.Parse([]byte(text.Text))
		if err != nil {
			t.Fatal(err)
		}
		if w.Law[d.Name], err = procedure.Compile(d); err != nil {
			t.Fatal(err)
		}
	}
	return &player{w: w, ids: map[string]string{}}
}

func (p *player) step(st *step, row *strings.Replacer) error {
	if st.Note {
		return nil
	}
	if st.Wait != nil {
		id := p.ids[strings.TrimPrefix(row.Replace(st.Wait.Record), "$")]
		return p.wait(id, st)
	}
	id := p.ids[strings.TrimPrefix(row.Replace(st.Record), "$")]
	name := st.Open
	if st.Act != "" {
		rec, err := p.w.Record(id)
		if err != nil || rec == nil {
			return fmt.Errorf("no record %s", st.Record)
		}
		name = rec.Procedure
	}
	a, err := p.act(name, st, row)
	if err != nil {
		return err
	}
	var rec *procedure.Record
	if st.Open != "" {
		rec, _, err = p.w.Open(st.Open, a)
	} else {
		rec, _, err = p.w.Step(id, a)
	}
	if st.Refused != nil {
		r, ok := err.(*procedure.Refusal)
		if !ok || r.Code != st.Refused.Code || !strings.Contains(r.Cite, st.Refused.Cite) {
			return fmt.Errorf("got %v, want a refusal %s citing %q", err, st.Refused.Code, st.Refused.Cite)
		}
		return nil
	}
	if err != nil {
		return err
	}
	if st.As != "" {
		p.ids[row.Replace(st.As)] = rec.ID
	}
	return p.check(rec, st)
}

// act builds what the actor's node would send.
func (p *player) act(name string, st *step, row *strings.Replacer) (procedure.Act, error) {
	a := procedure.Act{Event: st.Act, Org: st.Actor.Org, Role: st.Actor.Role}
	a.Region = procedure.RegionOf(a.Org)
	a.Person = script.Commitment(a.Region + st.Actor.Person)[4:26]
	doc := p.w.Law[name]
	fields := map[string]any{}
	for k, v := range st.Fields {
		switch f := doc.Field(k); {
		case f != nil && f.See == procedure.SeeCommit:
			if a.Commits == nil {
				a.Commits = map[string]string{}
			}
			a.Commits[k] = script.Commitment(fmt.Sprint(v))
		case f != nil && f.See == procedure.SeeHome:
			a.Home, a.Private = append(a.Home, k), script.Commitment("private")
		default:
			v, err := p.resolve(v, row)
			if err != nil {
				return a, err
			}
			fields[k] = v
		}
	}
	for _, m := range st.Materials {
		sum := script.Commitment(a.Region + row.Replace(m.Text))
		if f := doc.Field(m.Field); f != nil && f.Type == procedure.TypeCommitment {
			fields[m.Field] = sum
			continue
		}
		list, _ := fields[m.Field].([]any)
		fields[m.Field] = append(list, map[string]any{"kind": m.Kind, "pages": m.Pages, "size": len(m.Text), "commitment": sum})
	}
	raw, err := json.Marshal(fields)
	a.Fields = raw
	return a, err
}

// resolve replaces columns, record variables and fields of records.
func (p *player) resolve(v any, row *strings.Replacer) (any, error) {
	switch v := v.(type) {
	case string:
		return p.text(row.Replace(v))
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			r, err := p.resolve(e, row)
			if err != nil {
				return nil, err
			}
			out[i] = r
		}
		return out, nil
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			r, err := p.resolve(e, row)
			if err != nil {
				return nil, err
			}
			out[k] = r
		}
		return out, nil
	}
	return v, nil
}

func (p *player) text(s string) (any, error) {
	if !strings.HasPrefix(s, "$") {
		return s, nil
	}
	name, field, isField := strings.Cut(s[1:], ".")
	id := p.ids[name]
	if id == "" {
		return nil, fmt.Errorf("no record %s", s)
	}
	if !isField {
		return id, nil
	}
	rec, err := p.w.Record(id)
	if err != nil {
		return nil, err
	}
	return rec.Fields[field], nil
}

// wait does what the nodes do by themselves: receipts that echo the digest,
// and events whose limit has passed.
func (p *player) wait(id string, st *step) error {
	rec, err := p.w.Record(id)
	if err != nil || rec == nil {
		return fmt.Errorf("no record %s", st.Wait.Record)
	}
	doc := p.w.Law[rec.Procedure].Document()
	for i := range doc.Events {
		e := &doc.Events[i]
		if e.Auto != procedure.AutoReceipt && e.Auto != procedure.AutoDue || e.To != st.Wait.State {
			continue
		}
		region := "110000"
		if e.By[0].Party != procedure.AnyParty {
			region = rec.Parties[e.By[0].Party].Region
		}
		a := procedure.Act{Event: e.Name, Region: region, Org: region + "-SJ", Role: "node", Person: script.Commitment("node " + region)[4:26]}
		fields := map[string]json.RawMessage{}
		for _, x := range e.Echo {
			fields[x.Field] = rec.Fields[x.From]
		}
		if a.Fields, err = json.Marshal(fields); err != nil {
			return err
		}
		if rec, _, err = p.w.Step(id, a); err != nil {
			return err
		}
		return p.check(rec, st)
	}
	return fmt.Errorf("no automatic event leads to %s", st.Wait.State)
}

func (p *player) check(rec *procedure.Record, st *step) error {
	if st.Expect.State != "" && rec.State != st.Expect.State {
		return fmt.Errorf("%s is %s, want %s", rec.ID, rec.State, st.Expect.State)
	}
	want := st.Expect.Deadlines
	if st.Expect.Deadline != nil {
		want = append(want, *st.Expect.Deadline)
	}
	have := p.w.Law[rec.Procedure].Deadlines(p.w, rec, p.w.Time)
	for _, l := range want {
		if err := l.check(have); err != nil {
			return fmt.Errorf("%s: %w", rec.ID, err)
		}
	}
	return nil
}

// check looks for the latest run of the limit.
func (l limit) check(have []procedure.Deadline) error {
	for i := len(have) - 1; i >= 0; i-- {
		d := have[i]
		if d.Name != l.Name {
			continue
		}
		if l.Due != "" && d.Date != l.Due || l.Verdict != "" && string(d.Verdict) != l.Verdict {
			return fmt.Errorf("%s is due %s, %s; want %s, %s", l.Name, d.Date, d.Verdict, l.Due, l.Verdict)
		}
		return nil
	}
	return fmt.Errorf("%s does not run", l.Name)
}
