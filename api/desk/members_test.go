package desk

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// Ensure cutting an object and joining it again changes nothing but white space.
func TestMembers(t *testing.T) {
	for _, text := range []string{
		`{}`, ` { } `, `{"a":1}`, `{"a":"x\"}{,","b":[1,{"c":"]"}],"d":{"e":{}},"f":true,"g":-1.5e3}`,
		"{ \"a\" : 1 ,\n\"b\"\t:\r\"\\\\\" , \"c\":[ ] }", `{"a":"移送","b":"\u4e2d"}`,
	} {
		o, err := ParseFields([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		list := slices.Collect(o.Members())
		var want, got any
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		joined := object(list)
		if err := json.Unmarshal(joined, &got); err != nil {
			t.Fatalf("%s became %s", text, joined)
		}
		w, _ := json.Marshal(want)
		g, _ := json.Marshal(got)
		if string(w) != string(g) {
			t.Errorf("%s became %s", text, joined)
		}
	}
	for _, text := range []string{`[]`, `{`, `{"a":1}x`, `{"a":1,"a":2}`, "{\"a\":\"\xff\"}", `null`, `{"a":` + strings.Repeat("[", 100), `{"a":NaN}`} {
		if _, err := ParseFields([]byte(text)); err == nil {
			t.Errorf("%.40s was accepted", text)
		}
	}
}

func FuzzMembers(f *testing.F) {
	f.Add([]byte(`{"a":[{"b":"\""}], "c":-0.1e-5,"d":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := ParseFields(data)
		if err != nil {
			return
		}
		list := slices.Collect(o.Members())
		var want map[string]json.RawMessage
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("cut what is no JSON: %q", data)
		}
		if len(want) != len(list) {
			t.Fatalf("%d members of %d: %q", len(list), len(want), data)
		}
		if joined := object(list); !json.Valid(joined) {
			t.Fatalf("%q became %q", data, joined)
		}
	})
}
