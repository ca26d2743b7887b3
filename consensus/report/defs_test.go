package report

import "testing"

// Ensure every report fits the law that a network starts with, and reads
// something of it.
func TestDefinitionsFitTheLaw(t *testing.T) {
	compiled := embedded()
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
	if n := len(Definitions()); n != 11 {
		t.Errorf("%d reports", n)
	}
}
