package state

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2/objstorage/objstorageprovider"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"

	"sandi.internal/gateway/storage/engine"
)

// tableTarget is the size of the tables a restore writes: large enough that a
// ledger of some GB is taken in as a few dozen.
const tableTarget = 64 << 20

// table is an SST that is not part of the store yet.
type table struct {
	path string
	last []byte // its greatest key
}

// tableWriter writes sorted pairs into tables of limited size.
type tableWriter struct {
	db     *engine.DB
	dir    string
	target uint64          // size at which a table is closed
	out    *sstable.Writer // nil between tables
	done   []table
}

func (w *tableWriter) add(key, value []byte) error {
	if w.out == nil {
		if err := w.begin(); err != nil {
			return err
		}
	}
	if err := w.out.Set(key, value); err != nil {
		return fmt.Errorf("couldn't write a table: %w", err)
	}
	t := &w.done[len(w.done)-1]
	t.last = append(t.last[:0], key...)
	if w.out.Raw().EstimatedSize() >= w.target {
		return w.close()
	}
	return nil
}

func (w *tableWriter) begin() error {
	fs := w.db.FS()
	if err := fs.MkdirAll(w.dir, 0o700); err != nil {
		return fmt.Errorf("couldn't make %s: %w", w.dir, err)
	}
	path := fs.PathJoin(w.dir, fmt.Sprintf("%06d.sst", len(w.done)))
	f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("couldn't create a table: %w", err)
	}
	w.out = sstable.NewWriter(objstorageprovider.NewFileWritable(f), w.db.TableOptions())
	w.done = append(w.done, table{path: path})
	return nil
}

// close finishes the present table; its content is synced then.
func (w *tableWriter) close() error {
	out := w.out
	w.out = nil
	if err := out.Close(); err != nil {
		return fmt.Errorf("couldn't finish a table: %w", err)
	}
	return nil
}

func (w *tableWriter) finish() ([]table, error) {
	if w.out == nil {
		return w.done, nil
	}
	return w.done, w.close()
}

// abort gives up the open file; the directory is cleared by the caller.
func (w *tableWriter) abort() error {
	if w.out == nil {
		return nil
	}
	return w.close()
}
