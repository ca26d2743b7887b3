package engine

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

const (
	markerName = "SANDI" // one line of text that says what the directory is
	tempSuffix = ".tmp"
	lockName   = "LOCK" // Pebble's name for its lock file

	// markerFormat counts layouts of a store's keys and files. A program opens
	// its own format only; reading an older one is a migration to be written.
	markerFormat = 1

	markerMax = 256 // bytes; the line has under 40
)

// Refusals of a directory. The error's text is one line that says what to do.
var (
	ErrForeign = errors.New("not a Sandi store")
	ErrKind    = errors.New("a store of another kind")
	ErrNewer   = errors.New("written by a newer Sandi")
	ErrInUse   = errors.New("in use by another process")
)

// checkMarker refuses a directory that does not hold a store of this kind and
// format. It reports whether a marker is there at all and changes nothing.
func checkMarker(fs FS, dir string, kind Kind) (present bool, err error) {
	data, err := ReadFile(fs, fs.PathJoin(dir, markerName), markerMax)
	if errors.Is(err, os.ErrNotExist) {
		return false, checkEmpty(fs, dir)
	}
	if err != nil {
		return false, fmt.Errorf("couldn't read the marker of %s: %w", dir, err)
	}
	gotKind, format, ok := parseMarker(string(data))
	switch {
	case !ok:
		return true, fmt.Errorf("%s is %w: its file %s is not readable as a marker; restore the directory from a backup or from the other nodes", dir, ErrForeign, markerName)
	case format > markerFormat:
		return true, fmt.Errorf("%s was %w (format %d, this program knows %d): start the newer program, or restore an older backup", dir, ErrNewer, format, markerFormat)
	case gotKind != kind:
		return true, fmt.Errorf("%s holds %w (%s, wanted %s): check the data directories in the configuration", dir, ErrKind, gotKind, kind)
	case format < markerFormat:
		return true, fmt.Errorf("%s has format %d and this program reads %d: migrate it with the release in between", dir, format, markerFormat)
	}
	return true, nil
}

// checkEmpty refuses to build a store among someone else's files.
func checkEmpty(fs FS, dir string) error {
	names, err := fs.List(dir)
	if err != nil {
		return fmt.Errorf("couldn't list %s: %w", dir, err)
	}
	for _, name := range names {
		if name != lockName && name != markerName+tempSuffix {
			return fmt.Errorf("%s is %w (it holds %q and no marker): name an empty directory", dir, ErrForeign, name)
		}
	}
	return nil
}

func writeMarker(fs FS, dir string, kind Kind) error {
	line := fmt.Sprintf("sandi-store kind=%s format=%d\n", kind, markerFormat)
	if err := WriteFile(fs, fs.PathJoin(dir, markerName), []byte(line)); err != nil {
		return fmt.Errorf("couldn't write the marker of %s: %w", dir, err)
	}
	return nil
}

func parseMarker(line string) (kind Kind, format int, ok bool) {
	fields := strings.Split(strings.TrimSuffix(line, "\n"), " ")
	if len(fields) < 3 || fields[0] != "sandi-store" {
		return "", 0, false
	}
	name, okKind := strings.CutPrefix(fields[1], "kind=")
	number, okFormat := strings.CutPrefix(fields[2], "format=")
	format, err := strconv.Atoi(number)
	if !okKind || !okFormat || err != nil || format < 1 {
		return "", 0, false
	}
	// A newer format may say more on the line; this one says no more.
	return Kind(name), format, format > markerFormat || len(fields) == 3
}
