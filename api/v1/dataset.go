package v1

import "encoding/json"

// DataSets is the catalogue of shared data sets, as far as the region may see it.
type DataSets struct {
	Items []DataSet `json:"items"`
}

// DataSet is an entry of the catalogue with what this node keeps of it.
type DataSet struct {
	Record  string       `json:"record" example:"DS-130000-2025-000001"`
	Owner   string       `json:"owner" doc:"region whose node keeps the rows" example:"130000"`
	Title   string       `json:"title"`
	State   string       `json:"state"`
	Shared  bool         `json:"shared" doc:"rows are given under agreements"`
	Fault   string       `json:"fault,omitempty" doc:"why the columns make no schema; then nothing is loaded or given"`
	Columns []DataColumn `json:"columns"`
	Loaded  *DataLoaded  `json:"loaded,omitempty" doc:"rows at this node; absent: none"`
}

// DataColumn is a column of a data set.
type DataColumn struct {
	Name    string   `json:"name" doc:"as filters and answers have it" example:"uscc"`
	Title   Label    `json:"title"`
	Type    string   `json:"type" enum:"string,integer,decimal,date,enum,uscc"`
	Class   string   `json:"class" enum:"clear,personal,sensitive"`
	Key     bool     `json:"key,omitempty" doc:"one of those that make a row this row"`
	Unit    string   `json:"unit,omitempty"`
	Max     int      `json:"max,omitempty" doc:"characters"`
	Places  int      `json:"places,omitempty" doc:"of a decimal; a filter has it as a whole number of its last place: 12.50 is 1250"`
	Choices []string `json:"choices,omitempty"`
	MayLack bool     `json:"may_lack,omitempty" doc:"a filter asks known.<name>"`
}

// DataLoaded is what was loaded last.
type DataLoaded struct {
	Generation string `json:"generation"`
	Rows       uint64 `json:"rows"`
	SHA256     string `json:"sha256" doc:"of the file"`
	At         string `json:"at" format:"date-time"`
}

// DataLoadReport is what came of a sheet of rows.
type DataLoadReport struct {
	DataSet   string      `json:"data_set"`
	Rows      uint64      `json:"rows" doc:"that are right"`
	Wrong     uint64      `json:"wrong" doc:"rows that are not"`
	Done      bool        `json:"done" doc:"the rows are visible now"`
	Unchanged bool        `json:"unchanged,omitempty" doc:"this very file was loaded before; nothing was done"`
	Faults    []DataFault `json:"faults" doc:"the first thousand"`
	Loaded    *DataLoaded `json:"loaded,omitempty" doc:"what is visible now"`
}

// DataFault is one wrong cell, or row.
type DataFault struct {
	Row    int    `json:"row" doc:"as spreadsheets number them"`
	Column int    `json:"column" doc:"from 1; 0: the row as a whole"`
	Field  string `json:"field,omitempty"`
	Reason string `json:"reason"`
	Text   Label  `json:"text"`
}

// DataQuestion asks another bureau's data set.
type DataQuestion struct {
	Agreement string   `json:"agreement" example:"DA-110000-2025-000001"`
	Purpose   string   `json:"purpose" doc:"one of the agreement's; it stands in the access log of both bureaus" example:"inspection"`
	Case      string   `json:"case,omitempty" doc:"record in whose name"`
	Fields    []string `json:"fields,omitempty" doc:"none: all that are agreed"`
	Filter    string   `json:"filter,omitempty" maxLength:"600" doc:"CEL over agreed fields; only rows that the agreement's own filter takes are asked"`
	Limit     int      `json:"limit,omitempty" doc:"rows of a page, 1 to 1000; 200 when not given"`
	Cursor    string   `json:"cursor,omitempty" maxLength:"2048" doc:"next of the page before, with the same question"`
	Role      string   `json:"role,omitempty" doc:"office role to ask in; needed when the token holds several"`
}

// DataPage is a page of an answer.
type DataPage struct {
	DataSet  string            `json:"data_set"`
	Columns  []string          `json:"columns"`
	Rows     []json.RawMessage `json:"rows" doc:"arrays in the order of columns: decimals, dates and codes as text, whole numbers as numbers, null for what is absent"`
	Next     string            `json:"next,omitempty" doc:"cursor of the next page; a page may have few rows, or none, and a next"`
	LoadedAt string            `json:"loaded_at" format:"date-time" doc:"when the owner loaded the rows"`
	Evidence string            `json:"evidence" doc:"signed note of the owner's node: question, rows and generation by digest. This node has verified it and keeps it"`
}

// DataAgreements are agreements that the region is a party to.
type DataAgreements struct {
	Items []DataAgreement `json:"items"`
}

// DataAgreement is what one bureau may ask of another's data set.
type DataAgreement struct {
	Record   string   `json:"record" example:"DA-110000-2025-000001"`
	DataSet  string   `json:"data_set"`
	Title    string   `json:"title,omitempty" doc:"of the data set; absent like owner and asker when the agreement names none"`
	Owner    string   `json:"owner,omitempty" doc:"region whose node keeps the rows" example:"130000"`
	Asker    string   `json:"asker,omitempty" doc:"region that may ask" example:"110000"`
	State    string   `json:"state"`
	Purposes []string `json:"purposes"`
	Fields   []string `json:"fields"`
	Rows     string   `json:"rows" doc:"filter that every row given has to pass"`
	Until    string   `json:"until" format:"date" doc:"last day"`
	Usable   bool     `json:"usable" doc:"rows are given under it now"`
	Why      string   `json:"why,omitempty" doc:"code: why not"`
	Detail   string   `json:"detail,omitempty"`

	Columns []DataColumn `json:"columns" doc:"the agreed fields as the data set has them, also for a region that the catalogue doesn't show it to"`
}

// DataAnswers are the notes of pages that this node was given under an agreement.
type DataAnswers struct {
	Items []DataAnswer `json:"items"`
}

// DataAnswer is the evidence of one page, verified again.
type DataAnswer struct {
	At         string `json:"at" format:"date-time" doc:"by the owner's clock"`
	Node       string `json:"node"`
	Generation string `json:"generation"`
	Rows       int    `json:"rows"`
	RowsSHA256 string `json:"rows_sha256"`
	Question   string `json:"question_sha256"`
	Note       string `json:"note"`
}
