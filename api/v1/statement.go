package v1

// Status is what is known of a statement. A node answers for ever: what was
// committed stays committed, what was refused is remembered.
type Status string

const (
	Unknown   Status = "unknown"   // this node never saw it, or gave it up unsigned
	Pending   Status = "pending"   // signed and kept; the ledger has not answered yet
	Committed Status = "committed" // a leaf of the ledger
	Refused   Status = "refused"   // broke a rule; left no leaf
)

// Receipt is the answer to a statement.
type Receipt struct {
	ID       string   `json:"id" doc:"the statement's id, a ULID; equal to the Idempotency-Key" example:"01K9Z8Q6X5W4V3T2S1R0QPNMKJ"`
	Status   Status   `json:"status" enum:"unknown,pending,committed,refused"`
	Index    *uint64  `json:"index,omitempty" doc:"position of its leaf in the ledger; committed only"`
	LeafHash string   `json:"leaf_hash,omitempty" doc:"RFC 6962 hash of its leaf; committed only"`
	Hash     string   `json:"hash,omitempty" doc:"hash of the statement's exact bytes"`
	Record   string   `json:"record,omitempty" doc:"the record it opened or changed" example:"CT-120000-2025-000018"`
	Head     string   `json:"head,omitempty" doc:"the record's head after this statement: the ETag of that version"`
	Refusal  *Refusal `json:"refusal,omitempty" doc:"which rule it broke; refused only"`

	Void     *Void     `json:"void,omitempty" doc:"an earlier entry of this statement was given up by a return to a final checkpoint after a proven fork"`
	Promises []Promise `json:"promises,omitempty" doc:"what nodes have promised about it; while it is pending, and as evidence when the ledger answered late"`
}

// Refusal is a broken rule.
type Refusal struct {
	Code   string            `json:"code"`
	Cite   string            `json:"cite,omitempty" doc:"article of the law it rests on"`
	ZH     string            `json:"zh"`
	EN     string            `json:"en"`
	Params map[string]string `json:"params,omitempty"`
}

// StatementMedia is the media type of a statement signed elsewhere: a compact
// JWS (RFC 7515 section 9.2.1).
const StatementMedia = "application/jose"
