package node

import (
	"context"

	"sandi.internal/gateway/api/public"
	"sandi.internal/gateway/node/backup"
)

// carried is a backup under way, as the public door sees it.
type carried struct{ *backup.Backup }

// Bytes implements public.Backup.
func (c carried) Bytes() int64 { return c.Head.Bytes() }

// backup pins this node for a backup.
func (n *Node) backup(ctx context.Context) (public.Backup, error) {
	source := backup.Source{
		Genesis: n.genesis, Founded: n.founded, Region: n.cfg.Region, Node: n.cfg.Node, Version: Version,
		Store: n.stores.state, Ledger: n.ledger, Board: n.witness.Board(), Vault: n.materials.Vault, Clock: n.now,
	}
	b, err := source.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return carried{b}, nil
}
