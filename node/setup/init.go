package setup

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"sandi.internal/gateway/certs/authority"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/statement"
)

// Profile is what a bureau says about itself and its first node.
type Profile struct {
	Region string // six digits
	NameZH string // official full name
	NameEN string
	Suffix string // of the node id, e.g. "a"
	Public string // base URL of the public API as its users reach it
	Peer   string // host:port as the other bureaus reach it
	Gossip string // host:port as the other bureaus reach it
	Secret []byte // gossip key shared by all bureaus; nil: make one to be shared
}

// memberFormat names the layout of a member file.
const memberFormat = "sandi-member/1"

// Member is what a bureau hands to the others: public keys, addresses, names.
type Member struct {
	Format string         `json:"format"`
	Region genesis.Region `json:"region"`
}

// DefaultRoles are the office roles that a bureau's token issuer may grant.
var DefaultRoles = []string{"auditor", "bureau_head", "clerk", "expert", "lead", "legal", "liaison", "officer", "operator", "unit_head"}

// Init makes everything a bureau needs in dir: keys, CA, node certificate,
// configuration and member file. dir must be empty or absent, so that no key is
// ever overwritten.
func Init(dir string, p Profile) (*Member, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("%s is not empty; keys are never overwritten, choose another folder with --dir", dir)
	}
	m := &Member{Format: memberFormat, Region: genesis.Region{Code: p.Region, NameZH: p.NameZH, NameEN: p.NameEN}}
	node := genesis.Node{ID: p.Region + "-" + p.Suffix, Voter: true, Peer: p.Peer, Gossip: p.Gossip, Public: p.Public}
	issuer := genesis.Issuer{ID: "https://" + authority.TrustDomain(p.Region) + "/issuer", Roles: DefaultRoles}
	var statementKey, tokenKey keyring.PublicKey
	for _, k := range []struct {
		path string
		use  keyring.Use
		id   string
		into *keyring.PublicKey
	}{
		{"offline/governance.pem", keyring.UseGovernance, "gov-1", &m.Region.Governance},
		{"keys/statement.pem", keyring.UseStatement, "st-1", &statementKey},
		{"ca/token.pem", keyring.UseToken, "tok-1", &tokenKey},
		{"keys/log.pem", keyring.UseLog, "log-" + p.Suffix, &node.Log},
		{"keys/cosigner.pem", keyring.UseCosigner, "cosigner-" + p.Suffix, &node.Cosigner},
		{"keys/draw.pem", keyring.UseDraw, "draw-1", new(keyring.PublicKey)}, // registered later, with its proof of possession
	} {
		if err := makeKey(filepath.Join(dir, k.path), k.use, k.id, k.into); err != nil {
			return nil, err
		}
	}
	m.Region.Statement = []keyring.PublicKey{statementKey}
	issuer.Keys = []keyring.PublicKey{tokenKey}
	m.Region.Issuers = []genesis.Issuer{issuer}
	m.Region.Nodes = []genesis.Node{node}
	m.Region.Orgs = []genesis.Org{{Code: p.Region + "-SJ", NameZH: p.NameZH, NameEN: p.NameEN, Level: "province", Parent: "100000-SJ"}}
	root, err := makeCA(dir, p.Region, node.ID)
	if err != nil {
		return nil, err
	}
	m.Region.Roots = [][]byte{root}
	if err := makeSecrets(dir, p.Secret); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("couldn't write the member file: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "member.json"), append(text, '\n'), 0o600); err != nil {
		return nil, fmt.Errorf("couldn't write the member file: %w", err)
	}
	return m, os.WriteFile(filepath.Join(dir, "sandi.yaml"), configText(p, node), 0o600)
}

// Check says what of a profile is missing or malformed, by the flag that gives it.
func (p *Profile) Check() error {
	switch {
	case !statement.IsRegion(p.Region) || p.Region[2:] != "0000":
		return fmt.Errorf("--region %q: give the six-digit code of a province-level region, such as 120000", p.Region)
	case p.NameZH == "" || p.NameEN == "":
		return errors.New("--name-zh and --name-en: give the bureau's official name in both languages")
	case !statement.IsNodeID(p.Region + "-" + p.Suffix):
		return fmt.Errorf("--suffix %q: a short name of lower-case letters and digits, such as a", p.Suffix)
	case p.Public == "" || p.Peer == "" || p.Gossip == "":
		return errors.New("--public, --peer and --gossip: give the addresses as the other bureaus reach them")
	}
	return nil
}

func makeKey(path string, use keyring.Use, id string, into *keyring.PublicKey) error {
	alg := keyring.EdDSA
	if use == keyring.UseDraw {
		alg = keyring.BLS
	}
	key, err := keyring.Generate(alg, use, id)
	if err != nil {
		return fmt.Errorf("couldn't make the %s key: %w", use, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("couldn't make a folder for keys: %w", err)
	}
	*into = key.Public()
	return key.SaveFile(path)
}

// makeCA makes root, issuing CA and the node's certificate, and returns the
// root as genesis names it.
func makeCA(dir, region, nodeID string) ([]byte, error) {
	root, err := authority.NewRoot(region, authority.RootLife, nil)
	if err != nil {
		return nil, err
	}
	issuing, err := root.NewIssuing(authority.IssuingLife)
	if err != nil {
		return nil, err
	}
	rootCert, rootKey, err := root.PEM()
	if err != nil {
		return nil, err
	}
	issuingCert, issuingKey, err := issuing.PEM()
	if err != nil {
		return nil, err
	}
	nodeCert, nodeKey, err := issuing.IssueNode(nodeID, authority.NodeLife)
	if err != nil {
		return nil, err
	}
	for _, f := range []struct {
		path string
		data []byte
	}{
		{"offline/root.pem", rootCert},
		{"offline/root-key.pem", rootKey},
		{"ca/root.pem", rootCert},
		{"ca/issuing.pem", issuingCert},
		{"ca/issuing-key.pem", issuingKey},
		{"tls/node.pem", nodeCert},
		{"tls/node-key.pem", nodeKey},
	} {
		path := filepath.Join(dir, f.path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, fmt.Errorf("couldn't make a folder for keys: %w", err)
		}
		if err := keyring.WriteSecret(path, f.data); err != nil {
			return nil, err
		}
	}
	return root.Cert().Raw, nil
}

// makeSecrets makes the node's symmetric secrets; the gossip key is the one
// thing that bureaus share.
func makeSecrets(dir string, gossip []byte) error {
	for _, name := range []string{"vault", "pseudonym", "gossip"} {
		secret := gossip
		if name != "gossip" || secret == nil {
			var err error
			if secret, err = keyring.NewSecret(); err != nil {
				return err
			}
		}
		if err := keyring.SaveSecret(filepath.Join(dir, "keys", name+".key"), secret); err != nil {
			return err
		}
	}
	return nil
}

func configText(p Profile, n genesis.Node) []byte {
	return fmt.Appendf(nil, `# %s %s
# Every setting: see node/docs/OPERATIONS.md. Paths are relative to this file.
region: %q
node: %s
data: data
genesis: genesis.json   # copy the signed genesis here before the first start
listen:
  public: 127.0.0.1:8011   # plain HTTP is for loopback only; set tls to serve others
  peer: %s
  gossip: %s
  admin: 127.0.0.1:6011
# tls: {cert: tls/public.pem, key: tls/public-key.pem}
# With the issuing CA at hand the node renews its 30-day certificate by itself. To
# keep the CA elsewhere, remove this line and replace tls/node*.pem in time: the
# files are watched.
keys: {ca_cert: ca/issuing.pem, ca_key: ca/issuing-key.pem}
`, p.NameZH, p.NameEN, p.Region, n.ID, n.Peer, n.Gossip)
}
