package engine

import (
	"errors"
	"fmt"
	"os"
	"slices"
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

	markerMax = 256 // bytes; the line has under 50
)

// Refusals of a directory. The error's text is one line that says what to do.
var (
	ErrForeign = errors.New("not a Sandi store")
	ErrKind    = errors.New("a store of another kind")
	ErrNewer   = errors.New("written by a newer Sandi")
	ErrInUse   = errors.New("in use by another process")
)

// marker says what a directory is:
//
//	sandi-store kind=raft format=1
//
// with " creating" at the end until Pebble has laid down its first files. A
// power cut in between can leave a store that Pebble refuses to open (its
// manifest's pointer without the manifest); nothing was acknowledged then, and
// the next Open begins again.
type marker struct {
	kind     Kind
	format   int
	creating bool
}

const creating = "creating"

func (m marker) String() string {
	line := fmt.Sprintf("sandi-store kind=%s format=%d", m.kind, m.format)
	if m.creating {
		line += " " + creating
	}
	return line + "\n"
}

func parseMarker(text string) (m marker, ok bool) {
	line, complete := strings.CutSuffix(text, "\n")
	fields := strings.Split(line, " ")
	if !complete || len(fields) < 3 || fields[0] != "sandi-store" {
		return marker{}, false
	}
	kind, okKind := strings.CutPrefix(fields[1], "kind=")
	number, okFormat := strings.CutPrefix(fields[2], "format=")
	format, err := strconv.Atoi(number)
	if !okKind || !okFormat || err != nil || format < 1 {
		return marker{}, false
	}
	m = marker{Kind(kind), format, len(fields) == 4 && fields[3] == creating}
	// A newer format may say more on the line; this one says no more.
	return m, format > markerFormat || m.String() == text
}

// readMarker refuses a directory that does not hold a store of this kind and
// format, nor is empty. It changes nothing; the zero marker means empty.
func readMarker(fs FS, dir string, kind Kind) (marker, error) {
	data, err := ReadFile(fs, fs.PathJoin(dir, markerName), markerMax)
	if errors.Is(err, os.ErrNotExist) {
		return marker{}, checkEmpty(fs, dir)
	}
	if err != nil {
		return marker{}, fmt.Errorf("couldn't read the marker of %s: %w", dir, err)
	}
	m, ok := parseMarker(string(data))
	switch {
	case !ok:
		return m, fmt.Errorf("%s is %w: its file %s is not readable as a marker; restore the directory from a backup or from the other nodes", dir, ErrForeign, markerName)
	case m.format > markerFormat:
		return m, fmt.Errorf("%s was %w (format %d, this program knows %d): start the newer program, or restore an older backup", dir, ErrNewer, m.format, markerFormat)
	case m.kind != kind:
		return m, fmt.Errorf("%s holds %w (%s, wanted %s): check the data directories in the configuration", dir, ErrKind, m.kind, kind)
	}
	return m, nil
}

func writeMarker(fs FS, dir string, m marker) error {
	if err := WriteFile(fs, fs.PathJoin(dir, markerName), []byte(m.String())); err != nil {
		return fmt.Errorf("couldn't write the marker of %s: %w", dir, err)
	}
	return nil
}

// checkEmpty refuses to build a store among someone else's files.
func checkEmpty(fs FS, dir string) error {
	names, err := fs.List(dir)
	if err != nil {
		return fmt.Errorf("couldn't list %s: %w", dir, err)
	}
	for _, name := range names {
		if !isOurs(name) {
			return fmt.Errorf("%s is %w (it holds %q and no marker): name an empty directory", dir, ErrForeign, name)
		}
	}
	return nil
}

func isOurs(name string) bool {
	return name == lockName || name == markerName || name == markerName+tempSuffix
}

// beginAgain removes what an interrupted creation left: files with Pebble's
// names and no others.
func beginAgain(fs FS, dir string) error {
	names, err := fs.List(dir)
	if err != nil {
		return fmt.Errorf("couldn't list %s: %w", dir, err)
	}
	for _, name := range names {
		switch {
		case isOurs(name):
		case isPebbles(name):
			if err := fs.Remove(fs.PathJoin(dir, name)); err != nil {
				return fmt.Errorf("couldn't remove %s of an unfinished store in %s: %w", name, dir, err)
			}
		default:
			return fmt.Errorf("%s is %w (an unfinished one, but it holds %q): name an empty directory", dir, ErrForeign, name)
		}
	}
	return SyncDir(fs, dir)
}

func isPebbles(name string) bool {
	for _, prefix := range []string{"MANIFEST-", "OPTIONS-", "marker.", "temporary."} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	_, suffix, _ := strings.Cut(name, ".")
	return slices.Contains([]string{"log", "sst"}, suffix)
}
