package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"sandi.internal/gateway/storage/commitment"
	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/rows"
)

// Carrier is the vault as a backup carries it away: its rows as they were at one
// moment, and the files of the objects among them, all of it as it lies, sealed. It
// belongs to one goroutine.
type Carrier struct {
	v    *Vault
	snap *pebble.Snapshot
}

// Carry pins the vault's rows. Uploads and purges go on beside it.
func (v *Vault) Carry() *Carrier { return &Carrier{v, v.db.NewSnapshot()} }

// Close lets go of what was pinned.
func (c *Carrier) Close() error { return c.snap.Close() }

// carried reports whether rows of a tag go into a backup. What is on its way in or out
// does not, and the counters are made anew; everything else in this store does, also what
// neighbours keep in keys of their own (storage/journal, storage/tables).
func carried(tag byte) bool {
	return tag != tagUsage && tag != tagIntake && tag != tagPending
}

// rightKey reports whether a row may have this key.
func rightKey(key []byte) bool {
	switch key[0] {
	case tagCheck:
		return len(key) == 1
	case tagObject, tagKeeping, tagPurged:
		return len(key) == 1+len(commitment.Commitment{})
	}
	return carried(key[0])
}

// RowsSize is how many bytes WriteRows will write.
func (c *Carrier) RowsSize() (int64, error) { return c.writeRows(io.Discard) }

// WriteRows writes the rows as storage/rows; the same bytes each time.
func (c *Carrier) WriteRows(w io.Writer) error {
	_, err := c.writeRows(w)
	return err
}

func (c *Carrier) writeRows(w io.Writer) (int64, error) {
	out := rows.NewWriter(w)
	err := c.each(nil, func(key, value []byte) error {
		if !carried(key[0]) {
			return nil
		}
		return out.Row(key, value)
	})
	if err == nil {
		err = out.End()
	}
	return out.Written(), err
}

func (c *Carrier) each(o *pebble.IterOptions, fn func(key, value []byte) error) (err error) {
	iter, err := c.snap.NewIter(o)
	if err != nil {
		return fmt.Errorf("couldn't read the vault: %w", err)
	}
	defer func() { err = errors.Join(err, iter.Close()) }()
	for ok := iter.First(); ok; ok = iter.Next() {
		value, err := iter.ValueAndErr()
		if err != nil {
			return fmt.Errorf("couldn't read the vault: %w", err)
		}
		if err := fn(iter.Key(), value); err != nil {
			return err
		}
	}
	return iter.Error()
}

// Files calls fn for the file of every object that has one, ascending by commitment,
// with its bytes at rest. missing are objects whose file is not there: purged since the
// rows were pinned, or lost.
func (c *Carrier) Files(ctx context.Context, fn func(object commitment.Commitment, size int64, r io.Reader) error) (missing []commitment.Commitment, err error) {
	err = c.each(&pebble.IterOptions{LowerBound: []byte{tagObject}, UpperBound: []byte{tagObject + 1}}, func(key, value []byte) error {
		place, id, ok := clearOf(value)
		if err := ctx.Err(); err != nil || !ok || len(key) != 1+len(commitment.Commitment{}) {
			return errors.Join(err, corruptIf(!ok, key))
		}
		if place != placeFile {
			return nil
		}
		object := commitment.Commitment(key[1:])
		f, err := c.v.fs.Open(c.v.path(id))
		if errors.Is(err, os.ErrNotExist) {
			missing = append(missing, object)
			return nil
		}
		if err != nil {
			return fmt.Errorf("couldn't open %s: %w", object, err)
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return fmt.Errorf("couldn't open %s: %w", object, err)
		}
		return fn(object, info.Size(), f)
	})
	return missing, err
}

func corruptIf(broken bool, key []byte) error {
	if !broken {
		return nil
	}
	return fmt.Errorf("%w: the entry %.34x", ErrCorrupt, key)
}

// clearOf reads the part of an entry that is not secret.
func clearOf(entry []byte) (place byte, id objectID, ok bool) {
	if len(entry) < entryClear || entry[0] != entryFormat || entry[2] != placeInline && entry[2] != placeFile {
		return 0, id, false
	}
	return entry[2], objectID(entry[3:entryClear]), true
}

// Bounds of a row in a backup: an entry is an object of at most inlineMax with its
// details; neighbours may have larger rows.
const (
	carryKey   = 4 << 10
	carryValue = 16 << 20
	carryBytes = 4 << 20 // of rows in one batch
)

// Refill fills a new store from what a Carrier gave: Rows, then Take for each file,
// then Drop, then Done. With a key everything is opened and held against its
// commitment on the way. Its store is worth nothing before Done.
type Refill struct {
	v     *Vault
	store bool
	last  commitment.Commitment
	files int64 // that the rows want, less those that came or were dropped

	Objects int64 // rows of objects
	Bytes   int64 // of content that was held against its commitment
}

// NewRefill begins to fill the store in o.DB, which is new. Without o.Key nothing is
// opened. Without store the files are only looked at.
func NewRefill(o Options, store bool) *Refill {
	v := &Vault{db: o.DB, fs: o.DB.FS(), log: o.DB.Logger(), key: o.Key, suite: o.Suite}
	if v.suite == nil {
		v.suite = AES256GCM{}
	}
	return &Refill{v: v, store: store}
}

// Rows takes the rows in. The error wraps ErrKey when the key is another vault's.
func (f *Refill) Rows(r io.Reader) error {
	batch := f.v.db.NewBatch()
	defer func() { _ = batch.Close() }()
	err := rows.Read(r, carryKey, carryValue, func(key, value []byte) error {
		if !rightKey(key) {
			return fmt.Errorf("%w: the row %.34x", ErrCorrupt, key)
		}
		if key[0] == tagObject {
			place, _, ok := clearOf(value)
			if !ok {
				return corruptIf(true, key)
			}
			if f.Objects++; place == placeFile {
				f.files++
			}
		}
		if err := batch.Set(key, value, nil); err != nil || batch.Len() < carryBytes {
			return err
		}
		if err := batch.Commit(pebble.NoSync); err != nil {
			return err
		}
		batch.Reset()
		return nil
	})
	if err == nil {
		err = batch.Commit(pebble.NoSync)
	}
	if err == nil && f.v.key != nil {
		err = f.openRows()
	}
	if err != nil {
		return fmt.Errorf("couldn't take the vault's rows in: %w", err)
	}
	return nil
}

// openRows opens every row with the key: the small objects whole, of the others what
// is said about them.
func (f *Refill) openRows() error {
	if stored, err := f.v.get([]byte{tagCheck}); err != nil || stored == nil && f.Objects > 0 {
		return errors.Join(err, fmt.Errorf("%w: the vault's check of its key is missing", ErrCorrupt))
	} else if stored != nil {
		if err := f.v.checkKey(); err != nil {
			return err
		}
	}
	return f.v.each(context.Background(), func(c commitment.Commitment) error {
		e, err := f.v.find(context.Background(), c)
		if err != nil {
			return err
		}
		if _, err := f.v.keeping(c); err != nil || e.place == placeFile {
			return err
		}
		return f.open(c, e, bytes.NewReader(e.inline), int64(len(e.inline)))
	})
}

// open reads an object at rest from its beginning to its end and holds it against its
// commitment.
func (f *Refill) open(c commitment.Commitment, e *entry, in io.Reader, size int64) error {
	r := &reader{ctx: context.Background(), commitment: c, salt: commitment.Salt(e.details.Salt), hash: commitment.NewHasher(), buf: Buffer()}
	r.object = opener{aead: e.aead, header: header(e.suite, e.id), size: e.details.Size, in: &forward{r: in}}
	if err := r.object.begin(size); err != nil {
		return fmt.Errorf("couldn't open %s: %w", c, err)
	}
	n, err := io.Copy(io.Discard, r)
	f.Bytes += n
	return err
}

// forward is an io.ReaderAt of what comes once, in order.
type forward struct {
	r  io.Reader
	at int64
}

// ReadAt implements io.ReaderAt.
func (f *forward) ReadAt(p []byte, at int64) (int, error) {
	if at != f.at {
		return 0, errors.New("couldn't read out of order")
	}
	n, err := io.ReadFull(f.r, p)
	f.at += int64(n)
	return n, err
}

// Take takes an object's file in. Files come ascending by commitment.
func (f *Refill) Take(c commitment.Commitment, size int64, r io.Reader) error {
	if bytes.Compare(c[:], f.last[:]) <= 0 {
		return fmt.Errorf("%w: the file of %s is out of order", ErrCorrupt, c)
	}
	f.last = c
	stored, err := f.v.get(objectKey(c))
	if err != nil {
		return err
	}
	place, id, ok := clearOf(stored)
	if !ok || place != placeFile {
		return fmt.Errorf("%w: a file of %s, which no row names", ErrCorrupt, c)
	}
	f.files--
	if f.store {
		return f.keep(c, id, size, r)
	}
	return f.look(c, stored, size, r)
}

// look opens a file that is not kept.
func (f *Refill) look(c commitment.Commitment, stored []byte, size int64, r io.Reader) error {
	if f.v.key == nil {
		_, err := io.Copy(io.Discard, r)
		return err
	}
	e, err := f.v.decodeEntry(stored, c)
	if err != nil {
		return err
	}
	return f.open(c, e, r, size)
}

// keep writes a file, and opens it on the way if there is a key.
func (f *Refill) keep(c commitment.Commitment, id objectID, size int64, r io.Reader) error {
	path := f.v.path(id)
	if _, err := f.v.fs.Stat(path); err == nil {
		return fmt.Errorf("%w: %s shares its file with another object", ErrCorrupt, c)
	}
	if err := engine.MakeDir(f.v.fs, f.v.fs.PathDir(path)); err != nil {
		return fmt.Errorf("couldn't make a folder for objects: %w", err)
	}
	out, err := f.v.fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("couldn't write the file of %s: %w", c, err)
	}
	stored, err := f.v.get(objectKey(c))
	if err == nil {
		err = f.look(c, stored, size, io.TeeReader(r, cloning{out}))
	}
	if err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close(), engine.SyncDir(f.v.fs, f.v.fs.PathDir(path)))
}

// cloning writes copies: a vfs.File may change what it is given, and the bytes are
// still to be read.
type cloning struct{ io.Writer }

func (w cloning) Write(p []byte) (int, error) { return w.Writer.Write(bytes.Clone(p)) }

// Drop forgets an object whose file the backup could not have.
func (f *Refill) Drop(c commitment.Commitment) error {
	stored, err := f.v.get(objectKey(c))
	if err != nil {
		return err
	}
	if place, _, ok := clearOf(stored); !ok || place != placeFile {
		return fmt.Errorf("%w: %s is missing, and no row wants its file", ErrCorrupt, c)
	}
	f.files--
	f.Objects--
	return errors.Join(f.v.db.Delete(objectKey(c), pebble.NoSync), f.v.db.Delete(saidKey(tagKeeping, c), pebble.NoSync))
}

// Done ends the filling: everything that the rows want is there, and on disk.
func (f *Refill) Done() error {
	if f.files != 0 {
		return fmt.Errorf("%w: the files of %d objects are missing", ErrCorrupt, f.files)
	}
	if err := f.v.db.LogData(nil, pebble.Sync); err != nil {
		return fmt.Errorf("couldn't sync the vault: %w", err)
	}
	return nil
}
