package node

import (
	"slices"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/ledger"
)

// A node is removed by statement (node.remove), or by revoking its log key
// (key.revoke, signed with its region's governance key): nobody may sign the
// ledger's tree in its name any more, so nobody may speak in its name either. Its
// certificate stays valid until it expires, and helps it nothing.

// removed lists the other nodes that are removed or whose log keys are revoked.
func (n *Node) removed() (ids []string, err error) {
	books, done, err := n.books()
	if err != nil {
		return nil, err
	}
	defer done()
	standing, err := books.Standing()
	if err != nil {
		return nil, err
	}
	nodes, err := books.Nodes()
	if err != nil {
		return nil, err
	}
	keys := make(map[string][]*ledger.Key)
	for _, r := range n.genesis.Regions {
		if keys[r.Code], err = books.Keys(r.Code); err != nil {
			return nil, err
		}
	}
	for _, m := range nodes {
		if !m.Standing() || keyless(m.ID, keys[m.Region], standing.Size) {
			ids = append(ids, m.ID)
		}
	}
	return slices.DeleteFunc(ids, func(id string) bool { return id == n.cfg.Node }), nil
}

// keyless reports whether all log keys of a node are revoked. A key that another
// takes over from is retired or revoked after its successor was activated; until
// then the node has no key, and is out.
func keyless(node string, keys []*ledger.Key, size uint64) bool {
	had := false
	for _, k := range keys {
		if k.Use != keyring.UseLog || k.Owner != node {
			continue
		}
		had = true
		switch k.Life.StateAt(size) {
		case keyring.StateActive, keyring.StateRetiring:
			return false
		}
	}
	return had
}
