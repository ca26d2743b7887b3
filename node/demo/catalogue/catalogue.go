// Package catalogue makes the pools of a scenario's draws: made-up laboratories by
// the hundred, or experts that the scenario has brought into the shared pool. Everything
// in them is synthetic.
package catalogue

import (
	"fmt"
	"strings"

	"sandi.internal/gateway/consensus/draw"
	"sandi.internal/gateway/consensus/procedure"
)

// Spec is a pool and the rule by which it is drawn from, as a scenario states them.
type Spec struct {
	Kind          string      `yaml:"kind"`
	ExclusionRule string      `yaml:"exclusion_rule"`
	Strata        []Stratum   `yaml:"strata"`
	Labs          []Labs      `yaml:"labs"`
	List          []Candidate `yaml:"list"`
}

// Stratum is a stratum's quota: a number, or a rate in hundredths of a percent.
type Stratum struct {
	Key  string `yaml:"key"`
	N    int    `yaml:"n"`
	Rate int    `yaml:"rate"`
}

// Labs are laboratories with numbered credit codes of one division.
type Labs struct {
	Stratum  string         `yaml:"stratum"`
	Division string         `yaml:"division"`
	From     int            `yaml:"from"`
	Count    int            `yaml:"count"`
	Excluded map[int]string `yaml:"excluded"` // reason by number
}

// Candidate is one by name: "$x" is a record.
type Candidate struct {
	Stratum  string `yaml:"stratum"`
	ID       string `yaml:"id"`
	Excluded string `yaml:"excluded"`
}

// Build makes pool and rule. resolve gives the id behind a candidate's "$x".
func (s *Spec) Build(resolve func(string) (string, error)) (*draw.Pool, *draw.Rule, error) {
	var list []draw.Candidate
	for _, l := range s.Labs {
		for n := l.From; n < l.From+l.Count; n++ {
			id, ok := creditCode("91", l.Division, n)
			if !ok {
				return nil, nil, fmt.Errorf("stratum %s: division %q and number %d make no credit code", l.Stratum, l.Division, n)
			}
			list = append(list, draw.Candidate{ID: id, Stratum: l.Stratum, Excluded: l.Excluded[n]})
		}
	}
	for _, c := range s.List {
		id := c.ID
		if strings.HasPrefix(id, "$") {
			var err error
			if id, err = resolve(id); err != nil {
				return nil, nil, err
			}
		}
		list = append(list, draw.Candidate{ID: id, Stratum: c.Stratum, Excluded: c.Excluded})
	}
	pool, err := draw.NewPool(list)
	if err != nil {
		return nil, nil, err
	}
	quotas := make([]draw.Quota, 0, len(s.Strata))
	for _, t := range s.Strata {
		quotas = append(quotas, draw.Quota{Stratum: t.Key, Number: t.N, Rate: t.Rate})
	}
	rule, err := draw.NewRule(s.Kind, s.ExclusionRule, quotas)
	return pool, rule, err
}

// CreditCode is the n-th credit code of made-up bodies in a division: the organisation
// code of no real one begins with XXXX. kind is the registering department and the kind
// of body ("91": a company).
func CreditCode(kind, division string, n int) string {
	code, ok := creditCode(kind, division, n)
	if !ok {
		panic(fmt.Sprintf("no credit code %s%s with number %d", kind, division, n)) // a mistake in the program
	}
	return code
}

func creditCode(kind, division string, n int) (string, bool) {
	body := fmt.Sprintf("%s%sXXXX%05d", kind, division, n)
	digit, ok := procedure.CheckDigit(body)
	return body + string(digit), ok
}
