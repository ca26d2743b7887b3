package proficiency

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Fields by which a round's samples are said to be fit: two reports by commitment, two
// verdicts.
const (
	FieldMeasurands        = "measurands"
	FieldHomogeneityReport = "homogeneity_report"
	FieldStabilityReport   = "stability_report"
	FieldHomogeneous       = "homogeneous"
	FieldStable            = "stable"
)

// Samples are the measurements by which one measurand's samples are judged.
type Samples struct {
	Measurand string      `json:"measurand"`
	Sigma     string      `json:"sigma_pt"`
	Pairs     [][2]string `json:"pairs"`  // each sample twice
	Before    []string    `json:"before"` // before dispatch
	After     []string    `json:"after"`  // at the round's end, or after the storage it stands for
}

// Fitness is what they say. Numbers have 9 places.
type Fitness struct {
	Measurand   string `json:"measurand"`
	Sigma       string `json:"sigma_pt"`
	Limit       string `json:"limit"` // 0.3 sigma_pt
	Between     string `json:"s_s"`
	Within      string `json:"s_w"`
	Difference  string `json:"difference"` // of the means
	Homogeneous bool   `json:"homogeneous"`
	Stable      bool   `json:"stable"`
}

const fitnessPlaces = 9

// Judge checks homogeneity and stability of one measurand's samples. The errors are
// ErrNumber, ErrTooFew and ErrRound.
func (s *Samples) Judge() (*Fitness, error) {
	fail := func(what string, err error) (*Fitness, error) {
		return nil, fmt.Errorf("%s, %s: %w", s.Measurand, what, err)
	}
	sigma, err := Parse(s.Sigma)
	if err != nil {
		return fail("sigma_pt", err)
	}
	pairs := make([][2]Number, len(s.Pairs))
	for i, p := range s.Pairs {
		both, err := ParseAll(p[:])
		if err != nil {
			return fail(fmt.Sprintf("sample %d", i+1), err)
		}
		pairs[i] = [2]Number(both)
	}
	before, err := ParseAll(s.Before)
	if err != nil {
		return fail("before", err)
	}
	after, err := ParseAll(s.After)
	if err != nil {
		return fail("after", err)
	}
	h, err := CheckHomogeneity(pairs, sigma)
	if err != nil {
		return fail("homogeneity", err)
	}
	t, err := CheckStability(before, after, sigma)
	if err != nil {
		return fail("stability", err)
	}
	shown := func(n Number) string { return Format(n, fitnessPlaces) }
	return &Fitness{
		Measurand: s.Measurand, Sigma: s.Sigma, Limit: shown(h.Limit), Between: shown(h.Between), Within: shown(h.Within), Difference: shown(t.Difference),
		Homogeneous: h.Pass, Stable: t.Pass,
	}, nil
}

// JudgeSamples checks the samples of every measurand that a record announces: each
// once, and no other.
func JudgeSamples(fields map[string]json.RawMessage, list []Samples) ([]Fitness, error) {
	var announced []struct {
		Code string `json:"code"`
	}
	if err := read(fields, FieldMeasurands, &announced); err != nil {
		return nil, err
	}
	if len(announced) == 0 {
		return nil, fmt.Errorf("%w: the record announces no measurands", ErrRound)
	}
	var out []Fitness
	for _, a := range announced {
		at := slices.IndexFunc(list, func(s Samples) bool { return s.Measurand == a.Code })
		if at < 0 {
			return nil, fmt.Errorf("%w: no samples of %s were measured", ErrRound, a.Code)
		}
		f, err := list[at].Judge()
		if err != nil {
			return nil, err
		}
		out = append(out, *f)
	}
	if len(list) != len(announced) {
		return nil, fmt.Errorf("%w: samples of %d measurands, the record announces %d", ErrRound, len(list), len(announced))
	}
	return out, nil
}
