package account

import (
	"cmp"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// State is an account as the security administrator sees it.
type State struct {
	Account
	Wrong       int           `json:"wrong"` // tries in vain since the last sign-in
	Locked      time.Duration `json:"-"`     // how long it has to wait
	LockedUntil *time.Time    `json:"locked,omitempty"`
}

// New is what an account is made of.
type New struct {
	Name    string   `json:"name"`
	Person  string   `json:"person"` // empty: the name
	Display string   `json:"display"`
	Org     string   `json:"org"`
	Roles   []string `json:"roles"`
}

// Count is how many accounts let somebody in, or did once the store was opened.
func (s *Store) Count() (enabled int, err error) {
	list, err := s.List()
	for _, one := range list {
		if !one.Disabled {
			enabled++
		}
	}
	return enabled, err
}

// List is all accounts, by name. It writes nothing.
func (s *Store) List() ([]State, error) {
	accounts, err := s.read()
	if err != nil {
		return nil, err
	}
	t, err := s.tries()
	if err != nil {
		return nil, err
	}
	now := s.now()
	list := []State{}
	for _, one := range slices.SortedFunc(maps.Values(accounts), func(a, b *stored) int { return cmp.Compare(a.Name, b.Name) }) {
		state := State{Account: one.Account, Wrong: t.Names[one.Name].N, Locked: max(0, nameRule.wait(t.Names[one.Name], now))}
		if state.Locked > 0 {
			until := now.Add(state.Locked)
			state.LockedUntil = &until
		}
		list = append(list, state)
	}
	return list, nil
}

// Stands reports whether a session of an account goes on: nothing that ends sessions
// has happened to it since its epoch.
func (s *Store) Stands(name string, epoch uint64) bool {
	accounts, err := s.read()
	if err != nil {
		return false
	}
	one := accounts[name]
	return one != nil && !one.Disabled && one.Epoch == epoch
}

// Conflict reports whether a person who comes in by another way with some roles has an
// account whose role excludes them.
func (s *Store) Conflict(person string, roles []string) bool {
	accounts, err := s.read()
	if err != nil {
		return true
	}
	for _, one := range accounts {
		if one.Person == person && !one.Disabled && administers(one.Roles) != administers(roles) {
			return true
		}
	}
	return false
}

// Add makes an account and gives its initial password, which is shown once.
func (s *Store) Add(by Actor, in New) (Account, string, error) {
	one := &stored{Account: Account{Name: Canonical(in.Name), Person: cmp.Or(in.Person, Canonical(in.Name)), Display: in.Display, Org: in.Org, Change: true}}
	var err error
	if one.Roles, err = checked(in.Roles); err != nil {
		return Account{}, "", err
	}
	switch {
	case one.Name == "" || one.Name != in.Name:
		return Account{}, "", ErrName
	case !personForm.MatchString(one.Person):
		return Account{}, "", ErrPersonID
	case !shown(one.Display):
		return Account{}, "", ErrDisplay
	case !s.orgs(one.Org):
		return Account{}, "", ErrOrg
	}
	password := initial()
	one.Hash = hashOf(password)
	err = s.locked(func(accounts map[string]*stored) error {
		switch {
		case accounts[one.Name] != nil:
			return ErrTaken
		case holds(accounts, one.Person, one.Name):
			return ErrPerson
		case len(accounts) >= Max:
			return ErrFull
		}
		one.Made = s.now()
		one.Until = one.Made.Add(InitialLife)
		return s.change(one, by.act(ActMade, one.Person+" "+one.Org+" "+strings.Join(one.Roles, " ")))
	})
	return one.Account, password, err
}

// holds reports whether a person holds an account that is not disabled, besides one.
func holds(accounts map[string]*stored, person, except string) bool {
	for name, one := range accounts {
		if name != except && one.Person == person && !one.Disabled {
			return true
		}
	}
	return false
}

func (a Actor) act(what, detail string) Act {
	return Act{Act: what, By: a.Person, Role: a.Role, From: a.From, Detail: detail}
}

// alter changes one account; f gives what the log says of it.
func (s *Store) alter(by Actor, name, what string, f func(a *stored, accounts map[string]*stored) (detail string, err error)) (Account, error) {
	var out Account
	err := s.locked(func(accounts map[string]*stored) error {
		one := accounts[Canonical(name)]
		if one == nil {
			return ErrNone
		}
		next := *one
		detail, err := f(&next, accounts)
		if err != nil {
			return err
		}
		out = next.Account
		return s.change(&next, by.act(what, detail))
	})
	return out, err
}

// Disable ends an account and its sessions.
func (s *Store) Disable(by Actor, name string) (Account, error) {
	return s.alter(by, name, ActDisabled, func(a *stored, _ map[string]*stored) (string, error) {
		a.Disabled = true
		a.Epoch++
		return "", nil
	})
}

// Enable lets a disabled account in again, with a new initial password.
func (s *Store) Enable(by Actor, name string) (Account, string, error) {
	return s.renew(by, name, ActEnabled, func(a *stored, accounts map[string]*stored) error {
		if holds(accounts, a.Person, a.Name) {
			return ErrPerson
		}
		a.Disabled = false
		return nil
	})
}

// Reset gives an account a new initial password and ends its sessions.
func (s *Store) Reset(by Actor, name string) (Account, string, error) {
	return s.renew(by, name, ActReset, func(*stored, map[string]*stored) error { return nil })
}

func (s *Store) renew(by Actor, name, what string, f func(a *stored, accounts map[string]*stored) error) (Account, string, error) {
	password := initial()
	hash := hashOf(password)
	out, err := s.alter(by, name, what, func(a *stored, accounts map[string]*stored) (string, error) {
		a.Hash, a.Change, a.Until = hash, true, s.now().Add(InitialLife)
		a.Epoch++
		return "", f(a, accounts)
	})
	return out, password, err
}

// SetRoles gives an office-holder other offices. Sessions end: they carry the old ones.
func (s *Store) SetRoles(by Actor, name string, roles []string) (Account, error) {
	list, err := checked(roles)
	if err != nil {
		return Account{}, err
	}
	return s.alter(by, name, ActRoles, func(a *stored, _ map[string]*stored) (string, error) {
		if administers(a.Roles) != administers(list) {
			return "", ErrKeeps
		}
		detail := strings.Join(a.Roles, " ") + " -> " + strings.Join(list, " ")
		a.Roles = list
		a.Epoch++
		return detail, nil
	})
}

// Unlock lifts an account's waits. Those of addresses run out by themselves.
func (s *Store) Unlock(by Actor, name string) (Account, error) {
	var out Account
	err := s.locked(func(accounts map[string]*stored) error {
		one := accounts[Canonical(name)]
		if one == nil {
			return ErrNone
		}
		out = one.Account
		t, err := s.tries()
		if err != nil {
			return err
		}
		act := by.act(ActUnlocked, strconv.Itoa(t.Names[one.Name].N))
		act.At, act.Account = s.now(), one.Name
		if err := s.acts.append(act); err != nil {
			return err
		}
		delete(t.Names, one.Name)
		return s.saveTries(t)
	})
	return out, err
}

// EndSessions ends an account's sessions and nothing else.
func (s *Store) EndSessions(by Actor, name string) (Account, error) {
	return s.alter(by, name, ActEnded, func(a *stored, _ map[string]*stored) (string, error) {
		a.Epoch++
		return "", nil
	})
}

// detailMax bounds what a line tells beyond its fixed parts, bytes of ASCII.
const detailMax = 1 << 10

// Note writes down what happened elsewhere: people who come in by other ways, what
// operators do. The error is ErrUnlogged or the store's own trouble.
func (s *Store) Note(by Actor, what, account, detail string) error {
	return s.locked(func(_ map[string]*stored) error {
		one := by.act(what, detail[:min(len(detail), detailMax)])
		one.At, one.Account = s.now(), account
		return s.acts.append(one)
	})
}

// Page is a part of the log, the latest first.
type Page struct {
	Acts []Act  `json:"acts"`
	Next uint64 `json:"next,omitempty"` // ask with before; 0: there are no earlier ones
	Size uint64 `json:"size"`           // lines in all
	Last string `json:"last"`           // digest of the last line: over it, over all
}

// pageMax bounds a page.
const pageMax = 200

// Acts gives the log below a number (0: from its end), filtered by what was done and
// by whom it was done or whom it was about; empty means any.
func (s *Store) Acts(before uint64, limit int, what, who string) (Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.acts.follow(); err != nil {
		return Page{}, err
	}
	list, next, err := s.acts.read(before, min(max(limit, 1), pageMax), func(a *Act) bool {
		return (what == "" || a.Act == what) && (who == "" || a.By == who || a.Account == who)
	})
	return Page{Acts: list, Next: next, Size: uint64(len(s.acts.offsets)), Last: s.acts.last}, err
}

// BeginLog puts the log away as it is and begins another, whose first line says why.
// It is for a log that takes nothing any more; one that does is not put away.
func (s *Store) BeginLog(by Actor, reason string) (kept string, err error) {
	err = s.locked(func(_ map[string]*stored) error {
		if s.acts.follow() == nil && s.acts.size < actsMax/2 {
			return errors.New("the administrators' log takes entries; none may begin beside it")
		}
		path := filepath.Join(s.dir, actsFile)
		kept = path + "." + s.now().Format("20060102T150405Z")
		if err := os.Rename(path, kept); err != nil {
			return err
		}
		s.acts = acts{path: path}
		first := by.act(ActLogBegun, reason+"; before: "+filepath.Base(kept))
		first.At = s.now()
		return s.acts.append(first)
	})
	return kept, err
}
