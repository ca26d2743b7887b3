package v1

// Papers are the documents that a record has to print by now.
type Papers struct {
	Items []PaperName `json:"items"`
}

// PaperName is one of them.
type PaperName struct {
	Document string `json:"document" example:"case_transfer_letter"`
	Title    string `json:"title" doc:"as it is printed: documents are in Chinese"`
	Number   string `json:"number,omitempty" doc:"document number, once the record has it"`
}

// Paper is a document filled from a record, to be laid out and printed.
type Paper struct {
	Document  string          `json:"document" example:"case_transfer_letter"`
	Procedure string          `json:"procedure"`
	Record    string          `json:"record" example:"CT-120000-2025-000018"`
	Head      string          `json:"head" doc:"version of the record that it was filled from"`
	Title     string          `json:"title"`
	Draft     string          `json:"draft,omitempty" doc:"said on every page as long as the text is not the official one"`
	Number    []PaperRun      `json:"number,omitempty"`
	To        []PaperRun      `json:"to,omitempty"`
	Body      []PaperPart     `json:"body"`
	Materials []PaperMaterial `json:"materials,omitempty" doc:"attachments"`
	From      []PaperRun      `json:"from,omitempty"`
	Date      []PaperRun      `json:"date,omitempty"`
	Codes     []PaperCode     `json:"codes,omitempty" doc:"one for each statement that it proves; absent while no checkpoint covers them"`
	Page      *PaperCode      `json:"page,omitempty" doc:"for the foot of every page: names the entry, proves nothing by itself"`
	Pending   bool            `json:"pending,omitempty" doc:"the codes will be there once a checkpoint covers the statements: seconds"`
	Synthetic bool            `json:"synthetic,omitempty"`
}

// PaperRun is text, or the place of a value that is not there.
type PaperRun struct {
	Text  string `json:"text,omitempty"`
	Field string `json:"field,omitempty" doc:"of a value"`
	Blank string `json:"blank,omitempty" enum:"missing,private" doc:"missing: to be filled in by hand; private: kept in the bureau's vault (GET /v1/records/{id}/private)"`
}

// PaperPart is a line of the body as its template has it.
type PaperPart struct {
	Kind  string       `json:"kind" enum:"text,heading,item,row,page" doc:"page: a new page begins, with a title of its own"`
	Runs  []PaperRun   `json:"runs,omitempty"`
	Cells [][]PaperRun `json:"cells,omitempty" doc:"of a row"`
}

// PaperMaterial is one attachment.
type PaperMaterial struct {
	Kind   string `json:"kind,omitempty"`
	Name   string `json:"name,omitempty"`
	Pages  int    `json:"pages,omitempty"`
	Digest string `json:"digest" doc:"first characters of the commitment on the ledger"`
}

// PaperCode is a QR code, drawn.
type PaperCode struct {
	Event   string   `json:"event,omitempty" doc:"whose statement it proves"`
	Title   string   `json:"title,omitempty" doc:"what the event is called"`
	Index   uint64   `json:"index" doc:"of the entry on the ledger"`
	Digest  string   `json:"digest" doc:"first characters of the entry's hash, hex"`
	Grade   string   `json:"grade,omitempty" enum:"committed,published,final" doc:"of the checkpoint"`
	Whole   bool     `json:"whole,omitempty" doc:"it holds the entry; else who reads it needs the receipt file to see what the entry says"`
	Text    string   `json:"text" doc:"what the code says: an address of this node and, behind #, digits that are verified offline"`
	Modules int      `json:"modules" doc:"to a side, without the quiet zone of four"`
	Rows    []string `json:"rows" doc:"hex, a bit a module, the highest first; 1 is black"`
}
