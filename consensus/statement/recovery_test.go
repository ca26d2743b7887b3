package statement

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// Ensure a recovery's body is read as it was written, and nothing else.
func TestRecoveryBody(t *testing.T) {
	want := RecoveryBody{Size: 7, Root: bytes.Repeat([]byte{1}, 32), Survivors: []string{"110000-a", "120000-a"}, Reason: "lost"}
	text := string(want.Marshal())
	if got, err := ParseRecovery([]byte(text)); err != nil || !got.Same(want) || got.Reason != want.Reason {
		t.Fatalf("%+v, %v", got, err)
	}
	root := text[strings.Index(text, `,"root"`):strings.Index(text, `,"survivors"`)]
	for _, tc := range []struct {
		name, old, new string
		want           Code
	}{
		{"no size", `"size":7,`, "", CodeMissing},
		{"no root", root, "", CodeMissing},
		{"no survivors", `,"survivors":["110000-a","120000-a"]`, "", CodeMissing},
		{"no reason", `,"reason":"lost"`, "", CodeMissing},
		{"an empty tree", `"size":7`, `"size":0`, CodeForm},
		{"a short root", root, `,"root":"AQEB"`, CodeForm},
		{"nobody", `["110000-a","120000-a"]`, `[]`, CodeForm},
		{"another order", `"110000-a","120000-a"`, `"120000-a","110000-a"`, CodeForm},
		{"twice", `"110000-a","120000-a"`, `"110000-a","110000-a"`, CodeForm},
		{"no node id", `"110000-a"`, `"110000 a"`, CodeForm},
		{"a story", `"lost"`, `"a flood"`, CodeForm},
		{"another member", `{"size"`, `{"x":1,"size"`, CodeUnknown},
	} {
		changed := strings.Replace(text, tc.old, tc.new, 1)
		if changed == text {
			t.Fatalf("%s: nothing to change in %s", tc.name, text)
		}
		var refusal *Error
		if _, err := ParseRecovery([]byte(changed)); !errors.As(err, &refusal) || refusal.Code != tc.want {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		}
	}
	other := want
	if other.Reason = "destroyed"; !want.Same(other) {
		t.Error("another reason makes another recovery")
	}
	if other.Survivors = other.Survivors[:1]; want.Same(other) {
		t.Error("other survivors are the same recovery")
	}
}
