package script

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

// rewrite replaces the answers in the scripts by what came out.
var rewrite = flag.Bool("rewrite", false, "write the answers of scenario scripts anew")

// Run plays every script that matches pattern as a subtest. With -rewrite the
// files are written anew; expectations that fail are errors all the same.
// Files that scripts name are read from the script's folder.
func Run(t *testing.T, pattern string, o Options) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts match %s", pattern)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			o.Read = func(name string) ([]byte, error) {
				return os.ReadFile(filepath.Join(filepath.Dir(file), filepath.Base(name)))
			}
			out, mistakes := Play(string(text), o)
			if *rewrite && out != string(text) {
				if err := os.WriteFile(file, []byte(out), 0o644); err != nil {
					t.Fatal(err)
				}
				_, mistakes = Play(out, o)
			}
			for _, m := range mistakes {
				t.Errorf("%s: %v", file, m)
			}
		})
	}
}
