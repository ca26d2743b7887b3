package node

import (
	"fmt"

	"sandi.internal/gateway/api/dataset"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/storage/tables"
	"sandi.internal/gateway/storage/vault"
)

// openData opens the shared data sets: the bureau's own rows, and the way to those of
// others.
func (n *Node) openData(peers dataset.Peers) error {
	key, err := vault.ParseKey(n.secrets.vault, vault.AES256GCM{})
	if err != nil {
		return fmt.Errorf("couldn't take up the vault key: %w", err)
	}
	rows, err := tables.Open(n.stores.vault, key, vault.AES256GCM{})
	if err != nil {
		return err
	}
	n.data, err = dataset.New(dataset.Config{
		Region: n.cfg.Region, Node: n.cfg.Node, Network: n.genesis.Network(), Tables: rows, Local: n.stores.state.Local(), Books: n.books, Nodes: n.nodesOf,
		Peers: peers, Access: n.access, Key: checkpoint.NewKey(checkpoint.KindLog, n.genesis.Origin, n.cfg.Region, n.cfg.Node, n.self.Log.Key),
		Signer: n.secrets.log, Keys: func() *checkpoint.Keys { return n.roster().Ever }, Secret: n.secrets.vault, Clock: n.now,
	})
	return err
}
