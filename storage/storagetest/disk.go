package storagetest

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"sandi.internal/gateway/storage/engine"
)

// Disk is an in-memory disk. It keeps what was synced apart from what was only
// written, so that Crash can tell what a power cut leaves. Safe for concurrent
// use.
type Disk struct {
	mem *vfs.MemFS
	fs  engine.FS

	mu     sync.Mutex
	fault  Fault
	before func()
	writes int
}

// Op is one access to the disk, as a Fault sees it.
type Op struct {
	Write bool   // changes the disk: create, write, sync, rename, remove, …
	Sync  bool   // makes something durable
	Path  string //
	N     int    // how many writes came before
}

// Fault decides what an access fails with; nil lets it through.
type Fault func(Op) error

// ErrPowerOff is what a disk answers after Cut.
var ErrPowerOff = errors.New("the power is off")

// NewDisk returns an empty disk.
func NewDisk() *Disk { return newDisk(vfs.NewCrashableMem()) }

func newDisk(mem *vfs.MemFS) *Disk {
	d := &Disk{mem: mem}
	d.fs = errorfs.Wrap(mem, errorfs.InjectorFunc(d.access))
	return d
}

// FS is the disk as the stores see it: engine.Options.FS.
func (d *Disk) FS() engine.FS { return d.fs }

// Crash returns what a power cut at this moment leaves: everything synced, and
// each block or directory entry that was not with a chance of unsyncedPercent
// in 100, chosen by seed. This disk goes on as if nothing had happened.
func (d *Disk) Crash(unsyncedPercent int, seed uint64) *Disk {
	return newDisk(d.mem.CrashClone(vfs.CrashCloneCfg{
		UnsyncedDataPercent: unsyncedPercent,
		RNG:                 rand.New(rand.NewPCG(seed, uint64(unsyncedPercent))),
	}))
}

// Cut makes every later access fail: the process behind it is as good as dead.
func (d *Disk) Cut() { d.Break(func(Op) error { return ErrPowerOff }) }

// Break makes accesses fail as f says; nil heals the disk.
func (d *Disk) Break(f Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = f
}

// BeforeWrite calls f before every write, one call at a time; f may Crash the
// disk and must not access it otherwise. nil stops it.
func (d *Disk) BeforeWrite(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.before = f
}

// Writes returns how many writes there have been.
func (d *Disk) Writes() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.writes
}

// SetFree makes the disk say how many bytes are free; it does not enforce it.
func (d *Disk) SetFree(bytes uint64) {
	d.mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: bytes, TotalBytes: 1 << 40, UsedBytes: 1<<40 - bytes})
}

// Flip inverts one bit of a file: byte at (from the end when negative).
func (d *Disk) Flip(path string, at int64) error {
	f, err := d.mem.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if at < 0 {
		at += info.Size()
	}
	if at < 0 || at >= info.Size() {
		return fmt.Errorf("%s has no byte %d", path, at)
	}
	var b [1]byte
	if _, err := f.ReadAt(b[:], at); err != nil {
		return fmt.Errorf("couldn't read byte %d of %s: %w", at, path, err)
	}
	b[0] ^= 1
	if _, err := f.WriteAt(b[:], at); err != nil {
		return err
	}
	return f.Sync()
}

// Files lists the files in a directory and below it, with their paths.
func (d *Disk) Files(dir string) ([]string, error) {
	names, err := d.mem.List(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, name := range names {
		path := d.mem.PathJoin(dir, name)
		info, err := d.mem.Stat(path)
		if errors.Is(err, os.ErrNotExist) {
			continue // removed in the meantime
		}
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		below, err := d.Files(path)
		if err != nil {
			return nil, err
		}
		files = append(files, below...)
	}
	return files, nil
}

func (d *Disk) access(op errorfs.Op) error {
	write := op.Kind.ReadOrWrite() == errorfs.OpIsWrite
	d.mu.Lock()
	defer d.mu.Unlock()
	var err error
	if d.fault != nil {
		err = d.fault(Op{Write: write, Sync: isSync(op.Kind), Path: op.Path, N: d.writes})
	}
	if write {
		d.writes++
		if d.before != nil && err == nil {
			d.before()
		}
	}
	return err
}

func isSync(k errorfs.OpKind) bool {
	return k == errorfs.OpFileSync || k == errorfs.OpFileSyncData || k == errorfs.OpFileSyncTo
}

// Quiet is a logger for stores that are meant to fail.
var Quiet = slog.New(slog.DiscardHandler)
