package threeyears

import (
	"context"
	"fmt"
	"slices"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
)

// Difference is a figure that is not what it has to be.
type Difference struct {
	Region string `json:"region"` // whose node counted
	Report string `json:"report"`
	Figure string `json:"figure"`
	Want   string `json:"want"`
	Got    string `json:"got"`
}

// Checked is what a check came to.
type Checked struct {
	Figures     int          `json:"figures"` // compared
	Differences []Difference `json:"differences"`
}

// mostDifferences bounds what is told of one check.
const mostDifferences = 50

// Check has the node of every region count every report, and compares each
// figure, group and number left out that the set has a truth about.
func (s *Set) Check(ctx context.Context, d Doors) (Checked, error) {
	out := Checked{Differences: []Difference{}}
	for _, region := range Regions {
		door, err := d.Of(by(region, "liaison"))
		if err != nil {
			return out, err
		}
		for name, want := range s.Truth {
			report, err := patient(ctx, func() (v1.Report, error) { return door.Report(ctx, name, client.ReportOptions{}, client.Read{}) })
			if err != nil {
				return out, fmt.Errorf("couldn't have %s count %s: %w", region, name, err)
			}
			got := said(&report)
			for figure, value := range want {
				out.Figures++
				if got[figure] != value && len(out.Differences) < mostDifferences {
					out.Differences = append(out.Differences, Difference{region, name, figure, value, got[figure]})
				}
			}
			for figure, value := range got { // nothing else may be left out
				if _, known := want[figure]; figure[0] == '-' && !known {
					out.Differences = append(out.Differences, Difference{region, name, figure, "", value})
				}
			}
		}
	}
	slices.SortFunc(out.Differences, func(a, b Difference) int {
		return slices.Compare([]string{a.Report, a.Figure, a.Region}, []string{b.Report, b.Figure, b.Region})
	})
	return out, nil
}

// said is what a report says, by the keys of Truth.
func said(r *v1.Report) map[string]string {
	out := map[string]string{}
	for i := range r.Figures {
		f := &r.Figures[i]
		out[f.Name] = told(&f.Number)
		for _, c := range f.By {
			for k := range c.Groups {
				key := f.Name
				for _, cell := range c.Groups[k].Key {
					key += "/" + cell.Code
				}
				out[key] = told(&c.Groups[k].Number)
			}
		}
	}
	for _, l := range r.LeftOut {
		out["-"+l.Rows+"/"+l.Code] = fmt.Sprint(l.Count)
	}
	return out
}

// told is a number in the form of Truth.
func told(n *v1.Number) string {
	switch {
	case n.Den == "" && n.Small:
		return n.Value + " small"
	case n.Den == "":
		return n.Value
	case n.Met == nil:
		return n.Num + "/" + n.Den
	case *n.Met:
		return n.Num + "/" + n.Den + " met"
	}
	return n.Num + "/" + n.Den + " below"
}
