package v1

// Void is an entry that a return to a final checkpoint has given up. What the statement
// is now, the answer beside it says.
type Void struct {
	Index uint64 `json:"index" doc:"position that its leaf had at this node; receipts of it are void"`
	Order uint64 `json:"order" doc:"position of the order of return in the ledger: its first statement"`
}

// VoidOutcome is what became of a void entry, for the operator.
type VoidOutcome struct {
	Void
	Region  string   `json:"region"`
	ID      string   `json:"id"`
	Kind    string   `json:"kind"`
	Now     *uint64  `json:"now,omitempty"`     // position that it has now
	Refusal *Refusal `json:"refusal,omitempty"` // it was submitted again, and refused
	Waiting bool     `json:"waiting,omitempty"` // it will be submitted again
	Dropped bool     `json:"dropped,omitempty"` // it was not: a node's key, or the leadership of then
}
