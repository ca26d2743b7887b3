package account

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Ensure a store is carried as it is, whole and at one moment, put-away logs too and no
// lock, while acts go on; that what came is looked at; and that damage is told.
func TestCarry(t *testing.T) {
	s := newTown(t)
	s.make("zhao", "security_admin")
	if err := os.WriteFile(filepath.Join(s.dir, actsFile+".20260101T000000Z"), []byte("old\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	carried := map[string]string{}
	err := Carry(s.dir, func(name string, size int64, r io.Reader) error {
		if err := s.Note(Host(), ActOperated, "", "while it is carried"); err != nil { // nothing waits for the backup
			return err
		}
		data, err := io.ReadAll(r)
		if carried[name] = string(data); int64(len(data)) != size {
			t.Errorf("%s: %d of %d bytes", name, len(data), size)
		}
		return err
	})
	if err != nil || len(carried) != 3 || strings.Contains(carried[actsFile], "while it is carried") || carried[accountsFile] == "" {
		t.Fatalf("%v, %v", carried, err)
	}
	dir := filepath.Join(t.TempDir(), "accounts")
	put := func(change func(name, text string) string) {
		t.Helper()
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for name, text := range carried {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(change(name, text)), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	put(func(_, text string) string { return text })
	if h, err := Look(dir); err != nil || h.Accounts != 1 || h.Acts != 1 {
		t.Errorf("%+v, %v", h, err)
	}
	if again, err := Open(dir, s.orgs, s.clock); err != nil {
		t.Error(err)
	} else if _, err := again.Disable(Host(), "zhao"); err != nil {
		t.Errorf("the store that came: %v", err)
	}
	for name, want := range map[string]error{accountsFile: ErrDamaged, actsFile: ErrUnlogged} {
		put(func(file, text string) string {
			if file == name {
				text = strings.Replace(text, "zhao", "qian", 1) + "{}\n"
			}
			return text
		})
		if _, err := Look(dir); !errors.Is(err, want) {
			t.Errorf("%s was changed: %v", name, err)
		}
	}
	if err := Carry(filepath.Join(dir, "nowhere"), func(string, int64, io.Reader) error { return errors.New("something") }); err != nil {
		t.Errorf("no accounts at all: %v", err)
	}
	for name, ok := range map[string]bool{accountsFile: true, actsFile + ".20260101T000000Z": true, lockFile: false, "../" + actsFile: false, actsFile + ".x": false, "": false} {
		if FileMax(name) > 0 != ok {
			t.Errorf("%q is carried: %v", name, !ok)
		}
	}
}
