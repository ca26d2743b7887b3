package engine

import (
	"runtime"

	"github.com/cockroachdb/pebble/v2"
)

// DefaultCacheBytes is what a node needs for its three stores: the memtables'
// worst case and 32 MiB of blocks.
const DefaultCacheBytes = memTableBudget + 32*mib

const (
	// openTables bounds the open SST files of all stores that share a cache;
	// with sockets and WALs it stays below a soft limit of 1,024 descriptors.
	openTables = 384
	// maxCacheShards keeps the file cache's goroutines few on large machines.
	maxCacheShards = 4
)

// Cache is the memory that the stores of one node share: blocks and memtables
// of all of them together, and the open SST files.
type Cache struct {
	blocks *pebble.Cache
	files  *pebble.FileCache
}

// NewCache makes a cache of the given size. Memtables are counted against it,
// so a size below DefaultCacheBytes leaves little or nothing for blocks.
func NewCache(bytes int64) *Cache {
	return &Cache{
		blocks: pebble.NewCache(bytes),
		files:  pebble.NewFileCache(min(runtime.GOMAXPROCS(0), maxCacheShards), openTables),
	}
}

// Close gives the caller's hold up; stores that are still open keep theirs.
func (c *Cache) Close() {
	c.files.Unref()
	c.blocks.Unref()
}
