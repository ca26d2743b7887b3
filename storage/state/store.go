package state

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"sandi.internal/gateway/storage/engine"
)

var (
	// ErrRestored ends a View, Batch or Snapshot that a Restore overtook: open
	// a new one.
	ErrRestored = errors.New("the ledger was restored in the meantime")
	// ErrConflict refuses a Batch that began before another one committed.
	ErrConflict = errors.New("another batch was committed in the meantime")
	// ErrCorrupt: the disk or a stream holds something else than was written.
	ErrCorrupt = errors.New("corrupt ledger state")
)

// Reader is what View, Batch and Candidate have in common.
type Reader interface {
	// Get returns a copy of the value, nil when the key is absent; the value
	// of a present key is never nil.
	Get(key []byte) ([]byte, error)
	// Scan calls fn for every pair with lower <= key < upper (nil = the end of
	// the ledger span), in key order or in reverse, until fn returns false or
	// an error. The slices are valid during the call only; fn may Get and Scan.
	Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (more bool, err error)) error
}

// Store is the ledger's keyspace on one node. One goroutine applies and
// restores; any number read.
type Store struct {
	db         *engine.DB
	tableBytes uint64 // tableTarget; tests make it small

	// gate keeps Restore's switch apart from the opening of views and the
	// commit of batches. Readers of an open view do not take it: they check
	// the epoch after the read instead.
	gate  sync.RWMutex
	epoch atomic.Uint64 // counts switches; raised before the old ledger goes

	// writer serialises Commit and Restore; it is held during disk access.
	writer sync.Mutex

	mu      sync.RWMutex // guards the rest; never held during disk access
	meta    Meta
	commits uint64   // batches and restores since Open; finds interleaved batches
	spare   *overlay // of the last batch, for the next one; nil while it is in use
}

// Open reads where the ledger in db stands. db is of kind engine.Ledger and
// stays the caller's to close.
func Open(db *engine.DB) (*Store, error) {
	if db.Kind() != engine.Ledger {
		return nil, fmt.Errorf("couldn't open the ledger state: it lies in a %s store", db.Kind())
	}
	s := &Store{db: db, tableBytes: tableTarget}
	if err := s.clearIncoming(); err != nil {
		return nil, fmt.Errorf("couldn't clear an unfinished restore in %s: %w", db.Dir(), err)
	}
	var err error
	if s.meta, err = readMeta(db); err != nil {
		return nil, fmt.Errorf("couldn't open the ledger state in %s: %w", db.Dir(), err)
	}
	return s, nil
}

// readMeta returns the zero Meta for a ledger that has applied nothing.
func readMeta(r pebble.Reader) (Meta, error) {
	value, err := get(r, metaKey)
	if err != nil || value == nil {
		return Meta{}, err
	}
	return decodeMeta(value)
}

// get copies a value out of Pebble; nil means absent.
func get(r pebble.Reader, key []byte) ([]byte, error) {
	value, closer, err := r.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't read %.16x: %w", key, err)
	}
	out := make([]byte, len(value))
	copy(out, value)
	if err := closer.Close(); err != nil {
		return nil, fmt.Errorf("couldn't read %.16x: %w", key, err)
	}
	return out, nil
}

// Meta returns where the ledger stands: the Meta of the last batch or restore.
func (s *Store) Meta() Meta {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.meta.clone()
}

func (s *Store) state() (m Meta, commits uint64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.meta, s.commits
}

// advance records what has just been written.
func (s *Store) advance(m Meta) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meta = m.clone()
	s.commits++
}

// borrow gives a batch its overlay: the last one's, emptied. A new one for every
// batch was a fifth of all that a node under load allocated.
func (s *Store) borrow() *overlay {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.spare; o != nil {
		s.spare = nil
		return o
	}
	return newOverlay()
}

// giveBack takes an overlay that nobody reads any more.
func (s *Store) giveBack(o *overlay) {
	if !o.reset() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spare = o
}

// Sync makes every batch committed so far durable. Raft truncates its log
// after a snapshot was persisted: Sync must have returned before.
func (s *Store) Sync() error {
	if err := s.db.LogData(nil, pebble.Sync); err != nil {
		return fmt.Errorf("couldn't sync the ledger: %w", err)
	}
	return nil
}
