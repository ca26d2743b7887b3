package procedure_test

import (
	"os"
	"testing"

	"sandi.internal/gateway/consensus/calendar/data"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/script"
)

// exercise compiles the made-up procedure that uses the whole schema.
func exercise(t testing.TB) *procedure.Procedure { return compiled(t, "testdata/exercise.yaml") }

func compiled(t testing.TB, file string) *procedure.Procedure {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d, err := procedure.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	p, err := procedure.Compile(d)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Ensure the engine does what the scripts state.
func TestScripts(t *testing.T) {
	script.Run(t, "testdata/*.txt", script.Options{
		Law:      map[string]*procedure.Procedure{"exercise": exercise(t), "relay": compiled(t, "testdata/relay.yaml")},
		Calendar: data.Workdays,
		Rules:    data.Rules,
	})
}
