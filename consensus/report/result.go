package report

import "sandi.internal/gateway/consensus/procedure"

// Result is a report as computed.
type Result struct {
	Definition *Definition
	Records    int // read, of those that the reader may see
	Figures    []FigureResult
	LeftOut    []LeftOut
	Counted    []Row // on request: what one figure counts
	Omitted    []Row // on request: what its row set leaves out, with the reason
	Truncated  bool  // there are more than MaxListed of either

	listed int // row set that is listed; -1: none
}

// FigureResult is one figure.
type FigureResult struct {
	*Figure
	Value
	Cuts []Cut
}

// Value is a number with all that it is made of. All numbers are decimals.
type Value struct {
	Value string // empty: undefined (a ratio to nothing, a correlation of equals)
	Num   string // of a ratio
	Den   string
	Low   string // of the Wilson interval at 95 %
	High  string
	N     int64 // rows counted; of a correlation: pairs
	Small bool  // a small sample
	Met   *bool // the floor is reached; nil: there is none, or no value
}

// Cut is a figure broken down.
type Cut struct {
	By     []string
	Titles []procedure.Label
	Groups []Group
}

// Group is one group of a cut.
type Group struct {
	Key []Cell
	Value
}

// Cell is a code with what it is called, if it is called anything.
type Cell struct {
	Code string
	Name procedure.Label
}

// LeftOut says how many rows of a row set do not count, and why.
type LeftOut struct {
	Rows   string // row set
	Title  procedure.Label
	Code   string
	Reason procedure.Label
	Count  int64
}

// Row is one row that counts, or that does not.
type Row struct {
	Record string
	Index  uint64 // leaf position of its act; of a record, of its latest
	Item   int    // position in the list that it was taken from, from 0
	Date   string
	Amount string // of a sum
	Values []Cell // of the columns, in their order
	Code   string // why it does not count
}

// reasons are what the program itself leaves out.
var reasons = map[string]procedure.Label{
	leftDouble:     {ZH: "重复登记", EN: "recorded twice"},
	leftSuperseded: {ZH: "已被后来的更正替代", EN: "replaced by a later one"},
	leftUndecided:  {ZH: "数据不足，无法判断", EN: "could not be decided from what is stated"},
	leftOtherLaw:   {ZH: "适用的程序版本与报表定义不符", EN: "begun under a version of the law that the report does not fit"},
}

// Columns are those of the rows that were listed; none when none were.
func (r *Result) Columns() []Column {
	if r.listed < 0 {
		return nil
	}
	return r.Definition.Rows[r.listed].Columns
}
