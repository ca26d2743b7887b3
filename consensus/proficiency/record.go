package proficiency

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The fields by which a record is a round. The law document declares them; what is in
// them has passed its rules.
const (
	FieldMethod      = "assigned_value_method"
	FieldSigma       = "sigma_method"
	FieldScore       = "scoring_rule"
	FieldSealed      = "sealed_results"
	FieldOpened      = "opened_results"
	FieldEvaluations = "evaluations"
	FieldScores      = "scores"

	// FieldSeal and FieldOpening are what a laboratory's bureau states: the seal before
	// the deadline, the result behind it after.
	FieldSeal      = "sealed_result"
	FieldOpening   = "opened_result"
	FieldLab       = "lab_ref"
	FieldMeasurand = "measurand"
	// FieldRemark and FieldCalculation go with an evaluation: what the check for collusion
	// found, and the commitment of the figures in full.
	FieldRemark      = "collusion_check"
	FieldCalculation = "calculation"
	// FieldAgrees is what a region states that has computed again, FieldRecomputed the
	// commitment of its own figures.
	FieldAgrees     = "agrees"
	FieldRecomputed = "recomputed"
)

// recordPlaces are the places of x_pt, u, sigma_pt and s* in records.
const recordPlaces = 6

// NoResult is the verdict on a laboratory that sealed a result and did not show it.
const NoResult Verdict = "no_result"

// Sealing is a seal as a record has it.
type Sealing struct {
	Lab       string `json:"lab_ref"`
	Measurand string `json:"measurand"`
	Digest    string `json:"digest"`
}

// Shown is an opened result as a record has it.
type Shown struct {
	Lab       string `json:"lab_ref"`
	Measurand string `json:"measurand"`
	Salt      string `json:"salt"` // 32 random bytes in hex
	Value     string `json:"value"`
	Expanded  string `json:"expanded,omitempty"` // U
	K         string `json:"k,omitempty"`        // of U; 2 when it is not given
	Method    string `json:"method"`
	Repeats   int    `json:"repeats"`
	TestedOn  string `json:"tested_on"`
	RawHash   string `json:"raw_hash"`
}

// Evaluation is what was found of one measurand.
type Evaluation struct {
	Measurand   string `json:"measurand"`
	Assigned    string `json:"assigned_value"`
	Uncertainty string `json:"u_assigned"`
	Sigma       string `json:"sigma_pt"`
	Robust      string `json:"robust_sd,omitempty"` // s*, of a consensus
}

// Score is a laboratory's line.
type Score struct {
	Lab       string  `json:"lab_ref"`
	Measurand string  `json:"measurand"`
	Score     string  `json:"score,omitempty"` // absent: no result
	Verdict   Verdict `json:"verdict"`
}

// Record is a round as its record has it.
type Record struct {
	Method      Method
	SigmaBy     Method
	Kind        Kind
	Sealed      []Sealing
	Opened      []Shown
	Evaluations []Evaluation // empty: not evaluated yet
	Scores      []Score
}

// ReadRecord reads a round from the fields of a record; nil when it is none, or nothing
// was shown yet.
func ReadRecord(fields map[string]json.RawMessage) (*Record, error) {
	if fields[FieldOpened] == nil || fields[FieldMethod] == nil {
		return nil, nil
	}
	r := &Record{}
	for name, into := range map[string]any{
		FieldMethod: &r.Method, FieldSigma: &r.SigmaBy, FieldScore: &r.Kind, FieldEvaluations: &r.Evaluations, FieldScores: &r.Scores,
	} {
		if err := read(fields, name, into); err != nil {
			return nil, err
		}
	}
	var err error
	if r.Sealed, err = collected[Sealing](fields, FieldSealed); err != nil {
		return nil, err
	}
	r.Opened, err = collected[Shown](fields, FieldOpened)
	return r, err
}

func read(fields map[string]json.RawMessage, name string, into any) error {
	if fields[name] == nil {
		return nil
	}
	if err := json.Unmarshal(fields[name], into); err != nil {
		return fmt.Errorf("%w: the field %s cannot be read", ErrRound, name)
	}
	return nil
}

// collected are the values of a collection, without who stated them and when.
func collected[T any](fields map[string]json.RawMessage, name string) ([]T, error) {
	var items []struct {
		Value T `json:"value"`
	}
	if err := read(fields, name, &items); err != nil {
		return nil, err
	}
	out := make([]T, 0, len(items))
	for _, item := range items {
		out = append(out, item.Value)
	}
	return out, nil
}

// Measurands are those of which a result was shown, ascending.
func (r *Record) Measurands() []string {
	var names []string
	for _, o := range r.Opened {
		names = append(names, o.Measurand)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Outcome is what a computation gives: what is stated on the ledger, and the reports
// behind it.
type Outcome struct {
	Evaluations []Evaluation
	Scores      []Score
	Reports     map[string]*Report // by measurand
}

// Compute computes the round. given is what comes from outside, by measurand: value,
// uncertainty and deviation where they are not a consensus of the participants.
func (r *Record) Compute(given []Evaluation) (*Outcome, error) {
	out := &Outcome{Evaluations: []Evaluation{}, Scores: []Score{}, Reports: map[string]*Report{}}
	for _, measurand := range r.Measurands() {
		round := r.round(measurand, given)
		report, err := Evaluate(round)
		if err != nil {
			return nil, fmt.Errorf("measurand %s: %w", measurand, err)
		}
		e := Evaluation{Measurand: measurand, Assigned: report.Assigned, Uncertainty: report.Uncertainty, Sigma: report.Sigma, Robust: report.Robust}
		out.Evaluations = append(out.Evaluations, e)
		out.Reports[measurand] = report
		for _, line := range report.Lines {
			out.Scores = append(out.Scores, Score{Lab: line.Lab, Measurand: measurand, Score: line.Score, Verdict: line.Verdict})
		}
		out.Scores = append(out.Scores, r.silent(measurand)...)
	}
	if len(out.Evaluations) == 0 {
		return nil, fmt.Errorf("%w: no result was shown", ErrTooFew)
	}
	return out, nil
}

// round is one measurand's round.
func (r *Record) round(measurand string, given []Evaluation) Round {
	round := Round{Method: r.Method, Score: r.Kind, Places: recordPlaces}
	if round.Score == Z {
		round.Score = Auto // z blames laboratories when the assigned value is too uncertain
	}
	for _, g := range given {
		if g.Measurand != measurand {
			continue
		}
		if r.Method != Consensus {
			round.Value, round.Uncertainty = g.Assigned, g.Uncertainty
		}
		if r.SigmaBy != Consensus {
			round.Sigma = g.Sigma
		}
	}
	for _, o := range r.Opened {
		if o.Measurand == measurand {
			round.Results = append(round.Results, Result{Lab: o.Lab, Value: o.Value, Uncertainty: o.Expanded, Coverage: o.K})
		}
	}
	return round
}

// silent are the laboratories that sealed a result and did not show it, ascending.
func (r *Record) silent(measurand string) []Score {
	var out []Score
	for _, s := range r.Sealed {
		shown := func(o Shown) bool { return o.Lab == s.Lab && o.Measurand == measurand }
		told := func(known Score) bool { return known.Lab == s.Lab }
		if s.Measurand == measurand && !slices.ContainsFunc(r.Opened, shown) && !slices.ContainsFunc(out, told) {
			out = append(out, Score{Lab: s.Lab, Measurand: measurand, Verdict: NoResult})
		}
	}
	slices.SortFunc(out, func(a, b Score) int { return strings.Compare(a.Lab, b.Lab) })
	return out
}

// Check computes an evaluated round again, from what was shown and what the record
// says of outside, and holds the record against it to the last digit. The error says
// what differs first.
func (r *Record) Check() (*Outcome, error) {
	out, err := r.Compute(r.Evaluations)
	if err != nil {
		return nil, err
	}
	if err := same(out.Evaluations, r.Evaluations, func(e Evaluation) string { return e.Measurand }); err != nil {
		return out, err
	}
	return out, same(out.Scores, r.Scores, func(s Score) string { return s.Measurand + "/" + s.Lab })
}

// ErrDiffers says that a record does not say what its results give.
var ErrDiffers = errors.New("proficiency: the record differs from what its results give")

// same compares two lists whatever their order.
func same[T comparable](computed, stated []T, key func(T) string) error {
	left := make(map[string]T, len(stated))
	for _, s := range stated {
		left[key(s)] = s
	}
	for _, c := range computed {
		s, known := left[key(c)]
		switch {
		case !known:
			return fmt.Errorf("%w: nothing is stated of %s", ErrDiffers, key(c))
		case s != c:
			return fmt.Errorf("%w: stated %+v, computed %+v", ErrDiffers, s, c)
		}
		delete(left, key(c))
	}
	for k := range left {
		return fmt.Errorf("%w: nothing gives what is stated of %s", ErrDiffers, k)
	}
	if len(computed) != len(stated) {
		return fmt.Errorf("%w: something is stated twice", ErrDiffers)
	}
	return nil
}
