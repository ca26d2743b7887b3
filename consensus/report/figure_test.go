package report

import (
	"math/big"
	"testing"
)

// Ensure the Wilson interval is that of the formula (values computed apart from
// this code), cut to [0, 1] at its ends.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		k, n      int64
		low, high string
	}{
		{8, 10, "0.4902", "0.9433"},
		{0, 10, "0.0000", "0.2775"},
		{10, 10, "0.7225", "1.0000"},
		{95, 100, "0.8882", "0.9785"},
		{1, 29, "0.0061", "0.1718"},
		{453, 1510, "0.2774", "0.3236"},
	} {
		low, high := wilson(big.NewInt(c.k), big.NewInt(c.n))
		if low != c.low || high != c.high {
			t.Errorf("%d of %d: %s to %s, not %s to %s", c.k, c.n, low, high, c.low, c.high)
		}
	}
}

// Ensure equals share the mean of their ranks, and that a correlation which is
// not defined is not given.
func TestSpearman(t *testing.T) {
	for _, c := range []struct {
		x, y []int64
		want string // empty: undefined
	}{
		{[]int64{1, 2, 3, 4, 5}, []int64{2, 4, 6, 8, 100}, "1.0000"},
		{[]int64{1, 2, 3}, []int64{9, 5, 1}, "-1.0000"},
		{[]int64{1, 2, 2, 3}, []int64{1, 3, 2, 4}, "0.9487"},                                                              // ranks 1 2.5 2.5 4 against 1 3 2 4: 4.5 / sqrt(4.5*5)
		{[]int64{7, 7, 8, 9, 9}, []int64{3, 1, 1, 2, 5}, "0.4056"},                                                        // ranks 1.5 1.5 3 4.5 4.5 against 4 1.5 1.5 3 5: 3.75 / sqrt(9*9.5)
		{[]int64{106, 86, 100, 101, 99, 103, 97, 113, 112, 110}, []int64{7, 0, 27, 50, 28, 29, 20, 12, 6, 17}, "-0.1758"}, // 1 - 6*194/990
		{[]int64{5, 5, 5}, []int64{1, 2, 3}, ""},
		{[]int64{1}, []int64{1}, ""},
		{nil, nil, ""},
	} {
		rho, ok := spearman(rats(c.x), rats(c.y))
		got := ""
		if ok {
			got = rounded(rho, ratioPlaces)
		}
		if got != c.want {
			t.Errorf("%v and %v: %q, not %q", c.x, c.y, got, c.want)
		}
	}
}

func rats(list []int64) (out []*big.Rat) {
	for _, n := range list {
		out = append(out, new(big.Rat).SetInt64(n))
	}
	return out
}

// Ensure rounding is to the nearest, halves to even, in both directions.
func TestRounded(t *testing.T) {
	for _, c := range []struct {
		num, den int64
		want     string
	}{
		{1, 3, "0.3333"},
		{2, 3, "0.6667"},
		{1, 20000, "0.0000"}, // 0.00005
		{3, 20000, "0.0002"}, // 0.00015
		{-3, 20000, "-0.0002"},
		{-1, 30000, "0.0000"},
		{5, 1, "5.0000"},
	} {
		if got := rounded(big.NewRat(c.num, c.den), 4); got != c.want {
			t.Errorf("%d/%d: %s, not %s", c.num, c.den, got, c.want)
		}
	}
}
