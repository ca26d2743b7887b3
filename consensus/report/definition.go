package report

import (
	"slices"
	"sync"

	"sandi.internal/gateway/consensus/procedure"
)

// Definition is one report as written. It is not changed after Parse.
type Definition struct {
	Name    string
	Version int
	Digest  string // SHA-256 of the text, hex
	Title   procedure.Label
	Note    procedure.Label // what a reader has to know
	Basis   []string
	Rows    []RowSet
	Figures []Figure

	// plans are the takes compiled for a version of a procedure, by planKey; nil
	// for a version that the report does not fit.
	plans sync.Map
}

// RowSet is a named set of rows: where they come from and which are doubles.
type RowSet struct {
	Name     string
	Title    procedure.Label
	Columns  []Column
	Takes    []Take
	Distinct []int // columns that tell rows apart; none: every row counts
	Last     bool  // of doubles the latest counts, not the first
}

// Column is one value of a row.
type Column struct {
	Name   string
	Title  procedure.Label
	Type   ColumnType
	Places int                        // of a decimal
	Label  int                        // column whose text is shown beside it; -1: none
	Names  map[string]procedure.Label // what its codes are called
}

// ColumnType is what a column holds.
type ColumnType string

// The types of columns.
const (
	ColumnText    ColumnType = "text"
	ColumnInt     ColumnType = "int"
	ColumnDecimal ColumnType = "decimal"
)

// Take is one source of a row set.
type Take struct {
	Of     string // procedure; AnyProcedure with Limits
	Span   procedure.Span
	Limits bool // rows are the runs of time limits
	On     string
	Skip   []Skip
	Values []string // one expression per column
	Line   int
}

// AnyProcedure stands for all of them.
const AnyProcedure = "any"

// Columns of rows that are runs of time limits: filled by name.
const (
	limitProcedure = "procedure"
	limitName      = "limit"
	limitRegion    = "region"
	limitOrg       = "org"
	limitVerdict   = "verdict"
)

// Skip leaves a row out.
type Skip struct {
	If   string
	Code string
	procedure.Label
	Line int
}

// Codes of what is left out without a rule of the definition.
const (
	leftDouble     = "duplicate"
	leftSuperseded = "superseded"
	leftUndecided  = "undecided"
	leftOtherLaw   = "other_law"
)

// Measure is what a figure is.
type Measure string

// The measures.
const (
	Count    Measure = "count"
	Sum      Measure = "sum"
	Distinct Measure = "distinct"
	Ratio    Measure = "ratio"
	Spearman Measure = "spearman"
	// Composite puts the values of many indicators together by published weights.
	Composite Measure = "composite"
)

// Figure is one number of a report and its breakdowns.
type Figure struct {
	Name    string
	Title   procedure.Label
	Unit    procedure.Label
	Measure Measure
	Hidden  bool // only for others to be made of
	By      [][]string

	// Of count, sum and distinct.
	Rows  int
	Of    int // column; -1 for count
	Where []Where

	// Of ratio and spearman: positions of the figures they are made of. Of composite
	// First is the ratio that is scored.
	First, Second int
	Over          []string // spearman: what a pair is; composite: within what groups compare
	Per           string   // composite: the dimension whose values are weighed
	Weight        int      // composite: positions of the counted figures that give an
	Direction     int      // indicator's weight, and whether more is better (above 0)
	Wilson        bool
	Floor         string // decimal that the ratio has to reach; empty: none
	Small         int64  // below this denominator, or number of pairs, it is marked; 0: never
}

// Where demands that a column has one of some values.
type Where struct {
	Column int
	Values []string
}

// Dimensions that every row has.
const (
	dimYear    = "year"
	dimQuarter = "quarter"
)

var dimTitles = map[string]procedure.Label{
	dimYear:    {ZH: "年", EN: "Year"},
	dimQuarter: {ZH: "季度", EN: "Quarter"},
}

// regionColumn is the column by which a report is held to one region.
const regionColumn = "region"

func (s *RowSet) column(name string) int {
	return slices.IndexFunc(s.Columns, func(c Column) bool { return c.Name == name })
}

func (d *Definition) figure(name string) int {
	return slices.IndexFunc(d.Figures, func(f Figure) bool { return f.Name == name })
}

// base reports whether a figure is counted from rows, not made of others.
func (f *Figure) base() bool {
	return f.Measure == Count || f.Measure == Sum || f.Measure == Distinct
}

// madeOf are the figures behind one that is not counted from rows.
func (f *Figure) madeOf() []int {
	if f.Measure == Composite {
		return []int{f.First, f.Weight, f.Direction}
	}
	return []int{f.First, f.Second}
}

// HasRegion reports whether all rows have a region by which they can be chosen.
func (d *Definition) HasRegion() bool {
	return !slices.ContainsFunc(d.Rows, func(s RowSet) bool { return s.column(regionColumn) < 0 })
}
