package doctor

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"sandi.internal/gateway/api/peer"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/certs/authority"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/transport"
	"sandi.internal/gateway/node"
)

// patient is what has been learnt of the node so far; later checks build on it.
type patient struct {
	configPath string
	config     *node.Config
	genesis    *genesis.Signed
	today      *genesis.Genesis // with the nodes that the network has now, as far as can be known
	nodes      *v1.Nodes        // what the running node says of them; nil while it is down
	self       *genesis.Node
	region     *genesis.Region
	up         bool // the node answers on its admin listener
}

// needs says what a check builds on; without it the check is passed over,
// because the failure that matters has been shown already.
var needs = map[string]func(p *patient) bool{
	"config":  func(p *patient) bool { return p.config != nil },
	"genesis": func(p *patient) bool { return p.config != nil && p.self != nil },
}

func (p *patient) missing(c check) bool {
	switch c.group.en {
	case groupConfig.en:
		return false
	case groupDisk.en, groupNode.en:
		return !needs["config"](p)
	default:
		return !needs["genesis"](p)
	}
}

// peers speaks to the other nodes as this node does, without being it: the
// certificate proves who asks, and nothing listens here.
func (p *patient) peers() (*peer.Client, func(), error) {
	roots, err := node.Roots(p.genesis)
	if err != nil {
		return nil, nil, err
	}
	keeper, err := authority.NewKeeper(authority.KeeperConfig{
		Roots: roots, Identity: authority.Identity{Region: p.config.Region, Role: authority.RoleNode, ID: p.config.Node},
		CertFile: p.config.Keys.NodeCert, KeyFile: p.config.Keys.NodeKey, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, nil, err
	}
	c := peer.NewClient(dialer{p, keeper})
	return c, func() { _ = c.Close() }, nil
}

// learn finds out which nodes the network has: from the running node, else from the
// file of nodes, else from genesis.
func (p *patient) learn(ctx context.Context) error {
	p.today = p.genesis.Genesis
	if status, body, err := get(ctx, "http://"+p.config.Listen.Admin+"/nodes"); err == nil && status == http.StatusOK {
		var list v1.Nodes
		if err := json.Unmarshal([]byte(body), &list); err != nil {
			return fmt.Errorf("couldn't read what the node says of the network's nodes: %w", err)
		}
		roster, err := node.RosterOf(list, "of the running node", p.genesis)
		if err != nil {
			return err
		}
		p.nodes, p.today = &list, roster.Genesis
		return nil
	}
	if p.config.Nodes == "" {
		return nil
	}
	roster, err := node.ReadNodes(p.config.Nodes, p.genesis)
	if err == nil {
		p.today = roster.Genesis
	}
	return err
}

// dialer reaches nodes at the addresses of the roster.
type dialer struct {
	p      *patient
	keeper *authority.Keeper
}

// DialPeer implements peer.Dialer.
func (d dialer) DialPeer(ctx context.Context, id string) (net.Conn, error) {
	n, _ := d.p.today.Node(id)
	if n == nil {
		return nil, fmt.Errorf("the network has no node %s", id)
	}
	return (&tls.Dialer{Config: d.keeper.ClientTLS(id, transport.ALPNPeer)}).DialContext(ctx, "tcp", n.Peer)
}
