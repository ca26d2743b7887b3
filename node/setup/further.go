package setup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"sandi.internal/gateway/certs/authority"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/statement"
)

// Further describes a node that a bureau adds to those it has.
type Further struct {
	Home    string // folder of the bureau's present node, as Init made it
	Genesis []byte // the network's signed genesis file
	Region  string // six digits
	Suffix  string // of the node id, e.g. "b"
	Public  string // base URL of the public API as its users reach it
	Peer    string // host:port as the other bureaus reach it
	Gossip  string // host:port as the other bureaus reach it
}

// nodeAddFile is the body of node.add that Add leaves for the governance key.
const nodeAddFile = "node-add.json"

// nodesFile is where a further node looks for the list of the network's nodes.
const nodesFile = "nodes.json"

// Add makes everything that a further node needs in dir: its own log, cosigner and
// vault keys and TLS certificate, what all nodes of the bureau share, and its
// configuration. It returns the path of what the governance key is to sign. dir
// must be empty or absent.
func Add(dir string, f Further) (string, error) {
	signed, err := genesis.Parse(f.Genesis)
	if err != nil {
		return "", fmt.Errorf("couldn't accept the genesis: %w", err)
	}
	region := signed.Region(f.Region)
	if region == nil {
		return "", fmt.Errorf("--region %q: genesis names no such region", f.Region)
	}
	body := statement.NodeAddBody{Node: f.Region + "-" + f.Suffix, Peer: f.Peer, Gossip: f.Gossip, Public: f.Public}
	switch {
	case !statement.IsNodeID(body.Node):
		return "", fmt.Errorf("--suffix %q: a short name of lower-case letters and digits, such as b", f.Suffix)
	case !statement.IsHostPort(f.Peer) || !statement.IsHostPort(f.Gossip) || !statement.IsBaseURL(f.Public):
		return "", errors.New("--peer and --gossip: give host:port, --public a base URL, as the others reach this node")
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return "", fmt.Errorf("%s is not empty; keys are never overwritten, choose another folder with --dir", dir)
	}
	if err := shareKeys(dir, f.Home); err != nil {
		return "", err
	}
	for _, k := range []struct {
		use  keyring.Use
		name string
		into *statement.Proven
	}{{keyring.UseLog, "log", &body.Log}, {keyring.UseCosigner, "cosigner", &body.Cosigner}} {
		path := filepath.Join(dir, "keys", k.name+".pem")
		if err := makeKey(path, k.use, k.name+"-"+f.Suffix, new(keyring.PublicKey)); err != nil {
			return "", err
		}
		key, err := keyring.LoadFile(path)
		if err != nil {
			return "", err
		}
		if *k.into, err = statement.Prove(key, signed.Network(), f.Region, body.Node); err != nil {
			return "", err
		}
	}
	if err := certify(dir, f, body.Node); err != nil {
		return "", err
	}
	p := Profile{Region: f.Region, NameZH: region.NameZH, NameEN: region.NameEN}
	config := append(configText(p, genesis.Node{ID: body.Node, Peer: f.Peer, Gossip: f.Gossip}), "nodes: "+nodesFile+"   # sandi node list -o json, once node.add is on the ledger\n"...)
	path := filepath.Join(dir, nodeAddFile)
	for _, file := range []struct {
		path string
		data []byte
	}{{filepath.Join(dir, "sandi.yaml"), config}, {filepath.Join(dir, "genesis.json"), f.Genesis}, {path, append(body.Marshal(), '\n')}} {
		if err := os.WriteFile(file.path, file.data, 0o600); err != nil {
			return "", fmt.Errorf("couldn't write the node's folder: %w", err)
		}
	}
	return path, nil
}

// shareKeys copies what all nodes of a bureau have in common. The vault's key is
// made anew: what lies in a vault stays on its machine.
func shareKeys(dir, home string) error {
	if err := os.MkdirAll(filepath.Join(dir, "keys"), 0o700); err != nil {
		return fmt.Errorf("couldn't make a folder for keys: %w", err)
	}
	for _, name := range []string{"statement.pem", "pseudonym.key", "gossip.key", "draw.pem"} {
		data, err := os.ReadFile(filepath.Join(home, "keys", name))
		if errors.Is(err, fs.ErrNotExist) && name == "draw.pem" {
			continue // this bureau contributes to no draw
		}
		if err != nil {
			return fmt.Errorf("couldn't read what the bureau's nodes share: %w; --home is the folder of its present node", err)
		}
		if err := keyring.WriteSecret(filepath.Join(dir, "keys", name), data); err != nil {
			return err
		}
	}
	vault, err := keyring.NewSecret()
	if err != nil {
		return err
	}
	return keyring.SaveSecret(filepath.Join(dir, "keys", "vault.key"), vault)
}

// certify has the bureau's issuing CA sign the node's TLS certificate, and copies
// the CA beside it, so that the node renews it by itself.
func certify(dir string, f Further, node string) error {
	chain, err := os.ReadFile(filepath.Join(f.Home, "ca", "issuing.pem"))
	if err != nil {
		return fmt.Errorf("couldn't read the bureau's issuing CA: %w", err)
	}
	key, err := os.ReadFile(filepath.Join(f.Home, "ca", "issuing-key.pem"))
	if err != nil {
		return fmt.Errorf("couldn't read the bureau's issuing CA: %w", err)
	}
	issuing, err := authority.LoadIssuing(f.Region, chain, key, nil)
	if err != nil {
		return err
	}
	nodeCert, nodeKey, err := issuing.IssueNode(node, authority.NodeLife)
	if err != nil {
		return err
	}
	for _, file := range []struct {
		path string
		data []byte
	}{{"ca/issuing.pem", chain}, {"ca/issuing-key.pem", key}, {"tls/node.pem", nodeCert}, {"tls/node-key.pem", nodeKey}} {
		path := filepath.Join(dir, file.path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return fmt.Errorf("couldn't make a folder for keys: %w", err)
		}
		if err := keyring.WriteSecret(path, file.data); err != nil {
			return err
		}
	}
	return nil
}
