package statement

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"sandi.internal/gateway/certs/strict"
)

// FuzzParse is the statement decoder on raw bytes: no input panics, and what is
// accepted is what was given.
func FuzzParse(f *testing.F) {
	f.Add(compact(f, goodHeader, goodPayload()))
	f.Add([]byte("..."))
	f.Add([]byte(strings.Repeat("A", 100)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		st, err := Parse(raw)
		if !bytes.Equal(raw, before) {
			t.Fatal("Parse wrote into its input")
		}
		if err != nil {
			if code(err) == "" || st != nil {
				t.Fatalf("got %v with %v", err, st)
			}
			return
		}
		if !bytes.Equal(st.Raw, raw) || st.Hash != sha256.Sum256(raw) {
			t.Fatal("not the bytes that were given")
		}
	})
}

// unsigned joins header and payload with a signature of zeros: form only.
func unsigned(payload string) []byte {
	return []byte(strict.B64([]byte(goodHeader)) + "." + strict.B64([]byte(payload)) + "." + strict.B64(make([]byte, signatureSize)))
}

// FuzzPayload puts any bytes in the payload's place.
func FuzzPayload(f *testing.F) {
	for _, seed := range []string{goodPayload(), `{"a":1}`, strings.ReplaceAll(goodPayload(), `,"`, " ,\t\"")} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) { againstStrict(t, payload) })
}

// FuzzValue puts any bytes where a value of the body stands.
func FuzzValue(f *testing.F) {
	for _, seed := range []string{
		`"\u00e9\n"`, `[1,{"y":"\ud842\udfb7"},-5,true,false]`, `{"a":{"b":[[[]]]}}`, `9007199254740991`, `1.5`, `-0`, `null`, `"` + "\u202e" + `"`, `1},"z":{"x":2`,
	} {
		f.Add([]byte(seed))
	}
	before, after, _ := strings.Cut(goodPayload(), `"body":{`)
	f.Fuzz(func(t *testing.T, value []byte) {
		againstStrict(t, []byte(before+`"body":{"x":`+string(value)+`,`+after))
	})
}

// againstStrict holds the scanner against certs/strict, an independent reader.
// What the scanner accepts is strict JSON, and both read the same values; what it
// refuses as no JSON is no strict JSON either.
func againstStrict(t *testing.T, payload []byte) {
	t.Helper()
	if len(payload) > 40<<10 {
		return
	}
	object := strict.Object(payload, MaxBytes, 2*MaxDepth)
	st, err := Parse(unsigned(string(payload)))
	switch code(err) {
	case "":
	case CodeSyntax, CodeUTF8, CodeTrailing, CodeDuplicate:
		if object == nil {
			t.Fatalf("refused with %v, but strict JSON: %q", err, payload)
		}
		return
	default:
		return
	}
	if object != nil {
		t.Fatalf("accepted, but not strict JSON: %v: %q", object, payload)
	}
	var other struct {
		Payload
		Body map[string]any `json:"body"`
	}
	if err := strict.Decode(payload, MaxBytes, MaxDepth, &other); err != nil {
		t.Fatalf("accepted, but does not decode: %v: %q", err, payload)
	}
	var body map[string]any
	if err := strict.Decode(st.Body, MaxBytes, MaxDepth-1, &body); err != nil {
		t.Fatalf("the body does not decode: %v: %q", err, st.Body)
	}
	mine := st.Payload
	mine.Body, other.Payload.Body = nil, nil
	if text(t, mine) != text(t, other.Payload) || text(t, body) != text(t, other.Body) {
		t.Fatalf("read differently: %+v and %+v", mine, other)
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	out, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// FuzzBodies: what a body's parser accepts, its Marshal writes so that it reads
// the same again.
func FuzzBodies(f *testing.F) {
	for _, seed := range []string{
		`{"procedure":"p","fields":{}}`, `{"event":"e","fields":{"a":1},"home":["b"],"private":"sc1.` + strings.Repeat("A", 43) + `"}`,
		`{"key":"st-1","reason":"ceased"}`, `{"issuer":"https://a","roles":["clerk"]}`, `{"issuer":"https://a","sub":"x","before":5}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if b, err := ParseOpen(body); err == nil {
			again(t, b, ParseOpen)
		}
		if b, err := ParseAct(body); err == nil {
			again(t, b, ParseAct)
		}
		if b, err := ParseKeyAdd(body); err == nil {
			again(t, b, ParseKeyAdd)
		}
		if b, err := ParseKey(KindKeyRevoke, body); err == nil {
			again(t, b, func(body []byte) (KeyBody, error) { return ParseKey(KindKeyRevoke, body) })
		}
		if b, err := ParseIssuerAdd(body); err == nil {
			again(t, b, ParseIssuerAdd)
		}
		if b, err := ParseIssuerDrop(body); err == nil {
			again(t, b, ParseIssuerDrop)
		}
		if b, err := ParseRole(body); err == nil {
			again(t, b, ParseRole)
		}
		if b, err := ParseTokenRevoke(body); err == nil {
			again(t, b, ParseTokenRevoke)
		}
	})
}

func again[B interface{ Marshal() []byte }](t *testing.T, b B, parse func([]byte) (B, error)) {
	t.Helper()
	once := b.Marshal()
	c, err := parse(once)
	if err != nil || !bytes.Equal(c.Marshal(), once) {
		t.Fatalf("%s does not survive: %v", once, err)
	}
}
