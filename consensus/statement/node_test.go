package statement

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"sandi.internal/gateway/certs/keyring"
)

// Ensure the bodies about nodes are read as they were written, and nothing else.
func TestNodeBodies(t *testing.T) {
	proven := func(use keyring.Use, id string) Proven {
		key, err := keyring.FromSeed(use, id, []byte(strings.Repeat(id, 32)[:32]))
		if err != nil {
			t.Fatal(err)
		}
		p, err := Prove(key, testNetwork, "110000", "110000-b")
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	add := NodeAddBody{
		Node: "110000-b", Peer: "10.1.0.2:9011", Gossip: "[fd00::2]:7011", Public: "https://b.example.internal",
		Log: proven(keyring.UseLog, "log-b"), Cosigner: proven(keyring.UseCosigner, "cos-b"),
	}
	addText := string(add.Marshal())
	if got, err := ParseNodeAdd([]byte(addText)); err != nil || !reflect.DeepEqual(got, add) {
		t.Fatalf("%+v, %v", got, err)
	}
	remove := NodeRemoveBody{Node: "110000-a", Reason: "replaced"}
	removeText := string(remove.Marshal())
	if got, err := ParseNodeRemove([]byte(removeText)); err != nil || got != remove {
		t.Fatalf("%+v, %v", got, err)
	}
	parse := map[string]func([]byte) error{
		addText:    func(b []byte) error { _, err := ParseNodeAdd(b); return err },
		removeText: func(b []byte) error { _, err := ParseNodeRemove(b); return err },
	}
	for _, tc := range []struct {
		name, text, old, new string
		want                 Code
	}{
		{"no id", addText, `"node":"110000-b",`, "", CodeMissing},
		{"no peer", addText, `"peer":"10.1.0.2:9011",`, "", CodeMissing},
		{"no address of a node", addText, `10.1.0.2:9011`, "10.1.0.2", CodeForm},
		{"port zero", addText, `10.1.0.2:9011`, "10.1.0.2:0", CodeForm},
		{"a path in the base URL", addText, `b.example.internal`, "b.example.internal/api", CodeForm},
		{"no log key", addText, `"log":`, `"lag":`, CodeUnknown},
		{"a log key as cosigner", addText, `"use":"cosigner"`, `"use":"log"`, CodeForm},
		{"two keys of one id", addText, `"id":"cos-b"`, `"id":"log-b"`, CodeForm},
		{"a key without proof", addText, `,"proof":"` + add.Log.Proof + `"`, "", CodeMissing},
		{"another member", addText, `{"node"`, `{"voter":true,"node"`, CodeUnknown},
		{"removal without a node", removeText, `"node":"110000-a",`, "", CodeMissing},
		{"removal without a reason", removeText, `,"reason":"replaced"`, "", CodeMissing},
		{"removal with a story", removeText, `"replaced"`, `"too old"`, CodeForm},
		{"removal with more", removeText, `{"node"`, `{"region":"120000","node"`, CodeUnknown},
	} {
		changed := strings.Replace(tc.text, tc.old, tc.new, 1)
		if changed == tc.text {
			t.Fatalf("%s: nothing to change in %s", tc.name, tc.text)
		}
		var refusal *Error
		if err := parse[tc.text]([]byte(changed)); !errors.As(err, &refusal) || refusal.Code != tc.want {
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		}
	}
	for _, kind := range []string{KindNodeAdd, KindNodeRemove} {
		if !Known(1, kind, Version) || !IsGovernance(kind) {
			t.Errorf("%s is no governance statement of protocol 1", kind)
		}
	}
}
