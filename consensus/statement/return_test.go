package statement

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// Ensure a return's body is read as it was written, and nothing else.
func TestReturnBody(t *testing.T) {
	want := ReturnBody{
		Checkpoint: []byte("final"), First: []byte("one"), Second: []byte("other"), Void: 12, Index: 900, Term: 30,
		Nodes: []string{"110000-a", "120000-a"}, Side: SideFirst,
	}
	text := string(want.Marshal())
	if got, err := ParseReturn([]byte(text)); err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%+v, %v", got, err)
	}
	note := url64.EncodeToString(want.First)
	for _, tc := range []struct {
		name, old, new string
		want           Code
	}{
		{"no checkpoint", `"checkpoint":"` + url64.EncodeToString(want.Checkpoint) + `",`, "", CodeMissing},
		{"no first", `"first":"` + note + `",`, "", CodeMissing},
		{"no second", `,"second":"` + url64.EncodeToString(want.Second) + `"`, "", CodeMissing},
		{"an empty note", note, "", CodeMissing},
		{"a note too long", note, strings.Repeat("A", maxReturnNote*4/3+4), CodeTooLarge},
		{"a note that is no base64", note, "+++", CodeForm},
		{"no end", `"void":12,`, "", CodeMissing},
		{"an end at nothing", `"void":12`, `"void":0`, CodeForm},
		{"no index", `"index":900,`, "", CodeMissing},
		{"no term", `"term":30,`, "", CodeMissing},
		{"a negative term", `"term":30`, `"term":-1`, CodeForm},
		{"no nodes", `,"nodes":["110000-a","120000-a"]`, "", CodeMissing},
		{"nobody", `["110000-a","120000-a"]`, `[]`, CodeForm},
		{"another order", `"110000-a","120000-a"`, `"120000-a","110000-a"`, CodeForm},
		{"no side", `,"side":"first"`, "", CodeMissing},
		{"another side", `"side":"first"`, `"side":"both"`, CodeForm},
		{"another member", `{"checkpoint"`, `{"x":1,"checkpoint"`, CodeUnknown},
	} {
		changed := strings.Replace(text, tc.old, tc.new, 1)
		if changed == text {
			t.Fatalf("%s: nothing to change in %s", tc.name, text)
		}
		var refusal *Error
		if _, err := ParseReturn([]byte(changed)); !errors.As(err, &refusal) || refusal.Code != tc.want {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		}
	}
	other := want
	if other.Side = SideSecond; !want.Same(other) {
		t.Error("the other side makes another return")
	}
	for what, change := range map[string]func(*ReturnBody){
		"checkpoint": func(b *ReturnBody) { b.Checkpoint = []byte("x") }, "first": func(b *ReturnBody) { b.First = []byte("x") },
		"second": func(b *ReturnBody) { b.Second = []byte("x") }, "void": func(b *ReturnBody) { b.Void++ }, "index": func(b *ReturnBody) { b.Index++ },
		"term": func(b *ReturnBody) { b.Term++ }, "nodes": func(b *ReturnBody) { b.Nodes = b.Nodes[:1] },
	} {
		other := want
		if change(&other); want.Same(other) {
			t.Errorf("another %s is the same return", what)
		}
	}
}
