//go:build e2e

package e2e

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"sandi.internal/gateway/node/demo"
)

// Ensure a data set is loaded, agreed on, asked for page by page, and no more after it
// was revoked, between three real processes.
func TestDemoShare(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	out := run(t, 0, "sandi", "demo", "share", "--once", "--dir", dir, "--port-base", "20000", "-o", "json")
	var got demo.Shared
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := "field_not_agreed purpose_not_agreed filter_invalid bad_cursor agreement_not_in_force"
	if !got.OK || got.Loaded != 2000 || got.Given != 248 || got.Pages != 3 || strings.Join(got.Refused, " ") != want {
		t.Fatalf("%+v", got)
	}
}
