package public

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"sync"

	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
)

const (
	// hashesMost bounds the entries that can be found by a hash: 128 MiB.
	hashesMost = 16 << 20
	// hashesChunk is how many entries are read in one view.
	hashesChunk = 4096
)

// hashes finds entries by the beginning of their leaf's or statement's hash. It is no
// part of the ledger's state: it lies in memory, 8 bytes an entry, and is read from the
// leaves when somebody first asks (two digests an entry), then as the ledger grows. A
// question goes through all of it.
type hashes struct {
	mu         sync.Mutex
	leaves     []uint32 // first four bytes of each leaf's hash; guarded by mu
	statements []uint32 // of each statement's; guarded by mu
}

// grow reads the entries up to size, as far as ctx lets it, and says how far it has come.
func (h *hashes) grow(ctx context.Context, open func(context.Context) (desk.View, *ledger.Books, error), size uint64) (uint64, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	size = min(size, hashesMost)
	for uint64(len(h.leaves)) < size && ctx.Err() == nil {
		view, books, err := open(ctx)
		if err != nil {
			if ctx.Err() != nil {
				break
			}
			return 0, err
		}
		from := uint64(len(h.leaves))
		err = books.Entries(from, min(from+hashesChunk, size), h.add)
		view.Close()
		if err != nil {
			return 0, fmt.Errorf("couldn't read the hashes of entries: %w", err)
		}
	}
	return min(uint64(len(h.leaves)), size), nil
}

func (h *hashes) add(index uint64, entry []byte) (bool, error) {
	leaf, err := merkle.ParseLeaf(entry)
	if err != nil || index != uint64(len(h.leaves)) {
		return false, fmt.Errorf("entry %d: %w", index, ledger.ErrCorrupt)
	}
	whole, statement := merkle.LeafHash(entry), sha256.Sum256(leaf.Stmt)
	h.leaves = append(h.leaves, binary.BigEndian.Uint32(whole[:]))
	h.statements = append(h.statements, binary.BigEndian.Uint32(statement[:]))
	return true, nil
}

// find gives the entries one of whose hashes may begin so, the newest first.
func (h *hashes) find(p *hashPart) []uint64 {
	want := binary.BigEndian.Uint32(append(append([]byte(nil), p.bytes...), p.rest, 0, 0, 0))
	h.mu.Lock()
	defer h.mu.Unlock()
	places := []uint64{}
	for i := len(h.leaves) - 1; i >= 0; i-- {
		if h.leaves[i] == want || h.statements[i] == want {
			places = append(places, uint64(i))
		}
	}
	return places
}
