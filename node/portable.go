package node

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/node/backup"
)

// Portable is a node's folder without its stores: what `sandi backup` adds to what the
// running node gives.
type Portable struct {
	Config
	Files map[string][]byte // by path in the folder; sandi.yaml among them
}

// maxPortable bounds one file: keys and certificates are small.
const maxPortable = 1 << 20

// homes are the settings that name files, with where a file goes that lies outside the
// folder now. needed files have to be there.
var homes = []struct {
	setting, home string
	needed        bool
	of            func(*Config) *string
}{
	{"keys.statement", "keys/statement.pem", true, func(c *Config) *string { return &c.Keys.Statement }},
	{"keys.log", "keys/log.pem", true, func(c *Config) *string { return &c.Keys.Log }},
	{"keys.cosigner", "keys/cosigner.pem", true, func(c *Config) *string { return &c.Keys.Cosigner }},
	{"keys.draw", "keys/draw.pem", false, func(c *Config) *string { return &c.Keys.Draw }},
	{"keys.vault", "keys/vault.key", true, func(c *Config) *string { return &c.Keys.Vault }},
	{"keys.pseudonym", "keys/pseudonym.key", true, func(c *Config) *string { return &c.Keys.Pseudonym }},
	{"keys.gossip", "keys/gossip.key", true, func(c *Config) *string { return &c.Keys.Gossip }},
	{"keys.node_cert", "tls/node.pem", true, func(c *Config) *string { return &c.Keys.NodeCert }},
	{"keys.node_key", "tls/node-key.pem", true, func(c *Config) *string { return &c.Keys.NodeKey }},
	{"keys.token", "ca/token.pem", true, func(c *Config) *string { return &c.Keys.Token }},
	{"keys.ca_cert", "ca/issuing.pem", true, func(c *Config) *string { return &c.Keys.CACert }},
	{"keys.ca_key", "ca/issuing-key.pem", true, func(c *Config) *string { return &c.Keys.CAKey }},
	{"tls.cert", "tls/public.pem", true, func(c *Config) *string { return &c.TLS.Cert }},
	{"tls.key", "tls/public-key.pem", true, func(c *Config) *string { return &c.TLS.Key }},
	{"console.oidc.secret", "keys/oidc.secret", true, func(c *Config) *string { return &c.Console.OIDC.Secret }},
	{"nodes", "nodes.json", false, func(c *Config) *string { return &c.Nodes }},
}

// LoadPortable reads the folder of the configuration at path. Files that lie elsewhere
// get a place in it, and the configuration then says so.
func LoadPortable(path string) (*Portable, error) {
	resolved, err := LoadConfig(path)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the configuration: %w", err)
	}
	written, err := ParseConfig(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	p := &Portable{Config: resolved, Files: make(map[string][]byte)}
	moved := make(map[string]string)
	for _, h := range homes {
		name, at := *h.of(&written), *h.of(&resolved)
		if at == "" {
			continue
		}
		if !backup.IsFolderName(name) || p.Files[name] != nil {
			name, moved[h.setting] = h.home, h.home
		}
		data, err := readPortable(at)
		if errors.Is(err, fs.ErrNotExist) && !h.needed {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("couldn't read %s: %w", h.setting, err)
		}
		p.Files[name] = data
	}
	if resolved.Papers != "" {
		if moved["papers"] = papersFolder; written.Papers == papersFolder {
			delete(moved, "papers")
		}
		if err := p.addPapers(resolved.Papers); err != nil {
			return nil, err
		}
	}
	if written.Data != backup.DataFolder {
		moved["data"] = backup.DataFolder
	}
	if written.Genesis != "genesis.json" {
		moved["genesis"] = "genesis.json"
	}
	p.Files["sandi.yaml"], err = rewritten(text, moved)
	return p, err
}

// papersFolder is where a bureau's own document templates go.
const papersFolder = "papers"

// addPapers takes the bureau's own document templates.
func (p *Portable) addPapers(dir string) error {
	list, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("couldn't read papers: %w", err)
	}
	for _, e := range list {
		if !e.Type().IsRegular() {
			continue
		}
		name := papersFolder + "/" + e.Name()
		if !backup.IsFolderName(name) {
			return fmt.Errorf("couldn't take %s into a backup: rename it with a-z, 0-9, dot, hyphen and underscore", filepath.Join(dir, e.Name()))
		}
		if p.Files[name], err = readPortable(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("couldn't read papers: %w", err)
		}
	}
	return nil
}

// Write adds the folder to a backup: its files, and the local accounts.
func (p *Portable) Write(w *backup.Writer) error {
	for _, name := range slices.Sorted(maps.Keys(p.Files)) {
		if err := w.File(name, p.Files[name]); err != nil {
			return err
		}
	}
	return w.Accounts(p.accountsDir())
}

func readPortable(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxPortable {
		return nil, fmt.Errorf("%s has more than %d bytes; is it the right file?", path, maxPortable)
	}
	return os.ReadFile(path)
}

// rewritten is a configuration with some paths changed; the same text when none are.
func rewritten(text []byte, moved map[string]string) ([]byte, error) {
	if len(moved) == 0 {
		return text, nil
	}
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, fmt.Errorf("couldn't rewrite the configuration: %w", err)
	}
	for setting, to := range moved {
		sections := strings.Split(setting, ".")
		in := tree
		for _, section := range sections[:len(sections)-1] {
			inner, _ := in[section].(map[string]any)
			if inner == nil {
				inner = make(map[string]any)
				in[section] = inner
			}
			in = inner
		}
		in[sections[len(sections)-1]] = to
	}
	out, err := yaml.Marshal(tree)
	if err != nil {
		return nil, fmt.Errorf("couldn't rewrite the configuration: %w", err)
	}
	return append([]byte("# from a backup: files that lay outside the folder are in it now\n"), out...), nil
}

// WithoutKeys leaves the configuration alone: the keys lie in a safe of their own.
func (p *Portable) WithoutKeys() {
	maps.DeleteFunc(p.Files, func(name string, _ []byte) bool { return isSecret(name) })
}

// HasKeys reports whether a folder's files have keys among them.
func HasKeys(files []string) bool { return slices.ContainsFunc(files, isSecret) }

func isSecret(name string) bool {
	return name != "sandi.yaml" && name != "nodes.json" && !strings.HasPrefix(name, papersFolder+"/")
}

// VaultKeyIn finds the vault's key among a folder's files; nil when it is not there.
func VaultKeyIn(files map[string][]byte) ([]byte, error) {
	text := files["sandi.yaml"]
	if text == nil {
		return nil, nil
	}
	cfg, err := ParseConfig(text)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the configuration in the backup: %w", err)
	}
	file := files[cfg.Keys.Vault]
	if file == nil {
		return nil, nil
	}
	secret, err := strict.Base64URL(strings.TrimSuffix(string(file), "\n"))
	if err != nil {
		return nil, errors.New("couldn't read the vault's key in the backup: it is not one")
	}
	return secret, nil
}
