package statement

import "crypto/sha256"

// Limits of a statement. They are enforced before anything is parsed.
const (
	MaxBytes   = 60 << 10 // the leaf around it must fit a 65,535-byte tile entry
	MaxDepth   = 8        // nesting of the payload
	bodyDepth  = 2        // of a body in its payload
	Type       = "sandi-statement+jws"
	Version    = 1
	MaxAgeDays = 30  // signed time against ledger time
	MaxAheadS  = 120 // seconds a signed time may lie ahead of ledger time
)

// Hash identifies a statement: SHA-256 over its exact bytes. In JSON and in
// text it is unpadded base64url (43 characters).
type Hash [sha256.Size]byte

// Kinds of statements known to protocol 1.
const (
	KindRecordOpen  = "record.open"  // a record begins
	KindRecordAct   = "record.act"   // an event happens to a record
	KindKeyAdd      = "key.add"      // register a key (prepared, or active at once)
	KindKeyActivate = "key.activate" //
	KindKeyRetire   = "key.retire"   //
	KindKeyRevoke   = "key.revoke"   //
	KindIssuerAdd   = "issuer.add"
	KindIssuerDrop  = "issuer.drop"
	KindRoleGrant   = "role.grant"
	KindRoleRevoke  = "role.revoke"
	KindTokenRevoke = "token.revoke"
	KindLedgerSeal  = "ledger.seal"    // a day's final checkpoint, bound into the ledger
	KindLeaderMove  = "leader.move"    // two regions want another node to lead
	KindLawPropose  = "law.propose"    // the next version of a text of law
	KindLawVote     = "law.vote"       // a region approves of it, or does not
	KindLawAdopt    = "law.adopt"      // approved of by all, it comes into force
	KindRecovery    = "recovery.order" // most nodes are lost: who goes on, on which tree
	KindReturn      = "return.order"   // after a proven fork: back to the last final checkpoint

	KindOffer    = "exchange.offer"    // private objects are there for another bureau to fetch
	KindWithdraw = "exchange.withdraw" // an offer stands no longer
	KindReceipt  = "exchange.receipt"  // the recipient has all of it, verified
	KindDispute  = "exchange.dispute"  // what came is not what was offered
)

// Actor is who acted, as the ledger may know them.
type Actor struct {
	Role   string `json:"role"`   // office role: clerk, officer, unit_head, bureau_head, liaison, legal, expert, lead, node
	Org    string `json:"org"`    // organisation code, e.g. "120114-SJ"
	Person string `json:"person"` // per-region keyed pseudonym, 22 characters base64url
}

// Payload is what a statement says. Field order here is the order of the bytes
// that our nodes write; readers accept any order.
type Payload struct {
	Network string `json:"network"` // base64url SHA-256 of the genesis bytes
	Kind    string `json:"kind"`
	V       int    `json:"v"`
	ID      string `json:"id"`     // ULID, the HTTP Idempotency-Key; unique per region
	Region  string `json:"region"` // equal to the kid's region
	Record  string `json:"record,omitempty"`
	Prev    string `json:"prev,omitempty"` // hash of the record's previous statement
	At      string `json:"at"`             // signed time, RFC 3339, whole seconds, +08:00
	Actor   Actor  `json:"actor"`
	Request string `json:"request"` // base64url SHA-256 of what the caller asked for
	Body    []byte `json:"-"`       // raw JSON object, by kind
}

// Statement is a parsed statement. Parsing proves form, not authenticity. It is
// shared between goroutines through Pool: nobody writes to it, nor to its bytes.
type Statement struct {
	Payload
	Raw    []byte // the compact JWS as submitted; never re-encoded
	Hash   Hash
	Key    string // key id without the region
	Alg    string
	AtUnix int64 // Payload.At in unix seconds

	input     int // the signature covers Raw[:input]
	signature [signatureSize]byte
}

// OpenBody is the body of record.open; ActBody that of record.act. Fields
// declared `clear` stand in Fields; of those declared `commit` only the salted
// commitment stands in Commits; those declared `home` are named in Home and
// stay in the vault, all of one statement under the commitment Private.
type OpenBody struct {
	Procedure string            `json:"procedure"`
	Fields    []byte            `json:"-"` // raw JSON object
	Commits   map[string]string `json:"commits,omitempty"`
	Home      []string          `json:"home,omitempty"`
	Private   string            `json:"private,omitempty"`
}

// ActBody: see OpenBody.
type ActBody struct {
	Event   string            `json:"event"`
	Fields  []byte            `json:"-"` // raw JSON object
	Commits map[string]string `json:"commits,omitempty"`
	Home    []string          `json:"home,omitempty"`
	Private string            `json:"private,omitempty"`
}
