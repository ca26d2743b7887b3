package devca

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"sandi.internal/gateway/certs/authority"
	"sandi.internal/gateway/certs/keyring"
)

// Default are the regions of the demo: Beijing, Tianjin, Hebei.
var Default = []string{"110000", "120000", "130000"}

// names of the authorities. Tianjin's is a commission, not a bureau.
var names = map[string][2]string{
	"110000": {"北京市市场监督管理局", "Beijing Municipal Administration for Market Regulation"},
	"120000": {"天津市市场监督管理委员会", "Tianjin Municipal Market Supervision and Administration Commission"},
	"130000": {"河北省市场监督管理局", "Hebei Administration for Market Regulation"},
	"140000": {"山西省市场监督管理局", "Shanxi Administration for Market Regulation"},
	"150000": {"内蒙古自治区市场监督管理局", "Inner Mongolia Administration for Market Regulation"},
}

// Network is a throw-away network.
type Network struct {
	Dir     string // empty: in memory
	Regions []*Region
	Gossip  []byte // the AES-256 gossip key that all regions share
}

// Region is one bureau with all its secrets.
type Region struct {
	Code, NameZH, NameEN string
	Dir                  string // empty: in memory

	Governance *keyring.PrivateKey // "gov-1"; offline in a real network
	Statement  *keyring.PrivateKey // "st-1"
	Token      *keyring.PrivateKey // "tok-1", key of the issuer
	Issuer     string              // the iss claim
	Pseudonym  []byte              // keys the pseudonyms of persons

	Root, Issuing *authority.CA
	Nodes         []*Node
}

// Node is one server of a region.
type Node struct {
	ID       string // "<region>-a"
	Region   string
	Dir      string              // its folder; empty: in memory
	Log      *keyring.PrivateKey // "log-a"
	Cosigner *keyring.PrivateKey // "cosigner-a"
	Vault    []byte              // wraps the keys of private payloads
	CertPEM  []byte              // chain, leaf first
	KeyPEM   []byte
}

// New makes a network of the given regions (default: Default) with one node
// each. With dir == "" nothing touches the disk; otherwise dir must not hold a
// network yet.
func New(dir string, regions ...string) (*Network, error) {
	if len(regions) == 0 {
		regions = Default
	}
	sorted := slices.Sorted(slices.Values(regions))
	if len(slices.Compact(slices.Clone(sorted))) != len(regions) {
		return nil, errors.New("couldn't make a network: a region is named twice")
	}
	gossip, err := keyring.NewSecret()
	if err != nil {
		return nil, err
	}
	n := &Network{Dir: dir, Gossip: gossip}
	if dir != "" {
		if err := begin(dir); err != nil {
			return nil, err
		}
	}
	for _, code := range sorted {
		r, err := newRegion(dir, code)
		if err != nil {
			return nil, fmt.Errorf("couldn't make the region %s: %w", code, err)
		}
		n.Regions = append(n.Regions, r)
		if dir != "" {
			if err := r.save(); err != nil {
				return nil, err
			}
		}
		if _, err := n.AddNode(code, "a"); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func newRegion(dir, code string) (*Region, error) {
	name, known := names[code]
	if !known {
		name = [2]string{code + " 市场监督管理局", "Administration for Market Regulation of " + code}
	}
	r := &Region{Code: code, NameZH: name[0], NameEN: name[1], Issuer: "https://" + authority.TrustDomain(code) + "/issuer"}
	if dir != "" {
		r.Dir = filepath.Join(dir, code)
	}
	var err error
	for _, k := range []struct {
		into **keyring.PrivateKey
		use  keyring.Use
		id   string
	}{{&r.Governance, keyring.UseGovernance, "gov-1"}, {&r.Statement, keyring.UseStatement, "st-1"}, {&r.Token, keyring.UseToken, "tok-1"}} {
		if *k.into, err = keyring.Generate(keyring.EdDSA, k.use, k.id); err != nil {
			return nil, err
		}
	}
	if r.Pseudonym, err = keyring.NewSecret(); err != nil {
		return nil, err
	}
	if r.Root, err = authority.NewRoot(code, authority.RootLife, nil); err != nil {
		return nil, err
	}
	r.Issuing, err = r.Root.NewIssuing(authority.IssuingLife)
	return r, err
}

// AddNode gives a region one more node, "<region>-<suffix>".
func (n *Network) AddNode(region, suffix string) (*Node, error) {
	r := n.Region(region)
	if r == nil {
		return nil, fmt.Errorf("couldn't add a node: no region %s", region)
	}
	node := &Node{ID: region + "-" + suffix, Region: region}
	var err error
	if node.Log, err = keyring.Generate(keyring.EdDSA, keyring.UseLog, "log-"+suffix); err != nil {
		return nil, err
	}
	if node.Cosigner, err = keyring.Generate(keyring.EdDSA, keyring.UseCosigner, "cosigner-"+suffix); err != nil {
		return nil, err
	}
	if node.Vault, err = keyring.NewSecret(); err != nil {
		return nil, err
	}
	if node.CertPEM, node.KeyPEM, err = r.Issuing.IssueNode(node.ID, authority.NodeLife); err != nil {
		return nil, err
	}
	if r.Dir != "" {
		node.Dir = nodeDir(n.Dir, node.ID, len(r.Nodes) == 0)
		if err := node.save(r, n.Gossip); err != nil {
			return nil, err
		}
	}
	r.Nodes = append(r.Nodes, node)
	return node, nil
}

// Region returns a region by code, or nil.
func (n *Network) Region(code string) *Region {
	for _, r := range n.Regions {
		if r.Code == code {
			return r
		}
	}
	return nil
}

// Node returns a node by id with its region, or nils.
func (n *Network) Node(id string) (*Node, *Region) {
	for _, r := range n.Regions {
		for _, node := range r.Nodes {
			if node.ID == id {
				return node, r
			}
		}
	}
	return nil, nil
}

// RootDER are the region's CA certificates as genesis names them.
func (r *Region) RootDER() [][]byte { return [][]byte{r.Root.Cert().Raw} }

// Roots are the CAs of all regions, apart.
func (n *Network) Roots() (*authority.Roots, error) {
	byRegion := make(map[string][][]byte, len(n.Regions))
	for _, r := range n.Regions {
		byRegion[r.Code] = r.RootDER()
	}
	return authority.NewRoots(byRegion)
}

// Keeper keeps a node's certificate in memory and renews it from the region's
// issuing CA.
func (n *Network) Keeper(nodeID string) (*authority.Keeper, error) {
	node, r := n.Node(nodeID)
	if node == nil {
		return nil, fmt.Errorf("couldn't keep a certificate: no node %s", nodeID)
	}
	roots, err := n.Roots()
	if err != nil {
		return nil, err
	}
	return authority.NewKeeper(authority.KeeperConfig{
		Roots: roots, Identity: authority.Identity{Region: r.Code, Role: authority.RoleNode, ID: node.ID},
		CertPEM: node.CertPEM, KeyPEM: node.KeyPEM, Issuer: r.Issuing,
	})
}

// SignToken signs an access token of this region's issuer. Issuer and audience
// are filled in when empty.
func (r *Region) SignToken(c keyring.Claims) (string, error) {
	if c.Issuer == "" {
		c.Issuer = r.Issuer
	}
	if c.Audience == "" {
		c.Audience = "urn:sandi:" + r.Code
	}
	return keyring.SignToken(r.Token, c)
}

// begin makes the network's folder and refuses one that already holds a
// network: other nodes may be running on its keys.
func begin(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("couldn't make the network folder: %w", err)
	}
	return keyring.WriteSecret(filepath.Join(dir, warningFile), []byte(warning))
}
