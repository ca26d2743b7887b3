package genesis

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/certs/strict"
)

const (
	// MaxBytes bounds the genesis document: a dozen law documents of 50 KiB, the
	// calendar and a few hundred organisations take less than one MiB.
	MaxBytes = 4 << 20
	// maxFile bounds the file around it: base64 and the signatures.
	maxFile  = MaxBytes/3*4 + 64<<10
	maxDepth = 8 // genesis, regions, region, issuers, issuer, keys, key is 7

	// signatureDomain separates the signature of a genesis from everything else
	// a governance key signs: a JWS begins with a letter, never like this.
	signatureDomain = "sandi.internal/genesis/v1\x00"
)

// Signed is a genesis with the regions' signatures. It is read-only.
type Signed struct {
	*Genesis
	Raw        []byte // the exact bytes that were signed
	Signatures []Signature
	network    [sha256.Size]byte
}

// Signature is one region's signature over the exact bytes by its governance
// key.
type Signature struct {
	Region string `json:"region"`
	Kid    string `json:"kid"` // id of the region's governance key
	Sig    string `json:"sig"` // base64url, 64 bytes
}

// file is the JSON around the exact bytes.
type file struct {
	Format     string      `json:"format"`
	Genesis    string      `json:"genesis"` // base64url of the exact bytes
	Signatures []Signature `json:"signatures"`
}

// Parse reads a genesis file that every region has signed. The error wraps an
// *Error.
func Parse(data []byte) (*Signed, error) {
	s, err := ParseDraft(data)
	if err != nil {
		return nil, err
	}
	if missing := s.Missing(); len(missing) > 0 {
		return nil, refuse(CodeMissing, strings.Join(missing, " "), "every region's governance key has to sign")
	}
	return s, nil
}

// ParseDraft reads a genesis file on its way from region to region: valid as a
// whole, every signature in it verified, some perhaps still missing.
func ParseDraft(data []byte) (*Signed, error) {
	var f file
	if err := strict.Decode(data, maxFile, maxDepth, &f); err != nil {
		return nil, fmt.Errorf("couldn't read the genesis file: %w", wrap(err))
	}
	if f.Format != Format {
		return nil, refuse(CodeFormat, "file", "format is not "+Format)
	}
	raw, err := strict.Base64URL(f.Genesis)
	if err != nil {
		return nil, refuse(CodeFormat, "file", "genesis is not base64url")
	}
	var g Genesis
	if err := strict.Decode(raw, MaxBytes, maxDepth, &g); err != nil {
		return nil, fmt.Errorf("couldn't read the genesis: %w", wrap(err))
	}
	if err := g.check(); err != nil {
		return nil, err
	}
	s := &Signed{Genesis: &g, Raw: raw, Signatures: f.Signatures, network: sha256.Sum256(raw)}
	return s, s.checkSignatures()
}

func wrap(err error) error { return refuse(CodeFormat, "", err.Error()) }

// checkSignatures verifies all signatures: at most one per region, ascending.
func (s *Signed) checkSignatures() error {
	before := ""
	for _, sig := range s.Signatures {
		region := s.Region(sig.Region)
		if region == nil || sig.Kid != region.Governance.ID {
			return refuse(CodeSignature, "signature", "not by a governance key of this genesis")
		}
		where := "region " + region.Code
		if sig.Region <= before {
			return refuse(CodeOrder, where, "signatures are not ascending by region")
		}
		before = sig.Region
		bytes, err := strict.Base64URL(sig.Sig)
		if err != nil {
			return refuse(CodeSignature, where, "not base64url")
		}
		verifier, err := region.Governance.Verifier()
		if err != nil || !verifier.Verify(signingInput(s.Raw), bytes) {
			return refuse(CodeSignature, where, "does not verify")
		}
	}
	return nil
}

func signingInput(raw []byte) []byte { return append([]byte(signatureDomain), raw...) }

// Missing lists the regions that have not signed, ascending.
func (s *Signed) Missing() []string {
	var missing []string
	for i := range s.Regions {
		code := s.Regions[i].Code
		if !slices.ContainsFunc(s.Signatures, func(sig Signature) bool { return sig.Region == code }) {
			missing = append(missing, code)
		}
	}
	return missing
}

// Network is the network id: base64url of the SHA-256 of the exact bytes.
func (s *Signed) Network() string { return strict.B64(s.network[:]) }

// Fingerprint is the network id for people who compare it over the telephone:
// 64 hex digits in groups of four, the same as `sha256sum` shows.
func (s *Signed) Fingerprint() string {
	text := hex.EncodeToString(s.network[:])
	groups := make([]string, 0, len(text)/4)
	for i := 0; i < len(text); i += 4 {
		groups = append(groups, text[i:i+4])
	}
	return strings.Join(groups, " ")
}

// Draft checks a genesis and writes its file without signatures.
func Draft(g *Genesis) ([]byte, error) {
	raw, err := g.bytes()
	if err != nil {
		return nil, err
	}
	return write(raw, nil)
}

// bytes checks a genesis and gives the bytes that are signed.
func (g *Genesis) bytes() ([]byte, error) {
	if err := g.check(); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(g)
	if err != nil {
		return nil, fmt.Errorf("couldn't write the genesis: %w", err)
	}
	return raw, nil
}

// AddSignature signs the genesis inside a file for one region, whose governance
// key the signer must hold, and returns the new file. A signature that the region
// made before is replaced.
func AddSignature(data []byte, region string, signer keyring.Signer) ([]byte, error) {
	s, err := ParseDraft(data)
	if err != nil {
		return nil, err
	}
	if err := s.sign(region, signer); err != nil {
		return nil, err
	}
	return write(s.Raw, s.Signatures)
}

// sign puts a region's signature in its place.
func (s *Signed) sign(region string, signer keyring.Signer) error {
	r := s.Region(region)
	if r == nil {
		return refuse(CodeSignature, "region "+region, "not in this genesis")
	}
	if !r.Governance.Equal(signer.Public()) {
		return refuse(CodeSignature, "region "+region, "the signer is not its governance key")
	}
	sig, err := signer.Sign(signingInput(s.Raw))
	if err != nil {
		return fmt.Errorf("couldn't sign the genesis for region %s: %w", region, err)
	}
	s.Signatures = slices.DeleteFunc(s.Signatures, func(old Signature) bool { return old.Region == region })
	s.Signatures = append(s.Signatures, Signature{Region: region, Kid: r.Governance.ID, Sig: strict.B64(sig)})
	slices.SortFunc(s.Signatures, func(a, b Signature) int { return strings.Compare(a.Region, b.Region) })
	return nil
}

// Seal writes the file of a genesis signed by every region at once, as one
// machine that holds all the keys can: the demo and tests. The result passes
// Parse.
func Seal(g *Genesis, signers map[string]keyring.Signer) ([]byte, error) {
	raw, err := g.bytes()
	if err != nil {
		return nil, err
	}
	s := &Signed{Genesis: g, Raw: raw}
	for i := range g.Regions {
		code := g.Regions[i].Code
		signer, ok := signers[code]
		if !ok {
			return nil, refuse(CodeMissing, "region "+code, "no signer")
		}
		if err := s.sign(code, signer); err != nil {
			return nil, err
		}
	}
	data, err := write(s.Raw, s.Signatures)
	if err != nil {
		return nil, err
	}
	if _, err := Parse(data); err != nil {
		return nil, err
	}
	return data, nil
}

func write(raw []byte, signatures []Signature) ([]byte, error) {
	data, err := json.Marshal(file{Format: Format, Genesis: strict.B64(raw), Signatures: signatures})
	if err != nil {
		return nil, fmt.Errorf("couldn't write the genesis file: %w", err)
	}
	return append(data, '\n'), nil
}
