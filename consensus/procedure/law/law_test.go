package law_test

import (
	"testing"

	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/law"
)

// Ensure every document parses, and that its file bears its name.
func TestTextsParse(t *testing.T) {
	for _, text := range law.Texts() {
		d, err := procedure.Parse([]byte(text.Text))
		if err != nil {
			t.Errorf("%s: %v", text.Name, err)
			continue
		}
		if d.Name != text.Name {
			t.Errorf("file %s.yaml holds procedure %s", text.Name, d.Name)
		}
	}
}
