package report

import (
	"math/big"
	"slices"
)

// correlate is Spearman's rank correlation of two figures over the groups that
// have both. Groups that share a value share the mean of their ranks.
func (r *run) correlate(f *Figure) Value {
	var x, y []*big.Rat
	second := map[string]*big.Rat{}
	for _, p := range r.points(f.Second, f.Over) {
		second[p.key] = p.value
	}
	for _, p := range r.points(f.First, f.Over) {
		if other := second[p.key]; other != nil {
			x, y = append(x, p.value), append(y, other)
		}
	}
	v := Value{N: int64(len(x)), Small: f.Small > 0 && int64(len(x)) < f.Small}
	if rho, ok := spearman(x, y); ok {
		v.Value = rounded(rho, ratioPlaces)
	}
	return v
}

// point is a figure's exact number for one group.
type point struct {
	key   string
	value *big.Rat
}

// points are a figure's numbers in the order of their keys; a ratio to nothing
// is none.
func (r *run) points(fig int, by []string) []point {
	f := &r.d.Figures[fig]
	bottom := fig
	if !f.base() {
		fig, bottom = f.First, f.Second
	}
	cut := r.tallies[fig].cut(by)
	keys := make([]string, 0, len(cut.groups))
	for key := range cut.groups {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	var out []point
	for _, key := range keys {
		value := f.scaled(r, r.d.Figures[fig].total(cut.groups[key]), fig)
		if bottom != fig {
			den := f.scaled(r, r.d.Figures[bottom].total(r.tallies[bottom].cut(by).groups[key]), bottom)
			if den.Sign() == 0 {
				continue
			}
			value.Quo(value, den)
		}
		out = append(out, point{key, value})
	}
	return out
}

// spearman correlates the ranks of two lists of the same length. It is not
// defined for fewer than two pairs, nor when all of one list are equal.
func spearman(x, y []*big.Rat) (rho *big.Rat, ok bool) {
	a, b := ranks(x), ranks(y)
	// Deviations from the mean rank, doubled: ranks are halves at worst.
	mean := int64(len(x) + 1)
	var sxy, sxx, syy int64
	for i := range a {
		dx, dy := a[i]-mean, b[i]-mean
		sxy, sxx, syy = sxy+dx*dy, sxx+dx*dx, syy+dy*dy
	}
	if sxx == 0 || syy == 0 {
		return nil, false
	}
	product := new(big.Int).Mul(big.NewInt(sxx), big.NewInt(syy))
	return new(big.Rat).Quo(new(big.Rat).SetInt64(sxy), root(new(big.Rat).SetInt(product))), true
}

// ranks are the doubled ranks of a list, from 2; equals share their mean.
func ranks(list []*big.Rat) []int64 {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return list[a].Cmp(list[b]) })
	out := make([]int64, len(list))
	for i := 0; i < len(order); {
		end := i + 1
		for end < len(order) && list[order[end]].Cmp(list[order[i]]) == 0 {
			end++
		}
		for _, at := range order[i:end] {
			out[at] = int64(i + 1 + end) // twice the mean of ranks i+1 to end
		}
		i = end
	}
	return out
}
