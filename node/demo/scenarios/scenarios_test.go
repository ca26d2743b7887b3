// Package scenarios_test plays the scenarios on the law documents alone: no
// node, no network, a ledger in miniature.
package scenarios_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/calendar/data"
	"sandi.internal/gateway/consensus/draw"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/law"
	"sandi.internal/gateway/consensus/procedure/script"
	"sandi.internal/gateway/node/demo/catalogue"
)

type scenario struct {
	Unregistered []string                  `yaml:"unregistered_draw_keys"`
	Pools        map[string]catalogue.Spec `yaml:"pools"`
	Steps        []step                    `yaml:"steps"`
}

type step struct {
	N     int       `yaml:"n"`
	At    time.Time `yaml:"at"`
	Note  bool      `yaml:"note"`
	Actor struct {
		Region, Org, Role, Person, Of string
	} `yaml:"actor"`
	Register  bool           `yaml:"register_draw_key"`
	Pool      string         `yaml:"pool"`
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
		Missing   []string
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
	if played < 3 {
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
	p.pools, p.keyless = s.Pools, s.Unregistered
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
	w       *script.World
	ids     map[string]string
	pools   map[string]catalogue.Spec
	keyless []string // regions without a draw key
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
	if st.Register {
		p.keyless = slices.DeleteFunc(p.keyless, func(region string) bool { return region == st.Actor.Region })
		return nil
	}
	if st.Refused != nil && strings.HasPrefix(st.Refused.Code, "draw_text_") {
		return nil // refused by the node, which holds the texts, not by the law
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
		want := st.Refused.Code
		if want == problem.ValidationFailed {
			want = procedure.CodeFieldInvalid // the door's word for it, which names all fields at once
		}
		if !ok || r.Code != want || !strings.Contains(r.Cite, st.Refused.Cite) {
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
	a := procedure.Act{Event: st.Act, Org: row.Replace(st.Actor.Org), Role: st.Actor.Role}
	if st.Actor.Of != "" {
		id, err := p.text(st.Actor.Of)
		if err != nil {
			return a, err
		}
		a.Org = strings.Trim(fmt.Sprintf("%s", id), `"`)[3:9] + "-SJ"
	}
	a.Region = procedure.RegionOf(a.Org)
	a.Person = script.Commitment(a.Region + row.Replace(st.Actor.Person))[4:26]
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
	if st.Pool != "" {
		frozen, err := p.frozen(st.Pool)
		if err != nil {
			return a, err
		}
		for k, v := range frozen {
			if _, stated := fields[k]; !stated {
				fields[k] = v
			}
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
	if name == "pool" {
		frozen, err := p.frozen(field)
		return frozen[draw.FieldPool], err
	}
	field, item, isItem := strings.Cut(field, ".")
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
	if !isItem {
		return rec.Fields[field], nil
	}
	var list []json.RawMessage
	place, err := strconv.Atoi(item)
	if err == nil {
		err = json.Unmarshal(rec.Fields[field], &list)
	}
	if err != nil || place >= len(list) {
		return nil, fmt.Errorf("%s has no item: %w", s, err)
	}
	return list[place], nil
}

// build makes a pool and its rule.
func (p *player) build(name string) (*draw.Pool, *draw.Rule, error) {
	spec := p.pools[name]
	return spec.Build(func(v string) (string, error) {
		if id := p.ids[v[1:]]; id != "" {
			return id, nil
		}
		return "", fmt.Errorf("no record %s", v)
	})
}

func (p *player) frozen(name string) (map[string]any, error) {
	pool, rule, err := p.build(name)
	if err != nil {
		return nil, err
	}
	return draw.Frozen(pool, rule)
}

// drawing does what the nodes do in a draw: those with a key contribute, two of them
// state what the draw gives.
func (p *player) drawing(id string) error {
	rec, err := p.w.Record(id)
	if err != nil {
		return err
	}
	doc := p.w.Law[rec.Procedure].Document()
	for _, auto := range []procedure.Auto{procedure.AutoDraw, procedure.AutoRank} {
		i := slices.IndexFunc(doc.Events, func(e procedure.Event) bool { return e.Auto == auto })
		if i < 0 {
			return nil
		}
		for _, region := range []string{"110000", "120000", "130000"} {
			done := slices.ContainsFunc(rec.Acts, func(a procedure.ActNote) bool { return a.Event == doc.Events[i].Name && a.Region == region })
			if done || slices.Contains(p.keyless, region) || !slices.Contains(doc.Events[i].From, rec.State) {
				continue
			}
			var fields map[string]any
			if auto == procedure.AutoDraw {
				fields = map[string]any{doc.Events[i].Require[0]: strings.Repeat(region[1:2], 192)}
			} else if fields, err = p.outcome(rec); err != nil {
				return err
			}
			a := procedure.Act{Event: doc.Events[i].Name, Region: region, Org: region + "-SJ", Role: "node", Person: script.Commitment("node " + region)[4:26]}
			if a.Fields, err = json.Marshal(fields); err != nil {
				return err
			}
			if rec, _, err = p.w.Step(id, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// outcome is what a draw gives.
func (p *player) outcome(rec *procedure.Record) (map[string]any, error) {
	r, err := draw.ReadRecord(rec.ID, rec.Fields)
	if err != nil {
		return nil, err
	}
	for name := range p.pools {
		pool, rule, err := p.build(name)
		if err != nil || pool.Digest() != r.Pool {
			continue
		}
		ranking, err := r.Rank(pool, rule)
		if err != nil {
			return nil, err
		}
		o := ranking.OutcomeOf()
		return o.Fields(), nil
	}
	return nil, fmt.Errorf("%s was frozen from no pool of the scenario", rec.ID)
}

// wait does what the nodes do by themselves: receipts that echo the digest,
// and events whose limit has passed.
func (p *player) wait(id string, st *step) error {
	rec, err := p.w.Record(id)
	if err != nil || rec == nil {
		return fmt.Errorf("no record %s", st.Wait.Record)
	}
	if err := p.drawing(id); err != nil {
		return err
	}
	if rec, err = p.w.Record(id); err != nil || rec.State == st.Wait.State {
		return errors.Join(err, p.check(rec, st))
	}
	doc := p.w.Law[rec.Procedure].Document()
	for i := range doc.Events {
		e := &doc.Events[i]
		if e.Auto != procedure.AutoReceipt && e.Auto != procedure.AutoDue && e.Auto != procedure.AutoLinked || e.To != st.Wait.State {
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
	if st.Expect.Missing != nil {
		r, err := draw.ReadRecord(rec.ID, rec.Fields)
		if err != nil {
			return err
		}
		if missing := 3 - len(r.Contributions); missing != len(st.Expect.Missing) {
			return fmt.Errorf("%d regions have not contributed, want %v", missing, st.Expect.Missing)
		}
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
