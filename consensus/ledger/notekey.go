package ledger

import (
	"cmp"
	"slices"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
)

// NoteKey is a key that signs checkpoints, with its life: of which sizes it may
// sign the tree.
type NoteKey struct {
	checkpoint.Key
	Life    keyring.Life
	Genesis bool // it stands in genesis; else the governance key of its region registered it
}

// ValidAt reports whether the key may sign the tree of a size: what the leaves
// below it say of the key counts, a leaf behind it does not.
func (k *NoteKey) ValidAt(size uint64) bool {
	switch k.Life.StateAt(size) {
	case keyring.StateActive, keyring.StateRetiring:
		return true
	}
	return false
}

// RevokedAt reports whether the key must not sign the tree of a size any more.
func (k *NoteKey) RevokedAt(size uint64) bool { return k.Life.StateAt(size) == keyring.StateRevoked }

// NoteKeysEver are all log and cosigner keys that are registered or were, as they
// came. Any goroutine may call it.
func (l *Ledger) NoteKeysEver() []NoteKey {
	reg := l.registry.Load()
	var list []NoteKey
	for _, k := range reg.keys {
		kind := noteKind(k.Use)
		if kind == 0 {
			continue
		}
		first, region := l.genesis.Node(k.Owner)
		list = append(list, NoteKey{
			Key: checkpoint.NewKey(kind, l.genesis.Origin, k.Region, k.Owner, k.Key), Life: k.Life,
			Genesis: first != nil && region.Code == k.Region && (k.PublicKey.Equal(first.Log) || k.PublicKey.Equal(first.Cosigner)),
		})
	}
	slices.SortFunc(list, func(a, b NoteKey) int {
		return cmp.Or(cmp.Compare(a.Life.Prepared, b.Life.Prepared), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Node, b.Node), cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(string(a.Public), string(b.Public)))
	})
	return list
}

// noteKind is how a key of a use signs checkpoints; 0 when it does not.
func noteKind(use keyring.Use) checkpoint.Kind {
	switch use {
	case keyring.UseLog:
		return checkpoint.KindLog
	case keyring.UseCosigner:
		return checkpoint.KindCosigner
	}
	return 0
}

// PolicyAt is whose cosignatures make a checkpoint of a size published or final:
// genesis says how many, the leaves below it which regions have nodes. Any
// goroutine may call it.
func (l *Ledger) PolicyAt(size uint64) checkpoint.Policy { return checkpoint.PolicyOf(l.nodesAt(size)) }

// PolicyFileAt is the same with the keys that may sign the tree of that size, as a C2SP
// tlog-policy: who unpacks a bundle hands it to other people's tools. Any goroutine may
// call it. The error wraps checkpoint.ErrKey.
func (l *Ledger) PolicyFileAt(size uint64) ([]byte, error) {
	g := l.nodesAt(size)
	var valid []checkpoint.Key
	for _, k := range l.NoteKeysEver() {
		if n, _ := g.Node(k.Node); n != nil && k.ValidAt(size) {
			valid = append(valid, k.Key)
		}
	}
	keys, err := checkpoint.NewKeys(valid)
	if err != nil {
		return nil, err
	}
	return checkpoint.MarshalPolicyOf(g, keys), nil
}

// nodesAt is genesis with the nodes that stood at a size, by id.
func (l *Ledger) nodesAt(size uint64) *genesis.Genesis {
	reg := l.registry.Load()
	nodes := make(map[string][]genesis.Node)
	for _, n := range reg.nodes {
		if n.Added <= size && (n.Removed == 0 || n.Removed > size) {
			nodes[n.Region] = append(nodes[n.Region], genesis.Node{ID: n.ID, Public: n.Public})
		}
	}
	for _, list := range nodes {
		slices.SortFunc(list, func(a, b genesis.Node) int { return cmp.Compare(a.ID, b.ID) })
	}
	return l.genesis.WithNodes(nodes)
}
