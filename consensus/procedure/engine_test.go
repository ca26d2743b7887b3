package procedure_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/script"
)

// fieldsFor holds a value for every field of the exercise.
var fieldsFor = map[string][]string{
	"file_no": {`"津武市监立〔2025〕7号"`, `"津武市监立〔2025〕8号"`, `"7"`}, "helper_org": {`"131000-SJ"`, `"110115-SJ"`, `"120114-SJ"`},
	"third_org": {`"110115-SJ"`, `"130600-SJ"`, `"140000-SJ"`}, "subject": {`"甲"`, `""`}, "urgent": {`true`, `false`}, "copies": {`1`, `12`, `100`},
	"value": {`"1.00"`, `"1"`}, "kind": {`"check"`}, "matters": {`[{"no":1,"question":"甲","served_on":"2025-09-10"}]`, `[]`},
	"officers": {`[{"cert_no":"A1","person":"张*"},{"cert_no":"A2","person":"李*"}]`}, "tags": {`["A1"]`, `["B"]`}, "party_code": {`"x"`},
	"doc_no": {`"津市监协查〔2025〕18号"`, `"津市监协查〔2025〕19号"`}, "materials": {`[]`}, "reason": {`"理由"`},
	"excluded_periods": {`[{"kind":"test","from":"2025-09-20","to":"2025-09-24"}]`, `[{"kind":"hearing","from":"2025-09-20","to":"2025-09-24"}]`},
	"new_limit":        {`"2025-12-31"`, `"2025-09-01"`}, "decided_on": {`"2025-09-16"`, `"2026-09-16"`}, "agreement_ref": {`"甲"`, `"乙"`}, "agreed_on": {`"2025-09-16"`},
	"related": {`[]`}, "origin": {`"XX-120000-2025-000001"`, `"XX-120000-2025-000999"`},
}

// drawAct draws an act that may or may not be allowed; with luck it is one of
// the record's options, done by somebody who may.
func drawAct(rt *rapid.T, p *procedure.Procedure, w *script.World, rec *procedure.Record) procedure.Act {
	a := procedure.Act{
		Org:    rapid.SampledFrom([]string{"120114-SJ", "120000-SJ", "131000-SJ", "130000-SJ", "110115-SJ", "110000-SJ", "140000-SJ"}).Draw(rt, "org"),
		Role:   rapid.SampledFrom([]string{"clerk", "officer", "unit_head", "bureau_head", "liaison", "node"}).Draw(rt, "role"),
		Person: rapid.SampledFrom([]string{person1, person2}).Draw(rt, "person"),
		At:     w.Time,
	}
	takes := p.Events(procedure.OpenEvent)
	if rec != nil {
		options := p.Options(w, rec, w.Time)
		if len(options) > 0 && rapid.IntRange(0, 9).Draw(rt, "sensible") < 9 {
			o := options[rapid.IntRange(0, len(options)-1).Draw(rt, "option")]
			by := o.By[rapid.IntRange(0, len(o.By)-1).Draw(rt, "by")]
			a.Event, a.Role = o.Event, by.Role
			if by.Org != "" {
				a.Org = by.Org
			}
		} else {
			a.Event = rapid.SampledFrom([]string{"approve", "send", "receive", "answer", "settle", "close", "cancel", "all_confirmed", "none"}).Draw(rt, "event")
		}
		takes = p.Events(a.Event)
	}
	a.Region = procedure.RegionOf(a.Org)
	if len(takes) > 0 {
		a.Fields, a.Home, a.Commits = drawFields(rt, p, takes[0])
	}
	if len(a.Home) > 0 {
		a.Private = script.Commitment("private")
	}
	return a
}

func drawFields(rt *rapid.T, p *procedure.Procedure, e *procedure.Event) (clear []byte, home []string, commits map[string]string) {
	names := append([]string{}, e.Require...)
	for _, o := range e.Optional {
		if rapid.IntRange(0, 3).Draw(rt, "optional") == 0 {
			names = append(names, o)
		}
	}
	clear = []byte("{")
	for _, name := range rapid.Permutation(names).Draw(rt, "names") {
		switch p.Field(name).See {
		case procedure.SeeHome:
			home = append(home, name)
		case procedure.SeeCommit:
			commits = map[string]string{name: script.Commitment(name)}
		default:
			values := fieldsFor[name]
			v := values[0]
			if rapid.IntRange(0, 14).Draw(rt, "odd") == 14 {
				v = rapid.SampledFrom(values).Draw(rt, "value")
			}
			if len(clear) > 1 {
				clear = append(clear, ',')
			}
			clear = fmt.Appendf(clear, "%q: %s", name, v)
		}
	}
	return append(clear, '}'), home, commits
}

// play draws a course of acts in a fresh world and returns everything that came
// out as bytes. World itself checks that a refused act changes nothing and that
// a record read back behaves as the one in memory.
func play(rt *rapid.T, p *procedure.Procedure, acts *[]procedure.Act, w *script.World) []byte {
	var out bytes.Buffer
	w.Law["exercise"] = p
	w.Time = at("2025-09-15", 36000)
	id := ""
	for i := range 30 {
		var a procedure.Act
		if i < len(*acts) {
			a = (*acts)[i]
		} else {
			var rec *procedure.Record
			if id != "" {
				rec, _ = w.Record(id)
			}
			a = drawAct(rt, p, w, rec)
			a.Now = rapid.SampledFrom([]int64{0, 1, 60, 3600, 7200, 86400, 20 * 86400}).Draw(rt, "later") // World sets Now itself
			*acts = append(*acts, a)
		}
		w.Time += a.Now
		a.At = w.Time
		var rec *procedure.Record
		var fx procedure.Effects
		var err error
		if id == "" {
			rec, fx, err = w.Open("exercise", a)
		} else {
			rec, fx, err = w.Step(id, a)
		}
		var refusal *procedure.Refusal
		if err != nil && !errors.As(err, &refusal) {
			rt.Fatalf("act %d %+v: %v", i, a, err)
		}
		if refusal != nil {
			fmt.Fprintf(&out, "%s %s %v\n", refusal.Code, refusal.ZH, refusal.Params)
			continue
		}
		id = rec.ID
		deadlines := p.Deadlines(w, rec, w.Time)
		fmt.Fprintf(&out, "%s %+v %+v\n", rec.Marshal(), fx, deadlines)
		for i := range deadlines {
			d := &deadlines[i]
			d.Date, d.Strict, d.Provisional, d.Steps, d.WorkdaysLeft = "", "", false, nil, 0
		}
		if verdicts := p.Verdicts(w, rec, w.Time); !reflect.DeepEqual(verdicts, deadlines) {
			rt.Fatalf("the verdicts alone are %+v, with how they were counted %+v", verdicts, deadlines)
		}
		sound(rt, p, w, rec)
	}
	return out.Bytes()
}

// sound checks what holds of every record at any time.
func sound(rt *rapid.T, p *procedure.Procedure, w *script.World, rec *procedure.Record) {
	d := p.Document()
	declared := false
	for _, s := range d.States {
		declared = declared || s.Name == rec.State
	}
	if !declared {
		rt.Fatalf("state %q is not declared", rec.State)
	}
	state, last, parts := "", int64(0), 0
	for i, t := range rec.Acts {
		if t.From != state || t.At < last {
			rt.Fatalf("act %d does not follow: %+v", i, t)
		}
		state, last = t.To, t.At
		if t.Region == "" {
			parts++ // caused by a condition: no statement of its own
		}
	}
	if state != rec.State || rec.Seq+parts != len(rec.Acts) || rec.UpdatedAt != last {
		rt.Fatalf("the acts end in %s after %d, the record in %s after %d", state, len(rec.Acts), rec.State, rec.Seq)
	}
	running := map[string]int{}
	for _, k := range rec.Clocks {
		if (k.StoppedAt == 0) != (k.Verdict == "") {
			rt.Fatalf("clock %+v is neither stopped nor running", k)
		}
		if k.StoppedAt == 0 {
			running[k.Name]++
		}
	}
	for name, n := range running {
		if n > 1 {
			rt.Fatalf("%d runs of %s at once", n, name)
		}
	}
	for _, x := range p.Deadlines(w, rec, w.Time) {
		if x.Due == 0 || x.Strict > x.Date || x.Verdict == procedure.Overdue && w.Time <= x.Due {
			rt.Fatalf("deadline %+v", x)
		}
	}
	var want []procedure.Running
	for _, x := range p.Deadlines(w, rec, w.Time) {
		if x.StoppedAt == 0 && !x.Paused {
			owed := !x.Right && !x.NotBefore && x.Owner != procedure.OutsideParty
			want = append(want, procedure.Running{Name: x.Name, Due: x.Due, Region: x.Region, Owed: owed})
		}
	}
	if got := p.Running(w, rec, w.Time); !slices.Equal(got, want) {
		rt.Fatalf("running: %+v, by the deadlines %+v", got, want)
	}
}

// Ensure the same acts give the same bytes: with a procedure compiled anew, in
// another world, by two goroutines at once.
func TestDeterminism(t *testing.T) {
	p, other := exercise(t), exercise(t)
	rapid.Check(t, func(rt *rapid.T) {
		var acts []procedure.Act
		first := play(rt, p, &acts, world(t))
		results := make([][]byte, 2)
		var wg sync.WaitGroup
		for i := range results {
			w := world(t)
			wg.Go(func() { results[i] = play(rt, other, &acts, w) })
		}
		wg.Wait()
		for _, r := range results {
			if !bytes.Equal(first, r) {
				rt.Fatalf("two courses:\n%s\n%s", first, r)
			}
		}
	})
}

// Ensure the course that the drawn acts take is worth something: most states
// are met.
func TestDrawnCoursesReachStates(t *testing.T) {
	p := exercise(t)
	met := map[string]bool{}
	for seed := range 60 {
		w := world(t)
		rapid.Custom(func(rt *rapid.T) int {
			var acts []procedure.Act
			play(rt, p, &acts, w)
			return 0
		}).Example(seed)
		for i := 1; ; i++ {
			rec, _ := w.Record(fmt.Sprintf("XX-120000-2025-%06d", i))
			if rec == nil {
				break
			}
			for _, a := range rec.Acts {
				met[a.To] = true
			}
		}
	}
	for _, s := range []string{"draft", "ready", "sent", "working", "disputed", "paused", "answered", "confirmed", "done", "dropped"} {
		if !met[s] {
			t.Errorf("no drawn course meets the state %s", s)
		}
	}
}

// broken is a ledger whose storage fails.
type broken struct {
	*script.World
	err error
}

func (b broken) Record(string) (*procedure.Record, error) { return nil, b.err }

// Ensure a failure of storage is no verdict about the act.
func TestStorageFailure(t *testing.T) {
	p, w := exercise(t), world(t)
	a := openAct()
	a.Fields = []byte(`{"file_no":"津武市监立〔2025〕7号","helper_org":"131000-SJ","subject":"甲","origin":"XX-120000-2025-000001"}`)
	want := errors.New("disk")
	_, _, err := p.Open(broken{w, want}, "XX-120000-2025-000001", a)
	if !errors.Is(err, want) {
		t.Errorf("got %v", err)
	}
	rec := working(t, p, w)
	rec.Version++
	if _, err := p.Step(w, rec, procedure.Act{Event: "answer"}); err == nil || errors.As(err, new(*procedure.Refusal)) {
		t.Errorf("a record of another version: %v", err)
	}
}

// Ensure acts that nobody sane sends are refused, not obeyed and not a crash.
func TestHostileActs(t *testing.T) {
	p, w := exercise(t), world(t)
	for name, v := range map[string]struct {
		edit func(*procedure.Act)
		code string
	}{
		"no region":             {func(a *procedure.Act) { a.Region = "" }, procedure.CodeUnknownRegion},
		"region of another":     {func(a *procedure.Act) { a.Region = "130000" }, procedure.CodeUnknownOrg},
		"no organisation":       {func(a *procedure.Act) { a.Org = "" }, procedure.CodeUnknownOrg},
		"endless organisation":  {func(a *procedure.Act) { a.Org = strings.Repeat("<\n", 9000) }, procedure.CodeUnknownOrg},
		"short organisation":    {func(a *procedure.Act) { a.Org = "12" }, procedure.CodeUnknownOrg},
		"no role":               {func(a *procedure.Act) { a.Role = "" }, procedure.CodeWrongRole},
		"fields no object":      {func(a *procedure.Act) { a.Fields = []byte("[]") }, procedure.CodeFieldsForm},
		"fields cut":            {func(a *procedure.Act) { a.Fields = a.Fields[:50] }, procedure.CodeFieldsForm},
		"no fields":             {func(a *procedure.Act) { a.Fields = nil }, procedure.CodeMissingField},
		"home in clear":         {func(a *procedure.Act) { a.Fields = []byte(`{"facts":"案情案情案情"}`) }, procedure.CodeVisibility},
		"clear at home":         {func(a *procedure.Act) { a.Home = []string{"subject"} }, procedure.CodeVisibility},
		"home without a copy":   {func(a *procedure.Act) { a.Private = "" }, procedure.CodeVisibility},
		"a copy of nothing":     {func(a *procedure.Act) { a.Home = nil }, procedure.CodeVisibility},
		"home twice":            {func(a *procedure.Act) { a.Home = []string{"facts", "facts"} }, procedure.CodeFieldInvalid},
		"commitment of nothing": {func(a *procedure.Act) { a.Commits = map[string]string{"x": "y"} }, procedure.CodeUnknownField},
		"commitment form":       {func(a *procedure.Act) { a.Commits = map[string]string{"secret": "y"} }, procedure.CodeFieldInvalid},
		"commitment of a clear": {func(a *procedure.Act) { a.Commits = map[string]string{"subject": script.Commitment("x")} }, procedure.CodeVisibility},
		"a name that is a story": {func(a *procedure.Act) {
			a.Fields = []byte(`{"<script>alert(1)</script> and a long long long long name":1}`)
		}, procedure.CodeUnknownField},
	} {
		a := openAct()
		v.edit(&a)
		_, _, err := p.Open(w, "XX-120000-2025-000001", a)
		var r *procedure.Refusal
		if !errors.As(err, &r) || r.Code != v.code {
			t.Errorf("%s: got %v, want %s", name, err, v.code)
			continue
		}
		for _, x := range r.Params {
			if strings.ContainsAny(x, "<>&\"\n") || utf8.RuneCountInString(x) > 120 {
				t.Errorf("%s: parameter %q repeats what was sent", name, x)
			}
		}
	}
}

// Ensure a record cannot grow without end.
func TestRecordFull(t *testing.T) {
	p, w := exercise(t), world(t)
	rec := working(t, p, w)
	a := procedure.Act{
		Event: "extend_to", Region: "130000", Org: "131000-SJ", Role: "bureau_head", Person: person1, Hash: hash,
		At: at("2026-09-16", 0), Now: at("2026-09-16", 0), Fields: []byte(`{"reason":"理由","new_limit":"2027-01-01"}`),
	}
	for i := range 1000 {
		_, err := p.Step(w, rec, a)
		var r *procedure.Refusal
		switch {
		case err == nil:
		case errors.As(err, &r) && r.Code == procedure.CodeRecordFull && i > 900:
			if len(rec.Marshal()) > procedure.MaxRecordBytes {
				t.Fatal("a full record does not read back")
			}
			return
		default:
			t.Fatalf("act %d: %v", i, err)
		}
	}
	t.Fatal("a thousand acts were accepted")
}

// Ensure a record remembers which others it names, and that one act cannot
// make every replica read hundreds.
func TestLinks(t *testing.T) {
	p, w := exercise(t), world(t)
	w.Law["exercise"] = p
	w.Time = at("2025-09-15", 36000)
	a := openAct()
	first, _, err := w.Open("exercise", a)
	if err != nil {
		t.Fatal(err)
	}
	list := strings.Repeat(`"`+first.ID+`",`, 20)
	fields := func(file, related string) []byte {
		return []byte(`{"file_no":"` + file + `","helper_org":"131000-SJ","subject":"甲","origin":"` + first.ID + `","related":[` + strings.TrimSuffix(related, ",") + `]}`)
	}
	a.Fields = fields("津武市监立〔2025〕8号", list)
	if _, _, err := w.Open("exercise", a); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("21 records were named: %v", err)
	}
	a.Fields = fields("津武市监立〔2025〕8号", list[:24*2])
	second, _, err := w.Open("exercise", a)
	if err != nil {
		t.Fatal(err)
	}
	want := []procedure.Link{{Rel: "origin", ID: first.ID}, {Rel: "related", ID: first.ID}, {Rel: "related", ID: first.ID}}
	if fmt.Sprint(second.Links) != fmt.Sprint(want) {
		t.Errorf("links %v, want %v", second.Links, want)
	}
}
