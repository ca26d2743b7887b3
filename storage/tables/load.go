package tables

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"sandi.internal/gateway/storage/vault"
)

// batchBytes is how much of a load is written at a time: below a memtable.
const batchBytes = 256 << 10

// Load is rows on their way in. One goroutine uses it, and ends it with Commit or
// Abort.
type Load struct {
	t          *Tables
	set        string
	generation Generation
	key        []byte // of the rows
	aead       cipher.AEAD
	batch      *pebble.Batch
	pending    map[string]bool // keys in batch
	rows       uint64
	done       bool
}

// Begin begins a load of a data set. The error wraps ErrBusy while there is another.
func (t *Tables) Begin(set string) (*Load, error) {
	if set == "" || len(set) > maxName {
		return nil, fmt.Errorf("couldn't load rows: a name of %d bytes", len(set))
	}
	t.mu.Lock()
	busy := t.loading[set]
	t.loading[set] = true
	t.mu.Unlock()
	if busy {
		return nil, fmt.Errorf("%s: %w", set, ErrBusy)
	}
	l := &Load{t: t, set: set, key: make([]byte, t.suite.KeySize()), batch: t.db.NewBatch(), pending: make(map[string]bool)}
	rand.Read(l.generation[:])
	rand.Read(l.key)
	var err error
	if l.aead, err = t.suite.AEAD(l.key); err == nil {
		err = t.db.Set(ownerKey(l.generation), []byte(set), pebble.Sync) // before the first row
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("couldn't begin to load rows of %s: %w", set, err), l.end())
	}
	return l, nil
}

// Put takes a row. The error wraps ErrDouble for a key that the load has, ErrFull when
// there is no room.
func (l *Load) Put(ctx context.Context, key, row []byte) error {
	at := rowKey(l.generation, key)
	switch known, err := l.has(at); {
	case err != nil:
		return err
	case known:
		return ErrDouble
	case l.rows == MaxRows:
		return fmt.Errorf("%w: more than %d", ErrFull, MaxRows)
	}
	value := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(row)+l.aead.Overhead()), uint32(l.rows))
	value = l.aead.Seal(value, nonce(l.aead, uint32(l.rows)), row, at)
	if err := l.batch.Set(at, value, nil); err != nil {
		return fmt.Errorf("couldn't write a row: %w", err)
	}
	l.pending[string(at)] = true
	l.rows++
	if l.batch.Len() < batchBytes {
		return nil
	}
	return errors.Join(ctx.Err(), l.flush(pebble.NoSync))
}

// has reports whether the load has a key already.
func (l *Load) has(at []byte) (bool, error) {
	if l.pending[string(at)] {
		return true, nil
	}
	_, closer, err := l.t.db.Get(at)
	if errors.Is(err, pebble.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("couldn't look for a row: %w", err)
	}
	return true, closer.Close()
}

func (l *Load) flush(o *pebble.WriteOptions) error {
	if err := l.room(); err != nil {
		return err
	}
	if err := l.batch.Commit(o); err != nil {
		return fmt.Errorf("couldn't write rows: %w", err)
	}
	l.batch = l.t.db.NewBatch()
	clear(l.pending)
	return nil
}

// room leaves the disk what the ledger needs of it.
func (l *Load) room() error {
	usage, err := l.t.db.FS().GetDiskUsage(l.t.db.Dir())
	if errors.Is(err, vfs.ErrUnsupported) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("couldn't ask for free space: %w", err)
	}
	if usage.AvailBytes < vault.ReserveBytes {
		return fmt.Errorf("%w: %d MiB of the disk stay free", ErrFull, vault.ReserveBytes>>20)
	}
	return nil
}

// Rows is how many the load has taken.
func (l *Load) Rows() uint64 { return l.rows }

// Commit shows the rows in the place of those before, durably.
func (l *Load) Commit(digest, form string, at int64) (*Head, error) {
	head := stored{Head: Head{Generation: l.generation, Rows: l.rows, Digest: digest, Form: form, LoadedAt: at}}
	var err error
	if head.Key, err = l.t.key.Wrap(l.key, wrapContext(l.set, l.generation)); err != nil {
		return nil, fmt.Errorf("couldn't wrap the key of rows: %w", err)
	}
	before, err := l.t.head(l.t.db, l.set)
	if err != nil && !errors.Is(err, ErrNone) {
		return nil, err
	}
	value, err := json.Marshal(head)
	if err != nil {
		return nil, fmt.Errorf("couldn't write the head of rows: %w", err)
	}
	if err := l.batch.Set(headKey(l.set), value, nil); err != nil {
		return nil, fmt.Errorf("couldn't write the head of rows: %w", err)
	}
	// The last batch carries the head: the log is in order, so whoever finds the head
	// after a crash finds the rows.
	if err := l.flush(pebble.Sync); err != nil {
		return nil, err
	}
	l.done = true
	err = l.end()
	if before != nil {
		err = errors.Join(err, l.t.drop(before.Generation))
	}
	return &head.Head, err
}

// Abort forgets the rows. After Commit it does nothing.
func (l *Load) Abort() error {
	if l.done {
		return nil
	}
	l.done = true
	return errors.Join(l.t.drop(l.generation), l.end())
}

func (l *Load) end() error {
	l.t.mu.Lock()
	delete(l.t.loading, l.set)
	l.t.mu.Unlock()
	if err := l.batch.Close(); err != nil {
		return fmt.Errorf("couldn't close a load: %w", err)
	}
	return nil
}
