package proficiency

import "fmt"

// Kind is how a result is scored.
type Kind string

const (
	Z      Kind = "z"       // (x - x_pt) / sigma_pt
	ZPrime Kind = "z_prime" // (x - x_pt) / sqrt(sigma_pt^2 + u(x_pt)^2)
	Zeta   Kind = "zeta"    // (x - x_pt) / sqrt(u(x)^2 + u(x_pt)^2)
	En     Kind = "en"      // (x - x_pt) / sqrt(U(x)^2 + U(x_pt)^2), both at k = 2
	Auto   Kind = "auto"    // z' when u(x_pt) > 0.3 sigma_pt, else z
)

// Verdict is what a score says of a laboratory.
type Verdict string

const (
	Satisfactory   Verdict = "satisfactory"   // 满意: |score| <= 2; |E_n| <= 1
	Questionable   Verdict = "questionable"   // 有问题: 2 < |score| < 3
	Unsatisfactory Verdict = "unsatisfactory" // 不满意: |score| >= 3; |E_n| > 1
)

// Assigned is the assigned value of a round with what judges results by it.
type Assigned struct {
	Value       Number // x_pt
	Uncertainty Number // u(x_pt), standard; 0 when negligible
	Sigma       Number // sigma_pt; used by z and z'
}

// TooUncertain reports whether u(x_pt) > 0.3 sigma_pt, so that z would blame
// laboratories for the assigned value's own uncertainty.
func (a Assigned) TooUncertain() bool { return a.Uncertainty.Cmp(mul(fraction, a.Sigma)) > 0 }

// Score scores a result. uncertainty is the laboratory's expanded uncertainty U at
// k = 2, nil where it gave none; zeta and E_n need it. It returns the kind used
// (z or z' for Auto).
func (a Assigned) Score(kind Kind, x, uncertainty Number) (Number, Kind, error) {
	if kind == Auto {
		kind = Z
		if a.TooUncertain() {
			kind = ZPrime
		}
	}
	var scale Number
	switch kind {
	case Z:
		scale = a.Sigma
	case ZPrime:
		scale = root(add(square(a.Sigma), square(a.Uncertainty)))
	case Zeta, En:
		if uncertainty == nil || uncertainty.Sign() <= 0 {
			return nil, kind, fmt.Errorf("%w: %s needs the laboratory's uncertainty", ErrRound, kind)
		}
		own, of := uncertainty, mul(whole(2), a.Uncertainty)
		if kind == Zeta {
			own, of = quo(own, whole(2)), a.Uncertainty
		}
		scale = root(add(square(own), square(of)))
	default:
		return nil, kind, fmt.Errorf("%w: unknown score %q", ErrRound, kind)
	}
	if scale.Sign() <= 0 {
		return nil, kind, fmt.Errorf("%w: %s has nothing to divide by", ErrRound, kind)
	}
	return quo(sub(x, a.Value), scale), kind, nil
}

var one, two, three = whole(1), whole(2), whole(3)

// Judge is the verdict on a score as it is, before rounding: 2.004 is
// questionable though it is written 2.00.
func Judge(kind Kind, score Number) Verdict {
	size := abs(score)
	switch {
	case kind == En && size.Cmp(one) <= 0, kind != En && size.Cmp(two) <= 0:
		return Satisfactory
	case kind == En || size.Cmp(three) >= 0:
		return Unsatisfactory
	}
	return Questionable
}
