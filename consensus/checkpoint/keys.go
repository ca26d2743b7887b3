package checkpoint

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"sandi.internal/gateway/consensus/genesis"
)

// Keys is the set of keys that a reader trusts. It is immutable and safe for all
// goroutines.
type Keys struct {
	list    []Key // in the order of compareKeys
	byID    map[keyID]known
	origins map[string]bool
}

// keyID is what a signature line says of its key.
type keyID struct {
	name string
	id   uint32
}

type known struct {
	key      Key
	verifier note.Verifier
}

// compareKeys is the order of keys and of the lines of a note: log keys first,
// then cosigners, by region and node; 0 for one and the same key.
func compareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Node, b.Node),
		cmp.Compare(a.Name, b.Name), bytes.Compare(a.Public, b.Public))
}

// NewKeys makes a set. It refuses two keys with one name and key id; one public
// key twice, whatever it is called, for its holder must not count as two; and
// regions of two federations, whose nodes could share a name. A node may have
// several keys of a kind. The error wraps ErrKey.
func NewKeys(list []Key) (*Keys, error) {
	k := &Keys{list: slices.Clone(list), byID: make(map[keyID]known, len(list)), origins: make(map[string]bool)}
	public := make(map[string]bool, len(list))
	federation := ""
	for i := range k.list {
		key := &k.list[i]
		key.Public = slices.Clone(key.Public)
		if err := key.check(); err != nil {
			return nil, err
		}
		id := keyID{key.Name, key.ID()}
		if _, taken := k.byID[id]; taken || public[string(key.Public)] {
			return nil, fmt.Errorf("couldn't use %s: this key, or its name and key id, is there twice: %w", key.VKey(), ErrKey)
		}
		if key.Region != "" {
			if federation != "" && federation != key.origin() {
				return nil, fmt.Errorf("couldn't use %s: the set has regions of %s: %w", key.VKey(), federation, ErrKey)
			}
			federation = key.origin()
		}
		verifier, err := key.verifier()
		if err != nil {
			return nil, fmt.Errorf("couldn't use %s: %w: %w", key.VKey(), err, ErrKey)
		}
		public[string(key.Public)] = true
		k.byID[id] = known{*key, verifier}
		if origin := key.origin(); origin != "" {
			k.origins[origin] = true
		}
	}
	slices.SortFunc(k.list, compareKeys)
	return k, nil
}

// NewKey is a node's key under the name that it has in notes of an origin.
func NewKey(kind Kind, origin, region, node string, public []byte) Key {
	name := origin
	if kind == KindCosigner {
		name = cosignerName(origin, region, node)
	}
	return Key{Kind: kind, Name: name, Region: region, Node: node, Public: public}
}

// FromGenesis is the set of every node's two keys.
func FromGenesis(g *genesis.Genesis) (*Keys, error) {
	var list []Key
	for i := range g.Regions {
		r := &g.Regions[i]
		for _, n := range r.Nodes {
			list = append(list,
				NewKey(KindLog, g.Origin, r.Code, n.ID, n.Log.Key), NewKey(KindCosigner, g.Origin, r.Code, n.ID, n.Cosigner.Key))
		}
	}
	return NewKeys(list)
}

// List is all keys: log keys first, then cosigners, by region and node. The
// caller must not write to it.
func (k *Keys) List() []Key { return k.list }

// Of finds a node's key of a kind; the first one where it has several.
func (k *Keys) Of(region, node string, kind Kind) (Key, bool) {
	i := slices.IndexFunc(k.list, func(key Key) bool {
		return key.Region == region && key.Node == node && key.Kind == kind
	})
	if i < 0 {
		return Key{}, false
	}
	return k.list[i], true
}

// All are a node's keys of a kind.
func (k *Keys) All(region, node string, kind Kind) []Key {
	var list []Key
	for _, key := range k.list {
		if key.Region == region && key.Node == node && key.Kind == kind {
			list = append(list, key)
		}
	}
	return list
}

// find gives the key that may sign a checkpoint of an origin: a log signs its
// own only, a cosigner any.
func (k *Keys) find(id keyID, origin string) (known, bool) {
	found, ok := k.byID[id]
	if !ok || found.key.Kind == KindLog && found.key.Name != origin {
		return known{}, false
	}
	return found, true
}

// cosigner is the name that a cosigner with this key id has; empty when there is none, or
// more than one.
func (k *Keys) cosigner(id uint32) string {
	name := ""
	for _, key := range k.list {
		if key.Kind == KindCosigner && key.ID() == id {
			if name != "" {
				return ""
			}
			name = key.Name
		}
	}
	return name
}
