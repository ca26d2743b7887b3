package report

import (
	"testing"

	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/law"
)

// Ensure every report fits the law that a network starts with, and reads
// something of it.
func TestDefinitionsFitTheLaw(t *testing.T) {
	compiled := map[string]*procedure.Procedure{}
	for _, text := range law.Texts() {
		d, err := procedure.Parse([]byte(text.Text))
		if err != nil {
			t.Fatal(err)
		}
		if compiled[text.Name], err = procedure.Compile(d); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range Definitions() {
		for _, name := range d.sources() {
			if name == AnyProcedure {
				continue
			}
			if compiled[name] == nil {
				t.Errorf("%s reads %q, which is no procedure", d.Name, name)
				continue
			}
			if err := d.Fits(compiled[name]); err != nil {
				t.Error(err)
			}
		}
	}
	if n := len(Definitions()); n != 9 {
		t.Errorf("%d reports", n)
	}
}
