package demo

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"sandi.internal/gateway/consensus/draw"
)

// Ensure whoever plays by hand finds pools and rules that can be brought in, and no
// pool of records that do not exist yet.
func TestWritePools(t *testing.T) {
	s, err := LoadScenario("mutual-inspection")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "files")
	files, err := s.writePools(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, filepath.Base(f))
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		read, err := draw.ParseText(text)
		if err != nil {
			t.Errorf("%s: %v", f, err)
		}
		if filepath.Ext(f) == ".pool" && (read.Pool == nil || len(read.Pool.Candidates) < 40) {
			t.Errorf("%s is no pool of the scenario", f)
		}
	}
	if want := []string{"bj.pool", "bj.rule", "experts.rule", "he.pool", "he.rule", "tj.pool", "tj.rule"}; !slices.Equal(names, want) {
		t.Errorf("files %v, want %v", names, want)
	}
	plain, err := LoadScenario("charger")
	if err != nil {
		t.Fatal(err)
	}
	if files, err := plain.writePools(filepath.Join(dir, "none")); err != nil || files != nil {
		t.Errorf("a scenario without draws: %v, %v", files, err)
	}
}

// Ensure whoever plays by hand is told the day, how to move it on, and where the files are.
func TestByHandSays(t *testing.T) {
	s, err := LoadScenario("charger")
	if err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string]string{"zh": "演练时钟停在 2025-08-20 08:30", "en": "the practice clock stands at 2025-08-20 08:30"} {
		var out bytes.Buffer
		Terminal{W: &out, Lang: lang}.ByHand(&Network{Dir: "/elsewhere"}, s, []string{"/elsewhere/files/x.pool"})
		for _, part := range []string{want, "bin/sandi demo clock 2025-08-20T09:00:00+08:00 --dir /elsewhere", "--org 120000-SJ --role officer --person tj-officer-1 --dir /elsewhere", "/elsewhere/files/x.pool"} {
			if !bytes.Contains(out.Bytes(), []byte(part)) {
				t.Errorf("%s: it does not say %q:\n%s", lang, part, out.String())
			}
		}
	}
}
