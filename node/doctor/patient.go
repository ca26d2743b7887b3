package doctor

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"

	"sandi.internal/gateway/api/peer"
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

// dialer reaches nodes at the addresses of genesis.
type dialer struct {
	p      *patient
	keeper *authority.Keeper
}

// DialPeer implements peer.Dialer.
func (d dialer) DialPeer(ctx context.Context, id string) (net.Conn, error) {
	n, _ := d.p.genesis.Node(id)
	if n == nil {
		return nil, fmt.Errorf("genesis names no node %s", id)
	}
	return (&tls.Dialer{Config: d.keeper.ClientTLS(id, transport.ALPNPeer)}).DialContext(ctx, "tcp", n.Peer)
}
