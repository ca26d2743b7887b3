package demo

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"sandi.internal/gateway/certs/devca"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/calendar/data"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node/setup"
)

// First ports of the demo; region i (in code order) adds i.
const (
	publicPort = 8011
	peerPort   = 9011
	gossipPort = 7011
	adminPort  = 6011
	logPort    = 5011

	maxPortBase = 65535 - peerPort - 2
)

// Timeouts of the demo: on one machine a leader's death shows within a second,
// and no fsync takes 400 ms.
var demoTimeouts = genesis.Timeouts{HeartbeatMS: 500, ElectionMS: 500, LeaseMS: 400, CommitMS: 20}

// Options say what network to found.
type Options struct {
	Dir      string
	Clock    genesis.Clock
	Start    time.Time        // ledger time begins here
	Timeouts genesis.Timeouts // zero: the demo's
	PortBase int              // added to every port, so that tests can run beside a demo
	TLSCert  string           // certificate of the public API; empty: plain HTTP on loopback
	TLSKey   string
	Requests int // limits.requests_per_s; 0: the node's default
}

// Network is a founded network on disk.
type Network struct {
	*devca.Network
	Dir     string
	Options Options
	signed  *genesis.Signed
}

// portsFree finds a port that something else listens on. Its answers would be taken for
// those of a node of this network.
func (n *Network) portsFree() error {
	for i := range n.Regions {
		for _, base := range [...]int{publicPort, peerPort, gossipPort, adminPort, logPort} {
			l, err := net.Listen("tcp", n.addr(base, i))
			if err != nil {
				return fmt.Errorf("the port %s is taken, by another demo perhaps (%w); end that, or choose other ports with --port-base", n.addr(base, i), err)
			}
			if err := l.Close(); err != nil {
				return fmt.Errorf("couldn't look whether port %s is free: %w", n.addr(base, i), err)
			}
		}
	}
	return nil
}

// Found makes a network in dir: throw-away keys, a genesis signed by all
// regions, the auditor's key file, one configuration file per region. dir must not hold one yet.
func Found(o Options) (*Network, error) {
	if o.Timeouts == (genesis.Timeouts{}) {
		o.Timeouts = demoTimeouts
	}
	if o.PortBase < 1-logPort || o.PortBase > maxPortBase {
		return nil, fmt.Errorf("--port-base %d: it is added to the ports %d to %d, so give at most %d", o.PortBase, logPort, peerPort+2, maxPortBase)
	}
	keys, err := devca.New(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("couldn't make the demo's keys: %w", err)
	}
	n := &Network{Network: keys, Dir: o.Dir, Options: o}
	g, err := n.genesis()
	if err != nil {
		return nil, err
	}
	signers := map[string]keyring.Signer{}
	for _, r := range keys.Regions {
		signers[r.Code] = r.Governance
	}
	sealed, err := genesis.Seal(g, signers)
	if err != nil {
		return nil, fmt.Errorf("couldn't seal the genesis: %w", err)
	}
	if err := os.WriteFile(filepath.Join(o.Dir, genesisName), sealed, 0o600); err != nil {
		return nil, fmt.Errorf("couldn't write the genesis: %w", err)
	}
	if n.signed, err = genesis.Parse(sealed); err != nil {
		return nil, fmt.Errorf("couldn't read the genesis back: %w", err)
	}
	if err := n.writeKeys(n.signed); err != nil {
		return nil, err
	}
	for i, r := range keys.Regions {
		if err := makeDrawKey(r); err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(r.Dir, "sandi.yaml"), n.config(i), 0o600); err != nil {
			return nil, fmt.Errorf("couldn't write the configuration of %s: %w", r.Code, err)
		}
	}
	return n, nil
}

// genesis describes the network; the law, the limits and the calendar go in as
// full texts.
func (n *Network) genesis() (*genesis.Genesis, error) {
	orgs, err := LoadOrgs()
	if err != nil {
		return nil, err
	}
	g := &genesis.Genesis{
		Format: genesis.Format, Name: "京津冀演示网络 Beijing-Tianjin-Hebei demo", Origin: "demo.sandi.internal/ledger",
		Clock: n.Options.Clock, CreatedAt: statement.FormatAt(n.Options.Start.Unix()), Synthetic: true,
		Protocol: 1, Final: "all", Timeouts: n.Options.Timeouts,
		Rules: data.Rules, Calendar: data.Workdays, Law: setup.Law(),
	}
	for i, r := range n.Regions {
		node := r.Nodes[0]
		region := genesis.Region{
			Code: r.Code, NameZH: r.NameZH, NameEN: r.NameEN,
			Governance: r.Governance.Public(), Statement: []keyring.PublicKey{r.Statement.Public()},
			Issuers: []genesis.Issuer{{ID: r.Issuer, Keys: []keyring.PublicKey{r.Token.Public()}, Roles: setup.DefaultRoles}},
			Roots:   r.RootDER(),
			Nodes: []genesis.Node{{
				ID: node.ID, Voter: true, Peer: n.addr(peerPort, i), Gossip: n.addr(gossipPort, i), Public: n.PublicURL(i),
				Log: node.Log.Public(), Cosigner: node.Cosigner.Public(),
			}},
		}
		for _, o := range orgs[r.Code] {
			region.Orgs = append(region.Orgs, genesis.Org{Code: o.Code, NameZH: o.NameZH, NameEN: o.NameEN, Level: o.Level, Parent: o.Parent})
		}
		g.Regions = append(g.Regions, region)
	}
	return g, nil
}

func (n *Network) addr(base, i int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(base+n.Options.PortBase+i))
}

// PublicURL is the base URL of region i's public API.
func (n *Network) PublicURL(i int) string {
	scheme := "http://"
	if n.Options.TLSCert != "" {
		scheme = "https://"
	}
	return scheme + n.addr(publicPort, i)
}

// LogURL is the address of region i's transparency log, readable without a token.
func (n *Network) LogURL(i int) string { return "http://" + n.addr(logPort, i) + "/log/" }

// AdminURL is the address of region i's health checks, metrics and profiles.
func (n *Network) AdminURL(i int) string { return "http://" + n.addr(adminPort, i) }

// config is region i's sandi.yaml; key paths are the defaults.
func (n *Network) config(i int) []byte {
	r := n.Regions[i]
	tls := ""
	if n.Options.TLSCert != "" {
		tls = fmt.Sprintf("tls: {cert: %q, key: %q}\n", n.Options.TLSCert, n.Options.TLSKey)
	}
	return fmt.Appendf(nil, `# %s %s: demo node, throw-away keys, synthetic data only
region: %q
node: %s
data: data
genesis: ../genesis.json
keys: {ca_cert: ca/issuing.pem, ca_key: ca/issuing-key.pem, token: ca/token.pem}
console: {links: %s}
listen:
  public: %s
  peer: %s
  gossip: %s
  admin: %s
  log: %s
%slimits: {requests_per_s: %d}
log: {level: info, format: json}
`, r.NameZH, r.NameEN, r.Code, r.Nodes[0].ID, linksDir, n.addr(publicPort, i), n.addr(peerPort, i), n.addr(gossipPort, i), n.addr(adminPort, i), n.addr(logPort, i), tls, n.Options.Requests)
}
