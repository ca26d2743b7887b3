package engine

import (
	"bytes"
	"fmt"
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// FS is the disk. Everything under storage reads and writes through it, so
// that a test can cut the power, fill the disk or flip a bit in one place.
type FS = vfs.FS

// MakeDir creates dir and every missing parent, and makes their entries
// durable: a crash must not lose a directory whose files were synced.
func MakeDir(fs FS, dir string) error {
	var missing []string
	for d := dir; ; d = fs.PathDir(d) {
		if _, err := fs.Stat(d); err == nil {
			break
		}
		missing = append(missing, d)
		if fs.PathDir(d) == d {
			break
		}
	}
	if err := fs.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for i := len(missing) - 1; i >= 0; i-- {
		if err := SyncDir(fs, fs.PathDir(missing[i])); err != nil {
			return err
		}
	}
	return nil
}

// SyncDir makes the entries of a directory durable.
func SyncDir(fs FS, dir string) error {
	d, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	if err := d.Sync(); err != nil {
		d.Close()
		return err
	}
	return d.Close()
}

// WriteFile writes a small file so that after a crash it is there in full or
// not at all.
func WriteFile(fs FS, path string, data []byte) error {
	temp := path + tempSuffix
	f, err := fs.Create(temp, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	if _, err = f.Write(bytes.Clone(data)); err == nil { // Write may change what it is given
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	if err := fs.Rename(temp, path); err != nil {
		return err
	}
	return SyncDir(fs, fs.PathDir(path))
}

// ReadFile reads a small file; more than max bytes is an error.
func ReadFile(fs FS, path string, max int64) ([]byte, error) {
	f, err := fs.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, max+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > max {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, max)
	}
	return data, nil
}
