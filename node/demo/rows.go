package demo

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxRows bounds a repeated step.
const maxRows = 1000

// rows is the step once per row of its table; a step without one is a single row.
func (s *Step) rows() ([]*Step, error) {
	if s.Repeat == nil {
		return []*Step{s}, nil
	}
	columns, table := s.Repeat.Columns, s.Repeat.Rows
	if s.Repeat.Count > 0 {
		columns = []string{"i"}
		for i := range min(s.Repeat.Count, maxRows) {
			table = append(table, []string{strconv.Itoa(i + 1)})
		}
	}
	if len(table) == 0 || len(table) > maxRows {
		return nil, fmt.Errorf("step %d: repeat has %d rows; 1 to %d are possible", s.N, len(table), maxRows)
	}
	var out []*Step
	for _, row := range table {
		if len(row) != len(columns) {
			return nil, fmt.Errorf("step %d: a row of repeat has %d cells for %d columns", s.N, len(row), len(columns))
		}
		var pairs []string
		for i, c := range columns {
			pairs = append(pairs, "${"+c+"}", row[i])
		}
		out = append(out, s.with(strings.NewReplacer(pairs...)))
	}
	return out, nil
}

// with is the step with every string replaced.
func (s *Step) with(r *strings.Replacer) *Step {
	one := *s
	one.Repeat = nil
	for _, p := range []*string{&one.As, &one.Record, &one.ZH, &one.EN, &one.Actor.Region, &one.Actor.Org, &one.Actor.Role, &one.Actor.Person, &one.Actor.Of} {
		*p = r.Replace(*p)
	}
	one.Fields, _ = substitute(s.Fields, r).(map[string]any)
	one.Materials = slices.Clone(s.Materials)
	for i := range one.Materials {
		m := &one.Materials[i]
		m.Name, m.Text = r.Replace(m.Name), r.Replace(m.Text)
	}
	if s.Wait != nil {
		one.Wait = &Wait{Record: r.Replace(s.Wait.Record), State: s.Wait.State}
	}
	return &one
}

// substitute replaces in every string below v.
func substitute(v any, r *strings.Replacer) any {
	switch v := v.(type) {
	case string:
		return r.Replace(v)
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = substitute(e, r)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = substitute(e, r)
		}
		return out
	default:
		return v
	}
}
