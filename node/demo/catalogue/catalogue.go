// Package catalogue makes the pools of a scenario's draws: made-up laboratories by
// the hundred, or experts that the scenario has brought into the shared pool. Everything
// in them is synthetic.
package catalogue

import (
	"fmt"
	"strings"

	"sandi.internal/gateway/consensus/draw"
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
			list = append(list, draw.Candidate{ID: CreditCode(l.Division, n), Stratum: l.Stratum, Excluded: l.Excluded[n]})
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

// The alphabet and weights of credit codes (GB 32100-2015).
const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

var weights = [17]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}

// CreditCode is the n-th made-up credit code of a division: no real one has XXXX there.
func CreditCode(division string, n int) string {
	body := fmt.Sprintf("91%sXXXX%05d", division, n)
	sum := 0
	for i, w := range weights {
		sum += w * strings.IndexByte(alphabet, body[i])
	}
	return body + string(alphabet[(31-sum%31)%31])
}
