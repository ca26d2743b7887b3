package checkpoint

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"

	f_note "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/statement"
)

// Kind is a C2SP signature type.
type Kind uint8

const (
	KindLog      Kind = 0x01 // Ed25519 over the checkpoint's body
	KindCosigner Kind = 0x04 // Ed25519 over time and body (tlog-cosignature v1)
)

// String is the kind for people.
func (k Kind) String() string {
	switch k {
	case KindLog:
		return "log"
	case KindCosigner:
		return "cosigner"
	}
	return fmt.Sprintf("type 0x%02x", uint8(k))
}

// Key is a public key that signs checkpoints.
//
// Name is the origin for a log key, and <origin>/<region>/<node> for a cosigner
// of the federation. All nodes' log keys share the name, so their Region and
// Node come from genesis or from the auditor's key file. Both are empty for
// keys outside the federation: a foreign log, an outside witness.
type Key struct {
	Kind   Kind
	Name   string
	Region string
	Node   string
	Public ed25519.PublicKey // 32 bytes
}

// encoded is the key as vkeys and key ids have it: type, then key.
func (k Key) encoded() []byte { return append([]byte{byte(k.Kind)}, k.Public...) }

// ID is the key id of C2SP signed-note: the first four bytes of
// SHA-256(name || 0x0A || type || key). It names a key, it does not prove one.
func (k Key) ID() uint32 {
	sum := sha256.Sum256(append([]byte(k.Name+"\n"), k.encoded()...))
	return binary.BigEndian.Uint32(sum[:])
}

// VKey is the key as others configure it: name+hex8(id)+base64(type || key).
func (k Key) VKey() string {
	return fmt.Sprintf("%s+%08x+%s", k.Name, k.ID(), b64.EncodeToString(k.encoded()))
}

// ParseVKey reads what VKey writes and nothing else. Region and Node of a
// cosigner come from its name, if it has the federation's form; those of a log
// key stay empty. The error wraps ErrKey.
func ParseVKey(vkey string) (Key, error) {
	const longest = maxOrigin + 200 // region, node and the fixed parts
	name, rest, _ := strings.Cut(vkey, "+")
	_, text, _ := strings.Cut(rest, "+")
	raw, ok := decode64(text)
	if !ok || len(vkey) > longest || len(raw) != 1+ed25519.PublicKeySize {
		return Key{}, fmt.Errorf("couldn't read a vkey: %w", ErrKey)
	}
	k := Key{Kind: Kind(raw[0]), Name: name, Public: raw[1:]}
	if k.Kind == KindCosigner {
		k.Region, k.Node = cosignerOf(name)
	}
	if err := k.check(); err != nil {
		return Key{}, err
	}
	if k.VKey() != vkey {
		return Key{}, fmt.Errorf("couldn't read the vkey of %s: its key id is not that of its key: %w", name, ErrKey)
	}
	return k, nil
}

// cosignerName is the name of a node's cosigner key.
func cosignerName(origin, region, node string) string { return origin + "/" + region + "/" + node }

// cosignerOf takes region and node from a cosigner's name, or gives neither.
func cosignerOf(name string) (region, node string) {
	last := strings.LastIndexByte(name, '/')
	if last < 0 {
		return "", ""
	}
	before := strings.LastIndexByte(name[:last], '/')
	if before <= 0 {
		return "", ""
	}
	region, node = name[before+1:last], name[last+1:]
	if !statement.IsRegion(region) || !statement.IsNodeID(node) {
		return "", ""
	}
	return region, node
}

// origin is the log that the key belongs to: the name of a log key, the part
// before region and node of a federation's cosigner, "" for an outside witness.
func (k Key) origin() string {
	switch {
	case k.Kind == KindLog:
		return k.Name
	case k.Region != "":
		return strings.TrimSuffix(k.Name, cosignerName("", k.Region, k.Node))
	}
	return ""
}

// holder is the node that has the key, as key files and policies write it.
func (k Key) holder() string { return k.Region + "/" + k.Node }

// check: form, and a point that is not weak. Under a small-order key anyone's
// signature verifies.
func (k Key) check() error {
	refuse := func(what string) error {
		return fmt.Errorf("couldn't use the %s key %q: %s: %w", k.Kind, k.Name, what, ErrKey)
	}
	if k.Kind != KindLog && k.Kind != KindCosigner {
		return refuse("unknown signature type")
	}
	if !isName(k.Name) || k.Kind == KindLog && !isOrigin(k.Name) {
		return refuse("not a key name")
	}
	if outside := k.Region == "" && k.Node == ""; !outside && (!statement.IsRegion(k.Region) || !statement.IsNodeID(k.Node)) {
		return refuse("not a region and node")
	}
	if k.Kind == KindCosigner {
		if region, node := cosignerOf(k.Name); region != k.Region || node != k.Node {
			return refuse("region and node are not those of its name, <origin>/<region>/<node>")
		}
		if k.Region != "" && !isOrigin(k.origin()) {
			return refuse("its name begins with no origin")
		}
	}
	public := keyring.PublicKey{ID: "checkpoint", Alg: keyring.EdDSA, Use: keyring.UseLog, Key: k.Public}
	if err := public.Check(); err != nil {
		return refuse(err.Error())
	}
	return nil
}

// verifier is the check of a signature as others implement it.
func (k Key) verifier() (note.Verifier, error) {
	if k.Kind == KindCosigner {
		return f_note.NewVerifierForCosignatureV1(k.VKey())
	}
	return note.NewVerifier(k.VKey())
}
