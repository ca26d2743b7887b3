package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Ensure a file is there whole or not at all, and none is overwritten unasked.
func TestWriteWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.zip")
	text := func(s string) func(io.Writer) error {
		return func(w io.Writer) error {
			_, err := io.WriteString(w, s)
			return err
		}
	}
	broken := errors.New("broken")
	half := func(w io.Writer) error { return errors.Join(text("half")(w), broken) }
	late := func(w io.Writer) error {
		return errors.Join(text("late")(w), os.WriteFile(path, []byte("meanwhile"), 0o600))
	}
	holds := func(want string) {
		t.Helper()
		got, err := os.ReadFile(path)
		if want == "" && errors.Is(err, os.ErrNotExist) {
			err = nil
		}
		left, _ := filepath.Glob(filepath.Join(dir, ".*"))
		if err != nil || string(got) != want || len(left) != 0 {
			t.Fatalf("holds %q, want %q; beside it %v; %v", got, want, left, err)
		}
	}
	if err := WriteWhole(path, false, half); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	holds("")
	if err := WriteWhole(path, false, late); !errors.Is(err, ErrExists) {
		t.Fatal(err)
	}
	holds("meanwhile")
	if err := WriteWhole(path, true, half); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	holds("meanwhile")
	if err := WriteWhole(path, true, text("second")); err != nil {
		t.Fatal(err)
	}
	holds("second")
	if err := WriteWhole(path, false, text("third")); !errors.Is(err, ErrExists) {
		t.Fatal(err)
	}
	holds("second")
	if err := WriteWhole(dir, true, text("x")); err == nil {
		t.Error("a folder was overwritten")
	}
}

// Ensure a shorter line leaves nothing of a longer one, Chinese included.
func TestProgress(t *testing.T) {
	var out strings.Builder
	p := &Progress{w: &out}
	p.Show("已写入 %d 条", 12)
	p.Show("left out: too soon")
	p.put("ok")
	p.Done()
	const columns = 12 // of the first line: its Chinese characters take two each
	want := "\r已写入 12 条" + "\rok" + strings.Repeat(" ", columns-2) + "\r  \r"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	(&Progress{}).Show("to nobody")
	(&Progress{}).Done()
}
