package proficiency

import (
	"fmt"
	"slices"
)

// Constants of ISO 13528 annex C.
var (
	scaleMAD   = constant("1.483")
	scaleClip  = constant("1.5")
	scaleS     = constant("1.134")
	scaleIQR   = constant("0.7413")
	scaleU     = constant("1.25")
	settled    = constant("0.00000000000001") // change, measured by s*, at which Algorithm A ends: the fixed point to 12 digits
	fraction   = constant("0.3")              // of sigma_pt: what uncertainty and samples may take
	minRobust  = 3
	maxRobust  = 10_000 // values
	maxRepeats = 1_000
)

// Robust is what Algorithm A found.
type Robust struct {
	Mean, Deviation Number // x*, s*
	Uncertainty     Number // u(x_pt) = 1.25 s* / sqrt(p)
	Rounds          int
}

// Median is the middle value, or the mean of the two middle ones.
func Median(list []Number) Number {
	sorted := slices.SortedFunc(slices.Values(list), func(a, b Number) int { return a.Cmp(b) })
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return mean(sorted[half-1 : half+1])
}

// AlgorithmA is the robust mean and deviation of at least three values: start
// from the median and 1.483 times the median absolute deviation, then pull values
// beyond 1.5 s* in, take mean and 1.134 times the deviation of what results, until
// neither moves any more. ErrNoSpread when s* is 0. (ISO 5725-5 stops at the third
// digit; going on to the fixed point leaves nobody a choice of where to stop.)
func AlgorithmA(list []Number) (*Robust, error) {
	if len(list) < minRobust || len(list) > maxRobust {
		return nil, fmt.Errorf("%w: %d, Algorithm A takes %d to %d", ErrTooFew, len(list), minRobust, maxRobust)
	}
	center := Median(list)
	distances := make([]Number, len(list))
	for i, x := range list {
		distances[i] = abs(sub(x, center))
	}
	spread := mul(scaleMAD, Median(distances))
	clipped := make([]Number, len(list))
	for rounds := 1; rounds <= maxRepeats; rounds++ {
		if spread.Sign() == 0 {
			return nil, ErrNoSpread
		}
		reach := mul(scaleClip, spread)
		low, high := sub(center, reach), add(center, reach)
		for i, x := range list {
			switch {
			case x.Cmp(low) < 0:
				clipped[i] = low
			case x.Cmp(high) > 0:
				clipped[i] = high
			default:
				clipped[i] = x
			}
		}
		newCenter := mean(clipped)
		newSpread := mul(scaleS, deviation(clipped))
		moved := abs(sub(newCenter, center)).Cmp(mul(settled, spread)) > 0 || abs(sub(newSpread, spread)).Cmp(mul(settled, spread)) > 0
		center, spread = newCenter, newSpread
		if !moved {
			u := quo(mul(scaleU, spread), root(whole(len(list))))
			return &Robust{Mean: center, Deviation: spread, Uncertainty: u, Rounds: rounds}, nil
		}
	}
	return nil, ErrUnstable
}

// NormalisedIQR is 0.7413 times the distance of the quartiles, a check on s*.
// Quartiles lie at (n+1)/4 and 3(n+1)/4 of the ordered values, counted from 1 and
// interpolated between neighbours.
func NormalisedIQR(list []Number) (Number, error) {
	if len(list) < minRobust {
		return nil, fmt.Errorf("%w: %d, quartiles take %d", ErrTooFew, len(list), minRobust)
	}
	sorted := slices.SortedFunc(slices.Values(list), func(a, b Number) int { return a.Cmp(b) })
	quartile := func(q int) Number {
		at := q*(len(sorted)+1) - 4 // quarters behind the first
		low, rest := at/4, at%4
		if rest == 0 {
			return sorted[low]
		}
		return add(sorted[low], mul(sub(sorted[low+1], sorted[low]), quo(whole(rest), whole(4))))
	}
	return mul(scaleIQR, sub(quartile(3), quartile(1))), nil
}
