package v1

// ProofFormat values of GET /v1/statements/{id}/receipt.
const (
	FormatJSON      = "json"
	FormatTlogProof = "tlog-proof"
)

// Media types of proofs.
const (
	TlogProofMedia = "text/plain"
	BundleMedia    = "application/zip"
)

// Headers of an audit bundle's answer. The digest is a trailer: an answer
// without it is not whole.
const (
	HeaderBundleSize = "Bundle-Size"    // leaves under the checkpoint that it stands on; a whole log holds as many entries
	TrailerDigest    = "Content-Digest" // sha-256=:base64: of the body (RFC 9530)
)

// LedgerReceipt proves that a statement took effect at a place of the ledger. It
// is kept and verified as it is, without any node.
type LedgerReceipt struct {
	Format     string   `json:"format" enum:"sandi-receipt/1"`
	Network    string   `json:"network" doc:"base64url SHA-256 of the genesis document"`
	Index      uint64   `json:"index" doc:"position in the ledger; the first entry is 0"`
	Size       uint64   `json:"size" doc:"leaves under the checkpoint"`
	Grade      string   `json:"grade" enum:"committed,published,final" doc:"published: at least two regions have cosigned; final: as many as genesis demands"`
	Leaf       string   `json:"leaf" doc:"the exact entry, base64url"`
	Statement  string   `json:"statement" doc:"the compact JWS inside it"`
	Path       []string `json:"path" doc:"inclusion proof (RFC 6962 section 2.1.1), standard base64, lowest node first"`
	Checkpoint string   `json:"checkpoint" doc:"the signed note (C2SP tlog-checkpoint)"`
}
