package engine

import (
	"runtime"

	"github.com/cockroachdb/pebble/v2"
)

// DefaultCacheBytes holds the blocks that a node reads again and again.
const DefaultCacheBytes = 32 * mib

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

// NewCache makes a cache of the given number of bytes for blocks. Pebble takes
// memtables out of the same budget, so what they usually need (44 MiB for a
// node's three stores) is added here: blocks use it while the memtables do not,
// and give way to a third memtable.
func NewCache(bytes int64) *Cache {
	return &Cache{
		blocks: pebble.NewCache(bytes + memTables),
		files:  pebble.NewFileCache(min(runtime.GOMAXPROCS(0), maxCacheShards), openTables),
	}
}

// Close gives the caller's hold up; stores that are still open keep theirs.
func (c *Cache) Close() {
	c.files.Unref()
	c.blocks.Unref()
}
