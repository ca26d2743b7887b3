package report

import (
	"cmp"
	"math/big"
	"slices"
	"strings"

	"sandi.internal/gateway/consensus/procedure"
)

// counting is a counted figure in the making.
type counting struct {
	fig  int
	cuts []*cut // the first has no dimensions: the total
}

// cut is the same, broken down.
type cut struct {
	by     []string
	groups map[string]*group
}

// group is the rows of one key.
type group struct {
	key  []Cell
	n    int64   // rows
	sum  big.Int // units of the column's last place
	seen map[[16]byte]struct{}
}

// prepare makes room for each counted figure, with the breakdowns that figures
// made of it need.
func (r *run) prepare() {
	r.tallies = make([]*counting, len(r.d.Figures))
	for i := range r.d.Figures {
		f := &r.d.Figures[i]
		if f.base() {
			r.tallies[i] = &counting{fig: i}
			r.need(i, nil)
		}
		for _, by := range f.By {
			r.need(i, by)
			if f.Measure == Composite {
				full := append(slices.Clone(by), f.Per)
				r.need(f.First, by)
				r.need(f.First, full)
				r.need(f.Weight, full)
				r.need(f.Direction, full)
			}
		}
		if f.Measure == Ratio {
			r.need(i, nil)
		}
		if f.Measure == Spearman {
			r.need(f.First, f.Over)
			r.need(f.Second, f.Over)
		}
		if f.Name == r.req.List && r.req.List != "" {
			r.listed = i
		}
	}
	for r.listed >= 0 && !r.d.Figures[r.listed].base() {
		r.listed = r.d.Figures[r.listed].First // of a ratio, what is above the line
	}
	if r.listed >= 0 {
		r.out.listed = r.d.Figures[r.listed].Rows
	}
}

// need sees to it that a figure is broken down in a way.
func (r *run) need(fig int, by []string) {
	f := &r.d.Figures[fig]
	if !f.base() {
		if f.Measure == Ratio {
			r.need(f.First, by)
			r.need(f.Second, by)
		}
		return
	}
	t := r.tallies[fig]
	if t.cut(by) == nil {
		t.cuts = append(t.cuts, &cut{by: by, groups: map[string]*group{}})
	}
}

func (t *counting) cut(by []string) *cut {
	for _, c := range t.cuts {
		if slices.Equal(c.by, by) {
			return c
		}
	}
	return nil
}

// count adds a row to every figure that counts it.
func (r *run) count(rows int, l *line) error {
	for i, t := range r.tallies {
		f := &r.d.Figures[i]
		if t == nil || f.Rows != rows || !f.selects(l) {
			continue
		}
		fresh, err := r.add(t, f, l)
		if err != nil {
			return err
		}
		if i == r.listed && fresh {
			amount := ""
			if f.Measure == Sum {
				amount = decimal(l.values[f.Of].units, r.d.Rows[rows].Columns[f.Of].Places)
			}
			r.out.Counted = r.list(r.out.Counted, rows, l, amount)
		}
	}
	return nil
}

func (f *Figure) selects(l *line) bool {
	for _, w := range f.Where {
		if !slices.Contains(w.Values, l.values[w.Column].text) {
			return false
		}
	}
	return true
}

// add counts a row in each cut of a figure; fresh means that the total grew.
func (r *run) add(t *counting, f *Figure, l *line) (fresh bool, err error) {
	if f.Measure == Distinct && l.values[f.Of].text == "" {
		return false, nil // nothing is not a value
	}
	var unit big.Int
	for i, c := range t.cuts {
		g, err := r.group(c, f, l)
		if err != nil {
			return false, err
		}
		switch f.Measure {
		case Sum:
			g.sum.Add(&g.sum, unit.SetInt64(l.values[f.Of].units))
		case Distinct:
			key := l.key([]int{f.Of})
			if _, known := g.seen[key]; known {
				continue
			}
			if g.seen == nil {
				g.seen = map[[16]byte]struct{}{}
			}
			g.seen[key] = struct{}{}
			if err := r.keep(); err != nil {
				return false, err
			}
		}
		g.n++
		fresh = fresh || i == 0
	}
	return fresh, nil
}

// group finds a row's group in a cut.
func (r *run) group(c *cut, f *Figure, l *line) (*group, error) {
	s := &r.d.Rows[f.Rows]
	var room [maxDims]Cell
	key := room[:0]
	for _, dim := range c.by {
		key = append(key, s.dimension(dim, l))
	}
	text := textOf(key)
	g := c.groups[text]
	if g == nil {
		g = &group{key: slices.Clone(key)}
		c.groups[text] = g
		if err := r.keep(); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// textOf is the key of a group: its codes, each with a zero byte behind it.
func textOf(key []Cell) string {
	var text strings.Builder
	for i := range key {
		text.WriteString(key[i].Code)
		text.WriteByte(0)
	}
	return text.String()
}

// dimension is what a row is called along a dimension.
func (s *RowSet) dimension(dim string, l *line) Cell {
	switch dim {
	case dimYear:
		return Cell{Code: l.date.String()[:4]}
	case dimQuarter:
		day := l.date.String()
		return Cell{Code: day[:4] + "-Q" + string('1'+quarterOf(day))}
	}
	return s.cell(l, s.column(dim))
}

// quarterOf is the quarter of a date, from 0.
func quarterOf(day string) byte {
	month := (day[5]-'0')*10 + day[6] - '0'
	return (month - 1) / 3
}

// places is how many digits behind the point a counted figure has.
func (r *run) places(fig int) int {
	f := &r.d.Figures[fig]
	if f.Measure != Sum {
		return 0
	}
	return r.d.Rows[f.Rows].Columns[f.Of].Places
}

// total is a group's number in units of the last place; nil stands for a group
// without rows.
func (f *Figure) total(g *group) *big.Int {
	switch {
	case g == nil:
		return new(big.Int)
	case f.Measure == Sum:
		return &g.sum
	}
	return big.NewInt(g.n)
}

// finish turns what was counted into figures.
func (r *run) finish() {
	for i := range r.d.Figures {
		f := &r.d.Figures[i]
		if f.Hidden {
			continue
		}
		out := FigureResult{Figure: f}
		if f.Measure == Spearman {
			out.Value = r.correlate(f)
			r.out.Figures = append(r.out.Figures, out)
			continue
		}
		if f.Measure == Composite { // there is nothing to compare the whole with
			for _, by := range f.By {
				out.Cuts = append(out.Cuts, r.broken(f, by, r.composites(f, by)))
			}
			r.out.Figures = append(r.out.Figures, out)
			continue
		}
		if total := r.groups(i, nil); len(total) > 0 {
			out.Value = total[0].Value
		} else {
			out.Value = r.value(i, "", nil)
		}
		for _, by := range f.By {
			out.Cuts = append(out.Cuts, r.broken(f, by, r.groups(i, by)))
		}
		r.out.Figures = append(r.out.Figures, out)
	}
	slices.SortFunc(r.out.LeftOut, func(a, b LeftOut) int {
		return cmp.Or(strings.Compare(a.Rows, b.Rows), strings.Compare(a.Code, b.Code))
	})
}

// broken is a figure broken down.
func (r *run) broken(f *Figure, by []string, groups []Group) Cut {
	c := Cut{By: by, Groups: groups}
	for _, dim := range by {
		c.Titles = append(c.Titles, r.d.titleOf(f, dim))
	}
	return c
}

func (d *Definition) titleOf(f *Figure, dim string) procedure.Label {
	if t, ok := dimTitles[dim]; ok {
		return t
	}
	for !f.base() {
		f = &d.Figures[f.First]
	}
	s := &d.Rows[f.Rows]
	return s.Columns[s.column(dim)].Title
}

// groups are the groups of a figure in a cut, in the order of their keys.
func (r *run) groups(fig int, by []string) []Group {
	keys := map[string][]Cell{}
	for _, base := range r.bases(fig) {
		for text, g := range r.tallies[base].cut(by).groups {
			if _, known := keys[text]; !known {
				keys[text] = g.key
			}
		}
	}
	texts := make([]string, 0, len(keys))
	for text := range keys {
		texts = append(texts, text)
	}
	slices.Sort(texts)
	out := make([]Group, 0, len(texts))
	for _, text := range texts {
		out = append(out, Group{Key: keys[text], Value: r.value(fig, text, by)})
	}
	return out
}

// bases are the counted figures that a figure is made of.
func (r *run) bases(fig int) []int {
	f := &r.d.Figures[fig]
	if f.base() {
		return []int{fig}
	}
	return []int{f.First, f.Second}
}

// value is a figure's number for one group.
func (r *run) value(fig int, key string, by []string) Value {
	f := &r.d.Figures[fig]
	if !f.base() {
		return r.ratio(f, key, by)
	}
	g := r.tallies[fig].cut(by).groups[key]
	v := Value{Value: format(f.total(g), r.places(fig))}
	if g != nil {
		v.N = g.n
	}
	return v
}
