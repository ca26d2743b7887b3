package report

import (
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"slices"

	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/lawtext"
)

// Bounds of a definition. The longest uses about half of each.
const (
	maxRows    = 12
	maxColumns = 16
	maxTakes   = 8
	maxFigures = 40
	maxCuts    = 12
	maxDims    = 4
	maxTitle   = 80
	maxNote    = 500
	maxExpr    = 600
)

// Parse reads a definition: the strict YAML of the law. Errors are
// *lawtext.Error and name the line.
func Parse(text []byte) (*Definition, error) {
	file, err := lawtext.Parse(text)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	d := &Definition{Digest: hex.EncodeToString(sum[:])}
	m := file.Root.Map()
	if v := m.Need("schema"); v.Int() != 1 {
		v.Failf("schema has to be 1")
	}
	d.Name = m.NeedString("name", 40)
	d.Version = int(m.Need("version").Int())
	d.Title = title(m.Need("title"), maxTitle)
	d.Note = title(m.Need("note"), maxNote)
	d.Basis = m.Strings("basis", maxNote)
	rows := m.Need("rows")
	rows.Map()
	bounded(rows, len(rows.Pairs), maxRows)
	for _, p := range rows.Pairs {
		d.Rows = append(d.Rows, readRows(p))
	}
	figures := m.Need("figures")
	figures.Map()
	bounded(figures, len(figures.Pairs), maxFigures)
	for _, p := range figures.Pairs {
		d.readFigure(p)
	}
	m.Done()
	return d, file.Err()
}

func bounded(n *lawtext.Node, have, most int) {
	if have > most {
		n.Failf("%d entries, at most %d are allowed", have, most)
	}
}

func title(n *lawtext.Node, most int) procedure.Label {
	m := n.Map()
	l := label(m, most)
	m.Done()
	return l
}

func label(m *lawtext.Map, most int) procedure.Label {
	return procedure.Label{ZH: m.NeedString("zh", most), EN: m.NeedString("en", 2*most)}
}

// readRows reads one named row set.
func readRows(p lawtext.Pair) RowSet {
	m := p.Value.Map()
	s := RowSet{Name: p.Key, Title: title(m.Need("title"), maxTitle)}
	columns := m.Need("columns")
	columns.Map()
	bounded(columns, len(columns.Pairs), maxColumns)
	for _, c := range columns.Pairs {
		s.Columns = append(s.Columns, readColumn(c))
	}
	for i, c := range columns.Pairs {
		if name := c.Value.Map().String("label", 40); name != "" {
			s.Columns[i].Label = s.columnAt(c.Value, name)
		}
	}
	takes := m.Need("take").List()
	bounded(p.Value, len(takes), maxTakes)
	for _, n := range takes {
		s.Takes = append(s.Takes, s.readTake(n))
	}
	if n := m.Find("distinct"); n != nil {
		for _, name := range n.Strings(40) {
			s.Distinct = append(s.Distinct, s.columnAt(n, name))
		}
	}
	if n := m.Find("keep"); n != nil {
		s.Last = oneOf(n, "first", "last") == "last"
	}
	m.Done()
	return s
}

// columnAt finds a column by its name.
func (s *RowSet) columnAt(n *lawtext.Node, name string) int {
	i := s.column(name)
	if i < 0 {
		n.Failf("there is no column %q", name)
		return 0
	}
	return i
}

func readColumn(p lawtext.Pair) Column {
	m := p.Value.Map()
	c := Column{Name: p.Key, Label: -1, Title: label(m, maxTitle), Type: ColumnText}
	if n := m.Find("type"); n != nil {
		c.Type = ColumnType(oneOf(n, string(ColumnText), string(ColumnInt), string(ColumnDecimal)))
	}
	c.Places = int(m.Int("places", 0))
	m.Find("label") // read when all columns are known
	if n := m.Find("names"); n != nil {
		n.Map()
		c.Names = map[string]procedure.Label{}
		for _, v := range n.Pairs {
			c.Names[v.Key] = title(v.Value, maxTitle)
		}
	}
	if c.Places < 0 || c.Places > 12 || (c.Type == ColumnDecimal) != (c.Places > 0) {
		p.Value.Failf("a decimal column has 1 to 12 places, another none")
	}
	m.Done()
	return c
}

func oneOf(n *lawtext.Node, words ...string) string {
	s := n.String(40)
	for _, w := range words {
		if s == w {
			return s
		}
	}
	n.Failf("%q is none of %q", s, words)
	return words[0]
}

// readTake reads one source of a row set.
func (s *RowSet) readTake(n *lawtext.Node) Take {
	m := n.Map()
	t := Take{Line: n.Line, Of: m.NeedString("of", 40), Limits: m.Bool("limits")}
	t.Span = procedure.Span{Event: m.String("act", 40), Each: m.String("each", 80)}
	t.On = m.String("on", maxExpr)
	if x := m.Find("match"); x != nil {
		xm := x.Map()
		t.Span.Match, t.Span.By = xm.NeedString("list", 80), xm.NeedString("by", 40)
		xm.Done()
	}
	if x := m.Find("skip"); x != nil {
		for _, it := range x.List() {
			im := it.Map()
			t.Skip = append(t.Skip, Skip{Line: it.Line, If: im.NeedString("if", maxExpr), Code: im.NeedString("code", 40), Label: label(im, maxTitle)})
			im.Done()
		}
	}
	if t.Limits {
		if t.Of != AnyProcedure || t.Span != (procedure.Span{}) || t.On != "" || t.Skip != nil {
			n.Failf("rows that are time limits are those of any procedure, with nothing else stated")
		}
		s.limitColumns(n)
		m.Done()
		return t
	}
	values := m.Need("values")
	values.Map()
	t.Values = make([]string, len(s.Columns))
	for _, p := range values.Pairs {
		t.Values[s.columnAt(p.Value, p.Key)] = p.Value.String(maxExpr)
	}
	for i, v := range t.Values {
		if v == "" {
			values.Failf("the column %q has no value here", s.Columns[i].Name)
		}
	}
	m.Done()
	return t
}

func (s *RowSet) limitColumns(n *lawtext.Node) {
	for _, c := range s.Columns {
		switch c.Name {
		case limitProcedure, limitName, limitRegion, limitOrg, limitVerdict:
		default:
			n.Failf("time limits have no column %q", c.Name)
		}
	}
}

// readFigure reads one figure; those it is made of stand above it.
func (d *Definition) readFigure(p lawtext.Pair) {
	m := p.Value.Map()
	f := Figure{Name: p.Key, Title: title(m.Need("title"), maxTitle), Unit: title(m.Need("unit"), maxTitle), Of: -1, Hidden: m.Bool("hidden")}
	switch {
	case m.Find("ratio") != nil:
		f.Measure = Ratio
		f.First, f.Second = d.pair(m.Find("ratio"), false)
		f.Wilson = m.Bool("wilson")
		f.Floor = m.String("floor", 20)
		if f.Floor != "" {
			if _, ok := new(big.Rat).SetString(f.Floor); !ok {
				p.Value.Failf("%q is no number", f.Floor)
			}
		}
	case m.Find("spearman") != nil:
		f.Measure = Spearman
		f.First, f.Second = d.pair(m.Find("spearman"), true)
		f.Over = m.Need("over").Strings(40)
	case m.Find("composite") != nil:
		d.readComposite(m, &f)
	default:
		d.readMeasure(m, &f)
	}
	f.Small = m.Int("small", 0)
	if n := m.Find("by"); n != nil {
		for _, it := range n.List() {
			f.By = append(f.By, it.Strings(40))
			bounded(it, len(it.Items), maxDims)
		}
		bounded(n, len(f.By), maxCuts)
	}
	m.Done()
	if f.Measure == Composite && (len(f.By) == 0 || slices.ContainsFunc(f.By, func(by []string) bool {
		return len(by) <= len(f.Over) || len(by) >= maxDims || !slices.Equal(by[:len(f.Over)], f.Over) || slices.Contains(by, f.Per)
	})) {
		p.Value.Failf("a composite is broken down by what it is over and by who is compared")
	}
	for _, dims := range append(f.By, f.Over) {
		for _, name := range dims {
			if !d.knows(&f, name) {
				p.Value.Failf("nothing to break down by is called %q", name)
			}
		}
	}
	d.Figures = append(d.Figures, f)
}

// readComposite reads what is scored and weighed.
func (d *Definition) readComposite(m *lawtext.Map, f *Figure) {
	f.Measure = Composite
	find := func(key string, fits func(*Figure) bool) int {
		n := m.Need(key)
		at := d.figure(n.String(40))
		if at < 0 || !fits(&d.Figures[at]) {
			n.Failf("above this there is no figure of that name to use as %s", key)
			return 0
		}
		return at
	}
	f.First = find("composite", func(g *Figure) bool { return g.Measure == Ratio })
	f.Weight, f.Direction = find("weight", (*Figure).base), find("direction", (*Figure).base)
	per := m.Need("per")
	f.Per, f.Over = per.String(40), m.Need("over").Strings(40)
	for _, at := range []int{f.First, f.Weight, f.Direction} {
		if len(d.Figures) > at && !d.knows(&d.Figures[at], f.Per) {
			per.Failf("%s cannot be broken down by %q", d.Figures[at].Name, f.Per)
		}
	}
}

// readMeasure reads what is counted from rows.
func (d *Definition) readMeasure(m *lawtext.Map, f *Figure) {
	f.Measure = Measure(oneOf(m.Need("measure"), string(Count), string(Sum), string(Distinct)))
	n := m.Need("rows")
	name := n.String(40)
	f.Rows = -1
	for i := range d.Rows {
		if d.Rows[i].Name == name {
			f.Rows = i
		}
	}
	if f.Rows < 0 {
		n.Failf("there are no rows %q", name)
		f.Rows = 0
		return
	}
	s := &d.Rows[f.Rows]
	if f.Measure != Count {
		of := m.Need("of")
		f.Of = s.columnAt(of, of.String(40))
		if f.Measure == Sum && s.Columns[f.Of].Type == ColumnText {
			of.Failf("text has no sum")
		}
	}
	if w := m.Find("where"); w != nil {
		w.Map()
		for _, p := range w.Pairs {
			f.Where = append(f.Where, Where{s.columnAt(p.Value, p.Key), p.Value.Strings(80)})
		}
	}
}

// pair finds the two figures that another is made of: counted ones, or also
// ratios of them.
func (d *Definition) pair(n *lawtext.Node, ratios bool) (first, second int) {
	names := n.Strings(40)
	if len(names) != 2 {
		n.Failf("two figures are wanted")
		return 0, 0
	}
	at := [2]int{d.figure(names[0]), d.figure(names[1])}
	for i, x := range at {
		if x < 0 || !d.Figures[x].base() && (!ratios || d.Figures[x].Measure != Ratio) {
			n.Failf("above this there is no figure %q to use", names[i])
			return 0, 0
		}
	}
	return at[0], at[1]
}

// knows reports whether a figure can be broken down by a dimension.
func (d *Definition) knows(f *Figure, dim string) bool {
	if dim == dimYear || dim == dimQuarter {
		return true
	}
	if !f.base() {
		return len(d.Figures) > max(f.First, f.Second, f.Weight, f.Direction) && !slices.ContainsFunc(f.madeOf(), func(at int) bool { return !d.knows(&d.Figures[at], dim) })
	}
	return d.Rows[f.Rows].column(dim) >= 0
}
