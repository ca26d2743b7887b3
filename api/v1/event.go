package v1

// Event is one leaf of the ledger as a CloudEvent (CloudEvents 1.0, JSON
// format).
type Event struct {
	SpecVersion string    `json:"specversion" enum:"1.0"`
	ID          string    `json:"id" doc:"position of the leaf: the cursor" example:"1042"`
	Source      string    `json:"source" doc:"origin of the ledger" example:"sandi.internal/ledger"`
	Type        string    `json:"type" doc:"internal.sandi. and the statement's kind" example:"internal.sandi.record.act"`
	Subject     string    `json:"subject,omitempty" doc:"the record" example:"CT-120000-2025-000018"`
	Time        string    `json:"time" format:"date-time" doc:"ledger time"`
	ContentType string    `json:"datacontenttype" enum:"application/json"`
	DataRef     string    `json:"dataref,omitempty" doc:"where the owner keeps the private part" format:"uri"`
	Data        EventData `json:"data"`
}

// EventData is what an event says.
type EventData struct {
	Index     uint64 `json:"index"`
	LeafHash  string `json:"leaf_hash"`
	Statement string `json:"statement" doc:"id of the statement"`
	Hash      string `json:"hash" doc:"hash of the statement's bytes; for an act, the record's head after it"`
	Kind      string `json:"kind" example:"record.act"`
	Region    string `json:"region" doc:"that signed"`
	Org       string `json:"org,omitempty"`
	Role      string `json:"role,omitempty"`
	At        string `json:"at" format:"date-time" doc:"signed time"`
	Record    string `json:"record,omitempty"`
	Procedure string `json:"procedure,omitempty" doc:"openings only"`
	Event     string `json:"event,omitempty" doc:"acts only"`
}

// Entries is what was found of the ledger's entries.
type Entries struct {
	Items    []EventData `json:"items" doc:"the newest first"`
	More     bool        `json:"more,omitempty" doc:"there are more than are shown: give more of the hash"`
	Searched uint64      `json:"searched" doc:"entries that were looked through; below size: ask again"`
	Size     uint64      `json:"size" doc:"entries"`
}

// EventPage is the answer of a long poll.
type EventPage struct {
	Events []Event `json:"events"`
	Cursor string  `json:"cursor,omitempty" doc:"pass it as after; absent when the ledger is empty"`
}
