package script

import (
	"fmt"
	"strings"

	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/procedure"
)

// Options are what scripts are played against.
type Options struct {
	Law      map[string]*procedure.Procedure   // by name
	Calendar string                            // text of the working-day table
	Rules    string                            // text of the rule table
	Read     func(name string) ([]byte, error) // files that scripts name; nil: none
	Before   func(Attempt)                     // looks at each act before it is done; nil: nobody does
	After    func(*World)                      // looks at what is there in the end; nil: nobody does
}

// Mistake is where a script and the engine differ.
type Mistake struct {
	Line int
	Msg  string
}

func (m Mistake) Error() string { return fmt.Sprintf("line %d: %s", m.Line, m.Msg) }

// Attempt is an act of a script before it is done. Try does it, changed as the
// caller likes, and forgets it again.
type Attempt struct {
	Law   *procedure.Procedure
	State string            // of the record; "" when the act opens it
	Orgs  map[string]string // of its parties, by relative role
	Act   procedure.Act
	Try   func(procedure.Act) error
}

// player holds a script under way.
type player struct {
	o      Options
	w      *World
	ids    map[string]string // alias -> record
	signed int64             // of the next act; 0: ledger time
	last   outcome
}

// outcome is what the last act came to.
type outcome struct {
	refusal *procedure.Refusal
	note    *procedure.ActNote
}

// Play plays a script. It returns the script with the answers that came out,
// and where these or an expectation differ from what was written.
func Play(text string, o Options) (string, []Mistake) {
	list, trailing, err := parse(text)
	if err != nil {
		return text, []Mistake{{0, err.Error()}}
	}
	p := &player{o: o, ids: make(map[string]string)}
	if err := p.begin(); err != nil {
		return text, []Mistake{{0, err.Error()}}
	}
	var mistakes []Mistake
	answers := make([][]string, len(list))
	for i, c := range list {
		out, err := p.run(c)
		if err != nil {
			mistakes = append(mistakes, Mistake{c.line, err.Error()})
		}
		answers[i] = out
		if c.asks && strings.Join(out, "\n") != strings.Join(c.answer, "\n") {
			mistakes = append(mistakes, Mistake{c.line, fmt.Sprintf("answer differs\n  written:  %s\n  came out: %s",
				strings.Join(c.answer, "\n            "), strings.Join(out, "\n            "))})
		}
	}
	if o.After != nil {
		o.After(p.w)
	}
	return write(list, answers, trailing), mistakes
}

// Prepare plays a script for what it leaves behind: the world, and the records by
// the names that the script gave them. An act that was not accepted is an error.
func Prepare(text string, o Options) (*World, map[string]string, error) {
	list, _, err := parse(text)
	if err != nil {
		return nil, nil, err
	}
	p := &player{o: o, ids: make(map[string]string)}
	if err := p.begin(); err != nil {
		return nil, nil, err
	}
	for _, c := range list {
		if c.words[0] == "expect" {
			continue
		}
		if _, err := p.run(c); err != nil {
			return nil, nil, fmt.Errorf("line %d: %w", c.line, err)
		}
		if p.last.refusal != nil {
			return nil, nil, fmt.Errorf("line %d: %w", c.line, p.last.refusal)
		}
	}
	return p.w, p.ids, nil
}

func (p *player) begin() error {
	cal, err := calendar.Parse([]byte(p.o.Calendar))
	if err != nil {
		return err
	}
	rules, err := calendar.ParseRules([]byte(p.o.Rules))
	if err != nil {
		return err
	}
	p.w = NewWorld(cal, rules, "110000", "120000", "130000")
	p.w.Law = p.o.Law
	return nil
}

func (p *player) run(c *command) ([]string, error) {
	switch w := c.words; w[0] {
	case "at", "signed":
		return nil, p.clock(w)
	case "regions":
		p.w.Members = make(map[string]bool)
		for _, r := range w[1:] {
			p.w.Members[r] = true
		}
		return nil, nil
	case "table", "calendar":
		return nil, p.table(w)
	case "open", "act":
		return p.act(c)
	case "expect":
		return nil, p.expect(w[1:])
	case "marked":
		if len(w) != 3 {
			return nil, fmt.Errorf("written: marked <set> <key>")
		}
		holder, ok := p.w.Marked(w[1], w[2])
		if !ok {
			holder = "no"
		}
		return []string{holder}, nil
	case "mark":
		return nil, p.mark(w)
	case "state", "deadlines", "options":
		return p.show(w)
	}
	return nil, fmt.Errorf("unknown command %q", c.words[0])
}

// mark reads `mark <set> <record> <field> <region>` and sets the mark that the ledger
// sets when the list in that field is offered or delivered to the region.
func (p *player) mark(w []string) error {
	if len(w) != 5 {
		return fmt.Errorf("written: mark <set> <record> <field> <region>")
	}
	rec, err := p.w.Record(p.ids[w[2]])
	if err != nil || rec == nil {
		return fmt.Errorf("no record %q: %w", w[2], err)
	}
	list := strings.Trim(string(rec.Fields[w[3]]), `"`)
	p.w.marks[w[1]+"\x00"+rec.ID+"/"+list+"/"+w[4]] = rec.ID
	return nil
}

// clock reads `at 2025-09-25 15:02` and `signed …`; seconds may follow.
func (p *player) clock(w []string) error {
	if len(w) != 3 {
		return fmt.Errorf("written: %s 2025-09-25 15:02", w[0])
	}
	d, ok := calendar.ParseDay(w[1])
	var h, m, s int64
	n, _ := fmt.Sscanf(w[2]+":00", "%d:%d:%d", &h, &m, &s)
	if !ok || n != 3 || h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 59 {
		return fmt.Errorf("%s %s is not a time", w[1], w[2])
	}
	t := d.Start() + h*3600 + m*60 + s
	if w[0] == "signed" {
		p.signed = t
		return nil
	}
	if t < p.w.Time {
		return fmt.Errorf("ledger time does not run backwards")
	}
	p.w.Time = t
	return nil
}

func (p *player) table(w []string) error {
	if len(w) != 2 || p.o.Read == nil {
		return fmt.Errorf("written: %s <file>", w[0])
	}
	text, err := p.o.Read(w[1])
	if err != nil {
		return err
	}
	if w[0] == "calendar" {
		cal, err := calendar.Parse(text)
		if err == nil {
			p.w.SetCalendar(cal)
		}
		return err
	}
	rules, err := calendar.ParseRules(text)
	if err != nil {
		return err
	}
	return p.w.AddRules(rules)
}

// act plays `open <alias> <procedure> by <org> <role> <name>` and
// `act <alias> <event> by …`.
func (p *player) act(c *command) ([]string, error) {
	w := c.words
	if len(w) != 7 || w[3] != "by" {
		return nil, fmt.Errorf("written: %s <record> <name> by <org> <role> <person>", w[0])
	}
	a := procedure.Act{Org: w[4], Region: procedure.RegionOf(w[4]), Role: w[5], At: p.signed}
	a.Person = token22(a.Region + " " + w[6])
	p.signed = 0
	law := p.o.Law[w[2]]
	if w[0] == "act" {
		a.Event = w[2]
		rec, err := p.w.Record(p.ids[w[1]])
		if err != nil || rec == nil {
			return nil, fmt.Errorf("no record %q", w[1])
		}
		law = p.o.Law[rec.Procedure]
	}
	if law == nil {
		return nil, fmt.Errorf("no procedure %q", w[2])
	}
	if err := fill(law, p.aliases(c.fields), &a); err != nil {
		return nil, err
	}
	if p.o.Before != nil {
		p.o.Before(p.attempt(law, p.ids[w[1]], w[0] == "open", a))
	}
	var rec *procedure.Record
	var fx procedure.Effects
	var err error
	if w[0] == "open" {
		if rec, fx, err = p.w.Open(w[2], a); err == nil {
			p.ids[w[1]] = rec.ID
		}
	} else {
		rec, fx, err = p.w.Step(p.ids[w[1]], a)
	}
	return p.outcome(rec, fx, err)
}

func (p *player) attempt(law *procedure.Procedure, id string, opens bool, a procedure.Act) Attempt {
	at := Attempt{Law: law, Act: a}
	if opens {
		id = ""
	} else if rec, err := p.w.Record(id); err == nil {
		at.State, at.Orgs = rec.State, make(map[string]string, len(rec.Parties))
		for name, p := range rec.Parties {
			at.Orgs[name] = p.Org
		}
	}
	at.Try = func(a procedure.Act) error { return p.w.try(law, id, a) }
	return at
}

// aliases lets a field name another record of the script: `@case1`.
func (p *player) aliases(fields []field) []field {
	out := make([]field, len(fields))
	for i, f := range fields {
		if id, ok := p.ids[strings.TrimPrefix(f.text, "@")]; ok && strings.HasPrefix(f.text, "@") {
			f.text = id
		}
		out[i] = f
	}
	return out
}

func (p *player) outcome(rec *procedure.Record, fx procedure.Effects, err error) ([]string, error) {
	if r, ok := err.(*procedure.Refusal); ok {
		p.last = outcome{refusal: r}
		return showRefusal(r), nil
	}
	if err != nil {
		return nil, err
	}
	first := len(rec.Acts) - max(len(fx.Fired), 1)
	p.last = outcome{note: &rec.Acts[first]}
	return showActs(rec, rec.Acts[first:]), nil
}

// expect checks the last act against a line that is never rewritten.
func (p *player) expect(w []string) error {
	got := "nothing"
	switch n := p.last.note; {
	case p.last.refusal != nil:
		got = "refused " + p.last.refusal.Code
	case n == nil:
	case n.Part:
		got = "waiting"
	case len(n.Late) > 0:
		got = "late " + strings.Join(n.Late, " ")
	case len(n.Warn) > 0:
		got = "warned " + strings.Join(n.Warn, " ")
	default:
		got = "accepted"
	}
	if want := strings.Join(w, " "); got != want {
		return fmt.Errorf("expected %s, got %s", want, got)
	}
	return nil
}
