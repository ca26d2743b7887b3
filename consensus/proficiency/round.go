package proficiency

import (
	"fmt"
	"slices"
)

// Method is where the assigned value comes from.
type Method string

const (
	Formulation Method = "formulation" // how the sample was made
	Reference   Method = "crm"         // a certified reference material
	Experts     Method = "expert_labs" // laboratories known for the measurement
	Consensus   Method = "consensus"   // the participants, by Algorithm A
)

// Result is a laboratory's result.
type Result struct {
	Lab         string // code of the round, never the laboratory's name
	Value       string // decimal
	Uncertainty string // U; "" for none
	Coverage    string // k of U; "" for 2
}

// Round is everything a round's figures follow from; decimals as they stand in
// records.
type Round struct {
	Method      Method
	Value       string // x_pt; "" for consensus
	Uncertainty string // u(x_pt), standard; "" for consensus, or 0
	Sigma       string // sigma_pt; "" takes s* of the consensus
	Score       Kind
	Results     []Result
	Places      int // of x_pt, s*, u; scores have two places
}

// Line is a laboratory's line of the report.
type Line struct {
	Lab     string  `json:"lab"`
	Value   string  `json:"value"`
	Score   string  `json:"score"`
	Verdict Verdict `json:"verdict"`
}

// Report is a round's outcome, rounded as it is published.
type Report struct {
	Method      Method `json:"method"`
	Assigned    string `json:"assigned"`         // x_pt
	Uncertainty string `json:"uncertainty"`      // u(x_pt)
	Sigma       string `json:"sigma"`            // sigma_pt
	Robust      string `json:"robust,omitempty"` // s*, of a consensus
	Score       Kind   `json:"score"`            // the kind used
	Rounds      int    `json:"rounds,omitempty"`
	Few         bool   `json:"few,omitempty"` // consensus of fewer than 18: u(x_pt) takes more than 0.3 s*
	Lines       []Line `json:"lines"`         // by lab
	Tally       Tally  `json:"tally"`
}

// Tally counts verdicts.
type Tally struct {
	Satisfactory   int `json:"satisfactory"`
	Questionable   int `json:"questionable"`
	Unsatisfactory int `json:"unsatisfactory"`
}

const (
	scorePlaces = 2
	maxPlaces   = 12
	// enough is the number of participants from which a consensus is certain
	// enough: 1.25 / sqrt(p) <= 0.3 (ISO 13528 section 7.7 as quoted).
	enough = 18
)

// Evaluate computes the report. Two computations of the same round agree to the
// last digit.
func Evaluate(r Round) (*Report, error) {
	if r.Places < 0 || r.Places > maxPlaces {
		return nil, fmt.Errorf("%w: %d places, of 0 to %d", ErrRound, r.Places, maxPlaces)
	}
	results := slices.SortedFunc(slices.Values(r.Results), func(a, b Result) int {
		switch {
		case a.Lab < b.Lab:
			return -1
		case a.Lab > b.Lab:
			return 1
		}
		return 0
	})
	values := make([]Number, len(results))
	for i, x := range results {
		if x.Lab == "" || i > 0 && results[i-1].Lab == x.Lab {
			return nil, fmt.Errorf("%w: laboratory %q without code or twice", ErrRound, x.Lab)
		}
		var err error
		if values[i], err = Parse(x.Value); err != nil {
			return nil, fmt.Errorf("laboratory %s: %w", x.Lab, err)
		}
	}
	assigned, robust, err := r.assigned(values)
	if err != nil {
		return nil, err
	}
	out := &Report{
		Method: r.Method, Assigned: Format(assigned.Value, r.Places), Uncertainty: Format(assigned.Uncertainty, r.Places), Sigma: Format(assigned.Sigma, r.Places),
		Score: r.Score, Lines: []Line{},
	}
	if robust != nil {
		out.Rounds, out.Few, out.Robust = robust.Rounds, len(values) < enough, Format(robust.Deviation, r.Places)
	}
	for i, x := range results {
		u, err := x.expanded()
		if err != nil {
			return nil, fmt.Errorf("laboratory %s: %w", x.Lab, err)
		}
		score, kind, err := assigned.Score(r.Score, values[i], u)
		if err != nil {
			return nil, fmt.Errorf("laboratory %s: %w", x.Lab, err)
		}
		verdict := Judge(kind, score)
		out.Score = kind
		out.Lines = append(out.Lines, Line{Lab: x.Lab, Value: x.Value, Score: Format(score, scorePlaces), Verdict: verdict})
		out.Tally.add(verdict)
	}
	return out, nil
}

// expanded is the laboratory's U at k = 2; nil when it gave none.
func (x Result) expanded() (Number, error) {
	if x.Uncertainty == "" {
		return nil, nil
	}
	u, err := Parse(x.Uncertainty)
	if err != nil || x.Coverage == "" {
		return u, err
	}
	k, err := Parse(x.Coverage)
	if err != nil || k.Sign() <= 0 {
		return nil, fmt.Errorf("%w: coverage factor %q", ErrRound, x.Coverage)
	}
	return quo(mul(two, u), k), nil
}

// assigned settles x_pt, u(x_pt) and sigma_pt; the robust statistics too where
// they come from the participants.
func (r Round) assigned(values []Number) (Assigned, *Robust, error) {
	var a Assigned
	var robust *Robust
	var err error
	switch r.Method {
	case Consensus:
		if r.Value != "" || r.Uncertainty != "" {
			return a, nil, fmt.Errorf("%w: a consensus takes no given value", ErrRound)
		}
		if robust, err = AlgorithmA(values); err != nil {
			return a, nil, err
		}
		a = Assigned{Value: robust.Mean, Uncertainty: robust.Uncertainty, Sigma: robust.Deviation}
	case Formulation, Reference, Experts:
		if a.Value, err = Parse(r.Value); err != nil {
			return a, nil, fmt.Errorf("assigned value: %w", err)
		}
		a.Uncertainty, a.Sigma = number(), number()
		if r.Uncertainty != "" {
			if a.Uncertainty, err = Parse(r.Uncertainty); err != nil || a.Uncertainty.Sign() < 0 {
				return a, nil, fmt.Errorf("%w: uncertainty %q", ErrRound, r.Uncertainty)
			}
		}
	default:
		return a, nil, fmt.Errorf("%w: unknown method %q", ErrRound, r.Method)
	}
	if r.Sigma != "" {
		if a.Sigma, err = Parse(r.Sigma); err != nil {
			return a, nil, fmt.Errorf("sigma_pt: %w", err)
		}
	}
	if a.Sigma.Sign() <= 0 && r.Score != Zeta && r.Score != En {
		return a, nil, fmt.Errorf("%w: sigma_pt must be above 0", ErrRound)
	}
	return a, robust, nil
}

func (t *Tally) add(v Verdict) {
	switch v {
	case Satisfactory:
		t.Satisfactory++
	case Questionable:
		t.Questionable++
	case Unsatisfactory:
		t.Unsatisfactory++
	}
}
