package replica

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/raft"
)

const (
	// The newest entries are kept in memory: each is read once per follower and
	// once to be applied. hashicorp/raft's LogCache counts entries, not bytes,
	// and 512 entries of 512 KiB would be all the memory a node may have.
	tailEntries = 1024
	tailBytes   = 4 << 20
)

// errRewrite is what a leader gets that would take back committed entries.
var errRewrite = errors.New("refused to delete committed entries")

// tail is the log as Raft sees it: the store behind it, the newest entries in
// memory, and what the store must not be told to do.
type tail struct {
	Log
	committed func() uint64             // entries up to here are never taken back
	onStore   func(entries []*raft.Log) // before they are written
	onStored  func(last uint64)         // after they are on disk
	onRewrite func(err error)           // a leader tried to take back entries

	synced   atomic.Uint64 // the ledger is durable up to here: older entries may go
	restored atomic.Bool   // a snapshot came in, and the log is to be emptied
	emptied  chan struct{} // pinged after it was

	mu    sync.RWMutex
	ring  [tailEntries]*raft.Log // by index; entries lo..hi are in it
	lo    uint64
	hi    uint64 // 0 when nothing is in memory
	bytes int
}

func newTail(log Log) *tail { return &tail{Log: log, emptied: make(chan struct{}, 1)} }

// GetLog implements raft.LogStore. The entry's data is shared with the cache:
// neither Raft nor the ledger writes to it.
func (t *tail) GetLog(index uint64, out *raft.Log) error {
	t.mu.RLock()
	if t.hi != 0 && t.lo <= index && index <= t.hi {
		*out = *t.ring[index%tailEntries]
		t.mu.RUnlock()
		return nil
	}
	t.mu.RUnlock()
	return t.Log.GetLog(index, out)
}

// StoreLog implements raft.LogStore.
func (t *tail) StoreLog(l *raft.Log) error { return t.StoreLogs([]*raft.Log{l}) }

// StoreLogs implements raft.LogStore.
func (t *tail) StoreLogs(logs []*raft.Log) error {
	t.onStore(logs)
	if err := t.Log.StoreLogs(logs); err != nil {
		return err
	}
	t.restored.Store(false)
	t.mu.Lock()
	for _, l := range logs {
		t.remember(l)
	}
	t.mu.Unlock()
	t.onStored(logs[len(logs)-1].Index)
	return nil
}

// remember requires mu. The entries in memory are always one unbroken run.
func (t *tail) remember(l *raft.Log) {
	if t.hi != 0 && l.Index != t.hi+1 {
		t.forget()
	}
	if t.hi == 0 {
		t.lo = l.Index
	}
	t.ring[l.Index%tailEntries], t.hi = l, l.Index
	t.bytes += len(l.Data)
	for t.hi-t.lo >= tailEntries-1 || t.bytes > tailBytes && t.lo < t.hi {
		t.bytes -= len(t.ring[t.lo%tailEntries].Data)
		t.ring[t.lo%tailEntries] = nil
		t.lo++
	}
}

// forget requires mu.
func (t *tail) forget() {
	t.ring = [tailEntries]*raft.Log{}
	t.lo, t.hi, t.bytes = 0, 0, 0
}

// meanBytes is the mean size of the newest entries, at least 1.
func (t *tail) meanBytes() uint64 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.hi == 0 {
		return 1
	}
	return max(uint64(t.bytes)/(t.hi-t.lo+1), 1)
}

// DeleteRange implements raft.LogStore. Raft deletes for three reasons, told
// apart by the range: old entries behind a snapshot (a prefix), entries another
// leader overrides (a suffix), and all of them after a snapshot was installed.
func (t *tail) DeleteRange(lo, hi uint64) error {
	first, err := t.FirstIndex()
	if err != nil {
		return err
	}
	last, err := t.LastIndex()
	if err != nil || first == 0 {
		return err
	}
	prefix, suffix := lo <= first, hi >= last
	switch {
	case prefix && suffix && t.restored.Load():
		if err := t.delete(lo, hi); err != nil {
			return err
		}
		select {
		case t.emptied <- struct{}{}:
		default:
		}
		return nil
	case suffix && lo > t.committed():
		return t.delete(lo, hi)
	case prefix:
		// Raft counts its own no-ops as applied; the ledger never sees them, so
		// it may stand below the index that Raft takes for snapshotted.
		if hi = min(hi, t.synced.Load()); hi < first {
			return nil
		}
		return t.delete(lo, hi)
	default:
		err := fmt.Errorf("%w: %d to %d, committed up to %d", errRewrite, lo, hi, t.committed())
		t.onRewrite(err)
		return err
	}
}

func (t *tail) delete(lo, hi uint64) error {
	t.mu.Lock()
	t.forget()
	t.mu.Unlock()
	return t.Log.DeleteRange(lo, hi)
}
