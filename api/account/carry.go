package account

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

// putAway is the name of a log that another one was begun after (BeginLog).
var putAway = regexp.MustCompile(`^acts\.log\.[0-9]{8}T[0-9]{6}Z$`)

// FileMax is the most bytes that a file of the store may have which a backup carries; 0
// for what is none. The lock is none.
func FileMax(name string) int64 {
	switch {
	case name == accountsFile, name == triesFile:
		return fileMax
	case name == actsFile, putAway.MatchString(name):
		return actsMax
	}
	return 0
}

// Carry gives the files of the store in a folder as they are at one moment, ascending by
// name, whether or not its node runs; nothing where there are no accounts. Damage is
// carried as it is: Look says so.
func Carry(dir string, give func(name string, size int64, r io.Reader) error) error {
	files, err := pin(dir)
	for _, f := range files {
		defer f.Close()
	}
	if err != nil {
		return fmt.Errorf("couldn't carry the accounts away: %w", err)
	}
	for _, f := range files {
		if err := give(filepath.Base(f.Name()), f.size, io.LimitReader(f, f.size)); err != nil {
			return err
		}
	}
	return nil
}

// pinned is a file that stays as it was: accounts and tries are replaced by others, the
// log only grows.
type pinned struct {
	*os.File
	size int64
}

// pin opens the files while nobody writes.
func pin(dir string) (files []pinned, err error) {
	lock, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR, 0)
	switch {
	case errors.Is(err, os.ErrNotExist): // restored, and nobody has written since; or no accounts at all
	case err != nil:
		return nil, err
	default:
		defer lock.Close() // and with it the lock
		if err := flock(lock); err != nil {
			return nil, err
		}
	}
	list, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, e := range list { // by name
		if FileMax(e.Name()) == 0 {
			continue
		}
		f, err := os.OpenFile(filepath.Join(dir, e.Name()), os.O_RDONLY|syscall.O_NOFOLLOW, 0)
		if err != nil {
			return files, err
		}
		info, err := f.Stat()
		files = append(files, pinned{f, 0})
		if err != nil {
			return files, err
		}
		files[len(files)-1].size = info.Size()
	}
	return files, nil
}

// Held is what lies in a store.
type Held struct {
	Accounts int    `json:"accounts"`
	Acts     uint64 `json:"acts"` // lines of the administrators' log, each following from the one before
}

// Look reads a whole store, without changing it. The error wraps ErrDamaged or ErrUnlogged
// when a file is not what this program wrote.
func Look(dir string) (h Held, err error) {
	s := &Store{dir: dir, acts: acts{path: filepath.Join(dir, actsFile)}}
	all, err := s.read()
	if err != nil {
		return h, err
	}
	if _, err := s.tries(); err != nil {
		return h, err
	}
	for _, one := range all {
		if !strings.HasPrefix(one.Hash, hashHead) {
			return h, fmt.Errorf("%s: the password of %s: %w", accountsFile, one.Name, ErrDamaged)
		}
	}
	if err := s.acts.follow(); err != nil {
		return h, err
	}
	return Held{len(all), uint64(len(s.acts.offsets))}, nil
}
