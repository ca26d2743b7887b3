package demo

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"sandi.internal/gateway/node/demo/catalogue"
	"sandi.internal/gateway/node/demo/scenarios"
)

// Scenario is one played day (or season): dated steps with the outcome each
// must have.
type Scenario struct {
	Name      string    `yaml:"scenario"`
	Title     Text      `yaml:"title"`
	Synthetic bool      `yaml:"synthetic"`
	Start     time.Time `yaml:"start"`
	// Unregistered are regions whose draw key is not registered when the play begins; a
	// step registers it later.
	Unregistered []string                  `yaml:"unregistered_draw_keys"`
	Pools        map[string]catalogue.Spec `yaml:"pools"` // what is drawn from, by name
	Steps        []Step                    `yaml:"steps"`
}

// Text is a sentence in both languages.
type Text struct {
	ZH string `yaml:"zh"`
	EN string `yaml:"en"`
}

// Step is one act of one person, one wait for an automatic act, the registration of
// the region's draw key, or a note that only moves the clock. Exactly one of Open, Act,
// Wait, Register and Note is set.
type Step struct {
	N         int            `yaml:"n"`
	At        time.Time      `yaml:"at"` // the scenario clock is set to this
	Actor     Actor          `yaml:"actor"`
	ZH        string         `yaml:"zh"`
	EN        string         `yaml:"en"`
	Open      string         `yaml:"open"`   // procedure of a new record
	As        string         `yaml:"as"`     // variable that holds the new record's id
	Act       string         `yaml:"act"`    // event on Record
	Record    string         `yaml:"record"` // "$variable"
	Note      bool           `yaml:"note"`
	Register  bool           `yaml:"register_draw_key"`
	Pool      string         `yaml:"pool"`   // freezes this pool: its fields are filled in
	Unseen    bool           `yaml:"unseen"` // the pool is not brought in before
	Fields    map[string]any `yaml:"fields"` // "$x" is a record's id, "$x.field" the present value of its clear field, "$x.list.0" an item of it
	Materials []Material     `yaml:"materials"`
	Show      []string       `yaml:"show"` // clear fields of the record to show below the step
	Expect    Expect         `yaml:"expect"`
	Refused   *Refused       `yaml:"refused"` // the step must be refused just so
	Wait      *Wait          `yaml:"wait"`
	Repeat    *Repeat        `yaml:"repeat"` // the step once per row; "${column}" is replaced
}

// Actor is the person of a step; the demo makes a token for them.
type Actor struct {
	Region string `yaml:"region"`
	Org    string `yaml:"org"`
	Role   string `yaml:"role"`
	Person string `yaml:"person"`
	// Of names a record whose home region's bureau acts: who was drawn isn't known before.
	Of string `yaml:"of"`
}

// Material is a private payload: the demo puts Text into the actor's vault and
// appends the commitment to the list field Field.
type Material struct {
	Field string `yaml:"field"`
	Name  string `yaml:"name"`
	Kind  string `yaml:"kind"`
	Pages int    `yaml:"pages"`
	Text  string `yaml:"text"`
}

// Expect is what must be true after the step.
type Expect struct {
	State     string           `yaml:"state"`
	Deadline  *ExpectDeadline  `yaml:"deadline"`
	Deadlines []ExpectDeadline `yaml:"deadlines"`
	Late      *bool            `yaml:"late"` // the act was accepted but marked late
	// Missing are the regions that have not contributed to the draw: its defaulters.
	Missing []string `yaml:"missing"`
}

// ExpectDeadline is a time limit that must run (or have ended) just so.
type ExpectDeadline struct {
	Name    string `yaml:"name"`
	Due     string `yaml:"due"`     // 2025-10-22
	Verdict string `yaml:"verdict"` // open, overdue, met, late
}

// Refused is the refusal a negative step must meet.
type Refused struct {
	Code   string `yaml:"code"`
	Status int    `yaml:"status"`
	Cite   string `yaml:"cite"` // must stand in the answer when given
}

// Wait waits for an act that a node does by itself.
type Wait struct {
	Record string `yaml:"record"`
	State  string `yaml:"state"`
}

// Repeat plays a step once per row of a small table.
type Repeat struct {
	Columns []string   `yaml:"columns"`
	Rows    [][]string `yaml:"rows"`
	Count   int        `yaml:"count"` // instead of rows: 1 to Count in the single column "i"
}

// Org is an organisation that a scenario names.
type Org struct {
	Code   string `yaml:"code"`
	NameZH string `yaml:"name_zh"`
	NameEN string `yaml:"name_en"`
	Level  string `yaml:"level"`
	Parent string `yaml:"parent"`
}

// Scenarios lists the names of the embedded scenarios.
func Scenarios() []string { return scenarios.Names() }

// LoadScenario reads an embedded scenario and checks its form.
func LoadScenario(name string) (*Scenario, error) {
	if !slices.Contains(Scenarios(), name) {
		return nil, fmt.Errorf("no scenario %q; there are: %s", name, strings.Join(Scenarios(), ", "))
	}
	text, err := scenarios.Files.ReadFile(name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("couldn't read scenario %s: %w", name, err)
	}
	s, err := ParseScenario(text)
	if err != nil {
		return nil, fmt.Errorf("scenario %s: %w", name, err)
	}
	return s, nil
}

// ParseScenario reads a scenario strictly: unknown keys are errors.
func ParseScenario(text []byte) (*Scenario, error) {
	var s Scenario
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&s); err != nil {
		return nil, err
	}
	return &s, s.check()
}

// LoadOrgs reads the organisations of all regions, by region code.
func LoadOrgs() (map[string][]Org, error) {
	text, err := scenarios.Files.ReadFile(scenarios.Orgs)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the organisations: %w", err)
	}
	var orgs map[string][]Org
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&orgs); err != nil {
		return nil, fmt.Errorf("couldn't read the organisations: %w", err)
	}
	return orgs, nil
}

// check refuses what cannot be played: no outcome to check, a clock that goes
// back, a variable used before it is set.
func (s *Scenario) check() error {
	if !s.Synthetic {
		return fmt.Errorf("not marked synthetic: only invented data may be played")
	}
	last, known := s.Start, map[string]bool{}
	for i, step := range s.Steps {
		kinds := 0
		for _, set := range []bool{step.Open != "", step.Act != "", step.Wait != nil, step.Register, step.Note} {
			if set {
				kinds++
			}
		}
		switch {
		case step.N != i+1:
			return fmt.Errorf("step %d stands at place %d", step.N, i+1)
		case kinds != 1:
			return fmt.Errorf("step %d: one of open, act, wait, register_draw_key, note", step.N)
		case step.At.Before(last):
			return fmt.Errorf("step %d: the clock would go back to %s", step.N, step.At.Format(time.RFC3339))
		case step.ZH == "" || step.EN == "":
			return fmt.Errorf("step %d: zh and en, both", step.N)
		case (step.Open != "" || step.Act != "") && step.Actor.Person == "":
			return fmt.Errorf("step %d: who acts?", step.N)
		case step.Pool != "" && !s.knowsPool(step.Pool):
			return fmt.Errorf("step %d: there is no pool %s", step.N, step.Pool)
		case step.Open != "" && step.Refused == nil && step.As == "":
			return fmt.Errorf("step %d: a new record needs a variable (as)", step.N)
		}
		rows, err := step.rows()
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.Act != "" && !known[strings.TrimPrefix(row.Record, "$")] {
				return fmt.Errorf("step %d: record %s is not known yet", step.N, row.Record)
			}
			known[row.As] = true
		}
		last = step.At
	}
	return nil
}

func (s *Scenario) knowsPool(name string) bool {
	_, ok := s.Pools[name]
	return ok
}
