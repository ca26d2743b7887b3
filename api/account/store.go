package account

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	accountsFile = "accounts.json"
	triesFile    = "tries.json"
	lockFile     = "lock"
	fileMax      = 8 << 20
)

// ErrDamaged: a file of the store is not what this program wrote.
var ErrDamaged = errors.New("the store of accounts is damaged; put back a copy of its folder, or move the file away and make the accounts again")

// Store is the accounts of a node. Its methods may be called from any goroutine, and
// from several processes.
type Store struct {
	dir    string
	clock  func() time.Time // real time
	orgs   func(code string) bool
	hasher *hasher

	book atomic.Pointer[book] // never changed, replaced: requests look at it while others write

	mu        sync.Mutex // one writer at a time in this process; owns the two below
	acts      acts
	strangers strangers
}

// book is accounts.json as it was last read or written.
type book struct {
	accounts map[string]*stored
	seen     os.FileInfo // nil: there was no file
}

// Open opens the accounts in a folder, which is made when the first is. orgs says
// whether an organisation is one of this region's.
func Open(dir string, orgs func(code string) bool, clock func() time.Time) (*Store, error) {
	s := &Store{dir: dir, clock: clock, orgs: orgs, hasher: newHasher(), acts: acts{path: filepath.Join(dir, actsFile)}}
	_, err := s.read()
	return s, err
}

// read gives the accounts, from the file when it is another one than last time.
func (s *Store) read() (map[string]*stored, error) {
	info, err := os.Stat(filepath.Join(s.dir, accountsFile))
	if errors.Is(err, os.ErrNotExist) {
		s.book.Store(&book{accounts: map[string]*stored{}})
		return s.book.Load().accounts, nil
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't read the accounts: %w", err)
	}
	if b := s.book.Load(); b != nil && b.seen != nil && os.SameFile(info, b.seen) && info.ModTime().Equal(b.seen.ModTime()) && info.Size() == b.seen.Size() {
		return b.accounts, nil
	}
	var file struct {
		Accounts []*stored `json:"accounts"`
	}
	if err := load(filepath.Join(s.dir, accountsFile), &file); err != nil {
		return nil, err
	}
	all := map[string]*stored{}
	for _, one := range file.Accounts {
		if one == nil || Canonical(one.Name) != one.Name || all[one.Name] != nil {
			return nil, fmt.Errorf("%s: %w", accountsFile, ErrDamaged)
		}
		if one.Roles, err = checked(one.Roles); err != nil {
			return nil, fmt.Errorf("%s: %s: %w: %w", accountsFile, one.Name, err, ErrDamaged)
		}
		all[one.Name] = one
	}
	// The file may have been replaced between the two: then it is read again next time.
	s.book.Store(&book{accounts: all, seen: info})
	return all, nil
}

// locked runs f on the accounts while nobody else writes the store.
func (s *Store) locked(f func(accounts map[string]*stored) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("couldn't make the folder of accounts: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(s.dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("couldn't lock the accounts: %w", err)
	}
	defer lock.Close() // and with it the lock
	if err := errors.Join(owned(lock), flock(lock)); err != nil {
		return fmt.Errorf("couldn't lock the accounts: %w", err)
	}
	accounts, err := s.read()
	if err != nil {
		return err
	}
	return f(accounts)
}

func flock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// change writes an act down and then what it did to one account. The lock is held. An
// account that could not be stored afterwards gets a line that says so.
func (s *Store) change(one *stored, act Act) error {
	act.At, act.Account = s.now(), one.Name
	if err := s.acts.append(act); err != nil {
		return err
	}
	next := maps.Clone(s.book.Load().accounts)
	next[one.Name] = one
	if err := s.save(next); err != nil {
		return errors.Join(err, s.acts.append(Act{At: s.now(), Act: ActNotStored, By: act.By, Role: act.Role, From: act.From, Account: one.Name}))
	}
	return nil
}

func (s *Store) save(accounts map[string]*stored) error {
	file := struct {
		Accounts []*stored `json:"accounts"`
	}{slices.SortedFunc(maps.Values(accounts), func(a, b *stored) int { return a.Made.Compare(b.Made) })}
	path := filepath.Join(s.dir, accountsFile)
	if err := save(path, file); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err == nil {
		s.book.Store(&book{accounts: accounts, seen: info})
	}
	return err
}

func (s *Store) now() time.Time { return s.clock().UTC().Truncate(time.Millisecond) }

func (s *Store) tries() (*tries, error) {
	t := &tries{}
	if err := load(filepath.Join(s.dir, triesFile), t); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if t.Names == nil {
		t.Names = map[string]try{}
	}
	if t.Hosts == nil {
		t.Hosts = map[string]try{}
	}
	return t, nil
}

func (s *Store) saveTries(t *tries) error { return save(filepath.Join(s.dir, triesFile), t) }

func load(path string, into any) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("couldn't read the accounts: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, fileMax+1))
	if err != nil {
		return fmt.Errorf("couldn't read the accounts: %w", err)
	}
	if len(data) > fileMax || json.Unmarshal(data, into) != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), ErrDamaged)
	}
	return nil
}

// save writes a file whole, on disk when it returns.
func save(path string, v any) error {
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(path), ".part-*") // for its owner only
	if err != nil {
		return fmt.Errorf("couldn't write the accounts: %w", err)
	}
	_, err = part.Write(data)
	err = errors.Join(err, owned(part), part.Sync(), part.Close())
	if err == nil {
		err = os.Rename(part.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("couldn't write the accounts: %w", errors.Join(err, os.Remove(part.Name())))
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// owned gives a file that root has made to whom the node's data belongs: the folder
// above the store is the node's.
func owned(f *os.File) error {
	if os.Geteuid() != 0 {
		return nil
	}
	dir := filepath.Dir(f.Name())
	info, err := os.Stat(filepath.Dir(dir))
	if err != nil {
		return err
	}
	sys, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	return errors.Join(os.Chown(dir, int(sys.Uid), int(sys.Gid)), f.Chown(int(sys.Uid), int(sys.Gid)))
}
