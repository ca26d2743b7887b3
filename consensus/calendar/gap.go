package calendar

import (
	"cmp"
	"slices"
)

// gap is a stretch of days that do not count, both included.
type gap struct{ first, last Day }

// sorted returns the intervals in order of time, leaving the caller's alone.
func sorted(list []Interval) []Interval {
	out := slices.Clone(list)
	slices.SortFunc(out, func(a, b Interval) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return out
}

// gapsOf turns excluded intervals into stretches of days, in order and apart
// from each other. A day does not count when its first moment is excluded.
func gapsOf(excluded []Interval) []gap {
	if len(excluded) == 0 {
		return nil
	}
	gaps := make([]gap, 0, len(excluded))
	for _, i := range sorted(excluded) {
		g := gap{first: DayOf(i.From-1) + 1, last: DayOf(i.To - 1)}
		if g.first > g.last || i.From >= i.To {
			continue
		}
		if n := len(gaps); n > 0 && g.first <= gaps[n-1].last+1 {
			gaps[n-1].last = max(gaps[n-1].last, g.last)
			continue
		}
		gaps = append(gaps, g)
	}
	return gaps
}

// gapAt finds the excluded stretch that holds a day.
func (w *walk) gapAt(d Day) (gap, bool) {
	for _, g := range w.gaps {
		if d < g.first {
			break
		}
		if d <= g.last {
			return g, true
		}
	}
	return gap{}, false
}
