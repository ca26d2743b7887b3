package engine

import (
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

// Kind says what a store holds. It is written into the directory's marker, so
// that a ledger is never opened as a Raft log.
type Kind string

const (
	Raft   Kind = "raft"   // log entries and votes: synced, short-lived, read back rarely
	Ledger Kind = "ledger" // replicated state: never synced on the hot path, read at random
	Vault  Kind = "vault"  // one bureau's private objects: few, synced
)

func (k Kind) known() bool { return k == Raft || k == Ledger || k == Vault }

// formatMajorVersion is the on-disk format of every store. This one brings
// IngestAndExcise (restore), WAL sync chunks (a torn tail is told from bit rot)
// and checksummed SST footers. A node that has opened a store with a newer
// format cannot go back: raise it together with markerFormat, as a release note.
const formatMajorVersion = pebble.FormatTableFormatV6

const (
	kib = 1 << 10
	mib = 1 << 20

	// Memtables are preallocated once a store is busy, so their size is memory
	// whether used or not. A larger one spares the ledger work: its flushes cut
	// larger pieces of each table, which then overlap less (storage/README.md).
	// The Raft log's entries are written once and never merged, so 4 MiB is as
	// good as 16.
	raftMemTable   = 4 * mib
	ledgerMemTable = 16 * mib
	vaultMemTable  = 2 * mib

	// memTablesQueued is how many memtables a store may fill before writers
	// wait for a flush.
	memTablesQueued = 2

	// bloomBitsPerKey gives about 1 % false positives: most lookups in Apply
	// ask for statement ids that are not there.
	bloomBitsPerKey = 10
)

// memTables is the memory of all stores' memtables under load: of each kind one
// is filled while the other is flushed or kept for reuse. An open view may hold
// a third for a while: half as much again.
const memTables = memTablesQueued * (raftMemTable + ledgerMemTable + vaultMemTable)

// tune sets what differs between the kinds.
func tune(o *pebble.Options, k Kind) {
	o.MemTableStopWritesThreshold = memTablesQueued
	switch k {
	case Raft:
		o.MemTableSize = raftMemTable
		// Entries live until the log is truncated; then whole tables fall to
		// one range tombstone. Compacting them sooner is wasted work.
		o.L0CompactionThreshold = 10
		o.L0StopWritesThreshold = 40
		o.LBaseMaxBytes = 256 * mib
		// The fastest codec takes less time than the bytes it saves take to
		// write: statements of one entry resemble each other.
		o.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionFastest })
	case Ledger:
		o.MemTableSize = ledgerMemTable
		// Most tables of the ledger grow at their end. Cut into small pieces, a
		// flush gives files that hold one table each and lie beside those of the
		// last flush, not over them: they need no merging. What is merged goes
		// to the lowest level at once while the ledger is small.
		o.FlushSplitBytes = 512 * kib
		o.LBaseMaxBytes = 512 * mib
		o.L0CompactionThreshold = 8
		o.L0StopWritesThreshold = 30
		// Leaves and records have about 1 KB: Pebble's 4 KiB would hold three.
		for i := range o.Levels {
			o.Levels[i].BlockSize = 8 * kib
		}
		// Applied entries are not synced one by one; writing the log out
		// steadily keeps the one sync before a Raft truncation short.
		o.WALBytesPerSync = 512 * kib
		o.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionFastest })
		filter(o)
		// A restore waits for a flush and then is one edit of the manifest:
		// fewer states to be in when the power fails.
		o.Experimental.DisableIngestAsFlushable = func() bool { return true }
	case Vault:
		o.MemTableSize = vaultMemTable
		// Values are ciphertext: compressing them is wasted work.
		o.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionNone })
		filter(o)
	}
}

func filter(o *pebble.Options) {
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(bloomBitsPerKey)
	}
}
