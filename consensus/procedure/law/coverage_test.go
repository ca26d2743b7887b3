package law_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/procedure"
)

// seen is what the scripts have shown of one procedure: "event from" for what
// happened, "event code" for every answer other than plain acceptance.
type seen map[string]bool

// readScripts collects what the answers of all scripts show. The answers are
// held against the engine by TestScripts.
func readScripts(t *testing.T) map[string]seen {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	out := make(map[string]seen)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		readScript(string(text), out)
	}
	return out
}

func readScript(text string, out map[string]seen) {
	law := map[string]string{} // alias -> procedure
	var s seen
	var event string
	for line := range strings.Lines(text) {
		w := strings.Fields(line)
		switch {
		case len(w) == 0 || line[0] == '#':
		case w[0] == "open":
			law[w[1]], event = w[2], procedure.OpenEvent
			if out[w[2]] == nil {
				out[w[2]] = seen{}
			}
			s = out[w[2]]
		case w[0] == "act":
			s, event = out[law[w[1]]], w[2]
		case w[0] == "refused":
			s[event+" "+w[1]] = true
		case len(w) >= 4 && w[2] == "->" && strings.HasSuffix(w[0], ":"):
			if !strings.Contains(line, "waits for") {
				s[strings.TrimSuffix(w[0], ":")+" from "+w[1]] = true
			}
			for _, code := range w[4:] { // LATE: and warning: codes
				s[event+" "+strings.Trim(code, ",")] = true
			}
		}
	}
}

// Ensure the scripts show every event of every document happening, and every
// guard and every unique mark answering.
func TestScriptsCoverTheLaw(t *testing.T) {
	shown := readScripts(t)
	for name, p := range compiled(t) {
		d := p.Document()
		for _, e := range append([]procedure.Event{d.Open}, d.Events...) {
			checkEvent(t, name, &e, shown[name])
		}
	}
}

func checkEvent(t *testing.T, name string, e *procedure.Event, s seen) {
	t.Helper()
	happened := slices.ContainsFunc(e.From, func(from string) bool { return s[e.Name+" from "+from] })
	if e.Name != procedure.OpenEvent && !happened {
		t.Errorf("%s: no script shows %s happening from %v", name, e.Name, e.From)
	}
	for _, g := range e.Guards {
		if !s[e.Name+" "+g.Code] {
			t.Errorf("%s: no script shows %s answered with %s (line %d)", name, e.Name, g.Code, g.Line)
		}
	}
	for _, m := range e.Marks {
		if m.Unique && !s[e.Name+" "+m.Code] {
			t.Errorf("%s: no script shows %s answered with %s (mark %s)", name, e.Name, m.Code, m.Set)
		}
	}
}
