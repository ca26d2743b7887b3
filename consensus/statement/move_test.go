package statement

import (
	"errors"
	"strings"
	"testing"
)

// Ensure a move's body is read as it was written, and nothing else.
func TestMoveBody(t *testing.T) {
	want := MoveBody{Leader: "110000-a", Candidate: "120000-a", Term: 7, Reason: "delay"}
	text := string(want.Marshal())
	if got, err := ParseMove([]byte(text)); err != nil || got != want {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, tc := range []struct {
		name, old, new string
		want           Code
	}{
		{"no leader", `"leader":"110000-a",`, "", CodeMissing},
		{"no candidate", `"candidate":"120000-a",`, "", CodeMissing},
		{"no term", `"term":7,`, "", CodeMissing},
		{"no reason", `,"reason":"delay"`, "", CodeMissing},
		{"term zero", `"term":7`, `"term":0`, CodeForm},
		{"term as text", `"term":7`, `"term":"7"`, CodeSyntax},
		{"a term beyond 2^53", `"term":7`, `"term":9007199254740993`, CodeNumber},
		{"the leader itself", `"candidate":"120000-a"`, `"candidate":"110000-a"`, CodeForm},
		{"no node id", `"leader":"110000-a"`, `"leader":"110000 a"`, CodeForm},
		{"a story", `"reason":"delay"`, `"reason":"too slow"`, CodeForm},
		{"another member", `{"leader"`, `{"x":1,"leader"`, CodeUnknown},
		{"twice", `{"leader"`, `{"term":7,"leader"`, CodeDuplicate},
	} {
		changed := strings.Replace(text, tc.old, tc.new, 1)
		if changed == text {
			t.Fatalf("%s: nothing to change in %s", tc.name, text)
		}
		var refusal *Error
		if _, err := ParseMove([]byte(changed)); !errors.As(err, &refusal) || refusal.Code != tc.want {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		}
	}
	other := want
	other.Reason = "planned"
	if !want.Same(other) {
		t.Error("another reason makes another move")
	}
	other.Term++
	if want.Same(other) {
		t.Error("another term is the same move")
	}
}
