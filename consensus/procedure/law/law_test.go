package law_test

import (
	"testing"

	"sandi.internal/gateway/consensus/calendar/data"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/law"
	"sandi.internal/gateway/consensus/procedure/script"
)

// compiled is every embedded document, compiled, by name.
func compiled(t *testing.T) map[string]*procedure.Procedure {
	t.Helper()
	out := make(map[string]*procedure.Procedure)
	for _, text := range law.Texts() {
		d, err := procedure.Parse([]byte(text.Text))
		if err != nil {
			t.Fatalf("%s: %v", text.Name, err)
		}
		if d.Name != text.Name {
			t.Fatalf("file %s.yaml holds procedure %s", text.Name, d.Name)
		}
		if out[d.Name], err = procedure.Compile(d); err != nil {
			t.Fatalf("%s: %v", text.Name, err)
		}
	}
	return out
}

// Ensure the documents answer as the scenario scripts say.
func TestScripts(t *testing.T) {
	script.Run(t, "testdata/*.txt", script.Options{Law: compiled(t), Calendar: data.Workdays, Rules: data.Rules})
}
