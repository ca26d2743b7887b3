package procedure

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"

	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/calendar/data"
)

// planWords are texts that make comparisons come out both ways.
var planWords = []string{"", "a", "110000", "120000-SJ", "2025-08-19", "2025-08-19T10:00:00+08:00", "provincial", "national", "not a date", "XX-110000-2025-000001"}

// planFacts answers from a random source, the same question always alike.
type planFacts struct {
	r        *rand.Rand
	record   *Record
	calendar *calendar.Calendar
	rules    *calendar.Rules
}

func (f *planFacts) IsRegion(code string) bool { return len(code) == 6 }
func (f *planFacts) Regions() int              { return 3 }
func (f *planFacts) OrgKnown(code string) bool { return code != "" }
func (f *planFacts) Marked(set, key string) (string, bool) {
	return "XX-110000-2025-000001", (len(set)+len(key))%2 == 0
}

func (f *planFacts) Contributes(_, _ string, opened uint64, _, _, signature string) bool {
	return len(signature)%2 == int(opened%2)
}
func (f *planFacts) Tally(set, key string) int64 { return int64(len(set) + len(key)) }
func (f *planFacts) Record(id string) (*Record, error) {
	if strings.HasPrefix(id, "YY") {
		return nil, errors.New("storage failed")
	}
	return f.record, nil
}
func (f *planFacts) Calendar() *calendar.Calendar { return f.calendar }
func (f *planFacts) Rule(id string, version int) (calendar.Rule, bool) {
	return f.rules.Rule(id)
}

// raw is a random value of a field, as JSON.
func (f *planFacts) raw(d *Field) string {
	word := func() string { return strconv.Quote(planWords[f.r.IntN(len(planWords))]) }
	switch fieldTypes[d.Type].guard {
	case guardInt:
		return strconv.Itoa(f.r.IntN(5) - 1)
	case guardBool:
		return strconv.FormatBool(f.r.IntN(2) == 0)
	case guardList:
		items := make([]string, f.r.IntN(4))
		for i := range items {
			if d.Type == TypeList && d.Of.Type == TypeInt {
				items[i] = strconv.Itoa(f.r.IntN(5))
			} else {
				items[i] = word()
			}
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	return word()
}

// frame is an act as guards see it, with random fields in it and in its record.
func (f *planFacts) frame(t testing.TB, p *Procedure) *frame {
	word := func() string { return planWords[f.r.IntN(len(planWords))] }
	c := &frame{p: p, facts: f, party: word()}
	c.act = Act{Region: word(), Org: word(), Role: word(), Person: word(), At: 1757901600 + f.r.Int64N(3), Now: 1757901600}
	c.rec = &Record{
		ID: "XX-110000-2025-000001", State: p.doc.States[f.r.IntN(len(p.doc.States))].Name, Owner: "110000", Procedure: p.doc.Name,
		Parties: map[string]Party{}, Fields: map[string]json.RawMessage{},
	}
	for _, party := range p.doc.Parties {
		c.rec.Parties[party.Name] = Party{Region: word(), Org: word()}
	}
	for range f.r.IntN(4) {
		e := p.doc.Events[f.r.IntN(len(p.doc.Events))]
		c.rec.Acts = append(c.rec.Acts, ActNote{Event: e.Name, Region: word(), At: 1757901600, From: "a", To: "b"})
	}
	var text []string
	var stated []*Field
	for i := range p.doc.Fields {
		d := &p.doc.Fields[i]
		if d.See != SeeClear {
			continue
		}
		if f.r.IntN(3) > 0 {
			c.rec.Fields[d.Name] = json.RawMessage(f.raw(d))
		}
		if f.r.IntN(3) > 0 {
			stated = append(stated, d)
			text = append(text, strconv.Quote(d.Name)+":"+f.raw(d))
		}
	}
	var ok bool
	if c.in.list, ok = parseJSON(nil, []byte("{"+strings.Join(text, ",")+"}")); !ok {
		t.Fatalf("not JSON: %s", text)
	}
	for i, n := 1, 0; i < int(c.in.list[0].next); i, n = int(c.in.list[i].next), n+1 {
		c.in.clear = append(c.in.clear, given{field: stated[n], node: i})
		c.in.names = append(c.in.names, stated[n].Name)
	}
	slices.Sort(c.in.names)
	return c
}

// planned is every expression of every document, with its procedure.
func planned(t testing.TB) map[*Procedure][]*expr {
	all := map[*Procedure][]*expr{}
	for _, pattern := range []string{"law/*.yaml", "testdata/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no documents in %s: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			d, err := Parse(text)
			if err != nil {
				continue // a document that is wrong fails its own tests
			}
			if p, err := Compile(d); err == nil {
				all[p] = p.expressions()
			}
		}
	}
	return all
}

func (p *Procedure) expressions() (list []*expr) {
	of := func(e *event) {
		list = append(append(append(list, e.guards...), e.marks...), e.unmarks...)
		for _, t := range e.tallies {
			list = append(list, t.key, t.add)
		}
		if e.condition != nil {
			list = append(list, e.condition)
		}
	}
	of(p.open)
	for _, name := range p.named {
		for _, e := range name {
			of(e)
		}
	}
	for _, l := range p.limits {
		for _, x := range l.starts {
			if x != nil {
				list = append(list, x)
			}
		}
	}
	return list
}

func newPlanFacts(t testing.TB) *planFacts {
	cal, err := calendar.Parse([]byte(data.Workdays))
	if err != nil {
		t.Fatal(err)
	}
	rules, err := calendar.ParseRules([]byte(data.Rules))
	if err != nil {
		t.Fatal(err)
	}
	return &planFacts{r: rand.New(rand.NewPCG(3, 4)), calendar: cal, rules: rules}
}

// outcome is all that the engine sees of an evaluation.
func outcome(c *frame, prog cel.Program) string {
	out, _, err := prog.Eval(c)
	failure := c.err
	c.err = nil
	switch {
	case failure != nil:
		return "facts: " + failure.Error()
	case err != nil:
		return "failed"
	}
	return fmt.Sprintf("%s %v", out.Type(), out.Value())
}

// TestPlan: our plan of an expression gives what cel-go's own gives, for every
// expression of every document and for what none of them has, on random acts.
func TestPlan(t *testing.T) {
	f := newPlanFacts(t)
	differ := func(p *Procedure, l *language, text string) {
		checked, iss := l.env.Compile(rewriteInput(text))
		if iss.Err() != nil {
			t.Fatalf("%s: %v", text, iss.Err())
		}
		own, err := l.env.Program(checked, cel.EvalOptions(cel.OptOptimize))
		if err != nil {
			t.Fatal(err)
		}
		ours, err := l.plan(checked)
		if err != nil {
			t.Fatal(err)
		}
		frames := 40
		if testing.Short() {
			frames = 10
		}
		for range frames {
			c := f.frame(t, p)
			f.record = c.rec
			if a, b := outcome(c, own), outcome(c, ours); a != b {
				t.Fatalf("%s: %s: cel-go gives %s, the plan %s", p.doc.Name, text, a, b)
			}
		}
	}
	count := 0
	for p, list := range planned(t) {
		l, err := newLanguage(p.ix)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range list {
			differ(p, l, x.text)
			count++
		}
	}
	if count < 200 {
		t.Errorf("only %d expressions compared", count)
	}
	p, l := planWorld(t)
	for _, text := range []string{
		`"a" + in.kind + ("b" + rec.kind + ("c" + act.region)) + "d"`,
		`(in.tags + rec.tags)[2]`, // fails when the lists are short
		`in.tags[0] + "x" + in.tags[3]`,
		`"x" + linked_state("YY-110000-2025-000001") + in.tags[9]`, // both fail
		`date("no date") > 0 && "a" + in.kind == "a"`,              // absorbed by a false side
		`"a" + in.kind == "a" || date("no date") > 0`,
		`in.tags.exists(rec_state, rec_state == "a")`, // a variable of its own hides rec_state
		`in.tags.all(x, x + rec_state + "z" != in.kind)`,
		`in.kind in ["a", rec.kind, "x" + act.org]`,
		`size("é" + in.kind) > 1 ? in.copies + 1 : rec.copies - 9007199254740991 * 9007199254740991`,
		`marked("file_no", "a" + (in.urgent ? in.kind : rec.kind) + "/" + act.org)`,
		`acts("approve") + regions() + (running("answer") ? 1 : 0)`,
	} {
		differ(p, l, text)
	}
}

// planWorld is the document of the other tests.
func planWorld(t testing.TB) (*Procedure, *language) {
	text, err := os.ReadFile("testdata/exercise.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(d)
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLanguage(p.ix)
	if err != nil {
		t.Fatal(err)
	}
	return p, l
}

// BenchmarkGuards evaluates the guards and marks of an opening that nothing is
// wrong with.
func BenchmarkGuards(b *testing.B) {
	text, err := os.ReadFile("law/unqualified.yaml")
	if err != nil {
		b.Fatal(err)
	}
	d, err := Parse(text)
	if err != nil {
		b.Fatal(err)
	}
	p, err := Compile(d)
	if err != nil {
		b.Fatal(err)
	}
	l, err := newLanguage(p.ix)
	if err != nil {
		b.Fatal(err)
	}
	f := newPlanFacts(b)
	c := f.frame(b, p)
	*c = frame{p: p, facts: f, act: c.act, rec: &Record{State: d.Initial}}
	c.act.Fields = []byte(`{"sample_no":"S-1","sampled_on":"2025-08-19","sampling_level":"provincial","place_kind":"producer_store",` +
		`"product_name":"合成","model":"1","batch_no":"1","producer_name":"合成","producer_division":"120000"}`)
	if err := c.readInput(&Event{Optional: []string{
		"sample_no", "sampled_on", "sampling_level", "place_kind", "product_name", "model", "batch_no", "producer_name", "producer_division",
	}}); err != nil {
		b.Fatal(err)
	}
	for _, plan := range []struct {
		name string
		of   func(*cel.Ast) (cel.Program, error)
	}{
		{"cel-go", func(a *cel.Ast) (cel.Program, error) { return l.env.Program(a, cel.EvalOptions(cel.OptOptimize)) }},
		{"plan", l.plan},
	} {
		var progs []cel.Program
		for _, x := range append(p.open.guards, p.open.marks...) {
			checked, iss := l.env.Compile(rewriteInput(x.text))
			if iss.Err() != nil {
				b.Fatal(iss.Err())
			}
			prog, err := plan.of(checked)
			if err != nil {
				b.Fatal(err)
			}
			progs = append(progs, prog)
		}
		b.Run(plan.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, prog := range progs {
					if _, _, err := prog.Eval(c); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
