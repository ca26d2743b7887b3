package statement

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// Ensure a seal's body is read as it was written, and nothing else.
func TestSealBody(t *testing.T) {
	want := SealBody{Day: "2025-11-10", Checkpoint: []byte("origin\n1\nroot\n"), State: Hash{7}.String(), Calendar: 3, Rules: 2}
	text := string(want.Marshal())
	got, err := ParseSeal([]byte(text))
	if err != nil || got.Day != want.Day || !bytes.Equal(got.Checkpoint, want.Checkpoint) || got.State != want.State || got.Calendar != 3 || got.Rules != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, tc := range []struct {
		name, old, new string
		want           Code
	}{
		{"no such day", "2025-11-10", "2025-11-31", CodeForm},
		{"no day", `"day":"2025-11-10",`, "", CodeMissing},
		{"no state", `,"state":"` + want.State + `"`, "", CodeMissing},
		{"no calendar", `,"calendar":3`, "", CodeMissing},
		{"version zero", `"rules":2`, `"rules":0`, CodeForm},
		{"version as text", `"rules":2`, `"rules":"2"`, CodeSyntax},
		{"unused bits", `"checkpoint":"b3JpZ2luCjEKcm9vdAo"`, `"checkpoint":"b3JpZ2luCjEKcm9vdAp"`, CodeForm},
		{"too long", `"checkpoint":"`, `"checkpoint":"` + strings.Repeat("AAAA", 6000), CodeTooLarge},
		{"another member", `{"day"`, `{"x":1,"day"`, CodeUnknown},
		{"twice", `{"day"`, `{"rules":2,"day"`, CodeDuplicate},
	} {
		changed := strings.Replace(text, tc.old, tc.new, 1)
		if changed == text {
			t.Fatalf("%s: nothing to change in %s", tc.name, text)
		}
		var refusal *Error
		if _, err := ParseSeal([]byte(changed)); !errors.As(err, &refusal) || refusal.Code != tc.want {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		}
	}
}
