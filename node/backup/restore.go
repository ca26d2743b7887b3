package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/witness"
	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/raftlog"
)

// Verify reads a whole backup and says what it holds. It needs room for the ledger in
// a temporary folder below temp ("": the system's), which it removes. An error about the
// content wraps ErrBad.
func Verify(ctx context.Context, temp string, o Options) (report *Report, err error) {
	dir, err := os.MkdirTemp(temp, "sandi-verify-backup-")
	if err != nil {
		return nil, fmt.Errorf("couldn't make a temporary folder: %w; name one with --temp", err)
	}
	t := &taker{Options: o, ctx: ctx, dir: dir}
	defer func() { err = errors.Join(err, t.stores.close(), os.RemoveAll(dir)) }()
	if err := t.stores.open(dir, o.Logger, engine.Ledger, engine.Vault); err != nil {
		return nil, err
	}
	err = t.run()
	return t.report, err
}

// configName is written last: without it a folder doesn't start.
const configName = "sandi.yaml"

// restoring marks a folder in the making.
const restoring = ".restoring-"

// ErrOccupied refuses a folder that is not empty.
var ErrOccupied = errors.New("the folder is not empty; restore into an empty or absent one")

// Restore proves a backup and makes the node's folder of it, all or nothing: it is put
// together beside dir and renamed at the end. The node in it starts on probation.
func Restore(ctx context.Context, dir string, o Options) (_ *Report, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, fmt.Errorf("couldn't find %s: %w", dir, err)
	}
	if err := empty(dir); err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp(filepath.Dir(dir), filepath.Base(dir)+restoring)
	if err != nil {
		return nil, fmt.Errorf("couldn't make a folder beside %s: %w", dir, err)
	}
	t := &taker{Options: o, ctx: ctx, dir: filepath.Join(work, DataFolder), keep: true}
	defer func() {
		if err = errors.Join(err, t.stores.close()); err != nil {
			err = errors.Join(err, os.RemoveAll(work))
		}
	}()
	if err := t.stores.open(t.dir, o.Logger, engine.Ledger, engine.Raft, engine.Vault); err != nil {
		return nil, err
	}
	if err := t.run(); err != nil {
		return t.report, err
	}
	if err := t.settle(work); err != nil {
		return t.report, err
	}
	if err := inPlace(work, dir); err != nil {
		return t.report, fmt.Errorf("couldn't put the folder in its place: %w", err)
	}
	return t.report, nil
}

// inPlace gives a finished folder its name. Renaming replaces an empty folder and no
// other (rename(2)), so what came there meanwhile is safe.
func inPlace(work, dir string) error {
	for _, path := range []string{filepath.Join(work, DataFolder), work} {
		if err := syncFolder(path); err != nil {
			return err
		}
	}
	if err := os.Rename(work, dir); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(dir))
}

// empty reports whether a folder may be restored into.
func empty(dir string) error {
	list, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("couldn't look into %s: %w", dir, err)
	case len(list) > 0:
		return fmt.Errorf("%s: %w", dir, ErrOccupied)
	}
	return nil
}

// writeSynced writes a file that is on disk when it returns, for its owner only.
func writeSynced(path string, in io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("couldn't make a folder: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("couldn't write a file: %w", err)
	}
	_, err = io.Copy(f, in)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("couldn't write %s: %w", path, err)
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes the names in a folder durable.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// settle makes a node's folder of what was taken in.
func (t *taker) settle(work string) error {
	log, err := raftlog.Open(t.stores.raft)
	if err != nil {
		return err
	}
	h := &t.report.Head
	if err := replica.Refound(log, t.genesis.Network(), h.Node, t.stores.state.Meta()); err != nil {
		return err
	}
	if err := witness.Restored(t.stores.state.Local(), "the folder was restored from a backup of "+h.Created); err != nil {
		return err
	}
	if err := errors.Join(t.stores.state.Sync(), t.stores.close()); err != nil {
		return fmt.Errorf("couldn't finish the stores: %w", err)
	}
	t.files["genesis.json"] = t.founded
	names := make([]string, 0, len(t.files))
	for name := range t.files {
		if name != configName {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if _, ok := t.files[configName]; ok {
		names = append(names, configName)
	}
	for _, name := range names {
		if err := writeSynced(filepath.Join(work, filepath.FromSlash(name)), bytes.NewReader(t.files[name])); err != nil {
			return err
		}
	}
	return nil
}
