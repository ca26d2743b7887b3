package raftlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/hashicorp/raft"

	"sandi.internal/gateway/storage/engine"
)

// The two tables of a raft store: one tag byte, then the index (8 bytes, big
// endian) or Raft's own key. Iterators always carry both bounds of the log:
// stable keys must never be read as indexes.
const (
	tagLog    = 'l'
	tagStable = 's'
)

// Store is Raft's log and stable store. Raft's main goroutine appends while
// its snapshot goroutine truncates and its replication goroutines read.
type Store struct {
	db *engine.DB

	writer sync.Mutex // serialises StoreLogs and DeleteRange

	mu          sync.RWMutex // guards the rest; never held during disk access
	first, last uint64       // 0, 0 when the log is empty
	err         error        // the first failure; sticky
	failed      chan struct{}
}

var (
	_ raft.LogStore          = (*Store)(nil)
	_ raft.StableStore       = (*Store)(nil)
	_ raft.MonotonicLogStore = (*Store)(nil)
)

// Open reads the bounds of the log in db, which is of kind engine.Raft and
// stays the caller's to close. It checks the first and the last record only;
// the others are checked as they are read.
func Open(db *engine.DB) (*Store, error) {
	if db.Kind() != engine.Raft {
		return nil, fmt.Errorf("couldn't open the raft log: it lies in a %s store", db.Kind())
	}
	s := &Store{db: db, failed: make(chan struct{})}
	if err := s.bounds(); err != nil {
		return nil, fmt.Errorf("couldn't open the raft log in %s: %w", db.Dir(), err)
	}
	return s, nil
}

func (s *Store) bounds() (err error) {
	iter, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{tagLog}, UpperBound: []byte{tagLog + 1}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, iter.Close()) }()
	read := func(index *uint64) error {
		if len(iter.Key()) != 9 {
			return fmt.Errorf("%w: a key of %d bytes", ErrCorrupt, len(iter.Key()))
		}
		*index = binary.BigEndian.Uint64(iter.Key()[1:])
		return decodeRecord(iter.Value(), *index, new(raft.Log))
	}
	if iter.First() {
		if err := read(&s.first); err != nil {
			return err
		}
	}
	if iter.Last() {
		if err := read(&s.last); err != nil {
			return err
		}
	}
	return iter.Error()
}

// IsMonotonic tells Raft that the log has no gaps and that it must empty the
// log after it installs a snapshot.
func (s *Store) IsMonotonic() bool { return true }

// FirstIndex returns the index of the oldest entry, 0 when there is none.
func (s *Store) FirstIndex() (uint64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.first, s.err
}

// LastIndex returns the index of the newest entry, 0 when there is none.
func (s *Store) LastIndex() (uint64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.last, s.err
}

// GetLog fills out with the entry at index, or returns raft.ErrLogNotFound.
func (s *Store) GetLog(index uint64, out *raft.Log) error {
	if err := s.Err(); err != nil {
		return err
	}
	if !s.holds(index) {
		return raft.ErrLogNotFound
	}
	err := s.read(index, out)
	if !errors.Is(err, pebble.ErrNotFound) {
		return err
	}
	if !s.holds(index) { // truncated in between
		return raft.ErrLogNotFound
	}
	// Truncated and stored anew in between, or missing: with no writer there, a
	// second look tells.
	s.writer.Lock()
	defer s.writer.Unlock()
	if !s.holds(index) {
		return raft.ErrLogNotFound
	}
	if err = s.read(index, out); errors.Is(err, pebble.ErrNotFound) {
		return s.fail(fmt.Errorf("%w: entry %d is missing", ErrCorrupt, index))
	}
	return err
}

// read fills out with a record. The error is pebble.ErrNotFound itself, or the store
// has failed.
func (s *Store) read(index uint64, out *raft.Log) error {
	value, closer, err := s.db.Get(logKey(index))
	if errors.Is(err, pebble.ErrNotFound) {
		return pebble.ErrNotFound
	}
	if err != nil {
		return s.fail(fmt.Errorf("couldn't read raft entry %d: %w", index, err))
	}
	err = decodeRecord(value, index, out)
	if err = errors.Join(err, closer.Close()); err != nil {
		return s.fail(err)
	}
	return nil
}

func (s *Store) holds(index uint64) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.first != 0 && s.first <= index && index <= s.last
}

// StoreLog stores one entry, durably.
func (s *Store) StoreLog(l *raft.Log) error { return s.StoreLogs([]*raft.Log{l}) }

// StoreLogs stores entries that follow the last one and each other: all of
// them or none, durably, with one sync. The first entry of an empty log may
// have any index but 0.
func (s *Store) StoreLogs(logs []*raft.Log) error {
	if len(logs) == 0 {
		return s.Err()
	}
	s.writer.Lock()
	defer s.writer.Unlock()
	if err := s.Err(); err != nil {
		return err
	}
	first, last := s.span()
	size, err := check(logs, last)
	if err != nil {
		return err
	}
	batch := s.db.NewBatchWithSize(size)
	defer batch.Close()
	for _, l := range logs {
		op := batch.SetDeferred(logKeySize, recordSize(l))
		putLogKey(op.Key, l.Index)
		encodeRecord(op.Value, l)
		if err := op.Finish(); err != nil {
			return s.fail(fmt.Errorf("couldn't build a batch of raft entries: %w", err))
		}
	}
	if err := batch.Commit(pebble.Sync); err != nil {
		return s.fail(fmt.Errorf("couldn't store raft entries %d to %d: %w", logs[0].Index, logs[len(logs)-1].Index, err))
	}
	if first == 0 {
		first = logs[0].Index
	}
	s.setSpan(first, logs[len(logs)-1].Index)
	return nil
}

// check refuses a gap, an overlap and an entry that is too large, before
// anything is written, and returns the size of the batch.
func check(logs []*raft.Log, last uint64) (size int, err error) {
	size = batchHeader
	for i, l := range logs {
		switch {
		case l.Index == 0:
			return 0, errors.New("couldn't store a raft entry: index 0 does not exist")
		case (i > 0 || last != 0) && l.Index != last+1:
			return 0, fmt.Errorf("couldn't store raft entry %d: the log ends at %d", l.Index, last)
		case len(l.Data)+len(l.Extensions) > maxEntry:
			return 0, fmt.Errorf("couldn't store raft entry %d: it has %d bytes, at most %d are taken", l.Index, len(l.Data)+len(l.Extensions), maxEntry)
		}
		last = l.Index
		size += perRecord + recordSize(l)
	}
	return size, nil
}

// Room that a Pebble batch needs besides the values, so that it never grows
// while it is filled.
const (
	batchHeader = 12
	perRecord   = 1 + 5 + logKeySize + 5 // kind, two length varints, key
)

// DeleteRange deletes the entries from lo to hi, both included, durably. The
// range must cover a prefix or a suffix of the log, or all of it; parts beyond
// the log's ends are ignored, as is a range that misses it.
func (s *Store) DeleteRange(lo, hi uint64) error {
	s.writer.Lock()
	defer s.writer.Unlock()
	if err := s.Err(); err != nil {
		return err
	}
	first, last := s.span()
	if first == 0 || lo > hi || hi < first || lo > last {
		return nil
	}
	if lo > first && hi < last {
		return fmt.Errorf("couldn't delete raft entries %d to %d: the log runs from %d to %d and may have no hole", lo, hi, first, last)
	}
	from, to := max(lo, first), min(hi, last)
	// The bounds first: a deletion is visible before it is on disk, and who reads in
	// between must not take what is gone for what is missing.
	switch {
	case from == first && to == last:
		s.setSpan(0, 0)
	case from == first:
		s.setSpan(to+1, last)
	default:
		s.setSpan(first, from-1)
	}
	// One range tombstone from a known first index: starting at 0 each time
	// would pile tombstones onto the same keys (cockroachdb/pebble#2415).
	if err := s.db.DeleteRange(logKey(from), keyAfter(to), pebble.Sync); err != nil {
		return s.fail(fmt.Errorf("couldn't delete raft entries %d to %d: %w", from, to, err))
	}
	return nil
}

// DeleteAll empties the log and keeps the stable keys: votes outlive a log
// that a snapshot has replaced.
func (s *Store) DeleteAll() error { return s.DeleteRange(0, ^uint64(0)) }

// Err returns the failure that made the store useless, nil while it works.
func (s *Store) Err() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.err
}

// Failed is closed when Err becomes non-nil: the node must then stop, because
// Raft itself would go on with the other members' help.
func (s *Store) Failed() <-chan struct{} { return s.failed }

func (s *Store) fail(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
		close(s.failed)
	}
	return s.err
}

func (s *Store) span() (first, last uint64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.first, s.last
}

func (s *Store) setSpan(first, last uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.first, s.last = first, last
}

const logKeySize = 9

func logKey(index uint64) []byte {
	key := make([]byte, logKeySize)
	putLogKey(key, index)
	return key
}

func putLogKey(dst []byte, index uint64) {
	dst[0] = tagLog
	binary.BigEndian.PutUint64(dst[1:], index)
}

// keyAfter is the exclusive end of a range whose last index is given.
func keyAfter(index uint64) []byte {
	if index == ^uint64(0) {
		return []byte{tagLog + 1}
	}
	return logKey(index + 1)
}

func stableKey(key []byte) []byte { return append([]byte{tagStable}, key...) }
