package checkpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/statement"
)

// MaxKeyFile bounds an auditor's key file: 40 regions of 9 nodes have 720 keys
// of some 150 characters.
const MaxKeyFile = 256 << 10

// KeyFile is what an auditor got out of band, and all that a verifier trusts.
// KeyFileOf and ParseKeyFile make one; it is read-only.
type KeyFile struct {
	Genesis [sha256.Size]byte // SHA-256 of the exact genesis bytes
	List    []Key             // as Keys.List has them
	set     *Keys
}

// KeyFileOf is the key file of a network: every node's log key and cosigner key
// and the fingerprint of genesis.
func KeyFileOf(g *genesis.Signed) (*KeyFile, error) {
	set, err := FromGenesis(g.Genesis)
	if err != nil {
		return nil, err
	}
	return &KeyFile{Genesis: sha256.Sum256(g.Raw), List: set.List(), set: set}, nil
}

// Keys is the keys as a set to open notes with.
func (f *KeyFile) Keys() *Keys { return f.set }

// Network is the network id that genesis has when it is the one of this file.
func (f *KeyFile) Network() string { return strict.B64(f.Genesis[:]) }

// Policy is whose cosignatures count for a reader who has this file and no
// genesis: every region that has a cosigner in it, and all of them for a final
// checkpoint. PolicyOf is what genesis sets.
func (f *KeyFile) Policy() Policy {
	p := Policy{}
	for _, k := range f.List {
		if k.Kind == KindCosigner && k.Region != "" { // NewKeys: of one federation only
			p.Origin = k.origin()
			p.Regions = append(p.Regions, k.Region)
		}
	}
	slices.Sort(p.Regions)
	p.Regions = slices.Compact(p.Regions)
	p.Final = len(p.Regions)
	p.Published = min(publishedRegions, p.Final)
	return p
}

const keyFileHead = `# Keys to check the ledger with. Compare them and the fingerprint with every bureau, by telephone or on paper.
# 核验台账所用公钥。请通过电话或纸质方式与各局逐一核对公钥与指纹。
`

// Marshal is the file: comments, the fingerprint in groups of four digits, then
// a key a line, a log key's region and node behind it.
func (f *KeyFile) Marshal() []byte {
	var out strings.Builder
	out.WriteString(keyFileHead)
	out.WriteString("genesis " + groups(f.Genesis[:]) + "\n")
	for _, k := range f.List {
		out.WriteString(k.VKey())
		if k.Kind == KindLog && k.Region != "" {
			out.WriteString(" " + k.holder())
		}
		out.WriteByte('\n')
	}
	return []byte(out.String())
}

// groups is hex in groups of four digits, as genesis.Signed.Fingerprint has it.
func groups(raw []byte) string {
	text := hex.EncodeToString(raw)
	var out []string
	for ; text != ""; text = text[4:] {
		out = append(out, text[:4])
	}
	return strings.Join(out, " ")
}

// ParseKeyFile reads a key file that people may have typed: comments (#), empty
// lines, spaces, tabs, CRLF and a byte order mark are read over; one genesis
// line, at least one key, no key twice. The error wraps ErrKeyFile and names the
// line.
func ParseKeyFile(data []byte) (*KeyFile, error) {
	if len(data) > MaxKeyFile {
		return nil, fmt.Errorf("couldn't read a key file of more than %d bytes: %w", MaxKeyFile, ErrKeyFile)
	}
	f := &KeyFile{}
	found := false
	at := 0
	for line := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff")) {
		at++
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || strings.HasPrefix(fields[0], "#"):
		case fields[0] == "genesis" && !found:
			found = true
			raw, err := hex.DecodeString(strings.ToLower(strings.Join(fields[1:], "")))
			if err != nil || len(raw) != len(f.Genesis) {
				return nil, fmt.Errorf("couldn't read line %d: the fingerprint is not 64 hex digits: %w", at, ErrKeyFile)
			}
			f.Genesis = [sha256.Size]byte(raw)
		case len(fields) <= 2 && fields[0] != "genesis":
			k, err := parseKeyLine(fields)
			if err != nil {
				return nil, fmt.Errorf("couldn't read line %d: %w: %w", at, err, ErrKeyFile)
			}
			f.List = append(f.List, k)
		default:
			return nil, fmt.Errorf("couldn't read line %d: neither a comment, nor the one fingerprint, nor a key: %w", at, ErrKeyFile)
		}
	}
	if !found || len(f.List) == 0 {
		return nil, fmt.Errorf("couldn't read a key file without a genesis line or without keys: %w", ErrKeyFile)
	}
	set, err := NewKeys(f.List)
	if err != nil {
		return nil, fmt.Errorf("couldn't read a key file: %w: %w", err, ErrKeyFile)
	}
	f.List, f.set = set.List(), set
	return f, nil
}

// parseKeyLine reads a vkey and, for a log key, its holder.
func parseKeyLine(fields []string) (Key, error) {
	k, err := ParseVKey(fields[0])
	if err != nil || len(fields) == 1 {
		return k, err
	}
	region, node, _ := strings.Cut(fields[1], "/")
	if k.Kind != KindLog || !statement.IsRegion(region) || !statement.IsNodeID(node) {
		return Key{}, fmt.Errorf("couldn't read %q behind the key of %s: %w", fields[1], k.Name, ErrKey)
	}
	k.Region, k.Node = region, node
	return k, nil
}
