package account

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var security = Actor{Person: "sec-1", Role: "security_admin", From: "192.0.2.1"}

// town is a store with a clock.
type town struct {
	*Store
	t   *testing.T
	now time.Time
	mu  sync.Mutex
}

func newTown(t *testing.T) *town {
	t.Helper()
	w := &town{t: t, now: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)}
	w.Store = w.open(filepath.Join(t.TempDir(), "data", "accounts"))
	return w
}

func (w *town) open(dir string) *Store {
	w.t.Helper()
	s, err := Open(dir, func(org string) bool { return strings.HasPrefix(org, "12") }, func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *town) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// make makes an account and gives its initial password.
func (w *town) make(name string, roles ...string) string {
	w.t.Helper()
	_, password, err := w.Add(security, New{Name: name, Display: "王", Org: "120000-SJ", Roles: roles})
	if err != nil {
		w.t.Fatal(err)
	}
	return password
}

func (w *town) try(name, password, from string) error {
	_, err := w.SignIn(context.Background(), name, password, from)
	return err
}

// said are the acts of the log, the earliest first.
func (w *town) said() []string {
	w.t.Helper()
	page, err := w.Acts(0, 200, "", "")
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for i := len(page.Acts) - 1; i >= 0; i-- {
		out = append(out, strings.TrimSpace(page.Acts[i].Act+" "+page.Acts[i].Account))
	}
	return out
}

const phrase = "七只山羊 walk the wall"

// Ensure an account goes from its initial password to its own, shows its last sign-in,
// and that what is on disk is neither password.
func TestFirstSignIn(t *testing.T) {
	w := newTown(t)
	first := w.make("wang", "clerk", "liaison", "clerk")
	in, err := w.SignIn(t.Context(), " WANG ", first, "192.0.2.7")
	if err != nil || !in.Change || in.Before != nil || strings.Join(in.Roles, " ") != "clerk liaison" || in.Person != "wang" {
		t.Fatalf("%+v %v", in, err)
	}
	for _, c := range []struct {
		old, fresh string
		want       error
	}{
		{"wrong wrong wrong", phrase, ErrRefused},
		{first, first, ErrSame},
		{first, "short", ErrShort},
		{first, "password123456", ErrCommon},
		{first, strings.Repeat("long sentence ", 10), ErrLong},
		{first, phrase, nil},
	} {
		a, err := w.ChangePassword(t.Context(), "wang", c.old, c.fresh, "192.0.2.7")
		if !errors.Is(err, c.want) || c.want == nil && (a.Change || a.Epoch != in.Epoch+1) {
			t.Errorf("%q: %v, want %v", c.fresh, err, c.want)
		}
	}
	if w.Stands("wang", in.Epoch) {
		t.Error("a session lived through a change of password")
	}
	if err := w.try("wang", first, "192.0.2.7"); !errors.Is(err, ErrRefused) {
		t.Errorf("the initial password: %v", err)
	}
	again, err := w.open(w.dir).SignIn(t.Context(), "ｗａｎｇ", phrase, "192.0.2.8")
	if err != nil || again.Change || again.Before == nil || again.Before.From != "192.0.2.7" || again.Wrong != 1 {
		t.Fatalf("%+v %v", again, err)
	}
	for _, name := range []string{accountsFile, actsFile, triesFile} {
		data, err := os.ReadFile(filepath.Join(w.dir, name))
		if err != nil || bytes.Contains(data, []byte(first)) || bytes.Contains(data, []byte("山羊")) {
			t.Errorf("%s: %v\n%s", name, err, data)
		}
		if info, _ := os.Stat(filepath.Join(w.dir, name)); info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v", name, info.Mode())
		}
	}
}

// Ensure no answer tells whether there is an account: names that are none, wrong
// passwords, disabled accounts and initial passwords past their time are refused alike,
// wait alike, and take the same work.
func TestNoEnumeration(t *testing.T) {
	w := newTown(t)
	passwords := map[string]string{"nobody": "whatever it is", "there": "not the one", "disabled": w.make("disabled", "clerk"), "late": w.make("late", "clerk")}
	w.make("there", "clerk")
	if _, err := w.Disable(security, "disabled"); err != nil {
		t.Fatal(err)
	}
	w.later(InitialLife)
	for name, password := range passwords {
		host := "2001:db8:" + name[:1] + "::1"
		var waits []time.Duration
		for range nameRule.free + 2 {
			err := w.try(name, password, host)
			var wait *Wait
			switch {
			case errors.As(err, &wait):
				waits = append(waits, wait.For)
			case !errors.Is(err, ErrRefused):
				t.Fatalf("%s: %v", name, err)
			}
		}
		if len(waits) != 2 || waits[0] != firstWait {
			t.Errorf("%s waits %v", name, waits)
		}
	}
	// A password longer than any account's is hashed all the same.
	if ok, err := matches(w.hasher.dummy, strings.Repeat("x", passwordSize+1)); ok || err != nil {
		t.Error(ok, err)
	}
}

// Ensure waits grow by name, in whatever spelling, and by address, are one for all
// tries at a time, last over restarts, end by themselves, and can be lifted.
func TestLockout(t *testing.T) {
	w := newTown(t)
	password := w.make("wang", "clerk")
	for i, name := range []string{"wang", "WANG", "Ｗang", " wang\t", "wAnG"} {
		if err := w.try(name, "wrong", "192.0.2."+string(rune('1'+i))); !errors.Is(err, ErrRefused) {
			t.Fatalf("%s: %v", name, err)
		}
	}
	waits := func(s *Store, want time.Duration) {
		t.Helper()
		var wait *Wait
		if _, err := s.SignIn(t.Context(), "wang", password, "192.0.2.9"); !errors.As(err, &wait) || wait.For != want {
			t.Fatalf("%v, want to wait %v", err, want)
		}
	}
	waits(w.Store, time.Minute)
	waits(w.open(w.dir), time.Minute)
	for _, want := range []time.Duration{2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, time.Hour, time.Hour} {
		w.later(nameRule.wait(mustTries(t, w).Names["wang"], w.clock()))
		if err := w.try("wang", "wrong", "192.0.2.9"); !errors.Is(err, ErrRefused) {
			t.Fatal(err)
		}
		waits(w.Store, want)
	}
	w.later(-1000 * time.Hour) // a clock set back
	waits(w.Store, time.Hour)
	w.later(1000 * time.Hour)
	if _, err := w.Unlock(security, "wang"); err != nil {
		t.Fatal(err)
	}
	if in, err := w.SignIn(t.Context(), "wang", password, "192.0.2.9"); err != nil {
		t.Errorf("after it was lifted: %+v %v", in, err)
	}
	// An address, too, whatever names it tries; another one does not suffer.
	for i := range hostRule.free {
		if err := w.try("no-"+string(rune('a'+i)), "wrong", "2001:db8::"+string(rune('1'+i%9))); !errors.Is(err, ErrRefused) {
			t.Fatal(i, err)
		}
	}
	var wait *Wait
	if err := w.try("wang", password, "2001:db8::ffff"); !errors.As(err, &wait) || wait.For != time.Minute {
		t.Errorf("the address: %v", err)
	}
	if err := w.try("wang", password, "2001:db8:0:1::1"); err != nil {
		t.Errorf("another network: %v", err)
	}
	// Signing in oneself in between gives no further tries.
	w.later(time.Minute)
	if err := w.try("wang", password, "2001:db8::1"); err != nil {
		t.Fatal(err)
	}
	if err := w.try("no-x", "wrong", "2001:db8::1"); !errors.Is(err, ErrRefused) {
		t.Fatal(err)
	}
	if err := w.try("wang", password, "2001:db8::1"); !errors.As(err, &wait) {
		t.Errorf("after a sign-in of one's own in between: %v", err)
	}
}

// Ensure somebody with many addresses and names that are no account's cannot fill the
// administrators' log: further refusals are counted, and the next line says how many.
func TestStrangersBounded(t *testing.T) {
	w := newTown(t)
	w.make("wang", "clerk")
	before := len(w.said())
	const tries = 4 * strangersMost
	for i := range tries {
		if err := w.try(fmt.Sprintf("no-%d", i), "wrong", fmt.Sprintf("192.0.2.%d", i)); !errors.Is(err, ErrRefused) {
			t.Fatal(i, err)
		}
	}
	if got := len(w.said()) - before; got != strangersMost {
		t.Errorf("%d lines of %d tries", got, tries)
	}
	if err := w.try("wang", "wrong", "192.0.2.200"); !errors.Is(err, ErrRefused) {
		t.Fatal(err)
	}
	if got := w.said(); got[len(got)-1] != ActRefused+" wang" {
		t.Errorf("an account's name among strangers: %v", got)
	}
	w.later(time.Minute)
	if err := w.try("no-0", "wrong", "192.0.2.0"); !errors.Is(err, ErrRefused) {
		t.Fatal(err)
	}
	page, err := w.Acts(0, 1, "", "")
	if want := fmt.Sprintf("+%d", tries-strangersMost); err != nil || page.Acts[0].Detail != want {
		t.Errorf("%+v, want %s; %v", page.Acts, want, err)
	}
}

func mustTries(t *testing.T, w *town) *tries {
	t.Helper()
	all, err := w.tries()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Ensure tries at a time count each: no more passwords are looked at than tries are
// free, however many come at once.
func TestParallelTries(t *testing.T) {
	w := newTown(t)
	password := w.make("wang", "clerk")
	var refused, waited, busy int
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			err := w.try("wang", "wrong", "192.0.2.1")
			mu.Lock()
			defer mu.Unlock()
			var wait *Wait
			switch {
			case errors.Is(err, ErrRefused):
				refused++
			case errors.As(err, &wait):
				waited++
			case errors.Is(err, ErrBusy):
				busy++
			}
		})
	}
	all.Wait()
	if refused != nameRule.free || refused+waited+busy != 12 {
		t.Errorf("%d were looked at, %d had to wait, %d busy", refused, waited, busy)
	}
	w.later(time.Hour)
	if err := w.try("wang", password, "192.0.2.1"); err != nil {
		t.Error(err)
	}
	for range cap(w.hasher.queue) {
		w.hasher.queue <- struct{}{}
	}
	if err := w.try("wang", password, "192.0.2.1"); !errors.Is(err, ErrBusy) {
		t.Errorf("a full queue: %v", err)
	}
}

// Ensure what is remembered of tries stays bounded, and those that wait are not
// forgotten for those that do not.
func TestTriesBounded(t *testing.T) {
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	all := map[string]try{}
	for range nameRule.free {
		nameRule.count(all, "wang", now)
	}
	for i := range 3 * triesMax {
		nameRule.count(all, "n"+string(rune(0x4e00+i)), now.Add(time.Duration(i)*time.Millisecond))
	}
	if len(all) > triesMax || nameRule.wait(all["wang"], now) != firstWait {
		t.Errorf("%d names, wang waits %v", len(all), nameRule.wait(all["wang"], now))
	}
	nameRule.count(all, "wang", now.Add(25*time.Hour))
	if all["wang"].N != 1 {
		t.Error("what is a day old is not forgotten")
	}
}

// Ensure roles exclude one another where accounts are made and changed, and one person
// holds one account.
func TestExclusion(t *testing.T) {
	w := newTown(t)
	w.make("clerk", "clerk")
	for _, c := range []struct {
		in   New
		want error
	}{
		{New{Name: "a1", Roles: []string{"operator", "security_admin"}}, ErrExclude},
		{New{Name: "a1", Roles: []string{"security_admin", "audit_admin"}}, ErrExclude},
		{New{Name: "a1", Roles: []string{"audit_admin", "clerk"}}, ErrExclude},
		{New{Name: "a1", Roles: []string{"auditor", "operator"}}, ErrExclude},
		{New{Name: "a1", Roles: []string{"operator", "operator"}}, nil},
		{New{Name: "a2", Roles: nil}, ErrRole},
		{New{Name: "a2", Roles: []string{"emperor"}}, ErrRole},
		{New{Name: "a2", Roles: []string{"governance"}}, ErrRole},
		{New{Name: "a2", Person: "a1", Roles: []string{"audit_admin"}}, ErrPerson},
		{New{Name: "a2", Person: "clerk", Roles: []string{"operator"}}, ErrPerson},
		{New{Name: "clerk", Person: "other", Roles: []string{"clerk"}}, ErrTaken},
		{New{Name: "Clerk", Roles: []string{"clerk"}}, ErrName},
		{New{Name: "x", Roles: []string{"clerk"}}, ErrName},
		{New{Name: "a2", Person: "王", Roles: []string{"clerk"}}, ErrPersonID},
		{New{Name: "a2", Org: "110000-SJ", Roles: []string{"clerk"}}, ErrOrg},
		{New{Name: "a2", Display: "王\u202e", Roles: []string{"clerk"}}, ErrDisplay},
		{New{Name: "a2", Display: " ", Roles: []string{"clerk"}}, ErrDisplay},
	} {
		if c.in.Display == "" {
			c.in.Display = "李"
		}
		if c.in.Org == "" {
			c.in.Org = "120000-SJ"
		}
		if _, _, err := w.Add(security, c.in); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.in, err, c.want)
		}
	}
	for name, roles := range map[string]string{"clerk": "operator", "a1": "security_admin"} {
		if _, err := w.SetRoles(security, name, []string{roles}); !errors.Is(err, ErrKeeps) {
			t.Errorf("%s becomes %s: %v", name, roles, err)
		}
	}
	if a, err := w.SetRoles(security, "clerk", []string{"liaison", "clerk"}); err != nil || a.Epoch != 1 || strings.Join(a.Roles, " ") != "clerk liaison" {
		t.Errorf("%+v %v", a, err)
	}
	for person, roles := range map[string]map[string]bool{
		"a1":    {"operator": false, "security_admin": true, "clerk": true},
		"clerk": {"operator": true, "liaison": false},
		"other": {"operator": false},
	} {
		for role, want := range roles {
			if got := w.Conflict(person, []string{role}); got != want {
				t.Errorf("%s comes in as %s: conflict %v", person, role, got)
			}
		}
	}
	// A disabled account frees its person, and does not come back beside the next.
	if _, err := w.Disable(security, "a1"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Add(security, New{Name: "a3", Person: "a1", Display: "李", Org: "120000-SJ", Roles: []string{"audit_admin"}}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Enable(security, "a1"); !errors.Is(err, ErrPerson) {
		t.Errorf("two accounts of one person: %v", err)
	}
}

// Ensure another process's changes count at once, and end sessions.
func TestShared(t *testing.T) {
	w := newTown(t)
	w.make("wang", "clerk")
	other := w.open(w.dir)
	if !w.Stands("wang", 0) {
		t.Fatal("a fresh account's session does not stand")
	}
	for i, f := range []func() error{
		func() error { _, err := other.EndSessions(Host(), "wang"); return err },
		func() error { _, _, err := other.Reset(Host(), "WANG"); return err },
		func() error { _, err := other.Disable(Host(), "wang"); return err },
	} {
		if err := f(); err != nil {
			t.Fatal(err)
		}
		if w.Stands("wang", uint64(i)) {
			t.Errorf("%d: the session stands", i)
		}
	}
	if w.Stands("wang", 3) || w.Stands("nobody", 0) {
		t.Error("a disabled or missing account's session stands")
	}
	if n, err := w.Count(); n != 0 || err != nil {
		t.Error(n, err)
	}
	if _, err := other.Disable(Host(), "nobody"); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
	if got := strings.Join(w.said(), ", "); got != "account_made wang, sessions_ended wang, password_reset wang, account_disabled wang" {
		t.Error(got)
	}
}
