package node

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sandi.internal/gateway/api/account"
	"sandi.internal/gateway/api/console"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/node/backup"
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
	provider, err := n.identityProvider()
	if err != nil {
		return nil, err
	}
	accounts, err := OpenAccounts(n.cfg, n.genesis.Region(n.cfg.Region))
	if err != nil {
		return nil, err
	}
	door, err := console.New(console.Config{
		Region: n.cfg.Region, Genesis: n.genesis.Genesis, Next: n.public, Mint: mint, Links: links, OIDC: provider, Accounts: accounts, Keys: n.shownKeys,
		Hosts: n.hosts(), Clock: time.Now, Logger: n.log, Metrics: n.reg,
	})
	if err != nil {
		return nil, fmt.Errorf("couldn't open the console: %w", err)
	}
	n.console, n.accounts = door, accounts
	return door, nil
}

// AccountsFolder is where the local accounts lie, below the data folder.
const AccountsFolder = backup.AccountsFolder

func (c Config) accountsDir() string { return filepath.Join(c.Data, AccountsFolder) }

// OpenAccounts opens a node's local accounts, whether or not the node runs.
func OpenAccounts(cfg Config, region *genesis.Region) (*account.Store, error) {
	store, err := account.Open(cfg.accountsDir(), ownOrg(region), time.Now)
	if err != nil {
		return nil, fmt.Errorf("couldn't open the local accounts: %w", err)
	}
	return store, nil
}

// ownOrg reports whether a code is that of an organisation of the region.
func ownOrg(region *genesis.Region) func(code string) bool {
	return func(code string) bool {
		return slices.ContainsFunc(region.Orgs, func(o genesis.Org) bool { return o.Code == code })
	}
}

// maxSecret bounds the file with the client secret.
const maxSecret = 4 << 10

// identityProvider is the bureau's own; nil when none is configured.
func (n *Node) identityProvider() (*console.OIDC, error) {
	cfg := n.cfg.Console.OIDC
	if cfg.Issuer == "" {
		return nil, nil
	}
	secret := ""
	if cfg.Secret != "" {
		text, err := os.ReadFile(cfg.Secret)
		if err != nil {
			return nil, fmt.Errorf("couldn't read the client secret (console.oidc.secret): %w", err)
		}
		if secret = strings.TrimSpace(string(text)); secret == "" || len(secret) > maxSecret {
			return nil, errors.New("console.oidc.secret: the file holds no client secret")
		}
	}
	return console.NewOIDC(console.Provider{
		Issuer: cfg.Issuer, Client: cfg.Client, Secret: secret, Org: cfg.Org, Roles: cfg.Roles,
		Redirect: strings.TrimSuffix(n.self.Public, "/") + "/console/oidc/callback",
	}, ownOrg(n.genesis.Region(n.cfg.Region)), time.Now), nil
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
