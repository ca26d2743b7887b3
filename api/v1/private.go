package v1

import "encoding/json"

// PrivateValues is what a record keeps at home, for those who may read it.
type PrivateValues struct {
	Record string         `json:"record" example:"EX-110000-2025-000012"`
	From   string         `json:"from" doc:"region whose vault the values come from" example:"110000"`
	Items  []PrivateValue `json:"items"`
}

// PrivateValue is one field that is not on the ledger.
type PrivateValue struct {
	Field      string          `json:"field"`
	Title      Label           `json:"title"`
	See        string          `json:"see" doc:"home: it stays in the vault of the region that stated it; commit: the ledger has a commitment to this very value" example:"home"`
	Commitment string          `json:"commitment" doc:"on the ledger; the value was held against it"`
	Value      json.RawMessage `json:"value,omitempty" doc:"absent: not kept there, or purged"`
}

// Readings is who has read what a record keeps at home, by this bureau's own log.
type Readings struct {
	Items []Reading `json:"items"`
}

// Reading is one line of that log.
type Reading struct {
	At      string   `json:"at" format:"date-time"`
	Kind    string   `json:"kind" doc:"read: at home; given: to another region; asked: of another region for one of ours; export: a file, offered to another bureau; query: counted or listed with others"`
	Refused bool     `json:"refused,omitempty"`
	Reason  string   `json:"reason,omitempty" doc:"why it was refused"`
	Count   uint64   `json:"count,omitempty" doc:"refused: how many like this one"`
	Because string   `json:"because,omitempty" doc:"record that selected this one"`
	Region  string   `json:"region" doc:"of who reads"`
	Person  string   `json:"person" doc:"pseudonym"`
	Org     string   `json:"org"`
	Role    string   `json:"role"`
	Fields  []string `json:"fields,omitempty" doc:"fields, or commitments of files"`
}
