package v1

// SheetMedia is the media type of workbooks, CSVMedia that of CSV.
const (
	SheetMedia = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	CSVMedia   = "text/csv; charset=utf-8"
)

// Imports are the procedures whose records may come from sheets.
type Imports struct {
	Items []Import `json:"items"`
}

// Import is one of them.
type Import struct {
	Procedure string         `json:"procedure"`
	Noun      string         `json:"noun" doc:"what people call it: sandi NOUN import" example:"transfer"`
	Title     Label          `json:"title"`
	Steps     []string       `json:"steps" doc:"events that a row makes happen, creation first"`
	Columns   []ImportColumn `json:"columns"`
	Letter    bool           `json:"letter" doc:"each row is a letter to print"`
}

// ImportColumn is a column of the sheet.
type ImportColumn struct {
	Field    string `json:"field"`
	Title    Label  `json:"title"`
	Required bool   `json:"required"`
	See      string `json:"see" doc:"clear, commit or home"`
}

// ImportReport is what came of a sheet, row by row.
type ImportReport struct {
	Procedure string      `json:"procedure"`
	Rows      int         `json:"rows"`
	Good      int         `json:"good" doc:"nothing is wrong with them"`
	Bad       int         `json:"bad"`
	Done      int         `json:"done" doc:"stand on the ledger, by this call or an earlier one"`
	Items     []ImportRow `json:"items"`
}

// ImportRow is one row.
type ImportRow struct {
	Row    int           `json:"row" doc:"as the spreadsheet numbers it"`
	Status string        `json:"status" doc:"ready: may be imported; wrong: see errors; done: stands on the ledger; pending: promised, ask again with the same sheet; part: a step of it stands, the rest does not yet"`
	Record string        `json:"record,omitempty"`
	Errors []ImportError `json:"errors,omitempty" doc:"every wrong cell of the row at once, then what the ledger's rules say"`
}

// ImportError is one thing that is wrong with a row.
type ImportError struct {
	Column string `json:"column,omitempty" doc:"letters of the column; absent: the row as a whole" example:"C"`
	Field  string `json:"field,omitempty"`
	Code   string `json:"code"`
	ZH     string `json:"zh"`
	EN     string `json:"en"`
}

// Status of rows.
const (
	RowReady   = "ready"
	RowWrong   = "wrong"
	RowDone    = "done"
	RowPending = "pending"
	RowPart    = "part"
)
