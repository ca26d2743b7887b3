package backup

import (
	"encoding/json"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/merkle"
)

// Head says what a backup is of. The sizes are for progress: what holds is proved.
type Head struct {
	Format       string `json:"format"`
	Network      string `json:"network"` // id: base64url SHA-256 of genesis
	Name         string `json:"name"`    // of the network, for people
	Region       string `json:"region"`
	Node         string `json:"node"`
	Created      string `json:"created"` // RFC 3339, by the node's clock
	Version      string `json:"version"` // of the software
	Leaves       uint64 `json:"leaves"`
	LedgerBytes  int64  `json:"ledger_bytes"`
	VaultObjects int64  `json:"vault_objects"`
	VaultBytes   int64  `json:"vault_bytes"`
}

// Bytes is about how much there is to read.
func (h *Head) Bytes() int64 { return h.LedgerBytes + h.VaultBytes }

// proof is proof.json: the ledger's tree, and checkpoints that hold it or lie in it.
type proof struct {
	Size  uint64      `json:"size"`
	Root  string      `json:"root"`
	Notes []proofNote `json:"notes"`
}

// proofNote is a cosigned checkpoint. Consistency is there when it is larger than the
// tree: it then proves that the tree is the beginning of what was cosigned.
type proofNote struct {
	Note        string   `json:"note"`
	Consistency []string `json:"consistency,omitempty"`
}

// Bounds of a proof: a note is of a size up to 2^63, and two are given.
const (
	maxNotes = 8
	maxPath  = 128
)

func (p *proofNote) path() ([]merkle.Hash, error) {
	if len(p.Consistency) > maxPath {
		return nil, bad("a proof of %d hashes", len(p.Consistency))
	}
	var path []merkle.Hash
	for _, text := range p.Consistency {
		raw, err := strict.Base64URL(text)
		if err != nil || len(raw) != len(merkle.Hash{}) {
			return nil, bad("a proof holds %.64q", text)
		}
		path = append(path, merkle.Hash(raw))
	}
	return path, nil
}

// manifest is manifest.json. Objects of the vault are summed up, so that it does not
// grow with them: lines of SHA-256 in hex, two spaces, name, newline.
type manifest struct {
	Parts   []Part `json:"parts"`
	Objects Part   `json:"objects"` // Name is "vault/", Count their number
}

// missing is vault.missing: objects without a file.
type missing struct {
	Objects []string `json:"objects"`
}

// Part is one part of a backup, or all objects.
type Part struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	Count  int64  `json:"count,omitempty"`
}

func decode(data []byte, most int, into any) error {
	if err := strict.Decode(data, most, 8, into); err != nil {
		return bad("a part is not what it should be: %w", err)
	}
	return nil
}

func encode(v any) ([]byte, error) { return json.MarshalIndent(v, "", " ") }
