package account

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// ErrRefused is the one answer to every name and password that do not let in.
var ErrRefused = errors.New("the name or the password is wrong, or the account does not let in")

// Wait is the answer to a try before its time, whatever was tried.
type Wait struct{ For time.Duration }

// Error implements error.
func (w *Wait) Error() string { return "wrong too often; wait " + w.For.Round(time.Second).String() }

// Entrance is a sign-in that succeeded.
type Entrance struct {
	Account
	Before *SignedIn // the sign-in before this one; nil: none
	Wrong  int       // tries in vain since
}

// SignIn lets somebody in. from is the address. The error is ErrRefused, a *Wait,
// ErrBusy, ErrUnlogged, or the store's own trouble.
func (s *Store) SignIn(ctx context.Context, typed, password, from string) (Entrance, error) {
	name, host := Canonical(typed), hostOf(from)
	wrong, err := s.prove(ctx, name, password, host)
	if err != nil {
		return Entrance{}, s.refused(err, name, from)
	}
	var in Entrance
	err = s.locked(func(accounts map[string]*stored) error {
		one := accounts[name]
		if one == nil || !one.letsIn(s.now()) { // it may have ended meanwhile
			return ErrRefused
		}
		next := *one
		in.Before, in.Wrong = one.Last, wrong
		next.Last = &SignedIn{At: s.now(), From: from}
		in.Account = next.Account
		return s.change(&next, Act{Act: ActSignedIn, By: one.Person, Role: roleOf(one.Roles), From: from})
	})
	return in, err
}

// letsIn: an account that is not disabled, whose initial password has not run out.
func (a *stored) letsIn(now time.Time) bool {
	return !a.Disabled && (!a.Change || now.Before(a.Until))
}

// roleOf is what a line of the log says of somebody: the administrator's role, or the
// first office.
func roleOf(roles []string) string {
	if role := administers(roles); role != "" || len(roles) == 0 {
		return role
	}
	return roles[0]
}

// prove holds a password against an account's. The try is counted as wrong on disk
// before, and taken back after: tries at a time all count. It gives how many were
// wrong before this one.
func (s *Store) prove(ctx context.Context, name, password, host string) (wrong int, err error) {
	leave, err := s.hasher.enter(ctx)
	if err != nil {
		return 0, err
	}
	defer leave()
	hash := s.hasher.dummy
	var counted try
	err = s.locked(func(accounts map[string]*stored) error {
		t, err := s.tries()
		if err != nil {
			return err
		}
		now := s.now()
		if d := t.wait(name, host, now); d > 0 {
			return &Wait{For: d}
		}
		wrong = t.Names[name].N
		counted = t.count(name, host, now)
		if one := accounts[name]; one != nil {
			hash = one.Hash
		}
		return s.saveTries(t)
	})
	if err != nil {
		return 0, err
	}
	ok, err := matches(hash, password)
	if err != nil {
		return 0, err
	}
	if !ok {
		return 0, ErrRefused
	}
	return wrong, s.locked(func(accounts map[string]*stored) error {
		one := accounts[name]
		if one == nil || one.Hash != hash || !one.letsIn(s.now()) {
			return ErrRefused // right or not, this try stays counted: there is one answer
		}
		t, err := s.tries()
		if err != nil {
			return err
		}
		t.good(name, host, counted)
		return s.saveTries(t)
	})
}

// strangersMost is how many refusals a minute of names that are no account's are written
// down; further ones are counted in the next line. Somebody with many addresses would
// otherwise fill the log, and a full log stops every administrator.
const strangersMost = 10

// strangers counts refusals of names that are no account's. The store's lock guards it.
type strangers struct {
	minute  time.Time
	written int
	more    uint64 // since the last line
}

// admit reports whether a refusal is written down, and how many were not before it.
func (c *strangers) admit(now time.Time) (more uint64, ok bool) {
	if d := now.Sub(c.minute); d >= time.Minute || d < 0 {
		c.minute, c.written = now, 0
	}
	if c.written == strangersMost {
		c.more++
		return 0, false
	}
	c.written++
	more, c.more = c.more, 0
	return more, true
}

// refused writes a refusal down. Of what was typed only the name of an account gets
// into the log: people type passwords into the wrong field. Waits are not written
// down, the wrong try that brought them was.
func (s *Store) refused(cause error, name, from string) error {
	if !errors.Is(cause, ErrRefused) {
		return cause
	}
	return errors.Join(cause, s.locked(func(accounts map[string]*stored) error {
		act := Act{At: s.now(), Act: ActRefused, From: from}
		t, err := s.tries()
		if err != nil {
			return err
		}
		if accounts[name] != nil {
			act.Account, act.Detail = name, strconv.Itoa(t.Names[name].N)
			if d := t.wait(name, "", s.now()); d > 0 {
				act.Act, act.Detail = ActLocked, fmt.Sprintf("%d, %s", t.Names[name].N, d.Round(time.Second))
			}
		} else if more, ok := s.strangers.admit(act.At); !ok {
			return nil
		} else if more > 0 {
			act.Detail = fmt.Sprintf("+%d", more)
		}
		return s.acts.append(act)
	}))
}

// ChangePassword takes another password from its own person, who proves the old one.
// All sessions of the account end. Besides the errors of SignIn it gives those of
// acceptable.
func (s *Store) ChangePassword(ctx context.Context, name, old, fresh, from string) (Account, error) {
	if _, err := s.prove(ctx, name, old, hostOf(from)); err != nil {
		return Account{}, s.refused(err, name, from)
	}
	var out Account
	accounts, err := s.read()
	if err != nil {
		return out, err
	}
	one := accounts[name]
	if one == nil {
		return out, ErrRefused
	}
	if old == fresh {
		return out, ErrSame
	}
	if err := acceptable(fresh, one.Name, one.Person, one.Display, one.Org); err != nil {
		return out, err
	}
	leave, err := s.hasher.enter(ctx)
	if err != nil {
		return out, err
	}
	hash := hashOf(fresh)
	leave()
	err = s.locked(func(accounts map[string]*stored) error {
		now := accounts[name]
		if now == nil || now.Hash != one.Hash || !now.letsIn(s.now()) {
			return ErrRefused // it was reset meanwhile
		}
		next := *now
		next.Hash, next.Change, next.Until = hash, false, time.Time{}
		next.Epoch++
		out = next.Account
		return s.change(&next, Act{Act: ActChanged, By: one.Person, Role: roleOf(one.Roles), From: from})
	})
	return out, err
}
