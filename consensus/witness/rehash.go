package witness

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
)

const (
	// chunk entries are compared with their stored hashes at a time: one tile.
	chunk = merkle.TileWidth
	// spanLeaves are re-read under one view of the store; a long view holds back
	// compaction.
	spanLeaves = 64 * chunk
)

var (
	// ErrDamaged: what was re-read is not what the ledger's tree says. This
	// cosigner signs nothing more until the node was restarted on a sound store.
	ErrDamaged = errors.New("this node's ledger does not re-hash to its own tree")
	// errShort: the replica has not got there yet.
	errShort = errors.New("this replica does not reach that size yet")
)

// point is a size of the own ledger that was re-read.
type point struct {
	size        uint64
	root        merkle.Hash
	time        int64  // ledger time at that size, unix ms; 0 at size 0
	index, term uint64 // Raft's, applied at or after that size
}

// rehash is the part of the own ledger that was re-read and re-hashed.
type rehash struct {
	ledger Ledger
	from   State // where the first re-reading begins: what was cosigned last

	mu     sync.Mutex   // owns the fields below; held while entries are read
	tree   *merkle.Tree // nil until the first use
	recent [recent]point
	next   int // of recent, to be replaced
}

// recent points are remembered: every node shows the same checkpoints one after
// another, and to read a root from the store costs as much as re-hashing ten
// entries.
const recent = 8

// to gives the root at a size, after all entries up to there have been re-read
// once. The error wraps errShort, ErrDamaged, ctx's own or the store's.
func (h *rehash) to(ctx context.Context, size uint64) (point, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.recent {
		if p.size == size && size > 0 {
			return p, nil
		}
	}
	for {
		if err := ctx.Err(); err != nil {
			return point{}, fmt.Errorf("couldn't re-read the ledger up to %d: %w", size, err)
		}
		p, done, err := h.span(size)
		if err != nil {
			return point{}, err
		}
		if done {
			h.recent[h.next] = p
			h.next = (h.next + 1) % recent
			return p, nil
		}
	}
}

// span works under one view of the store; done is false when there is more.
func (h *rehash) span(size uint64) (p point, done bool, err error) {
	sight, err := h.ledger.Open()
	if err != nil {
		return point{}, false, fmt.Errorf("couldn't look at the ledger: %w", err)
	}
	defer sight.Close()
	standing, err := sight.Standing()
	if err != nil {
		return point{}, false, damagedIf(err)
	}
	if standing.Size < size {
		return point{}, false, fmt.Errorf("%d of %d leaves: %w", standing.Size, size, errShort)
	}
	if err := h.begin(sight); err != nil {
		return point{}, false, err
	}
	end := min(size, h.tree.Size()+spanLeaves)
	for h.tree.Size() < end {
		if err := h.chunk(sight, min(end, h.tree.Size()/chunk*chunk+chunk)); err != nil {
			return point{}, false, damagedIf(err)
		}
	}
	if h.tree.Size() < size {
		return point{}, false, nil
	}
	p = point{size: size, index: sight.Index, term: sight.Term}
	if h.tree.Size() == size {
		p.root = h.tree.Root() // every stored hash that it is made of has been compared
	} else if p.root, err = merkle.RootAt(sight, size); err != nil {
		return point{}, false, damagedIf(err)
	}
	if standing.Size == size && standing.Root != p.root {
		return point{}, false, fmt.Errorf("at size %d the entries and the tree differ: %w", size, ErrDamaged)
	}
	p.time, err = timeAt(sight, size)
	return p, err == nil, damagedIf(err)
}

// begin continues from what was cosigned last.
func (h *rehash) begin(sight *Sight) error {
	if h.tree != nil {
		return nil
	}
	if standing, err := sight.Standing(); err != nil || standing.Size < h.from.Size {
		return errors.Join(fmt.Errorf("what was cosigned reaches to %d: %w", h.from.Size, errShort), err)
	}
	tree, err := merkle.LoadTree(sight, h.from.Size)
	if err != nil {
		return damagedIf(err)
	}
	if tree.Root() != h.from.Root {
		return fmt.Errorf("at size %d the root is not the one that this node cosigned: %w", h.from.Size, ErrDamaged)
	}
	h.tree = tree
	return nil
}

// chunk re-reads the entries up to end, at most one tile of them. The tree grows
// only when all of them fit.
func (h *rehash) chunk(sight *Sight, end uint64) error {
	first := h.tree.Size()
	stored, err := sight.StoredHashes(0, first, int(end-first))
	if err != nil {
		return err
	}
	tree, next := h.tree.Clone(), first
	err = sight.Entries(first, end, func(index uint64, entry []byte) (bool, error) {
		if index != next {
			return false, fmt.Errorf("entry %d is missing: %w", next, ErrDamaged)
		}
		leaf := merkle.LeafHash(entry)
		if leaf != stored[index-first] {
			return false, fmt.Errorf("entry %d does not have the stored hash: %w", index, ErrDamaged)
		}
		next++
		for _, s := range tree.Append(leaf) {
			if s.Level == 0 {
				continue
			}
			row, err := sight.StoredHashes(s.Level, s.Index, 1)
			if err != nil {
				return false, err
			}
			if row[0] != s.Hash {
				return false, fmt.Errorf("hash %d of level %d is not that of its entries: %w", s.Index, s.Level, ErrDamaged)
			}
		}
		return true, nil
	})
	switch {
	case err != nil:
		return err
	case next != end:
		return fmt.Errorf("entry %d is missing: %w", next, ErrDamaged)
	}
	h.tree = tree
	return nil
}

// timeAt is the ledger time after the first size leaves.
func timeAt(sight *Sight, size uint64) (ms int64, err error) {
	if size == 0 {
		return 0, nil
	}
	err = sight.Entries(size-1, size, func(_ uint64, entry []byte) (bool, error) {
		leaf, err := merkle.ParseLeaf(entry)
		ms = leaf.TS
		return true, err
	})
	return ms, err
}

// damagedIf marks errors of the content. Others pass: a view that a restore
// overtook says nothing about the ledger.
func damagedIf(err error) error {
	if errors.Is(err, ledger.ErrCorrupt) && !errors.Is(err, ErrDamaged) {
		return fmt.Errorf("%w: %w", err, ErrDamaged)
	}
	return err
}
