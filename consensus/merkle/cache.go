package merkle

import (
	"container/list"
	"fmt"
	"sync"

	"github.com/transparency-dev/merkle/compact"
)

// Cache keeps tiles with the nodes above their hashes, so that a proof from
// tiles seen before costs a look-up per node instead of reading and hashing half
// a tile for it. What it keeps can never become wrong: only complete subtrees
// are nodes, and they do not change.
//
// It belongs to one ledger and is safe for concurrent use.
type Cache struct {
	room int

	mu    sync.Mutex
	tiles map[tileID]*list.Element // values are *cachedTile
	used  *list.List               // the tile used last in front
}

// CachedTileBytes is what a full tile takes in a Cache.
const CachedTileBytes = (2*TileWidth - 2) * len(Hash{})

// NewCache makes a cache of at most so many tiles, at least one. The 3,000
// youngest tiles are all of a ledger of 750,000 entries, in 49 MB.
func NewCache(tiles int) *Cache {
	return &Cache{room: max(tiles, 1), tiles: make(map[tileID]*list.Element), used: list.New()}
}

// Over is r with the cache in front: proofs made from it are the same. r may be
// another one each time, as long as it reads the cache's ledger.
func (c *Cache) Over(r Reader) Reader { return cachedReader{Reader: r, cache: c} }

// cachedReader is a Reader whose nodes need not be computed.
type cachedReader struct {
	Reader
	cache *Cache
}

type tileID struct {
	level uint8 // tree level of its hashes: 0, 8, 16, …
	index uint64
}

// cachedTile is as much of a tile as some tree had. It is never written to.
type cachedTile struct {
	id   tileID
	rows [StoredStep][]Hash // rows[k]: the nodes k levels above the tile's hashes
}

// nodes computes the roots of complete subtrees of a tree of the given size,
// which the reader must hold.
func (r cachedReader) nodes(ids []compact.NodeID, size uint64) ([][]byte, error) {
	out := make([][]byte, len(ids))
	var tile *cachedTile
	for i, id := range ids {
		above := id.Level % StoredStep
		perTile := uint64(TileWidth) >> above
		want := tileID{uint8(id.Level - above), id.Index / perTile}
		at := id.Index % perTile
		if tile == nil || tile.id != want || at >= uint64(len(tile.rows[above])) {
			var err error
			if tile, err = r.tile(want, size, int(at), above); err != nil {
				return nil, fmt.Errorf("couldn't read node %d of level %d: %w", id.Index, id.Level, err)
			}
		}
		out[i] = tile.rows[above][at][:]
	}
	return out, nil
}

// tile gives a tile that has the node at a place of a row: the one that is kept,
// or else one read anew as wide as a tree of the given size has it.
func (r cachedReader) tile(id tileID, size uint64, at int, row uint) (*cachedTile, error) {
	if kept := r.cache.get(id); kept != nil && at < len(kept.rows[row]) {
		return kept, nil
	}
	width := Tile{Level: int(id.level) / StoredStep, Index: id.index}.WidthAt(size)
	if at >= width>>row {
		return nil, fmt.Errorf("a tree of size %d does not have it", size)
	}
	hashes, err := r.StoredHashes(id.level, id.index*TileWidth, width)
	if err != nil {
		return nil, err
	}
	if len(hashes) != width {
		return nil, fmt.Errorf("got %d of %d hashes", len(hashes), width)
	}
	tile := newCachedTile(id, hashes)
	r.cache.put(tile)
	return tile, nil
}

func newCachedTile(id tileID, hashes []Hash) *cachedTile {
	t := &cachedTile{id: id}
	t.rows[0] = hashes
	for k := 1; k < StoredStep; k++ {
		below := t.rows[k-1]
		t.rows[k] = make([]Hash, len(below)/2)
		for i := range t.rows[k] {
			t.rows[k][i] = NodeHash(below[2*i], below[2*i+1])
		}
	}
	return t
}

func (c *Cache) get(id tileID) *cachedTile {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.tiles[id]
	if !ok {
		return nil
	}
	c.used.MoveToFront(e)
	return e.Value.(*cachedTile)
}

// put keeps a tile, unless a wider one of the same place came first.
func (c *Cache) put(t *cachedTile) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.tiles[t.id]; ok {
		if len(e.Value.(*cachedTile).rows[0]) < len(t.rows[0]) {
			e.Value = t
		}
		c.used.MoveToFront(e)
		return
	}
	c.tiles[t.id] = c.used.PushFront(t)
	if c.used.Len() > c.room {
		last := c.used.Remove(c.used.Back()).(*cachedTile)
		delete(c.tiles, last.id)
	}
}
