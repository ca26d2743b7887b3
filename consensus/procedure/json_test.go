package procedure

import (
	"bytes"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

func TestJSONAccepts(t *testing.T) {
	for in, want := range map[string]string{
		`{}`:                                  `{}`,
		" { \"b\" : [ ] ,\n\"a\":{ } }\t":     `{"a":{},"b":[]}`,
		`{"a":0,"b":-7,"c":9007199254740991}`: `{"a":0,"b":-7,"c":9007199254740991}`,
		`{"a":true,"b":false,"c":null}`:       `{"a":true,"b":false,"c":null}`,
		`{"a":"\u0041\/\n\u001f\"\\"}`:        `{"a":"A/\n\u001f\"\\"}`,
		`{"a":"\ud840\udc00津"}`:               `{"a":"𠀀津"}`,
		`{"\u0062":1,"a":2}`:                  `{"a":2,"b":1}`,
		`{"a":[[[[[[[1]]]]]]]}`:               `{"a":[[[[[[[1]]]]]]]}`,
	} {
		list, ok := parseJSON(nil, []byte(in))
		if !ok {
			t.Errorf("%s was refused", in)
			continue
		}
		if got := string(appendJSON(nil, list, 0)); got != want {
			t.Errorf("%s became %s, want %s", in, got, want)
		}
	}
}

func TestJSONRefuses(t *testing.T) {
	for _, in := range []string{
		``, ` `, `1`, `[]`, `"a"`, `null`, `{`, `}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{"a":1 "b":2}`, `{a:1}`, `{'a':1}`,
		`{"a":1}{}`, `{"a":1} x`, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"x":{"a":1,"a":2}}`,
		`{"a":1.0}`, `{"a":1e3}`, `{"a":-0}`, `{"a":01}`, `{"a":+1}`, `{"a":-}`, `{"a":9007199254740992}`, `{"a":99999999999999999999}`, `{"a":NaN}`, `{"a":0x1}`,
		`{"a":tru}`, `{"a":True}`, `{"a":[1,]}`, `{"a":[1}`, `{"a":"x}`, `{"a":"\x"}`, `{"a":"\u12"}`, `{"a":"\ud800"}`, `{"a":"\udc00\ud800"}`, `{"a":"\ud800\u0041"}`,
		"{\"a\":\"x\ny\"}", "{\"a\":\"\xff\"}", "\ufeff{}", `{"a":[[[[[[[[[1]]]]]]]]]}`, `{"a":/**/1}`,
		`{"a":"` + strings.Repeat("x", 70<<10) + `"}`,
		`{"a":[` + strings.Repeat("1,", 9000) + `1]}`,
	} {
		if _, ok := parseJSON(nil, []byte(in)); ok {
			t.Errorf("%.60s was accepted", in)
		}
	}
	var many strings.Builder
	for i := range 201 {
		many.WriteString(`,"` + strings.Repeat("k", i+1) + `":1`)
	}
	if _, ok := parseJSON(nil, []byte("{"+many.String()[1:]+"}")); ok {
		t.Error("201 names were accepted")
	}
}

// Whatever is accepted is JSON without duplicates by an independent reader, and
// canonical output reads back as itself.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,"x",{"b":null}],"c":true}`, `{"a":"\u00e9\ud840\udc00"}`, `{"a":1.5}`, `{"a":{"a":{}}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		list, ok := parseJSON(nil, data)
		v := jsontext.Value(bytes.Clone(data))
		if !ok {
			return
		}
		if !v.IsValid() {
			t.Fatalf("%q is not JSON", data)
		}
		out := appendJSON(nil, list, 0)
		again, ok := parseJSON(nil, out)
		if !ok || !bytes.Equal(appendJSON(nil, again, 0), out) {
			t.Fatalf("%q does not read back", out)
		}
		if err := v.Compact(); err != nil {
			t.Fatal(err)
		}
		if len(list) != len(again) {
			t.Fatalf("%q lost values", data)
		}
		p := recordReader{data: out, s: string(out)}
		if p.skip(0); p.bad || p.pos != len(out) {
			t.Fatalf("%q is not canonical for the record reader", out)
		}
	})
}
