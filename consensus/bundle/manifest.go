package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/merkle"
)

// Format names the layout of a bundle.
const Format = "sandi-bundle/1"

// Kind says how much of the log a bundle holds.
type Kind string

// The kinds.
const (
	KindLog     Kind = "log"     // every entry below Size
	KindExtract Kind = "extract" // some entries, with proofs
)

// Manifest is what a bundle says of itself. It is not evidence: size and root
// count when the checkpoint is signed, and the digests help against accidents.
type Manifest struct {
	Format  string   `json:"format"`
	Kind    Kind     `json:"kind"`
	Network string   `json:"network"` // network id: base64url SHA-256 of the genesis document
	Origin  string   `json:"origin"`
	Size    uint64   `json:"size"`
	Root    string   `json:"root"` // standard base64, as in the checkpoint
	Records []string `json:"records,omitempty"`
	From    uint64   `json:"from,omitempty"`  // first index of a range; extracts only
	To      uint64   `json:"to,omitempty"`    // one past the last
	Files   []string `json:"files,omitempty"` // `<sha-256 in hex>  <name>`, as sha256sum writes and checks them
}

// fileLine is a line of Manifest.Files.
func fileLine(name string, sum merkle.Hash) string { return hex.EncodeToString(sum[:]) + "  " + name }

// maxManifestDepth: the manifest, and the list in it.
const maxManifestDepth = 2

func parseManifest(data []byte) (*Manifest, map[string]merkle.Hash, error) {
	m := new(Manifest)
	if err := strict.Decode(data, maxManifest, maxManifestDepth, m); err != nil {
		return nil, nil, fmt.Errorf("couldn't read %s: %w: %w", NameManifest, err, ErrFormat)
	}
	if m.Format != Format || m.Kind != KindLog && m.Kind != KindExtract {
		return nil, nil, fmt.Errorf("couldn't read %s: this program knows %s only: %w", NameManifest, Format, ErrFormat)
	}
	sums := make(map[string]merkle.Hash, len(m.Files))
	for _, line := range m.Files {
		text, name, ok := strings.Cut(line, "  ")
		raw, err := hex.DecodeString(text)
		if !ok || err != nil || len(raw) != sha256.Size || hex.EncodeToString(raw) != text {
			return nil, nil, fmt.Errorf("couldn't read %s: %.100q is not a line of sha256sum: %w", NameManifest, line, ErrFormat)
		}
		if _, twice := sums[name]; twice {
			return nil, nil, fmt.Errorf("couldn't read %s: %.100q stands twice: %w", NameManifest, name, ErrFormat)
		}
		sums[name] = merkle.Hash(raw)
	}
	return m, sums, nil
}

func (m *Manifest) marshal() ([]byte, error) {
	out, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return nil, fmt.Errorf("couldn't write %s: %w", NameManifest, err)
	}
	return append(out, '\n'), nil
}
