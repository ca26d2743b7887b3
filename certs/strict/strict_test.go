package strict

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func code(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	if err != nil {
		return "untyped: " + err.Error()
	}
	return ""
}

func TestObject(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"empty object", `{}`, ""},
		{"nested", `{"a":[{"b":1},null,true,"x"],"c":{"b":2}}`, ""},
		{"white space", " \n{ } \r\n\t", ""},
		{"brackets in strings", `{"a":"[[[[[[[[[[[[{{{{{{\"{{"}`, ""},
		{"surrogate pair", `{"a":"\ud83d\ude00"}`, ""},
		{"empty", ``, Syntax},
		{"array", `[]`, Syntax},
		{"string", `"x"`, Syntax},
		{"number", `1`, Syntax},
		{"null", `null`, Syntax},
		{"BOM", "\ufeff{}", Syntax},
		{"NaN", `{"a":NaN}`, Syntax},
		{"comment", `{/**/}`, Syntax},
		{"trailing comma", `{"a":1,}`, Syntax},
		{"single quotes", `{'a':1}`, Syntax},
		{"leading zero", `{"a":01}`, Syntax},
		{"raw control", "{\"a\":\"\x00\"}", Syntax},
		{"cut", `{"a":`, Syntax},
		{"cut in string", `{"a":"\`, Syntax},
		{"unbalanced", `{"a":1]}`, Syntax},
		{"second object", `{}{}`, TrailingData},
		{"trailing letter", `{} x`, TrailingData},
		{"trailing NUL", "{}\x00", TrailingData},
		{"duplicate", `{"a":1,"a":1}`, DuplicateName},
		{"escaped duplicate", `{"a":1,"\u0061":1}`, DuplicateName},
		{"deep duplicate", `{"x":[[{"a":1,"b":2,"a":3}]]}`, DuplicateName},
		{"invalid UTF-8 value", "{\"a\":\"\xff\"}", InvalidUTF8},
		{"invalid UTF-8 name", "{\"\xc3\x28\":1}", InvalidUTF8},
		{"CESU-8", "{\"a\":\"\xed\xa0\xbd\"}", InvalidUTF8},
		{"lone surrogate", `{"a":"\ud800"}`, InvalidUTF8},
		{"lone low surrogate", `{"a":"\uDC00x"}`, InvalidUTF8},
		{"depth", `{"a":[[[[[[[[1]]]]]]]]}`, TooDeep},
		{"size", `{"a":"` + strings.Repeat("x", 1000) + `"}`, TooLarge},
	} {
		if got := code(Object([]byte(c.in), 1000, 8)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestDecode(t *testing.T) {
	type inner struct {
		B int `json:"b"`
	}
	type doc struct {
		A string  `json:"a"`
		N int64   `json:"n"`
		L []inner `json:"l"`
	}
	for _, c := range []struct{ name, in, want string }{
		{"all", `{"a":"x","n":-12,"l":[{"b":1}]}`, ""},
		{"absent members", `{}`, ""},
		{"unknown", `{"a":"x","z":1}`, UnknownField},
		{"unknown deep", `{"l":[{"c":1}]}`, UnknownField},
		{"other case", `{"A":"x"}`, UnknownField},
		{"string for int", `{"n":"1"}`, WrongType},
		{"int for string", `{"a":1}`, WrongType},
		{"fraction", `{"n":1.0}`, WrongType},
		{"exponent", `{"n":1e3}`, WrongType},
		{"overflow", `{"n":9223372036854775808}`, WrongType},
		{"huge", `{"n":1e300}`, WrongType},
		{"null", `{"a":null}`, WrongType},
		{"null deep", `{"l":[null]}`, WrongType},
		{"null in a string is text", `{"a":"null"}`, ""},
		{"object for list", `{"l":{}}`, WrongType},
		{"duplicate", `{"n":1,"n":2}`, DuplicateName},
	} {
		var d doc
		if got := code(Decode([]byte(c.in), 1000, 8, &d)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestHostileSize holds the promise of the package comment: huge nesting and
// masses of keys are refused at once, whatever the byte limit.
func TestHostileSize(t *testing.T) {
	const limit = 64 << 20
	var keys strings.Builder
	keys.WriteString(`{"k":0`)
	for i := range 100_000 {
		keys.WriteString(`,"` + B64([]byte{byte(i >> 16), byte(i >> 8), byte(i)}) + `":0`)
	}
	keys.WriteString("}")
	for _, c := range []struct{ name, in, want string }{
		{"100,000 keys", keys.String(), TooLarge},
		{"depth 10,000", strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000), TooDeep},
		{"depth 20,000 cut", strings.Repeat("[", 20_000), TooDeep},
	} {
		start := time.Now()
		if got := code(Object([]byte(c.in), limit, 8)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		if d := time.Since(start); d > 50*time.Millisecond {
			t.Errorf("%s: took %v", c.name, d)
		}
	}
}

func TestBase64URL(t *testing.T) {
	for _, c := range []struct {
		in string
		ok bool
	}{
		{"", true},
		{"AA", true},
		{"AAA", true},
		{"AAAA", true},
		{"_-_-", true},
		{"A", false},
		{"AB", false},
		{"AAB", false}, // one character; unused bits
		{"AA==", false},
		{"AAA=", false},
		{"AA\n", false},
		{"A\rA", false},
		{"AA AA", false},
		{"++++", false},
		{"//==", false},
		{"AA.A", false},
		{"AAA\x00", false},
	} {
		out, err := Base64URL(c.in)
		if (err == nil) != c.ok {
			t.Errorf("%q: err %v, want ok %v", c.in, err, c.ok)
		}
		if err == nil && B64(out) != c.in {
			t.Errorf("%q does not round-trip", c.in)
		}
	}
}

// FuzzObject: whatever is accepted is an object that every reader sees alike;
// nothing panics.
func FuzzObject(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":[1,2,{"b":"\u0061"}]}`, `{"a":1,"\u0061":2}`, "{\"a\":\"\\ud800\"}", `{}x`, `{"a":nul`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		err := Object(data, 1<<16, 8)
		var into map[string]any
		decoded := Decode(data, 1<<16, 8, &into)
		if err != nil && decoded == nil {
			t.Fatalf("Decode accepted what Object refused (%v): %q", err, data)
		}
		if err == nil && decoded != nil && code(decoded) != WrongType {
			t.Fatalf("Decode refused an object with %v: %q", decoded, data)
		}
	})
}

func BenchmarkObject(b *testing.B) {
	data := []byte(`{"iss":"https://110000.sandi/issuer","sub":"p-0017","aud":"urn:sandi:110000","iat":1760000000,"exp":1760000600,"jti":"01J9ZZZZZZZZZZZZZZZZZZZZZZ","roles":["officer","liaison"],"org":"110108-SJ","scope":"records:read records:write"}`)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if err := Object(data, 8192, 8); err != nil {
			b.Fatal(err)
		}
	}
}
