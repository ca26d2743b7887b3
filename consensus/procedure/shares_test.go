package procedure_test

import (
	"os"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/procedure"
)

// Ensure the section about shared data sets names what the document has, and nothing
// else: every mistake in it is found when the document is compiled.
func TestSharesNames(t *testing.T) {
	for _, c := range []struct{ file, old, new, want string }{
		{"data_set", "states: [published]", "states: [gone]", `no state "gone"`},
		{"data_set", "roles: [clerk, liaison]", "roles: [node]", `no office role "node"`},
		{"data_set", "  key: key_columns", "  key: columns", `"columns" is not a clear list of texts`},
		{"data_set", "  personal: personal_data", "  personal: title", `"title" is not a clear enumeration`},
		{"data_set", "  columns: columns", "  columns: shared_with", `"shared_with" is not a clear list of objects`},
		{"data_agreement", "  of: data_set", "  of: use", `"use" is not a clear record`},
		{"data_agreement", "  until: expires_on", "  until: reason", `"reason" is not a clear date`},
		{"data_agreement", "  rows: row_filter", "  rows: purposes", `"purposes" is not a clear text`},
		{"data_agreement", "  purposes: purposes", "  purposes: agreed_columns", `"agreed_columns" is not a clear list of enumerated values`},
	} {
		text, err := os.ReadFile("law/" + c.file + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		changed := strings.Replace(string(text), c.old+"\n", c.new+"\n", 1)
		if changed == string(text) {
			t.Fatalf("%s has no %q", c.file, c.old)
		}
		d, err := procedure.Parse([]byte(changed))
		if err == nil {
			_, err = procedure.Compile(d)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s with %q: %v, want %s", c.file, c.new, err, c.want)
		}
	}
}
