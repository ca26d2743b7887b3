package v1

// ReportTitle names a report.
type ReportTitle struct {
	Name    string   `json:"name" example:"technical_help"`
	Version int      `json:"version"`
	Digest  string   `json:"digest" doc:"SHA-256 of the definition, hex: the same digest counts the same"`
	Title   Label    `json:"title"`
	Note    Label    `json:"note" doc:"what counts and what does not"`
	Basis   []string `json:"basis,omitempty"`
	Figures []Figure `json:"figures" doc:"what it has, without numbers in a list"`
}

// Reports is what GET /v1/reports answers with.
type Reports struct {
	Items []ReportTitle `json:"items"`
}

// Report is a report as counted.
type Report struct {
	ReportTitle
	Index      uint64 `json:"index" doc:"leaves in the ledger that was counted: at the same length every node counts the same for the same region"`
	LedgerTime string `json:"ledger_time"`
	Sees       string `json:"sees" doc:"region whose records were counted: those that it is or was a party to"`
	From       string `json:"from,omitempty" doc:"first day"`
	To         string `json:"to,omitempty" doc:"last day"`
	Region     string `json:"region,omitempty" doc:"only rows of this region"`
	Records    int    `json:"records" doc:"records that were read"`

	LeftOut []LeftOut `json:"left_out" doc:"rows that do not count, and why"`
	Listed  *Listed   `json:"listed,omitempty" doc:"the rows of one figure, on request"`
}

// Figure is one number of a report and its breakdowns.
type Figure struct {
	Name    string `json:"name" example:"problems_solved"`
	Title   Label  `json:"title"`
	Unit    Label  `json:"unit"`
	Measure string `json:"measure" enum:"count,sum,distinct,ratio,spearman,composite"`
	Number
	By []Cut `json:"by,omitempty"`
}

// Number is a value with what it is made of. All are decimals, exact unless
// rounding is said.
type Number struct {
	Value string `json:"value,omitempty" doc:"ratios and correlations rounded to 4 places, halves to even; absent: not defined"`
	Num   string `json:"num,omitempty" doc:"of a ratio, exact"`
	Den   string `json:"den,omitempty" doc:"of a ratio, exact"`
	Low   string `json:"low,omitempty" doc:"lower end of the Wilson interval at 95 %"`
	High  string `json:"high,omitempty"`
	N     int64  `json:"n" doc:"rows counted; of a correlation: pairs"`
	Small bool   `json:"small,omitempty" doc:"a small sample"`
	Floor string `json:"floor,omitempty" doc:"what the ratio has to reach"`
	Met   *bool  `json:"met,omitempty" doc:"whether it does"`
}

// Cut is a figure broken down.
type Cut struct {
	By     []Dimension `json:"dimensions"`
	Groups []Group     `json:"groups" doc:"in the order of their keys"`
}

// Dimension is what a figure is broken down by.
type Dimension struct {
	Name  string `json:"name" example:"region"`
	Title Label  `json:"title"`
}

// Group is one group of a cut.
type Group struct {
	Key []Cell `json:"key"`
	Number
}

// Cell is a code with what it is called, if it is called anything.
type Cell struct {
	Code string `json:"code"`
	Name *Label `json:"name,omitempty"`
}

// LeftOut says how many rows do not count, and why.
type LeftOut struct {
	Rows   string `json:"rows" doc:"set of rows"`
	Title  Label  `json:"title" doc:"what they are"`
	Code   string `json:"code" example:"duplicate"`
	Reason Label  `json:"reason"`
	Count  int64  `json:"count"`
}

// Listed are the rows of one figure.
type Listed struct {
	Figure    string      `json:"figure"`
	Columns   []Dimension `json:"columns"`
	Counted   []ReportRow `json:"counted"`
	Omitted   []ReportRow `json:"omitted" doc:"what does not count, of the same rows"`
	Truncated bool        `json:"truncated,omitempty" doc:"there are more; a shorter period lists fewer"`
}

// ReportRow is one row that counts, or that does not.
type ReportRow struct {
	Record string `json:"record" example:"HE-120000-2022-000018"`
	Index  uint64 `json:"index" doc:"leaf of the act that states it; of a record, of its latest"`
	Item   int    `json:"item,omitempty" doc:"position in the list that it was taken from, from 0"`
	Date   string `json:"date"`
	Amount string `json:"amount,omitempty" doc:"what it adds to a sum"`
	Values []Cell `json:"values"`
	Code   string `json:"code,omitempty" doc:"why it does not count"`
}

// ReportMedia is the media type of a report as a workbook.
const ReportMedia = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
