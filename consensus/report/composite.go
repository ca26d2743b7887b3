package report

import (
	"math/big"
	"slices"
	"strings"
)

// composites score the groups of a breakdown against each other: of every indicator
// that at least two of them have, the lowest counts 0 and the highest 1 (the other way
// round where less is better, a half where all are equal), and the published weights
// put these together (sum of weight times score, by the sum of the weights used). An
// indicator without a weight or a direction counts for nothing.
func (r *run) composites(f *Figure, by []string) []Group {
	groups := r.groups(f.First, by)
	full := append(slices.Clone(by), f.Per)
	weight, direction := &r.d.Figures[f.Weight], &r.d.Figures[f.Direction]
	weights, directions := r.tallies[f.Weight].cut(full).groups, r.tallies[f.Direction].cut(full).groups

	type scored struct {
		key   string // of the group
		value *big.Rat
	}
	rivals := map[string][]scored{} // by the groups that compare, and the indicator
	for _, p := range r.points(f.First, full) {
		parts := strings.SplitAfter(strings.TrimSuffix(p.key, "\x00"), "\x00")
		arena := strings.Join(parts[:len(f.Over)], "") + parts[len(by)]
		rivals[arena] = append(rivals[arena], scored{strings.Join(parts[:len(by)], ""), p.value})
	}
	type sum struct {
		top, bottom big.Rat
		n           int64
	}
	sums := map[string]*sum{}
	one := big.NewRat(1, 1)
	for arena, list := range rivals {
		if len(list) < 2 {
			continue
		}
		order := func(a, b scored) int { return a.value.Cmp(b.value) }
		low, high := slices.MinFunc(list, order).value, slices.MaxFunc(list, order).value
		indicator := arena[strings.LastIndexByte(strings.TrimSuffix(arena, "\x00"), 0)+1:]
		for _, s := range list {
			at := s.key + strings.TrimSuffix(indicator, "\x00") + "\x00"
			w := weight.scaled(r, weight.total(weights[at]), f.Weight)
			sense := direction.total(directions[at]).Sign()
			if w.Sign() <= 0 || sense == 0 {
				continue
			}
			score := big.NewRat(1, 2)
			if low.Cmp(high) != 0 {
				score = new(big.Rat).Quo(new(big.Rat).Sub(s.value, low), new(big.Rat).Sub(high, low))
				if sense < 0 {
					score.Sub(one, score)
				}
			}
			t := sums[s.key]
			if t == nil {
				t = new(sum)
				sums[s.key] = t
			}
			t.top.Add(&t.top, score.Mul(score, w))
			t.bottom.Add(&t.bottom, w)
			t.n++
		}
	}
	for i := range groups {
		v := Value{}
		if t := sums[textOf(groups[i].Key)]; t != nil {
			v = Value{Value: rounded(new(big.Rat).Quo(&t.top, &t.bottom), ratioPlaces), Num: rounded(&t.top, ratioPlaces), Den: rounded(&t.bottom, ratioPlaces), N: t.n}
			v.Small = f.Small > 0 && t.n < f.Small
		}
		groups[i].Value = v
	}
	return groups
}
