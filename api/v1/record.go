package v1

import "encoding/json"

// OpenRequest opens a record.
type OpenRequest struct {
	Procedure string          `json:"procedure" pattern:"^[a-z][a-z0-9_]{2,31}$" doc:"name of the procedure" example:"case_transfer"`
	Role      string          `json:"role,omitempty" doc:"office role to act in; needed when the token holds several" example:"clerk"`
	Fields    json.RawMessage `json:"fields" doc:"fields of the opening act, as the procedure declares them; fields declared commit or home are sent here too and stay in the bureau's vault"`
}

// ActRequest makes an event happen to a record.
type ActRequest struct {
	Event  string          `json:"event" pattern:"^[a-z][a-z0-9_]{1,63}$" doc:"name of the event" example:"send"`
	Role   string          `json:"role,omitempty" doc:"office role to act in; needed when the token holds several" example:"liaison"`
	Fields json.RawMessage `json:"fields,omitempty" doc:"fields of the act; an empty object when left out"`
}

// Party fills a relative role of a record.
type Party struct {
	Region string `json:"region" example:"120000"`
	Org    string `json:"org,omitempty" example:"120000-SJ"`
}

// Record is a record as this node knows it.
type Record struct {
	ID        string                     `json:"id" example:"CT-120000-2025-000018"`
	Procedure string                     `json:"procedure" example:"case_transfer"`
	Version   int                        `json:"version" doc:"version of the procedure it started under and keeps"`
	State     string                     `json:"state" example:"sent"`
	Owner     string                     `json:"owner" doc:"region that opened it" example:"120000"`
	Parties   map[string]Party           `json:"parties" doc:"who fills which relative role"`
	Seq       int                        `json:"seq" doc:"acts so far, the opening included"`
	Head      string                     `json:"head" doc:"hash of its last statement; quoted, it is the ETag"`
	Fields    map[string]json.RawMessage `json:"fields" doc:"clear fields"`
	Commits   map[string]string          `json:"commits,omitempty" doc:"fields of which only a salted commitment is on the ledger"`
	Home      map[string]string          `json:"home,omitempty" doc:"fields that stay in a bureau's vault, with the commitment of its copy"`
	Links     []Link                     `json:"links,omitempty"`
	Joint     []JointPart                `json:"joint,omitempty" doc:"joint acts that wait for the other parties"`
	CreatedAt string                     `json:"created_at" format:"date-time"`
	UpdatedAt string                     `json:"updated_at" format:"date-time"`
	Synthetic bool                       `json:"synthetic,omitempty" doc:"sample data of a practice or demo network"`
	Deadlines []Deadline                 `json:"deadlines,omitempty" doc:"the running ones"`
	Options   []Option                   `json:"options,omitempty" doc:"what may be done next, and by whom"`
}

// Link is a reference from one record to another.
type Link struct {
	Rel string `json:"rel"`
	ID  string `json:"id"`
}

// JointPart is one party's part of a joint act.
type JointPart struct {
	Event  string `json:"event"`
	Party  string `json:"party"`
	Region string `json:"region"`
	Index  uint64 `json:"index"`
}

// Option is an event that the record's state admits, as a form needs it.
type Option struct {
	Event    string        `json:"event"`
	Title    Label         `json:"title"`
	To       string        `json:"to" doc:"state after it"`
	Basis    []string      `json:"basis,omitempty" doc:"provisions it rests on"`
	By       []OptionActor `json:"by,omitempty" doc:"who may act; none: it happens by itself"`
	FourEyes []string      `json:"four_eyes,omitempty" doc:"acts whose persons may not do it"`
	Require  []string      `json:"require,omitempty" doc:"fields that must be given"`
	Optional []string      `json:"optional,omitempty" doc:"fields that may be given"`
	Auto     string        `json:"auto,omitempty" doc:"happens by itself: receipt, due or condition"`
	Due      string        `json:"due,omitempty" format:"date-time" doc:"with auto due: possible after this instant"`
	Joint    *Joint        `json:"joint,omitempty"`
	Yours    bool          `json:"yours" doc:"one of the caller's roles may do it, as far as can be said without trying"`
	Blocked  *Refusal      `json:"blocked,omitempty" doc:"what stands against it now, whoever acts"`
	Warnings []Refusal     `json:"warnings,omitempty" doc:"what an act would be marked with now"`
}

// OptionActor is one who may act.
type OptionActor struct {
	Party  string `json:"party" doc:"relative role, or any"`
	Role   string `json:"role" doc:"office role"`
	Region string `json:"region,omitempty"`
	Org    string `json:"org,omitempty"`
}

// Joint says how far a joint act has come.
type Joint struct {
	Needed  int      `json:"needed" doc:"parties whose statement is needed"`
	Acted   []Party  `json:"acted"`
	Missing []string `json:"missing,omitempty" doc:"relative roles still missing"`
}

// Label is a text in both languages.
type Label struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// RecordRow is a record in a list.
type RecordRow struct {
	ID        string                     `json:"id"`
	Procedure string                     `json:"procedure"`
	State     string                     `json:"state"`
	Owner     string                     `json:"owner"`
	Parties   map[string]Party           `json:"parties"`
	Seq       int                        `json:"seq"`
	Head      string                     `json:"head"`
	CreatedAt string                     `json:"created_at" format:"date-time"`
	UpdatedAt string                     `json:"updated_at" format:"date-time"`
	Dues      []RowDue                   `json:"dues,omitempty" doc:"running deadlines, the earliest first"`
	Turn      *Turn                      `json:"turn,omitempty" doc:"whose turn it is; with turn=true"`
	Fields    map[string]json.RawMessage `json:"fields,omitempty" doc:"clear fields that were asked for, as far as the record has them"`
}

// Turn is whose turn it is: who may do what the record's state admits and nothing
// stands against.
type Turn struct {
	By    []OptionActor `json:"by" doc:"each once; none: what comes next happens by itself, or nothing does"`
	Yours bool          `json:"yours" doc:"one of the caller's roles may do something, as far as can be said without trying"`
}

// RowDue is a running deadline in a list.
type RowDue struct {
	Name    string `json:"name"`
	Region  string `json:"region,omitempty" doc:"that owes it"`
	Due     string `json:"due" format:"date-time"`
	Overdue bool   `json:"overdue"`
}

// RecordPage is one page of a list.
type RecordPage struct {
	Items []RecordRow `json:"items"`
	Next  string      `json:"next,omitempty" doc:"cursor of the next page; absent on the last"`
}

// Entry is one act in a record's history.
type Entry struct {
	Index     uint64   `json:"index" doc:"position of its leaf"`
	Statement string   `json:"statement" doc:"id of the statement that did it, or whose act fulfilled the condition; receipts go by it"`
	Event     string   `json:"event"`
	From      string   `json:"from,omitempty"`
	To        string   `json:"to,omitempty"`
	Region    string   `json:"region,omitempty" doc:"absent when a condition fired it"`
	Party     string   `json:"party,omitempty"`
	Org       string   `json:"org,omitempty"`
	Role      string   `json:"role,omitempty"`
	Person    string   `json:"person,omitempty" doc:"pseudonym keyed by the region; not a name"`
	At        string   `json:"at" format:"date-time" doc:"signed time: the clocks of the law start here"`
	Ledger    string   `json:"ledger_time" format:"date-time" doc:"ledger time: whether it was in time is judged by this"`
	Part      bool     `json:"part,omitempty" doc:"one part of a joint act that did not complete it"`
	Fields    []string `json:"fields,omitempty" doc:"names of the fields given"`
	Late      []string `json:"late,omitempty" doc:"what it was late for"`
	Warn      []string `json:"warn,omitempty" doc:"codes it was marked with"`
}

// History is a record's acts, oldest first.
type History struct {
	Items []Entry `json:"items"`
}

// Deadline is one run of a time limit: where it stands, and how it was counted.
type Deadline struct {
	Name         string         `json:"name"`
	Title        Label          `json:"title"`
	Rule         string         `json:"rule"`
	RulesVersion int            `json:"rules_version"`
	Cite         string         `json:"cite,omitempty"`
	Source       string         `json:"source,omitempty" doc:"how well the rule is known: seen, recalled or agreed"`
	Owner        string         `json:"owner" doc:"relative role that owes it"`
	Region       string         `json:"region,omitempty"`
	Org          string         `json:"org,omitempty"`
	Started      string         `json:"started" format:"date-time"`
	Due          string         `json:"due,omitempty" format:"date-time" doc:"last instant that is in time"`
	DueDate      string         `json:"due_date,omitempty" format:"date"`
	StrictDate   string         `json:"strict_date,omitempty" format:"date" doc:"before moving over days off"`
	Provisional  bool           `json:"provisional,omitempty" doc:"the calendar does not reach that far yet"`
	Paused       bool           `json:"paused,omitempty" doc:"due is as if the pause ended now"`
	NotBefore    bool           `json:"not_before,omitempty" doc:"a window that opens when it has passed"`
	Extended     int            `json:"extended,omitempty" doc:"how many times"`
	Stopped      string         `json:"stopped,omitempty" format:"date-time"`
	Verdict      string         `json:"verdict" doc:"open, overdue, met, late, cancelled or lapsed"`
	WorkdaysLeft *int           `json:"workdays_left,omitempty" doc:"while it runs; negative when overdue"`
	Steps        []DeadlineStep `json:"steps,omitempty" doc:"the count, step by step"`
}

// Deadlines is every run of every deadline of a record.
type Deadlines struct {
	Items []Deadline `json:"items"`
}

// DeadlineStep is one stretch of days in a count.
type DeadlineStep struct {
	Kind string `json:"kind" doc:"event, counted, off, excluded, extended, stated or rolled"`
	From string `json:"from" format:"date"`
	To   string `json:"to" format:"date"`
	Days int    `json:"days"`
}
