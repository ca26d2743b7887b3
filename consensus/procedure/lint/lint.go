package lint

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/lawtext"
)

// Finding is one thing that the author has to see to.
type Finding struct {
	Line   int    `json:"line"`   // from 1; 0 when the document as a whole is meant
	Advice bool   `json:"advice"` // it does not keep the document from being adopted
	Text   string `json:"text"`
}

// Report is what was found, and what the document holds when it compiles.
type Report struct {
	Name      string    `json:"name,omitempty"`
	Version   int       `json:"version,omitempty"`
	States    int       `json:"states"`
	Events    int       `json:"events"`
	Fields    int       `json:"fields"`
	Deadlines int       `json:"deadlines"`
	Guards    int       `json:"guards"`
	Findings  []Finding `json:"findings"` // by line, faults before advice
}

// Faulty reports whether anything found keeps the document from being adopted.
func (r *Report) Faulty() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return !f.Advice })
}

// Check looks over a document's text. rules tells which ids the rule table has.
func Check(text []byte, rules func(id string) bool) *Report {
	r := &Report{Findings: []Finding{}}
	d, err := procedure.Parse(text)
	if err != nil {
		var at *lawtext.Error
		if errors.As(err, &at) {
			r.fault(at.Line, "%s", at.Msg)
		} else {
			r.fault(0, "%v", err)
		}
		return r
	}
	r.Name, r.Version = d.Name, d.Version
	r.States, r.Events, r.Fields, r.Deadlines = len(d.States), len(d.Events), len(d.Fields), len(d.Limits)
	for _, f := range procedure.Faults(d) {
		r.fault(f.Line, "%s", f.Msg)
	}
	r.events(d)
	r.limits(d, rules)
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		if a.Line != b.Line {
			return cmp.Compare(a.Line, b.Line)
		}
		if a.Advice != b.Advice && b.Advice {
			return -1
		}
		return 0
	})
	return r
}

func (r *Report) fault(line int, format string, args ...any) {
	r.Findings = append(r.Findings, Finding{Line: line, Text: fmt.Sprintf(format, args...)})
}

func (r *Report) advise(line int, format string, args ...any) {
	r.Findings = append(r.Findings, Finding{Line: line, Advice: true, Text: fmt.Sprintf(format, args...)})
}

func (r *Report) events(d *procedure.Document) {
	if len(d.Basis) == 0 {
		r.advise(0, "basis: the document cites no provision")
	}
	r.event(d, &d.Open)
	for i := range d.Events {
		r.event(d, &d.Events[i])
	}
}

func (r *Report) event(d *procedure.Document, e *procedure.Event) {
	r.Guards += len(e.Guards)
	if len(e.Basis) == 0 {
		r.advise(e.Line, "%s: no provision is cited (basis)", e.Name)
	}
	stays := e.To == "" || slices.Contains(e.From, e.To)
	byItself := e.Auto == procedure.AutoDue && !ends(d, e) || e.Auto == procedure.AutoLinked
	if byItself && stays && !slices.ContainsFunc(e.Guards, func(g procedure.Guard) bool { return g.Then == procedure.ThenRefuse }) {
		r.fault(e.Line, "%s: it leaves the state as it is and no guard refuses it, so nodes would submit it for ever", e.Name)
	}
	for i := range e.Marks {
		if m := &e.Marks[i]; m.Unique && (m.Code == "" || m.Cite == "") {
			r.advise(m.Line, "%s: the mark %s refuses without a code, a provision and a sentence of its own", e.Name, m.Set)
		}
	}
}

// ends reports whether an event ends the limit that it waits for.
func ends(d *procedure.Document, e *procedure.Event) bool {
	return slices.ContainsFunc(d.Limits, func(l procedure.Limit) bool {
		return l.Name == e.After && (slices.Contains(l.Stop, e.Name) || slices.Contains(l.Cancel, e.Name))
	})
}

func (r *Report) limits(d *procedure.Document, rules func(id string) bool) {
	for i := range d.Limits {
		l := &d.Limits[i]
		if !rules(l.Rule) {
			r.fault(l.Line, "%s: the rule table has no rule %q", l.Name, l.Rule)
		}
		if len(l.Stop)+len(l.Cancel) == 0 && !r.waited(d, l.Name) {
			r.advise(l.Line, "%s: no event stops or cancels it, and none waits for it", l.Name)
		}
	}
}

// waited reports whether an event waits for a limit to pass.
func (r *Report) waited(d *procedure.Document, limit string) bool {
	return slices.ContainsFunc(d.Events, func(e procedure.Event) bool { return e.After == limit })
}
