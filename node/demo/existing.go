package demo

import (
	"fmt"
	"os"
	"path/filepath"

	"sandi.internal/gateway/certs/devca"
	"sandi.internal/gateway/consensus/genesis"
)

// Existing opens a network that Found wrote, for a second terminal.
func Existing(dir string) (*Network, *genesis.Signed, error) {
	if dir == "" {
		dir = DefaultDir()
	}
	keys, err := devca.Load(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("no demo network in %s; start one with `make demo`, or name its folder with --dir", dir)
	}
	file, err := os.ReadFile(filepath.Join(dir, genesisName))
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't read the demo's genesis: %w", err)
	}
	signed, err := genesis.Parse(file)
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't read the demo's genesis: %w", err)
	}
	return &Network{Network: keys, Dir: dir, signed: signed}, signed, nil
}

// Token signs a token for one person of the network.
func (n *Network) Token(a Actor) (string, error) {
	region := n.Region(a.Region)
	if region == nil {
		return "", fmt.Errorf("no region %q in the demo", a.Region)
	}
	text, _, err := signToken(region, a, tokenLife)
	return text, err
}
