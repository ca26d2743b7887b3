package bundle

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// extract collects the indexes of an extract, ascending.
func (e *export) extract() ([]uint64, error) {
	if e.sel.To-e.sel.From > MaxEntries {
		return nil, fmt.Errorf("%d entries, at most %d go into an extract; export the whole log: %w", e.sel.To-e.sel.From, MaxEntries, ErrLimit)
	}
	x := &extractor{e: e, indexes: make(map[uint64]bool), keys: make(map[string]bool)}
	for n := e.sel.From; n < e.sel.To; n++ {
		x.indexes[n] = true
	}
	for _, id := range e.sel.Records {
		if err := x.record(id); err != nil {
			return nil, err
		}
	}
	// Entries that registered a key were signed by another, and so on to genesis.
	for todo := slices.Sorted(maps.Keys(x.indexes)); len(todo) > 0; {
		n := todo[0]
		more, err := x.support(n)
		if err != nil {
			return nil, err
		}
		todo = append(todo[1:], more...)
	}
	if len(x.indexes) > MaxEntries {
		return nil, fmt.Errorf("%d entries, at most %d go into an extract; export the whole log: %w", len(x.indexes), MaxEntries, ErrLimit)
	}
	return slices.Sorted(maps.Keys(x.indexes)), nil
}

type extractor struct {
	e       *export
	indexes map[uint64]bool
	keys    map[string]bool // region '/' id, seen
}

// historyPage is how many statements of a record are read at a time.
const historyPage = 256

// record adds a record's statements below the checkpoint.
func (x *extractor) record(id string) error {
	found := false
	for from := uint64(0); ; {
		list, err := x.e.src.History(id, from, historyPage)
		if err != nil {
			return fmt.Errorf("couldn't read record %s: %w", id, err)
		}
		for _, c := range list {
			if from = c.Index + 1; c.Index < x.e.at.Size {
				found = true
				x.indexes[c.Index] = true
			}
		}
		if len(list) < historyPage {
			break
		}
	}
	if !found {
		return fmt.Errorf("record %s is not below size %d: %w", id, x.e.at.Size, ErrSelection)
	}
	return nil
}

// support adds the life of the key that signed an entry and returns what was new.
func (x *extractor) support(n uint64) ([]uint64, error) {
	entry, err := x.e.entry(n)
	if err != nil {
		return nil, err
	}
	leaf, err := merkle.ParseLeaf(entry)
	if err != nil {
		return nil, fmt.Errorf("couldn't read leaf %d: %w", n, err)
	}
	st, err := statement.Parse(leaf.Stmt)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the statement of leaf %d: %w", n, err)
	}
	name := st.Region + "/" + st.Key
	if x.keys[name] {
		return nil, nil
	}
	x.keys[name] = true
	key, err := x.e.src.Key(st.Region, st.Key)
	if err != nil {
		return nil, fmt.Errorf("couldn't read key %s/%s: %w", st.Region, st.Key, err)
	}
	if key == nil {
		return nil, fmt.Errorf("leaf %d names the key %s/%s, which the ledger does not have: %w", n, st.Region, st.Key, ErrSelection)
	}
	var added []uint64
	for _, at := range steps(key, inGenesis(x.e.genesis.Genesis, key)) {
		if at < x.e.at.Size && !x.indexes[at] {
			x.indexes[at] = true
			added = append(added, at)
		}
	}
	return added, nil
}

// steps are the leaves that moved a key through its life. A key of genesis was
// prepared and activated by none.
func steps(k *ledger.Key, founding bool) []uint64 {
	life := []uint64{k.Life.Prepared, k.Life.Active, k.Life.Retiring, k.Life.Revoked}
	if founding {
		life = life[2:]
	}
	var leaves []uint64
	for _, at := range life {
		if at > 0 {
			leaves = append(leaves, at-1)
		}
	}
	return leaves
}

// inGenesis reports whether a key that signs statements stood in genesis.
func inGenesis(g *genesis.Genesis, k *ledger.Key) bool {
	r := g.Region(k.Region)
	if r == nil {
		return false
	}
	if r.Governance.Equal(k.PublicKey) {
		return true
	}
	return slices.ContainsFunc(r.Statement, k.PublicKey.Equal)
}

// entry reads one entry.
func (e *export) entry(n uint64) ([]byte, error) {
	var entry []byte
	err := e.src.Entries(n, n+1, func(_ uint64, leaf []byte) (bool, error) {
		entry = bytes.Clone(leaf)
		return false, nil
	})
	if err == nil && entry == nil {
		err = ErrSelection
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't read entry %d: %w", n, err)
	}
	return entry, nil
}
