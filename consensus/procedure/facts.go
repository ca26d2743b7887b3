package procedure

import "sandi.internal/gateway/consensus/calendar"

// Act is one signed statement about a record, as the ledger hands it over.
type Act struct {
	Event   string            // "" opens a record
	Region  string            // that signed
	Org     string            // of the actor
	Role    string            // office role of the actor
	Person  string            // pseudonym of the actor
	At      int64             // signed time, unix s
	Now     int64             // ledger time, unix s
	Fields  []byte            // JSON object of the clear fields, not written to any more; empty means none
	Commits map[string]string // field -> salted commitment
	Home    []string          // fields that stay in the vault
	Private string            // commitment of the vault's copy of Home
	Hash    string            // of the statement
	Seq     uint64            // leaf position of the statement
}

// Facts is what the engine may ask of the ledger. Answers have to be functions
// of the ledger's state alone.
type Facts interface {
	IsRegion(code string) bool
	Regions() int              // number of member regions
	OrgKnown(code string) bool // registered by a member region
	Marked(set, key string) (holder string, ok bool)
	Tally(set, key string) int64       // 0 when nothing was added
	Record(id string) (*Record, error) // nil, nil when there is none
	Calendar() *calendar.Calendar      // in force
	// Contributes reports whether a signature is the region's contribution to the
	// draw that a record is, under the draw key that the region had when the record
	// was opened (leaf position). Digests and signature are hex.
	Contributes(region, record string, opened uint64, pool, rule, signature string) bool
	// Rule finds a deadline rule; version 0 is the table in force, else the
	// table of that version.
	Rule(id string, version int) (calendar.Rule, bool)
}

// Mark is a fact that later acts, on any record, can ask for.
type Mark struct {
	Set   string
	Key   string
	Value string // id of the record that set it
}

// Tally is what an act adds to a sum that later acts, on any record, can ask for.
type Tally struct {
	Set string
	Key string
	Sum int64 // after the act
}

// Effects is what an act does besides changing its record, in order.
type Effects struct {
	Marks   []Mark
	Unmarks []Mark   // Value is empty
	Tallies []Tally  // one per key, with its new sum
	Fired   []string // events that happened, the act's own first; empty while a joint event waits
}
