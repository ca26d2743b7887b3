package node

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"sandi.internal/gateway/api/console"
	"sandi.internal/gateway/consensus/genesis"
)

// front is what answers at the public address: the public door, behind the console
// where the region's token key is at hand.
func (n *Node) front() (http.Handler, error) {
	if n.secrets.token == nil {
		return n.public, nil
	}
	mint, err := console.NewMint(n.cfg.Region, n.issuerOf(n.genesis.Region(n.cfg.Region)), n.secrets.token)
	if err != nil {
		return nil, err
	}
	var links *console.Links
	if dir := n.cfg.Console.Links; dir != "" {
		if !n.genesis.Synthetic {
			return nil, errors.New("console.links: sign-in links are for synthetic networks only; whoever writes into that folder could sign in as anybody. Remove it from sandi.yaml")
		}
		links = console.NewLinks(dir, time.Now)
	}
	door, err := console.New(console.Config{
		Region: n.cfg.Region, Genesis: n.genesis.Genesis, Next: n.public, Mint: mint, Links: links,
		Hosts: n.hosts(), Clock: time.Now, Logger: n.log, Metrics: n.reg,
	})
	if err != nil {
		return nil, fmt.Errorf("couldn't open the console: %w", err)
	}
	return door, nil
}

// issuerOf is the iss under which the ledger knows the console's key: the issuer of
// genesis that has it, or the region's first, which a later key joined.
func (n *Node) issuerOf(r *genesis.Region) string {
	own := n.secrets.token.Public()
	for _, issuer := range r.Issuers {
		for _, key := range issuer.Keys {
			if key.Equal(own) {
				return issuer.ID
			}
		}
	}
	return r.Issuers[0].ID
}
