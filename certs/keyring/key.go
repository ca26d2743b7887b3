package keyring

// Alg is a signature algorithm by its JOSE name (RFC 8037, RFC 7518 section 3.4).
type Alg string

const (
	EdDSA Alg = "EdDSA"      // Ed25519 under the ZIP-215 predicate
	ES256 Alg = "ES256"      // ECDSA P-256 with SHA-256, raw r||s, low-S only
	BLS   Alg = "BLS12381G1" // BLS signatures on BLS12-381, keys in G1: one signature per key and message; draws only
)

// Use is the one purpose a key is registered for; a key never serves two.
type Use string

const (
	UseGovernance Use = "governance" // offline; signs key, issuer and role changes of its region, and votes
	UseStatement  Use = "statement"  // signs a bureau's statements
	UseToken      Use = "token"      // signs access tokens
	UseLog        Use = "log"        // a node's checkpoint key (C2SP type 0x01)
	UseCosigner   Use = "cosigner"   // a node's cosignature key (C2SP type 0x04)
	UseDraw       Use = "draw"       // signs a region's contributions to draws
)

// PublicKey is a key as genesis, the ledger and the auditor's key file name it.
type PublicKey struct {
	ID  string `json:"id"` // unique in its region: [a-z0-9][a-z0-9.-]{0,63}
	Alg Alg    `json:"alg"`
	Use Use    `json:"use"`
	Key []byte `json:"key"` // base64 in JSON; Ed25519: 32 bytes; P-256: 65 bytes uncompressed; BLS12-381: 48 bytes compressed
}

// Verifier checks signatures of one key.
type Verifier interface {
	// Verify reports whether signature is valid for message under the one
	// predicate of the key's algorithm. It never panics, whatever the bytes.
	Verify(message, signature []byte) bool
}

// Signer makes signatures with one key. An HSM or the SM2 profile fits behind it.
type Signer interface {
	Public() PublicKey
	Sign(message []byte) ([]byte, error)
}

// State is where a key stands in its life, judged by ledger index, never by a clock.
type State string

const (
	StateUnknown  State = ""
	StatePrepared State = "prepared" // registered, not yet valid
	StateActive   State = "active"   // signs and verifies
	StateRetiring State = "retiring" // verifies what was signed before; signs nothing new
	StateRevoked  State = "revoked"
)
