// Package scenarios holds the working days that demos play and that people practise on:
// SYNTHETIC, invented parties, numbers and outcomes. README.md says how they are written.
package scenarios

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/calendar"
)

// Files are the scenarios, <name>.yaml, and their organisations.
//
//go:embed *.yaml
var Files embed.FS

// Orgs is the file that lists the organisations that scenarios name, by region.
const Orgs = "orgs.yaml"

// Names lists the scenarios in the order of their names.
func Names() []string {
	entries, _ := fs.ReadDir(Files, ".") // embedded: cannot fail
	var names []string
	for _, e := range entries {
		if e.Name() != Orgs {
			names = append(names, strings.TrimSuffix(e.Name(), path.Ext(e.Name())))
		}
	}
	return names
}

// told is a scenario as far as somebody needs it who practises on it.
type told struct {
	Title text      `yaml:"title"`
	Start time.Time `yaml:"start"`
	Steps []step    `yaml:"steps"`
}

type text struct {
	ZH string `yaml:"zh"`
	EN string `yaml:"en"`
}

type step struct {
	N     int       `yaml:"n"`
	At    time.Time `yaml:"at"`
	ZH    string    `yaml:"zh"`
	EN    string    `yaml:"en"`
	Actor struct {
		Region string `yaml:"region"`
		Org    string `yaml:"org"`
		Role   string `yaml:"role"`
	} `yaml:"actor"`
	Open      string         `yaml:"open"`
	As        string         `yaml:"as"`
	Act       string         `yaml:"act"`
	Record    string         `yaml:"record"`
	Fields    map[string]any `yaml:"fields"`
	Materials []struct {
		Field string `yaml:"field"`
		Name  string `yaml:"name"`
	} `yaml:"materials"`
	Refused *struct {
		Code string `yaml:"code"`
		Cite string `yaml:"cite"`
	} `yaml:"refused"`
	Wait *struct {
		Record string `yaml:"record"`
		State  string `yaml:"state"`
	} `yaml:"wait"`
	Repeat *struct {
		Columns []string   `yaml:"columns"`
		Rows    [][]string `yaml:"rows"`
		Count   int        `yaml:"count"`
	} `yaml:"repeat"`
}

// Exercises are the scenarios for people to practise on.
func Exercises() ([]v1.Exercise, error) {
	var out []v1.Exercise
	for _, name := range Names() {
		data, err := Files.ReadFile(name + ".yaml")
		if err != nil {
			return nil, fmt.Errorf("couldn't read scenario %s: %w", name, err)
		}
		var t told
		if err := yaml.NewDecoder(bytes.NewReader(data)).Decode(&t); err != nil {
			return nil, fmt.Errorf("scenario %s: %w", name, err)
		}
		e := v1.Exercise{Name: name, Title: v1.Label(t.Title), Start: civil(t.Start), Steps: make([]v1.ExerciseStep, len(t.Steps))}
		for i := range t.Steps {
			if e.Steps[i], err = t.Steps[i].exercise(); err != nil {
				return nil, fmt.Errorf("scenario %s, step %d: %w", name, t.Steps[i].N, err)
			}
		}
		out = append(out, e)
	}
	return out, nil
}

// exercise is a step with its repetitions written out; what is filled in is that of the
// first.
func (s *step) exercise() (v1.ExerciseStep, error) {
	out := v1.ExerciseStep{
		N: s.N, At: civil(s.At), What: v1.Label{ZH: s.ZH, EN: s.EN}, Org: s.Actor.Org, Role: s.Actor.Role,
		Procedure: s.Open, Event: s.Act, Times: []v1.ExerciseTime{}, Fields: map[string]json.RawMessage{}, Materials: []v1.ExerciseMaterial{},
	}
	record := s.Record
	if s.Wait != nil {
		record, out.State = s.Wait.Record, s.Wait.State
	}
	if s.Refused != nil {
		out.Refused = &v1.ExerciseRefusal{Code: s.Refused.Code, Cite: s.Refused.Cite}
	}
	rounds := s.rounds()
	for _, fill := range rounds {
		t := v1.ExerciseTime{Region: fill.Replace(s.Actor.Region), Record: strings.TrimPrefix(fill.Replace(record), "$")}
		if s.Open != "" {
			t.Record = fill.Replace(s.As)
		}
		out.Times = append(out.Times, t)
	}
	out.Org = rounds[0].Replace(out.Org)
	for name, value := range s.Fields {
		data, err := json.Marshal(value)
		if err != nil {
			return out, err
		}
		out.Fields[name] = json.RawMessage(rounds[0].Replace(string(data)))
	}
	for _, m := range s.Materials {
		out.Materials = append(out.Materials, v1.ExerciseMaterial{Field: m.Field, Name: m.Name})
	}
	return out, nil
}

// rounds fill in the columns of each repetition; a step that is not repeated has one,
// which fills in nothing.
func (s *step) rounds() []*strings.Replacer {
	switch r := s.Repeat; {
	case r == nil:
		return []*strings.Replacer{strings.NewReplacer()}
	case r.Count > 0:
		var out []*strings.Replacer
		for i := range r.Count {
			out = append(out, strings.NewReplacer("${i}", fmt.Sprint(i+1)))
		}
		return out
	default:
		var out []*strings.Replacer
		for _, row := range r.Rows {
			var pairs []string
			for i, column := range r.Columns {
				pairs = append(pairs, "${"+column+"}", row[i])
			}
			out = append(out, strings.NewReplacer(pairs...))
		}
		return out
	}
}

func civil(t time.Time) string { return t.In(calendar.Zone).Format(time.RFC3339) }
