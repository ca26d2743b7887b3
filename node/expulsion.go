package node

import (
	"context"
	"slices"
	"time"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
)

// expelTick is how often a node looks whether the ledger has removed another one;
// its connections end within this and the time of an entry.
const expelTick = time.Second

// A node is removed by revoking its log key (key.revoke, signed with its region's
// governance key): nobody may sign the ledger's tree in its name any more, so
// nobody may speak in its name either. Its certificate stays valid until it
// expires, and helps it nothing.

// expel keeps removed nodes out until ctx ends. It looks only after governance
// has moved on.
func (n *Node) expel(ctx context.Context) {
	tick := time.NewTicker(expelTick)
	defer tick.Stop()
	var seen uint64 // Standing.Governed of the last look; 0: none yet
	for {
		if seen == 0 || n.ledger.Governed() != seen {
			if at, removed, err := n.removed(); err != nil {
				n.log.Error("couldn't look which nodes were removed; it looks again", "error", err)
			} else {
				seen = at
				n.transport.SetBarred(removed)
				if len(removed) > 0 {
					n.log.Warn("nodes are removed: their log keys are revoked, and they may not connect", "nodes", removed)
				}
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// removed lists the other nodes whose log keys are revoked, and where governance
// stood then.
func (n *Node) removed() (governed uint64, ids []string, err error) {
	books, done, err := n.books()
	if err != nil {
		return 0, nil, err
	}
	defer done()
	standing, err := books.Standing()
	if err != nil {
		return 0, nil, err
	}
	for _, r := range n.genesis.Regions {
		keys, err := books.Keys(r.Code)
		if err != nil {
			return 0, nil, err
		}
		ids = append(ids, removedOf(r, keys, standing.Size)...)
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return id == n.cfg.Node })
	return standing.Governed, ids, nil
}

// removedOf lists the nodes of a region all of whose log keys are revoked. A key
// that another takes over from is retired or revoked after its successor was
// activated; until then the node has no key, and is out.
func removedOf(r genesis.Region, keys []*ledger.Key, size uint64) (ids []string) {
	for _, node := range r.Nodes {
		had, has := false, false
		for _, k := range keys {
			if k.Use != keyring.UseLog || k.Owner != node.ID {
				continue
			}
			had = true
			switch k.Life.StateAt(size) {
			case keyring.StateActive, keyring.StateRetiring:
				has = true
			}
		}
		if had && !has {
			ids = append(ids, node.ID)
		}
	}
	return ids
}
