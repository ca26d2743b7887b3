package node

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"

	"sandi.internal/gateway/consensus/checkpoint"
)

// Config is the configuration file of one node, sandi.yaml. Relative paths are
// relative to the file. Facts of the network (timeouts, voters, law) are never
// here: they are in genesis and on the ledger.
type Config struct {
	Region  string  `koanf:"region"`  // six digits, e.g. "110000"
	Node    string  `koanf:"node"`    // id in genesis, e.g. "110000-a"
	Data    string  `koanf:"data"`    // directory of the node's stores
	Genesis string  `koanf:"genesis"` // the signed genesis file
	Nodes   string  `koanf:"nodes"`   // what a node that was added later begins with: `sandi node list -o json`
	Listen  Listen  `koanf:"listen"`
	TLS     TLS     `koanf:"tls"`
	Keys    Keys    `koanf:"keys"`
	Limits  Limits  `koanf:"limits"`
	Log     Log     `koanf:"log"`
	Witness Witness `koanf:"witness"`
	Console Console `koanf:"console"`
	Papers  string  `koanf:"papers"` // folder of the bureau's own document templates; none: those of the program
}

// Console is the web console, which the public door serves under /console once
// keys.token is set: it signs the tokens of whoever is signed in there.
type Console struct {
	Links string `koanf:"links"` // folder of one-time sign-in links; synthetic networks only
	OIDC  OIDC   `koanf:"oidc"`  // the bureau's own identity provider
}

// OIDC is a bureau's identity provider, by which its people come into the console.
type OIDC struct {
	Issuer string `koanf:"issuer"` // https URL; none: no such way in
	Client string `koanf:"client"` // client_id of this node
	Secret string `koanf:"secret"` // file with the client secret; none: a public client, held by PKCE alone
	Org    string `koanf:"org"`    // claim with the organisation code
	Roles  string `koanf:"roles"`  // claim with the list of office roles
}

// Listen holds the addresses a node binds, host:port.
type Listen struct {
	Public string `koanf:"public"` // the public API
	Peer   string `koanf:"peer"`   // Raft and the peer API, mutual TLS
	Gossip string `koanf:"gossip"` // health hints
	Admin  string `koanf:"admin"`  // probes, metrics, pprof: loopback or a management network
	Log    string `koanf:"log"`    // the whole ledger as a transparency log, for whoever gets there; none by default
}

// TLS is the server certificate of the public API. Without one the public API
// is plain HTTP, which a node serves on loopback only.
type TLS struct {
	Cert string `koanf:"cert"`
	Key  string `koanf:"key"`
}

// Keys holds the paths of the node's private keys.
type Keys struct {
	Statement string `koanf:"statement"` // the bureau's statement key
	Log       string `koanf:"log"`       // this node's checkpoint key
	Cosigner  string `koanf:"cosigner"`  // this node's cosignature key
	Vault     string `koanf:"vault"`     // wraps the keys of private payloads
	Pseudonym string `koanf:"pseudonym"` // turns a person into the pseudonym on the ledger
	Draw      string `koanf:"draw"`      // contributes to draws; may be absent
	Gossip    string `koanf:"gossip"`    // shared by all regions
	NodeCert  string `koanf:"node_cert"` // certificate chain of this node
	NodeKey   string `koanf:"node_key"`
	Token     string `koanf:"token"` // the region's token key, for the console; none: no console
	// The region's issuing CA, when it lies on this machine: the node then renews
	// its certificate by itself. Without it the two files above are watched.
	CACert string `koanf:"ca_cert"`
	CAKey  string `koanf:"ca_key"`
}

// Limits bounds what a node takes in. Zero means the default.
type Limits struct {
	CacheMiB        int   `koanf:"cache_mib"`          // block cache shared by the three stores
	MemoryMiB       int64 `koanf:"memory_mib"`         // of the Go heap, memtables and cache included: the collector works harder near it; GOMEMLIMIT overrides
	MaterialMiB     int64 `koanf:"material_mib"`       // one private payload
	VaultMiB        int64 `koanf:"vault_mib"`          // all private payloads; 0: what the disk has
	ExchangeMiBPerS int64 `koanf:"exchange_mib_per_s"` // private payloads to and from other bureaus while statements are committed; 0: 32
	RequestsPerS    int   `koanf:"requests_per_s"`     // per caller region, before 429
	WarnBelowMiB    int64 `koanf:"warn_below_mib"`     // free disk under which doctor and readyz warn
	VerifyWorkers   int   `koanf:"verify_workers"`     // signature checks in parallel
}

// Witness is whose checkpoints this node cosigns besides the federation's own,
// and what its operator has dealt with.
type Witness struct {
	Origins  []string `koanf:"origins"`  // vkeys of foreign logs; none by default
	Resolved []string `koanf:"resolved"` // ids of evidence that stops this node's cosigner no more
}

// keys are the foreign logs' keys.
func (w Witness) keys() ([]checkpoint.Key, error) {
	var keys []checkpoint.Key
	for _, vkey := range w.Origins {
		k, err := checkpoint.ParseVKey(vkey)
		if err != nil || k.Kind != checkpoint.KindLog {
			return nil, fmt.Errorf("witness.origins: %q is not the vkey of a log", vkey)
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// Log says how the node logs.
type Log struct {
	Level  string `koanf:"level"`  // debug, info, warn, error
	Format string `koanf:"format"` // auto (colours on a terminal, else json), text, json
}

// defaults are the values a file need not name.
func defaults() Config {
	return Config{
		Data:    "data",
		Genesis: "genesis.json",
		Limits:  Limits{CacheMiB: 32, MemoryMiB: 200, MaterialMiB: 4096, RequestsPerS: 0, WarnBelowMiB: 1024, VerifyWorkers: 2},
		Log:     Log{Level: "info", Format: "auto"},
		Console: Console{OIDC: OIDC{Org: "org", Roles: "roles"}},
		Keys: Keys{
			Statement: "keys/statement.pem", Log: "keys/log.pem", Cosigner: "keys/cosigner.pem", Vault: "keys/vault.key", Draw: "keys/draw.pem",
			Pseudonym: "keys/pseudonym.key", Gossip: "keys/gossip.key", NodeCert: "tls/node.pem", NodeKey: "tls/node-key.pem",
		},
	}
}

// maxConfigBytes bounds the file: a configuration is a page, not a book.
const maxConfigBytes = 1 << 20

// LoadConfig reads path, resolves paths against its folder and checks the whole.
// Every error is one line that says what to do.
func LoadConfig(path string) (Config, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Config{}, fmt.Errorf("couldn't read the configuration %s: %w; `sandi init` writes one", path, err)
	}
	if info.Size() > maxConfigBytes {
		return Config{}, fmt.Errorf("the configuration %s is larger than 1 MiB; is it the right file?", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("couldn't read the configuration %s: %w", path, err)
	}
	cfg, err := ParseConfig(text)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	cfg.resolve(filepath.Dir(path))
	return cfg, cfg.check()
}

// ParseConfig reads YAML text strictly: an unknown key stops the start and
// names the nearest valid one.
func ParseConfig(text []byte) (Config, error) {
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return Config{}, fmt.Errorf("not valid YAML: %s", firstLine(err))
	}
	k := koanf.New(".")
	if err := k.Load(confmap.Provider(tree, ""), nil); err != nil {
		return Config{}, fmt.Errorf("couldn't read the settings: %w", err)
	}
	valid := settingNames(reflect.TypeFor[Config](), "")
	for _, name := range k.Keys() {
		if !slices.Contains(valid, name) {
			return Config{}, fmt.Errorf("unknown setting %q; did you mean %q?", name, nearest(name, valid))
		}
	}
	cfg := defaults()
	if err := k.UnmarshalWithConf("", &cfg, koanf.UnmarshalConf{Tag: "koanf"}); err != nil {
		return Config{}, fmt.Errorf("a setting has the wrong form: %s", firstLine(err))
	}
	return cfg, nil
}

func (c *Config) resolve(dir string) {
	for _, p := range []*string{
		&c.Data, &c.Genesis, &c.Nodes, &c.TLS.Cert, &c.TLS.Key, &c.Keys.Statement, &c.Keys.Log, &c.Keys.Cosigner, &c.Keys.Draw,
		&c.Keys.Vault, &c.Keys.Pseudonym, &c.Keys.Gossip, &c.Keys.NodeCert, &c.Keys.NodeKey, &c.Keys.CACert, &c.Keys.CAKey,
		&c.Keys.Token, &c.Console.Links, &c.Console.OIDC.Secret, &c.Papers,
	} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
}

// check finds what can be known to be wrong before anything is opened.
func (c *Config) check() error {
	if len(c.Region) != 6 || strings.Trim(c.Region, "0123456789") != "" {
		return fmt.Errorf("region: %q is not a six-digit division code such as 110000", c.Region)
	}
	if c.Node == "" {
		return errors.New("node: missing; give this node's id in genesis, e.g. " + c.Region + "-a")
	}
	for _, l := range []struct{ name, addr string }{
		{"listen.public", c.Listen.Public}, {"listen.peer", c.Listen.Peer}, {"listen.gossip", c.Listen.Gossip}, {"listen.admin", c.Listen.Admin}, {"listen.log", c.Listen.Log},
	} {
		if _, _, err := net.SplitHostPort(l.addr); err != nil && !(l.name == "listen.log" && l.addr == "") {
			return fmt.Errorf("%s: %q is not host:port", l.name, l.addr)
		}
	}
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		return errors.New("tls: cert and key belong together; give both or neither")
	}
	if (c.Keys.CACert == "") != (c.Keys.CAKey == "") {
		return errors.New("keys: ca_cert and ca_key belong together; give both or neither")
	}
	if c.Console.Links != "" && c.Keys.Token == "" {
		return errors.New("console.links: the console needs keys.token, the region's token key (ca/token.pem)")
	}
	if err := c.Console.OIDC.check(c.Keys.Token != ""); err != nil {
		return err
	}
	for _, l := range []struct{ name, addr string }{{"listen.public", c.Listen.Public}, {"listen.log", c.Listen.Log}} {
		if c.TLS.Cert == "" && l.addr != "" && !isLoopback(l.addr) {
			return fmt.Errorf("%s: plain HTTP is served on loopback only, not on %s; set tls.cert and tls.key", l.name, l.addr)
		}
	}
	if _, err := c.Witness.keys(); err != nil {
		return err
	}
	if c.Limits.CacheMiB < 4 || c.Limits.CacheMiB > 65536 {
		return fmt.Errorf("limits.cache_mib: %d is outside 4..65536", c.Limits.CacheMiB)
	}
	if c.Limits.MemoryMiB < 64 {
		return fmt.Errorf("limits.memory_mib: %d is below 64", c.Limits.MemoryMiB)
	}
	if c.Limits.MaterialMiB < 1 || c.Limits.MaterialMiB > 1<<20 || c.Limits.VaultMiB < 0 || c.Limits.VaultMiB > 1<<30 {
		return fmt.Errorf("limits: material_mib %d is outside 1..1048576, or vault_mib %d outside 0..1073741824", c.Limits.MaterialMiB, c.Limits.VaultMiB)
	}
	if c.Limits.VerifyWorkers < 1 || c.Limits.VerifyWorkers > 256 {
		return fmt.Errorf("limits.verify_workers: %d is outside 1..256", c.Limits.VerifyWorkers)
	}
	return nil
}

func (o OIDC) check(console bool) error {
	if o.Issuer == "" {
		if o.Client != "" || o.Secret != "" {
			return errors.New("console.oidc: issuer is missing; give the https URL of the bureau's identity provider")
		}
		return nil
	}
	u, err := url.Parse(o.Issuer)
	switch {
	case !console:
		return errors.New("console.oidc: the console needs keys.token, the region's token key (ca/token.pem)")
	case err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Host)):
		return fmt.Errorf("console.oidc.issuer: %q is not an https URL (http on loopback only)", o.Issuer)
	case o.Client == "" || o.Org == "" || o.Roles == "":
		return errors.New("console.oidc: client, org and roles must not be empty")
	}
	return nil
}

func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback() // a name could resolve to anything
}

// settingNames lists the dotted names of all settings of a struct type.
func settingNames(t reflect.Type, prefix string) []string {
	var names []string
	for f := range t.Fields() {
		name := prefix + f.Tag.Get("koanf")
		if f.Type.Kind() == reflect.Struct {
			names = append(names, settingNames(f.Type, name+".")...)
			continue
		}
		names = append(names, name)
	}
	return names
}

// nearest is the valid name with the smallest edit distance.
func nearest(name string, valid []string) string {
	return slices.MinFunc(valid, func(a, b string) int { return distance(name, a) - distance(name, b) })
}

// distance is the Levenshtein distance of two short names.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = min(diagonal, row[j], row[j+1]) + 1
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
