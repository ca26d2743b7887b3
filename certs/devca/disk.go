package devca

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sandi.internal/gateway/certs/authority"
	"sandi.internal/gateway/certs/keyring"
)

const warningFile = "THROW-AWAY-KEYS.txt"

const warning = `一次性演示密钥，严禁用于真实网络！
所有地区的私钥都由同一个进程生成并存放在一起；真实网络中每个局必须自己生成并保管自己的私钥。

THROW-AWAY DEMO KEYS. NEVER USE THEM FOR A REAL NETWORK.
The private keys of all regions were made by one process and lie side by side; in a real
network every bureau makes and keeps its own.
`

// nodeDir: the first node of a region lives in the region's folder.
func nodeDir(dir, id string, first bool) string {
	if first {
		id, _, _ = strings.Cut(id, "-")
	}
	return filepath.Join(dir, id)
}

// file is one file of a folder and how it is made or read.
type file struct {
	path   string
	key    **keyring.PrivateKey // a private key,
	secret *[]byte              // or a symmetric secret,
	pem    *[]byte              // or certificates or a TLS key
}

func (r *Region) files() []file {
	return []file{
		{path: "offline/governance.pem", key: &r.Governance},
		{path: "ca/token.pem", key: &r.Token},
	}
}

func (n *Node) files(r *Region, gossip *[]byte) []file {
	return []file{
		{path: "keys/statement.pem", key: &r.Statement},
		{path: "keys/log.pem", key: &n.Log},
		{path: "keys/cosigner.pem", key: &n.Cosigner},
		{path: "keys/vault.key", secret: &n.Vault},
		{path: "keys/pseudonym.key", secret: &r.Pseudonym},
		{path: "keys/gossip.key", secret: gossip},
		{path: "tls/node.pem", pem: &n.CertPEM},
		{path: "tls/node-key.pem", pem: &n.KeyPEM},
	}
}

func saveAll(dir string, files []file) error {
	for _, f := range files {
		path := filepath.Join(dir, f.path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return fmt.Errorf("couldn't make a key folder: %w", err)
		}
		var err error
		switch {
		case f.key != nil:
			err = (*f.key).SaveFile(path)
		case f.secret != nil:
			err = keyring.SaveSecret(path, *f.secret)
		default:
			err = keyring.WriteSecret(path, *f.pem)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func loadAll(dir string, files []file) error {
	for _, f := range files {
		path := filepath.Join(dir, f.path)
		var err error
		switch {
		case f.key != nil:
			*f.key, err = keyring.LoadFile(path)
		case f.secret != nil:
			*f.secret, err = keyring.LoadSecret(path)
		default:
			*f.pem, err = os.ReadFile(path)
		}
		if err != nil {
			return fmt.Errorf("couldn't load the network: %w", err)
		}
	}
	return nil
}

func (r *Region) save() error {
	rootCert, rootKey, err := r.Root.PEM()
	if err != nil {
		return err
	}
	issuingCert, issuingKey, err := r.Issuing.PEM()
	if err != nil {
		return err
	}
	return saveAll(r.Dir, append(r.files(), caFiles(&rootCert, &rootKey, &issuingCert, &issuingKey)...))
}

func caFiles(rootCert, rootKey, issuingCert, issuingKey *[]byte) []file {
	return []file{
		{path: "offline/root.pem", pem: rootCert},
		{path: "offline/root-key.pem", pem: rootKey},
		{path: "ca/root.pem", pem: rootCert},
		{path: "ca/issuing.pem", pem: issuingCert},
		{path: "ca/issuing-key.pem", pem: issuingKey},
	}
}

func (n *Node) save(r *Region, gossip []byte) error { return saveAll(n.Dir, n.files(r, &gossip)) }

// Load reads a network that New wrote.
func Load(dir string) (*Network, error) {
	if _, err := os.Stat(filepath.Join(dir, warningFile)); err != nil {
		return nil, fmt.Errorf("couldn't load the network: %s holds none: %w", dir, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("couldn't load the network: %w", err)
	}
	n := &Network{Dir: dir}
	var later []string // ReadDir sorts, so a region comes before its further nodes
	for _, e := range entries {
		code, suffix, further := strings.Cut(e.Name(), "-")
		switch {
		case !e.IsDir() || !isRegion(code):
		case further:
			later = append(later, code+"-"+suffix)
		default:
			if err := n.loadRegion(code); err != nil {
				return nil, err
			}
		}
	}
	for _, id := range later {
		code, _, _ := strings.Cut(id, "-")
		r := n.Region(code)
		if r == nil {
			return nil, fmt.Errorf("couldn't load the network: node %s without its region", id)
		}
		if err := n.loadNode(r, id); err != nil {
			return nil, err
		}
	}
	if len(n.Regions) == 0 {
		return nil, errors.New("couldn't load the network: no region in " + dir)
	}
	return n, nil
}

func isRegion(code string) bool {
	return len(code) == 6 && !slices.ContainsFunc([]byte(code), func(c byte) bool { return c < '0' || c > '9' })
}

func (n *Network) loadRegion(code string) error {
	r, err := newRegion(n.Dir, code)
	if err != nil {
		return err
	}
	var rootCert, rootKey, issuingCert, issuingKey []byte
	if err := loadAll(r.Dir, append(r.files(), caFiles(&rootCert, &rootKey, &issuingCert, &issuingKey)...)); err != nil {
		return err
	}
	if r.Root, err = authority.LoadRoot(code, rootCert, rootKey, nil); err != nil {
		return err
	}
	if r.Issuing, err = authority.LoadIssuing(code, issuingCert, issuingKey, nil); err != nil {
		return err
	}
	n.Regions = append(n.Regions, r)
	return n.loadNode(r, code+"-a")
}

func (n *Network) loadNode(r *Region, id string) error {
	node := &Node{ID: id, Region: r.Code, Dir: nodeDir(n.Dir, id, len(r.Nodes) == 0)}
	if err := loadAll(node.Dir, node.files(r, &n.Gossip)); err != nil {
		return err
	}
	r.Nodes = append(r.Nodes, node)
	return nil
}
