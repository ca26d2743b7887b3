package proficiency

import "fmt"

// minSamples is how many samples a homogeneity check takes at least (ISO 13528
// annex B recommends ten; fewer say too little).
const minSamples = 7

// Homogeneity is how far the samples differ among themselves.
type Homogeneity struct {
	Between Number // s_s, the deviation between samples
	Within  Number // s_w, the deviation of repeats
	Limit   Number // 0.3 sigma_pt
	Pass    bool   // s_s <= 0.3 sigma_pt
}

// CheckHomogeneity judges samples measured twice each (ISO 13528 annex B):
// s_x is the deviation of the samples' means, s_w = sqrt(sum of squared
// differences / 2g), s_s = sqrt(max(0, s_x^2 - s_w^2/2)).
func CheckHomogeneity(samples [][2]Number, sigma Number) (*Homogeneity, error) {
	if len(samples) < minSamples || len(samples) > maxRobust {
		return nil, fmt.Errorf("%w: %d samples, homogeneity takes %d", ErrTooFew, len(samples), minSamples)
	}
	if sigma.Sign() <= 0 {
		return nil, fmt.Errorf("%w: sigma_pt must be above 0", ErrRound)
	}
	means, squares := make([]Number, len(samples)), number()
	for i, s := range samples {
		means[i] = mean(s[:])
		squares.Add(squares, square(sub(s[0], s[1])))
	}
	within := root(quo(squares, whole(2*len(samples))))
	between := number()
	if v := sub(square(deviation(means)), quo(square(within), whole(2))); v.Sign() > 0 {
		between = root(v)
	}
	limit := mul(fraction, sigma)
	return &Homogeneity{Between: between, Within: within, Limit: limit, Pass: between.Cmp(limit) <= 0}, nil
}

// Stability is how far the samples' mean moved while the round ran.
type Stability struct {
	Difference Number // |mean after - mean before|
	Limit      Number // 0.3 sigma_pt
	Pass       bool
}

// CheckStability compares measurements before dispatch and after the round.
func CheckStability(before, after []Number, sigma Number) (*Stability, error) {
	if len(before) < 2 || len(after) < 2 {
		return nil, fmt.Errorf("%w: stability takes 2 before and 2 after", ErrTooFew)
	}
	if sigma.Sign() <= 0 {
		return nil, fmt.Errorf("%w: sigma_pt must be above 0", ErrRound)
	}
	difference, limit := abs(sub(mean(after), mean(before))), mul(fraction, sigma)
	return &Stability{Difference: difference, Limit: limit, Pass: difference.Cmp(limit) <= 0}, nil
}
