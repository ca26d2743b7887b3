package v1

import "encoding/json"

// PoolSearch is who of a pool may be chosen, and who may not and why.
type PoolSearch struct {
	Pool     string       `json:"pool" doc:"procedure whose records the pool is"`
	Title    Label        `json:"title"`
	Year     string       `json:"year" doc:"of the loads"`
	Items    []PoolMember `json:"items" doc:"nothing speaks against them; who served least comes first"`
	Excluded []PoolMember `json:"excluded,omitempty" doc:"with the reasons; only when asked for"`
	Free     int          `json:"free" doc:"how many, shown or not"`
	Out      int          `json:"out" doc:"how many are excluded, shown or not"`
}

// PoolMember is one of a pool.
type PoolMember struct {
	Record  string                     `json:"record" example:"EX-110000-2025-000012"`
	Region  string                     `json:"region" doc:"home region"`
	Org     string                     `json:"org"`
	State   string                     `json:"state"`
	Skills  []Named                    `json:"skills"`
	From    string                     `json:"term_from,omitempty" format:"date"`
	To      string                     `json:"term_to,omitempty" format:"date"`
	Fields  map[string]json.RawMessage `json:"fields" doc:"what is clear on the ledger; name and telephone stay at home"`
	Load    PoolLoad                   `json:"load"`
	Visits  []PoolVisit                `json:"visits" doc:"to the party that was asked about, latest first"`
	Reasons []PoolReason               `json:"reasons" doc:"why not: recusal, or not available"`
}

// PoolLoad is what somebody served in the year.
type PoolLoad struct {
	Services int `json:"services"`
	Days     int `json:"days" doc:"person-days"`
}

// PoolVisit is a service at the party that was asked about.
type PoolVisit struct {
	Record string `json:"record,omitempty" doc:"absent: your region is no party to it"`
	From   string `json:"from" format:"date"`
	To     string `json:"to" format:"date"`
}

// PoolReason is one reason against somebody.
type PoolReason struct {
	Code    string `json:"code" doc:"of the law document, as a draw records it; or state, term, busy" example:"same_employer"`
	Recusal bool   `json:"recusal" doc:"must stay away from the party; otherwise not available"`
	ZH      string `json:"zh"`
	EN      string `json:"en"`
	Unit    string `json:"unit,omitempty" doc:"credit code"`
	Until   string `json:"until,omitempty" format:"date"`
	Record  string `json:"record,omitempty" doc:"absent: none, or your region is no party to it"`
}

// Named is a value of an enumeration with its words.
type Named struct {
	Code string `json:"code"`
	ZH   string `json:"zh"`
	EN   string `json:"en"`
}
