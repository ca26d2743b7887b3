package report

import "math/big"

// ratioPlaces is how many digits behind the point ratios, intervals and
// correlations are rounded to, halves to even.
const ratioPlaces = 4

// ratio divides two counted figures, exactly.
func (r *run) ratio(f *Figure, key string, by []string) Value {
	top, bottom := &r.d.Figures[f.First], &r.d.Figures[f.Second]
	a, b := r.tallies[f.First].cut(by).groups[key], r.tallies[f.Second].cut(by).groups[key]
	num, den := f.scaled(r, top.total(a), f.First), f.scaled(r, bottom.total(b), f.Second)
	v := Value{Num: format(top.total(a), r.places(f.First)), Den: format(bottom.total(b), r.places(f.Second))}
	if b != nil {
		v.N = b.n
	}
	if den.Sign() == 0 {
		return v
	}
	q := new(big.Rat).Quo(num, den)
	v.Value = rounded(q, ratioPlaces)
	v.Small = f.Small > 0 && den.Cmp(new(big.Rat).SetInt64(f.Small)) < 0
	if f.Wilson && num.IsInt() && den.IsInt() && num.Sign() >= 0 && num.Cmp(den) <= 0 && den.Sign() > 0 {
		v.Low, v.High = wilson(num.Num(), den.Num())
	}
	if f.Floor != "" {
		floor, _ := new(big.Rat).SetString(f.Floor) // Parse has checked it
		met := q.Cmp(floor) >= 0
		v.Met = &met
	}
	return v
}

// scaled is a total as the number that it stands for.
func (f *Figure) scaled(r *run, total *big.Int, fig int) *big.Rat {
	return new(big.Rat).SetFrac(total, power(r.places(fig)))
}

func power(places int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)
}

// format writes a count of the last place as a decimal.
func format(units *big.Int, places int) string {
	if places == 0 {
		return units.String()
	}
	return new(big.Rat).SetFrac(units, power(places)).FloatString(places) // exact: no digit is dropped
}

func decimal(units int64, places int) string { return format(big.NewInt(units), places) }

// rounded writes a number with places digits behind the point, halves to even.
func rounded(q *big.Rat, places int) string {
	scaled := new(big.Int).Mul(q.Num(), power(places))
	n, rest := new(big.Int).QuoRem(scaled, q.Denom(), new(big.Int))
	rest.Abs(rest).Lsh(rest, 1)
	if c := rest.Cmp(q.Denom()); c > 0 || c == 0 && n.Bit(0) == 1 {
		n.Add(n, big.NewInt(int64(q.Sign())))
	}
	return format(n, places)
}

// rootPlaces is how many digits of a square root are computed before the result
// is rounded: far beyond ratioPlaces.
const rootPlaces = 40

// root is the square root of a number that is not negative, cut off behind
// rootPlaces digits.
func root(q *big.Rat) *big.Rat {
	scale := power(rootPlaces)
	n := new(big.Int).Mul(q.Num(), new(big.Int).Mul(scale, scale))
	n.Quo(n, q.Denom()).Sqrt(n)
	return new(big.Rat).SetFrac(n, scale)
}

// quantile is the 97.5 % quantile of the normal distribution.
var quantile, _ = new(big.Rat).SetString("1.959963984540054")

// wilson is the Wilson score interval at 95 % of k successes in n trials, n > 0:
// (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n), cut to [0, 1].
func wilson(k, n *big.Int) (low, high string) {
	trials := new(big.Rat).SetInt(n)
	p := new(big.Rat).SetFrac(k, n)
	one := big.NewRat(1, 1)
	z2n := new(big.Rat).Mul(quantile, quantile)
	z2n.Quo(z2n, trials) // z²/n
	mid := new(big.Rat).Add(p, new(big.Rat).Mul(z2n, big.NewRat(1, 2)))
	in := new(big.Rat).Mul(p, new(big.Rat).Sub(one, p))
	in.Quo(in, trials)
	in.Add(in, new(big.Rat).Quo(new(big.Rat).Mul(z2n, big.NewRat(1, 4)), trials))
	half := new(big.Rat).Mul(quantile, root(in))
	bottom := new(big.Rat).Add(one, z2n)
	lo := new(big.Rat).Quo(new(big.Rat).Sub(mid, half), bottom)
	hi := new(big.Rat).Quo(new(big.Rat).Add(mid, half), bottom)
	if lo.Sign() < 0 {
		lo.SetInt64(0)
	}
	if hi.Cmp(one) > 0 {
		hi.Set(one)
	}
	return rounded(lo, ratioPlaces), rounded(hi, ratioPlaces)
}
