package engine

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// slowDiskAfter is how long one disk operation may last before a warning. It
// lies above the leader lease of 2 s: by then leadership has moved already.
const slowDiskAfter = 5 * time.Second

// Options say where a store lies and what it shares with its neighbours.
type Options struct {
	Dir    string
	FS     FS           // nil = the disk
	Kind   Kind         //
	Cache  *Cache       // nil = one of its own, of DefaultCacheBytes
	Logger *slog.Logger // nil = slog.Default()

	// Fatal ends the process when the store can no longer be trusted; nil =
	// exit with ExitStorage. It must not return. It is called on any
	// goroutine, Pebble's locks held, so it must not use the store.
	Fatal func(reason string)
}

// DB is an open store: Pebble with its directory, its disk and its shutdown.
type DB struct {
	*pebble.DB
	kind     Kind
	dir      string
	fs       FS
	log      *slog.Logger
	watcher  *watcher
	options  *pebble.Options
	creating bool           // from the directory's first marker to Open's return
	release  []func() error // what Close gives back after Pebble, in order

	mu     sync.RWMutex // a metrics scrape against Close
	closed bool
}

// Open opens the store in o.Dir, or creates it there if the directory is empty
// or missing. A refusal wraps ErrForeign, ErrKind, ErrNewer or ErrInUse.
func Open(o Options) (*DB, error) {
	if o.Dir == "" || !o.Kind.known() {
		return nil, fmt.Errorf("couldn't open a store: directory %q, kind %q", o.Dir, o.Kind)
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Fatal == nil {
		o.Fatal = exit
	}
	db := &DB{
		kind:    o.Kind,
		dir:     o.Dir,
		log:     o.Logger.With("store", string(o.Kind)),
		watcher: &watcher{fatal: o.Fatal},
	}
	db.watcher.log = db.log
	if err := db.open(o); err != nil {
		if db.DB != nil {
			err = errors.Join(err, db.DB.Close())
		}
		return nil, errors.Join(err, db.giveBack())
	}
	return db, nil
}

func (db *DB) open(o Options) error {
	if db.fs = o.FS; db.fs == nil {
		var closer io.Closer
		db.fs, closer = vfs.WithDiskHealthChecks(vfs.Default, slowDiskAfter, nil, db.watcher.listener().DiskSlow)
		db.release = append(db.release, closer.Close)
	}
	lock, err := db.claim()
	if err != nil {
		return err
	}
	cache := o.Cache
	if cache == nil {
		cache = NewCache(DefaultCacheBytes)
		db.release = append(db.release, func() error { cache.Close(); return nil })
	}
	stop := &failStop{FS: db.fs, watch: db.watcher}
	po := &pebble.Options{
		FS:                 stop,
		Lock:               lock,
		Cache:              cache.blocks,
		FileCache:          cache.files,
		FormatMajorVersion: formatMajorVersion,
		Logger:             db.watcher,
		EventListener:      db.watcher.listener(),
	}
	tune(po, db.kind)
	po.EnsureDefaults()
	db.options = po
	if db.DB, err = pebble.Open(db.dir, po); err != nil {
		return fmt.Errorf("couldn't open the %s store in %s: %s%w", db.kind, db.dir, advice(err), err)
	}
	stop.armed.Store(true)
	// Pebble has synced its first files: the store is one.
	if db.creating {
		return writeMarker(db.fs, db.dir, marker{kind: db.kind, format: markerFormat})
	}
	return nil
}

// claim checks the directory, locks it, and marks it if it is new.
func (db *DB) claim() (*pebble.Lock, error) {
	if err := MakeDir(db.fs, db.dir); err != nil {
		return nil, fmt.Errorf("couldn't make %s: %w", db.dir, err)
	}
	if _, err := readMarker(db.fs, db.dir, db.kind); err != nil {
		return nil, err
	}
	lock, err := pebble.LockDirectory(db.dir, db.fs)
	if err != nil {
		return nil, fmt.Errorf("%s is %w: stop the other one first, two nodes never share a directory (%v)", db.dir, ErrInUse, err)
	}
	db.release = append(db.release, lock.Close)
	m, err := readMarker(db.fs, db.dir, db.kind) // again: now nobody changes it
	if err != nil {
		return nil, err
	}
	switch {
	case m == marker{}:
		db.creating = true
		err = writeMarker(db.fs, db.dir, marker{kind: db.kind, format: markerFormat, creating: true})
	case m.creating:
		db.creating = true
		err = beginAgain(db.fs, db.dir)
	}
	return lock, err
}

// Close flushes nothing: what was synced is safe, and the rest is in the log
// that the next Open replays.
func (db *DB) Close() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return nil
	}
	db.closed = true
	err := db.DB.Close()
	return errors.Join(err, db.giveBack())
}

// giveBack releases in reverse: the cache, the lock, the disk's watchdog.
func (db *DB) giveBack() error {
	var errs []error
	for i := len(db.release) - 1; i >= 0; i-- {
		errs = append(errs, db.release[i]())
	}
	db.release = nil
	return errors.Join(errs...)
}

// Kind is what the store holds.
func (db *DB) Kind() Kind { return db.kind }

// Dir is the store's directory on FS.
func (db *DB) Dir() string { return db.dir }

// FS is the disk the store lies on.
func (db *DB) FS() FS { return db.fs }

// Logger names the store in every line.
func (db *DB) Logger() *slog.Logger { return db.log }

// TableOptions are for SSTs to be ingested into the store's lowest level.
func (db *DB) TableOptions() sstable.WriterOptions {
	return db.options.MakeWriterOptions(len(db.options.Levels)-1, db.TableFormat())
}

// TableIter reads one SST that is not part of the store yet, and closes it
// with the iterator or on an error.
func (db *DB) TableIter(table sstable.ReadableFile, o *pebble.IterOptions) (*pebble.Iterator, error) {
	return pebble.NewExternalIter(db.options, o, [][]sstable.ReadableFile{{table}})
}
