package account

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Ensure acts stand in the log, in order, with who did them, and that what somebody
// typed as a name does not.
func TestActs(t *testing.T) {
	w := newTown(t)
	first := w.make("wang", "clerk")
	for range nameRule.free {
		_ = w.try("wang", "wrong", "192.0.2.1")
	}
	_ = w.try("my-password-typed-here", "wrong", "192.0.2.2")
	if _, err := w.Unlock(security, "wang"); err != nil {
		t.Fatal(err)
	}
	if err := w.try("wang", first, "192.0.2.3"); err != nil {
		t.Fatal(err)
	}
	if err := w.Note(Actor{Person: "op", Role: "operator"}, ActOperated, "", strings.Repeat("x", 9000)); err != nil {
		t.Fatal(err)
	}
	want := "account_made wang, " + strings.Repeat("sign_in_refused wang, ", nameRule.free-1) + "locked_out wang, sign_in_refused, lockout_lifted wang, signed_in wang, operated"
	if got := strings.Join(w.said(), ", "); got != want {
		t.Error(got)
	}
	page, err := w.open(w.dir).Acts(0, 2, "", "wang") // read by another process
	if err != nil || len(page.Acts) != 2 || page.Acts[0].By != "wang" || page.Acts[1].By != "sec-1" || page.Acts[1].Role != "security_admin" || page.Size != 10 || page.Last == "" {
		t.Fatalf("%+v %v", page, err)
	}
	page, err = w.Acts(page.Next, 200, ActMade, "")
	if err != nil || len(page.Acts) != 1 || page.Next != 0 || page.Acts[0].Detail != "wang 120000-SJ clerk" {
		t.Fatalf("%+v %v", page, err)
	}
}

// Ensure a log that is not what it was takes nothing, that nothing is done then, and
// that somebody has to answer for it.
func TestActsTampered(t *testing.T) {
	for name, harm := range map[string]func([]byte) []byte{
		"a changed line":   func(b []byte) []byte { return bytes.Replace(b, []byte("wang"), []byte("sunn"), 1) },
		"a line taken out": func(b []byte) []byte { i := bytes.IndexByte(b, '\n'); return b[i+1:] },
		"cut":              func(b []byte) []byte { return b[:bytes.IndexByte(b, '\n')+1] },
		"another field":    func(b []byte) []byte { return bytes.Replace(b, []byte(`"act"`), []byte(`"x":1,"act"`), 1) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			for _, one := range []string{"wang", "lin"} {
				w.make(one, "clerk")
			}
			path := filepath.Join(w.dir, actsFile)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			fresh := w.open(w.dir)
			if name == "cut" { // only who had read it can know; whoever has not finds a shorter log
				fresh = w.Store
			}
			if err := os.WriteFile(path, harm(before), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := fresh.Disable(security, "wang"); !errors.Is(err, ErrUnlogged) {
				t.Fatalf("something was done: %v", err)
			}
			if list, _ := fresh.List(); list[0].Disabled || list[1].Disabled {
				t.Error("it was done without being written down")
			}
			if _, err := fresh.BeginLog(Host(), "restored"); err != nil {
				t.Fatal(err)
			}
			if _, err := fresh.Disable(security, "wang"); err != nil {
				t.Error(err)
			}
			page, err := fresh.Acts(0, 9, "", "")
			if err != nil || page.Size != 2 || page.Acts[1].Act != ActLogBegun || !strings.HasPrefix(page.Acts[1].Detail, "restored; before: acts.log.") {
				t.Errorf("%+v %v", page, err)
			}
		})
	}
}

// Ensure a torn last line is cut off, a sound log is not put away, and a store that
// cannot write its log does nothing.
func TestActsTornAndUnwritable(t *testing.T) {
	w := newTown(t)
	password := w.make("wang", "clerk")
	path := filepath.Join(w.dir, actsFile)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = f.WriteString(`{"no":2,"at":`); err != nil {
		t.Fatal(err)
	}
	f.Close()
	fresh := w.open(w.dir)
	if _, err := fresh.EndSessions(security, "wang"); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(w.said(), ", "); got != "account_made wang, sessions_ended wang" {
		t.Error(got)
	}
	if _, err := fresh.BeginLog(Host(), "lost"); err == nil {
		t.Error("a sound log was put away")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil { // nothing can be written there, whoever runs the test
		t.Fatal(err)
	}
	if _, err := fresh.Disable(security, "wang"); !errors.Is(err, ErrUnlogged) {
		t.Errorf("disabled: %v", err)
	}
	if err := w.try("wang", password, "192.0.2.1"); !errors.Is(err, ErrUnlogged) {
		t.Errorf("signed in: %v", err)
	}
	if _, err := fresh.Unlock(security, "wang"); !errors.Is(err, ErrUnlogged) {
		t.Errorf("unlocked: %v", err)
	}
}

// Ensure a damaged store lets nobody in.
func TestDamaged(t *testing.T) {
	for _, text := range []string{"{", `{"accounts":[null]}`, `{"accounts":[{"name":"Wang","roles":["clerk"]}]}`, `{"accounts":[{"name":"wang","roles":["operator","audit_admin"]}]}`} {
		w := newTown(t)
		w.make("wang", "clerk")
		if err := os.WriteFile(filepath.Join(w.dir, accountsFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := w.try("wang", phrase, "192.0.2.1"); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", text, err)
		}
		if w.Stands("wang", 0) || !w.Conflict("x", nil) {
			t.Errorf("%s: something stands", text)
		}
	}
	if ok, err := matches("$argon2id$v=19$m=4194304,t=99,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAA", "x"); ok || !errors.Is(err, ErrDamaged) {
		t.Error("somebody else's parameters order work")
	}
}
