package engine

import (
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// failStop is the disk as Pebble sees it: the first write that fails ends the
// process, with one line that names the file, before Pebble goes on in one of
// its several ways (return, retry for ever, panic with a lock held). It is
// armed when the store is open; until then errors are Open's to report.
//
// What others write beside the store (tables of a restore, a vault's objects)
// does not pass through it: their failure is theirs to handle.
type failStop struct {
	vfs.FS
	watch *watcher
	armed atomic.Bool
}

func (f *failStop) check(what, name string, err error) error {
	if err != nil && f.armed.Load() {
		f.watch.Fatalf("couldn't %s %s: %s%v", what, name, advice(err), err)
	}
	return err
}

func (f *failStop) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.Create(name, c)
	return f.wrap(file, name, f.check("create", name, err))
}

func (f *failStop) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.ReuseForWrite(oldname, newname, c)
	return f.wrap(file, newname, f.check("reuse", oldname, err))
}

func (f *failStop) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	file, err := f.FS.OpenReadWrite(name, c, opts...)
	return f.wrap(file, name, f.check("open", name, err))
}

func (f *failStop) OpenDir(name string) (vfs.File, error) {
	file, err := f.FS.OpenDir(name)
	return f.wrap(file, name, f.check("open", name, err))
}

func (f *failStop) Rename(oldname, newname string) error {
	return f.check("rename", oldname, f.FS.Rename(oldname, newname))
}

// Unwrap lets Pebble find the disk below.
func (f *failStop) Unwrap() vfs.FS { return f.FS }

func (f *failStop) wrap(file vfs.File, name string, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return &failStopFile{File: file, fs: f, name: name}, nil
}

type failStopFile struct {
	vfs.File
	fs   *failStop
	name string
}

func (f *failStopFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	return n, f.fs.check("write", f.name, err)
}

func (f *failStopFile) WriteAt(p []byte, at int64) (int, error) {
	n, err := f.File.WriteAt(p, at)
	return n, f.fs.check("write", f.name, err)
}

func (f *failStopFile) Sync() error { return f.fs.check("sync", f.name, f.File.Sync()) }

func (f *failStopFile) SyncData() error { return f.fs.check("sync", f.name, f.File.SyncData()) }

func (f *failStopFile) SyncTo(length int64) (bool, error) {
	full, err := f.File.SyncTo(length)
	return full, f.fs.check("sync", f.name, err)
}
