package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// ErrExists says that a file is there and was not to be overwritten.
var ErrExists = errors.New("the file is there already")

// WriteWhole makes a file of what write writes: under another name beside it
// first, so that nothing half-written ever has the file's name. Without force it
// overwrites nothing; the error then wraps ErrExists.
func WriteWhole(path string, force bool, write func(io.Writer) error) error {
	if err := free(path, force); err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".part-*") // for its owner only
	if err != nil {
		return fmt.Errorf("couldn't write %s: %w", path, err)
	}
	err = errors.Join(write(part), part.Sync(), part.Close())
	if err == nil {
		err = free(path, force) // it may have come meanwhile
	}
	if err == nil {
		err = os.Rename(part.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part.Name()))
	}
	return nil
}

// free reports whether path may be written. Linking would make it sure even
// against two writers in one moment, but the file systems of USB sticks have no
// links.
func free(path string, force bool) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("couldn't write %s: %w", path, err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("couldn't write %s: it is there and no file", path)
	case !force:
		return fmt.Errorf("couldn't write %s: %w", path, ErrExists)
	}
	return nil
}
