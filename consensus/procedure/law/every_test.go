package law_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/calendar/data"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/script"
)

// roles are all office roles and one that is none.
var roles = []string{"clerk", "officer", "unit_head", "bureau_head", "liaison", "legal", "expert", "lead", "node", "auditor"}

// probes counts what was tried, per procedure.
type probes struct {
	t       *testing.T
	fired   map[string]bool // "procedure event from"
	missing map[string]bool // "procedure event field"
	wrong   map[string]bool // "procedure event role"

	done  map[string][]procedure.Act // accepted acts by "procedure event", for other states
	again bool                       // the second time through: they are all known
}

// Ensure, on the way twice through all scripts, that every act which the law accepts is
// refused when one of its mandatory fields is missing and when an office role does
// it that the event does not name; and that in the end every transition that moves
// a record has happened from each of its states, every other event from one, every mandatory field has been missing and every wrong role has tried.
// What happens from many states alike (a parallel case, an extension) is tried the
// second time with the acts that the scripts do from one of them.
func TestEveryTransitionFieldAndRole(t *testing.T) {
	law := compiled(t)
	p := &probes{t: t, fired: map[string]bool{}, missing: map[string]bool{}, wrong: map[string]bool{}, done: map[string][]procedure.Act{}}
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for i, file := range append(files, files...) {
		p.again = i >= len(files)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, mistakes := script.Play(string(text), script.Options{
			Law: law, Calendar: data.Workdays, Rules: data.Rules, Before: p.probe,
			Read: func(name string) ([]byte, error) { return os.ReadFile(filepath.Join("testdata", filepath.Base(name))) },
		})
		for _, m := range mistakes {
			t.Errorf("%s: %v", file, m)
		}
	}
	transitions, fields, wrong := 0, 0, 0
	for name, c := range law {
		d := c.Document()
		for _, e := range append([]procedure.Event{d.Open}, d.Events...) {
			if e.Auto == procedure.AutoCondition {
				continue // nobody does it; TestScriptsCoverTheLaw sees it happen
			}
			happened := slices.DeleteFunc(sources(&e), func(from string) bool { return !p.fired[name+" "+e.Name+" "+from] })
			transitions += len(happened)
			for _, from := range sources(&e) {
				enough := e.To == "" && len(happened) > 0 // it moves nothing
				if !enough && !slices.Contains(happened, from) {
					t.Errorf("%s: no script does %s from %q", name, e.Name, from)
				}
			}
			for _, f := range e.Require {
				fields++
				if !p.missing[name+" "+e.Name+" "+f] {
					t.Errorf("%s: nobody has left %s out of %s", name, f, e.Name)
				}
			}
			for _, r := range wrongRoles(c, e.Name) {
				wrong++
				if !p.wrong[name+" "+e.Name+" "+r] {
					t.Errorf("%s: no %s has tried %s", name, r, e.Name)
				}
			}
		}
	}
	t.Logf("%d procedures: %d transitions, %d mandatory fields left out, %d wrong roles", len(law), transitions, fields, wrong)
}

func sources(e *procedure.Event) []string {
	if e.Name == procedure.OpenEvent {
		return []string{""}
	}
	return slices.Clone(e.From)
}

// wrongRoles are those that no declaration of the event names for any party.
func wrongRoles(c *procedure.Procedure, event string) []string {
	return slices.DeleteFunc(slices.Clone(roles), func(role string) bool {
		return slices.ContainsFunc(c.Events(event), func(e *procedure.Event) bool { return names(e, role) })
	})
}

func names(e *procedure.Event, role string) bool {
	by := e.By
	if e.Joint != nil {
		by = e.Joint.By
	}
	return slices.ContainsFunc(by, func(a procedure.Actor) bool { return a.Role == role })
}

// probe tries an act that the law accepts in every wrong form.
func (p *probes) probe(a script.Attempt) {
	if p.again {
		p.elsewhere(a)
		return
	}
	p.one(a)
}

// elsewhere tries from the record's state what the scripts have done from others.
func (p *probes) elsewhere(a script.Attempt) {
	d := a.Law.Document()
	for i := range d.Events {
		e := &d.Events[i]
		if !slices.Contains(e.From, a.State) || p.fired[d.Name+" "+e.Name+" "+a.State] {
			continue
		}
		for _, act := range p.done[d.Name+" "+e.Name] {
			act.At = a.Act.At
			b := a
			b.Act = act
			p.one(b)
			for _, by := range e.By { // the same by this record's own party
				if org := a.Orgs[by.Party]; org != "" && by.Role == act.Role {
					b.Act.Org, b.Act.Region = org, procedure.RegionOf(org)
					p.one(b)
				}
			}
		}
	}
}

// one tries an act, and if the law accepts it, in every wrong form.
func (p *probes) one(a script.Attempt) {
	if a.Try(a.Act) != nil {
		return // the script shows a refusal
	}
	name, event := a.Law.Document().Name, a.Act.Event
	if event == "" {
		event = procedure.OpenEvent
	}
	var e *procedure.Event
	for _, x := range a.Law.Events(event) {
		if event == procedure.OpenEvent || slices.Contains(x.From, a.State) {
			e = x
		}
	}
	p.fired[name+" "+event+" "+a.State] = true
	if !p.again {
		p.done[name+" "+event] = append(p.done[name+" "+event], a.Act)
	}
	for _, f := range e.Require {
		p.expect(a, without(a, f), procedure.CodeMissingField, "without "+f)
		p.missing[name+" "+event+" "+f] = true
	}
	for _, role := range roles {
		if names(e, role) {
			continue
		}
		b := a.Act
		b.Role = role
		p.expect(a, b, procedure.CodeWrongRole, "as "+role)
		p.wrong[name+" "+event+" "+role] = true
	}
}

func (p *probes) expect(a script.Attempt, b procedure.Act, code, how string) {
	p.t.Helper()
	var r *procedure.Refusal
	if err := a.Try(b); !errors.As(err, &r) || r.Code != code {
		p.t.Errorf("%s: %s %s from %q: %v, want %s", a.Law.Document().Name, b.Event, how, a.State, err, code)
	}
}

// without is the act without one of its fields.
func without(a script.Attempt, field string) procedure.Act {
	b := a.Act
	switch a.Law.Field(field).See {
	case procedure.SeeCommit:
		b.Commits = map[string]string{}
		for k, v := range a.Act.Commits {
			if k != field {
				b.Commits[k] = v
			}
		}
	case procedure.SeeHome:
		b.Home = slices.DeleteFunc(slices.Clone(b.Home), func(s string) bool { return s == field })
		if len(b.Home) == 0 {
			b.Private = ""
		}
	default:
		var m map[string]json.RawMessage
		if err := json.Unmarshal(b.Fields, &m); err != nil {
			panic(fmt.Sprintf("a script's fields are no object: %v", err))
		}
		delete(m, field)
		text, err := json.Marshal(m)
		if err != nil {
			panic(err)
		}
		b.Fields = []byte(strings.TrimSpace(string(text)))
	}
	return b
}
