package statement

import (
	"errors"
	"strings"
	"testing"
)

// Ensure the head of an access log is read as it was written, and nothing else.
func TestAccessHeadBody(t *testing.T) {
	want := AccessHeadBody{Node: "110000-a", Log: 2, Size: 7, Root: strings.Repeat("A", 43), Reason: "lost"}
	text := string(want.Marshal())
	if got, err := ParseAccessHead([]byte(text)); err != nil || got != want {
		t.Fatalf("%+v, %v", got, err)
	}
	plain := want
	plain.Reason = ""
	if got, err := ParseAccessHead(plain.Marshal()); err != nil || got != plain {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, tc := range []struct {
		name, old, new string
		want           Code
	}{
		{"no node", `"node":"110000-a",`, "", CodeMissing},
		{"no log", `"log":2,`, "", CodeMissing},
		{"no size", `"size":7,`, "", CodeMissing},
		{"no root", `"root":"` + want.Root + `",`, "", CodeMissing},
		{"log zero", `"log":2`, `"log":0`, CodeForm},
		{"size zero", `"size":7`, `"size":0`, CodeForm},
		{"negative", `"size":7`, `"size":-7`, CodeForm},
		{"beyond 2^53", `"size":7`, `"size":9007199254740993`, CodeNumber},
		{"no node id", `"110000-a"`, `"110000 a"`, CodeForm},
		{"short root", want.Root, want.Root[1:], CodeForm},
		{"a story", `"lost"`, `"the dog"`, CodeForm},
		{"another member", `{"node"`, `{"x":1,"node"`, CodeUnknown},
		{"twice", `{"node"`, `{"size":7,"node"`, CodeDuplicate},
	} {
		changed := strings.Replace(text, tc.old, tc.new, 1)
		if changed == text {
			t.Fatalf("%s: nothing to change in %s", tc.name, text)
		}
		var refusal *Error
		if _, err := ParseAccessHead([]byte(changed)); !errors.As(err, &refusal) || refusal.Code != tc.want {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		}
	}
}
