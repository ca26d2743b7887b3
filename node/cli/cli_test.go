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

// Ensure lines are broken by display width, between Chinese characters too, and
// never before a closing mark.
func TestWrap(t *testing.T) {
	for _, tc := range []struct {
		line  string
		width int
		want  []string
	}{
		{"", 10, []string{""}},
		{"one two three", 7, []string{"one two", "three"}},
		{"a-very-long-word b", 5, []string{"a-very-long-word", "b"}},
		{"检查点由三个地区签署", 8, []string{"检查点由", "三个地区", "签署"}},
		{"第 16 条，时间（改动）。", 8, []string{"第 16", "条，时间", "（改", "动）。"}},
	} {
		if got := Wrap(tc.line, tc.width); strings.Join(got, "|") != strings.Join(tc.want, "|") {
			t.Errorf("%q at %d: %q, want %q", tc.line, tc.width, got, tc.want)
		}
	}
}
