package ledger

import (
	"sandi.internal/gateway/consensus/statement"
)

// Status is what became of a statement.
type Status string

const (
	Committed Status = "committed" // it is leaf number Index
	Refused   Status = "refused"   // it broke a rule; it left no leaf
)

// Result is the ledger's answer to one statement, equal on every replica.
type Result struct {
	Region     string // as the statement names it; empty when it could not be read
	ID         string // the statement's id
	Hash       statement.Hash
	Status     Status
	Index      uint64   // the leaf's position; committed only
	LeafHash   [32]byte // RFC 6962 leaf hash; committed only
	Record     string   // the record it opened or changed; empty for governance
	RecordHead string   // the head of that record after this statement
	Automatic  bool     // it left that record in a state of Law.Automatic; not of repeats
	Touched    []string // other records that may have waited for this one; not of repeats
	Offered    bool     // it made or ended an offer; not of repeats
	Refusal    *Refusal // refused only
	Duplicate  bool     // the answer is that of an earlier statement with this id
}

// Refusal says which rule a statement broke: a code for machines, the provision
// it rests on and one sentence in each language for people.
type Refusal struct {
	Code   Code              `json:"code"`
	Cite   string            `json:"cite,omitzero"`
	ZH     string            `json:"zh,omitzero"`
	EN     string            `json:"en,omitzero"`
	Params map[string]string `json:"params,omitempty"`
}

// Error implements error; it is for logs, clients match the code.
func (r *Refusal) Error() string { return "refused: " + string(r.Code) }

// refuse makes a refusal with one of the ledger's own codes. Params come in
// pairs: name, value.
func refuse(code Code, params ...string) *Refusal {
	r := &Refusal{Code: code, ZH: codes[code].zh, EN: codes[code].en}
	for i := 0; i+1 < len(params); i += 2 {
		if r.Params == nil {
			r.Params = make(map[string]string, len(params)/2)
		}
		r.Params[params[i]] = params[i+1]
	}
	return r
}
