package statement

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/certs/strict"
)

const goodHeader = `{"alg":"EdDSA","kid":"120000/st-1","typ":"sandi-statement+jws"}`

func goodPayload() string { p := testPayload(); return string(appendPayload(nil, &p)) }

// compact joins header and payload with a signature that is right for them.
func compact(t testing.TB, header, payload string) []byte {
	t.Helper()
	raw := []byte(strict.B64([]byte(header)) + "." + strict.B64([]byte(payload)))
	sig, err := testKey(t, keyring.UseStatement, "st-1", 7).Sign(raw)
	if err != nil {
		t.Fatal(err)
	}
	return append(append(raw, '.'), strict.B64(sig)...)
}

// refusal is one case of the tables: bytes and the code they get, empty for
// accepted.
type refusal struct {
	name string
	raw  []byte
	want Code
}

func checkRefusals(t *testing.T, cases []refusal) {
	t.Helper()
	for _, c := range cases {
		if _, err := Parse(c.raw); code(err) != c.want {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func TestGateBytes(t *testing.T)   { checkRefusals(t, byteCases(t)) }
func TestGateHeader(t *testing.T)  { checkRefusals(t, headerCases(t)) }
func TestGatePayload(t *testing.T) { checkRefusals(t, payloadCases(t)) }
func TestGateValues(t *testing.T)  { checkRefusals(t, valueCases(t)) }

// TestRefusalVectors publishes the tables for other languages, but for the long
// ones.
func TestRefusalVectors(t *testing.T) {
	const longest = 4 << 10
	type published struct {
		Name string `json:"name"`
		Raw  string `json:"raw"`
		Code Code   `json:"code"`
	}
	var out []published
	for _, table := range [][]refusal{byteCases(t), headerCases(t), payloadCases(t), valueCases(t)} {
		for _, c := range table {
			if c.want != "" && len(c.raw) <= longest {
				out = append(out, published{c.name, string(c.raw), c.want})
			}
		}
	}
	golden(t, "refusals.json", out)
}

// byteCases: what is refused before any JSON is read.
func byteCases(t *testing.T) (cases []refusal) {
	good := compact(t, goodHeader, goodPayload())
	if _, err := Parse(good); err != nil {
		t.Fatal(err)
	}
	text := string(good)
	parts := strings.Split(text, ".")
	for _, c := range []struct {
		name, in string
		want     Code
	}{
		{"empty", "", CodeSegments},
		{"61 KiB", strings.Repeat("A", 61<<10), CodeTooLarge},
		{"one byte over", text + strings.Repeat("A", MaxBytes-len(text)+1), CodeTooLarge},
		{"7,000 dots", strings.Repeat(".", 7000), CodeSegments},
		{"two segments", parts[0] + "." + parts[1], CodeSegments},
		{"four segments", text + ".AAAA", CodeSegments},
		{"JWE: five segments", text + ".AAAA.AAAA", CodeSegments},
		{"empty header", "." + parts[1] + "." + parts[2], CodeSegments},
		{"empty payload (detached)", parts[0] + ".." + parts[2], CodeSegments},
		{"empty signature", parts[0] + "." + parts[1] + ".", CodeSegments},
		{"JSON serialisation", `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, CodeSegments},
		{"space before", " " + text, CodeBase64},
		{"line feed after", text + "\n", CodeSignature},
		{"line feed inside", parts[0] + "." + parts[1][:8] + "\n" + parts[1][8:] + "." + parts[2], CodeBase64},
		{"four line feeds inside", parts[0] + "." + parts[1][:8] + "\r\n\r\n" + parts[1][8:] + "." + parts[2], CodeBase64},
		{"line feed for a signature character", parts[0] + "." + parts[1] + "." + parts[2][:85] + "\n", CodeBase64},
		{"padding", parts[0] + "." + parts[1] + "." + parts[2] + "==", CodeSignature},
		{"standard alphabet", parts[0] + "." + parts[1] + "." + strings.Repeat("+", 86), CodeBase64},
		{"unused bits", parts[0] + "." + parts[1] + "." + parts[2][:85] + next(parts[2][85]), CodeBase64},
		{"NUL", parts[0] + "." + parts[1] + "\x00." + parts[2], CodeBase64},
		{"non-ASCII", parts[0] + "." + "é" + parts[1] + "." + parts[2], CodeBase64},
		{"one character too many", parts[0] + "A." + parts[1] + "." + parts[2], CodeBase64},
		{"signature short", parts[0] + "." + parts[1] + "." + strict.B64(make([]byte, 63)), CodeSignature},
		{"signature long", parts[0] + "." + parts[1] + "." + strict.B64(make([]byte, 65)), CodeSignature},
		{"DER signature", parts[0] + "." + parts[1] + "." + strict.B64(make([]byte, 71)), CodeSignature},
		{"long header", strict.B64([]byte(`{"alg":"EdDSA"`+strings.Repeat(" ", 300)+`}`)) + "." + parts[1] + "." + parts[2], CodeTooLarge},
	} {
		cases = append(cases, refusal{"bytes: " + c.name, []byte(c.in), c.want})
	}
	return cases
}

// next is the character whose sextet differs in the lowest bit.
func next(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[sextet[c]^1])
}

func headerCases(t *testing.T) (cases []refusal) {
	for _, c := range []struct {
		name, header string
		want         Code
	}{
		{"any order, white space", "{ \"typ\" : \"sandi-statement+jws\",\n\t\"kid\":\"120000/st-1\",\"alg\":\"EdDSA\" }", ""},
		{"ES256", strings.Replace(goodHeader, "EdDSA", "ES256", 1), ""},
		{"none", strings.Replace(goodHeader, "EdDSA", "none", 1), CodeAlg},
		{"None", strings.Replace(goodHeader, "EdDSA", "None", 1), CodeAlg},
		{"HS256", strings.Replace(goodHeader, "EdDSA", "HS256", 1), CodeAlg},
		{"RS256", strings.Replace(goodHeader, "EdDSA", "RS256", 1), CodeAlg},
		{"Ed25519 (RFC 9864)", strings.Replace(goodHeader, "EdDSA", "Ed25519", 1), CodeAlg},
		{"alg empty", strings.Replace(goodHeader, "EdDSA", "", 1), CodeMissing},
		{"alg missing", `{"kid":"120000/st-1","typ":"sandi-statement+jws"}`, CodeMissing},
		{"alg null", strings.Replace(goodHeader, `"EdDSA"`, "null", 1), CodeWrongType},
		{"alg array", strings.Replace(goodHeader, `"EdDSA"`, `["EdDSA"]`, 1), CodeWrongType},
		{"alg twice", strings.Replace(goodHeader, "{", `{"alg":"none",`, 1), CodeDuplicate},
		{"alg twice, escaped", strings.Replace(goodHeader, "{", `{"\u0061lg":"none",`, 1), CodeName},
		{"ALG", strings.Replace(goodHeader, "{", `{"ALG":"none",`, 1), CodeUnknown},
		{"token", strings.Replace(goodHeader, Type, "at+jwt", 1), CodeType},
		{"JWT", strings.Replace(goodHeader, Type, "JWT", 1), CodeType},
		{"typ in capitals", strings.Replace(goodHeader, Type, strings.ToUpper(Type), 1), CodeType},
		{"typ missing", `{"alg":"EdDSA","kid":"120000/st-1"}`, CodeMissing},
		{"kid missing", `{"alg":"EdDSA","typ":"sandi-statement+jws"}`, CodeMissing},
		{"kid array", strings.Replace(goodHeader, `"120000/st-1"`, `["120000/st-1"]`, 1), CodeWrongType},
		{"kid without region", strings.Replace(goodHeader, "120000/st-1", "st-1", 1), CodeForm},
		{"kid without key", strings.Replace(goodHeader, "120000/st-1", "120000/", 1), CodeForm},
		{"kid of another region", strings.Replace(goodHeader, "120000", "110000", 1), CodeRegion},
		{"kid 129 characters", strings.Replace(goodHeader, "st-1", strings.Repeat("a", 122), 1), CodeForm},
		{"kid path", strings.Replace(goodHeader, "st-1", "../st-1", 1), CodeForm},
		{"kid quote", strings.Replace(goodHeader, "st-1", `st\"1`, 1), CodeForm},
		{"kid NUL", strings.Replace(goodHeader, "st-1", "st\x001", 1), CodeForm},
		{"kid slash escaped", strings.Replace(goodHeader, "/", `\/`, 1), CodeForm},
		{"kid capitals", strings.Replace(goodHeader, "st-1", "ST-1", 1), CodeForm},
		{"crit", strings.Replace(goodHeader, "}", `,"crit":["exp"]}`, 1), CodeUnknown},
		{"b64", strings.Replace(goodHeader, "}", `,"b64":false}`, 1), CodeUnknown},
		{"jwk", strings.Replace(goodHeader, "}", `,"jwk":{}}`, 1), CodeUnknown},
		{"jku", strings.Replace(goodHeader, "}", `,"jku":"https://x"}`, 1), CodeUnknown},
		{"x5u", strings.Replace(goodHeader, "}", `,"x5u":"https://x"}`, 1), CodeUnknown},
		{"x5c", strings.Replace(goodHeader, "}", `,"x5c":[]}`, 1), CodeUnknown},
		{"zip", strings.Replace(goodHeader, "}", `,"zip":"DEF"}`, 1), CodeUnknown},
		{"cty", strings.Replace(goodHeader, "}", `,"cty":"JWT"}`, 1), CodeUnknown},
		{"array", "[" + goodHeader + "]", CodeWrongType},
		{"null", "null", CodeWrongType},
		{"BOM", "\ufeff" + goodHeader, CodeSyntax},
		{"two objects", goodHeader + "{}", CodeTrailing},
		{"cut", goodHeader[:len(goodHeader)-1], CodeSyntax},
		{"trailing comma", strings.Replace(goodHeader, "}", ",}", 1), CodeSyntax},
	} {
		cases = append(cases, refusal{"header: " + c.name, compact(t, c.header, goodPayload()), c.want})
	}
	return cases
}

func payloadCases(t *testing.T) (cases []refusal) {
	good := goodPayload()
	swap := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("nothing to change: %s", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	id := testPayload().ID
	for _, c := range []struct {
		name, payload string
		want          Code
	}{
		{"as written", good, ""},
		{"white space", strings.ReplaceAll(good, `,"`, " ,\r\n\t\""), ""},
		{"unknown kind has form", swap(`"record.act"`, `"vote.cast"`), ""},
		{"unknown version has form", swap(`"v":1`, `"v":2`), ""},
		{"null", "null", CodeWrongType},
		{"array", "[]", CodeWrongType},
		{"string", `"x"`, CodeWrongType},
		{"number", "1", CodeWrongType},
		{"empty object", "{}", CodeMissing},
		{"trailing object", good + "{}", CodeTrailing},
		{"trailing NUL", good + "\x00", CodeTrailing},
		{"BOM", "\ufeff" + good, CodeSyntax},
		{"comment", "/**/" + good, CodeSyntax},
		{"unknown field", swap(`{"network"`, `{"x":1,"network"`), CodeUnknown},
		{"case variant", swap(`"kind"`, `"Kind"`), CodeUnknown},
		{"duplicate key", swap(`"v":1`, `"v":1,"v":1`), CodeDuplicate},
		{"duplicate key in actor", swap(`"role"`, `"role":"clerk","role"`), CodeDuplicate},
		{"duplicate key in body", swap(`"doc_no"`, `"pages":1,"doc_no"`), CodeDuplicate},
		{"escaped name in body", swap(`"doc_no"`, `"p\u0061ges":1,"doc_no"`), CodeName},
		{"empty name in body", swap(`"doc_no"`, `"":1,"doc_no"`), CodeName},
		{"name of 65 characters", swap(`"doc_no"`, `"`+strings.Repeat("a", 65)+`":1,"doc_no"`), CodeName},
		{"v string", swap(`"v":1`, `"v":"1"`), CodeWrongType},
		{"v null", swap(`"v":1`, `"v":null`), CodeWrongType},
		{"v zero", swap(`"v":1`, `"v":0`), CodeForm},
		{"v negative", swap(`"v":1`, `"v":-1`), CodeForm},
		{"v fraction", swap(`"v":1`, `"v":1.0`), CodeNumber},
		{"v exponent", swap(`"v":1`, `"v":1e0`), CodeNumber},
		{"v huge", swap(`"v":1`, `"v":65536`), CodeForm},
		{"v missing", swap(`"v":1,`, ``), CodeMissing},
		{"network empty", swap(testNetwork, ""), CodeMissing},
		{"network short", swap(testNetwork, testNetwork[1:]), CodeForm},
		{"network unused bits", swap(testNetwork, testNetwork[:42]+next(testNetwork[42])), CodeForm},
		{"kind missing", swap(`"kind":"record.act",`, ``), CodeMissing},
		{"kind without dot", swap(`"record.act"`, `"record"`), CodeForm},
		{"kind with two dots", swap(`"record.act"`, `"record.act.x"`), CodeForm},
		{"kind capital", swap(`"record.act"`, `"Record.act"`), CodeForm},
		{"id lower case", swap(id, strings.ToLower(id)), CodeForm},
		{"id overflow", swap(id, "8"+id[1:]), CodeForm},
		{"id excluded letter", swap(id, id[:25]+"U"), CodeForm},
		{"id short", swap(id, id[1:]), CodeForm},
		{"region of another", swap(`"region":"120000"`, `"region":"110000"`), CodeRegion},
		{"region of five digits", swap(`"region":"120000"`, `"region":"12000"`), CodeForm},
		{"record missing", swap(`"record":"CT-120000-2025-000018",`, ``), CodeMissing},
		{"record empty", swap(`"CT-120000-2025-000018"`, `""`), CodeForm},
		{"record lower case", swap(`CT-120000`, `ct-120000`), CodeForm},
		{"record path", swap(`CT-120000-2025-000018`, `CT-120000-2025-00../8`), CodeForm},
		{"prev missing", swap(`"prev":"`+testPayload().Prev+`",`, ``), CodeMissing},
		{"prev form", swap(testPayload().Prev, "x"), CodeForm},
		{"opening with prev", swap(`"record.act"`, `"record.open"`), CodeUnknown},
		{"at in UTC", swap(testAt, "2025-11-10T01:00:00Z"), CodeForm},
		{"at with fraction", swap(testAt, "2025-11-10T09:00:00.0+08:00"), CodeForm},
		{"at 30 February", swap(testAt, "2025-02-30T09:00:00+08:00"), CodeForm},
		{"at leap second", swap(testAt, "2025-11-10T09:00:60+08:00"), CodeForm},
		{"at lower case", swap(testAt, "2025-11-10t09:00:00+08:00"), CodeForm},
		{"at number", swap(`"`+testAt+`"`, "1762736400"), CodeWrongType},
		{"actor string", swap(`{"role":"liaison"`, `"x",{"role":"liaison"`), CodeWrongType},
		{"actor without person", swap(`,"person":"AAAAAAAAAAAAAAAAAAAAAA"`, ``), CodeMissing},
		{"actor with name", swap(`"role"`, `"name":"x","role"`), CodeUnknown},
		{"person empty", swap(`AAAAAAAAAAAAAAAAAAAAAA`, ``), CodeForm},
		{"person in clear", swap(`AAAAAAAAAAAAAAAAAAAAAA`, `zhang.san`), CodeForm},
		{"role form", swap(`"liaison"`, `"Liaison"`), CodeForm},
		{"org form", swap(`120114-SJ`, `120114SJ`), CodeForm},
		{"request missing", swap(`"request":"`+testPayload().Request+`",`, ``), CodeMissing},
		{"escape in the envelope", swap(`"120114-SJ"`, `"120114\u002dSJ"`), CodeForm},
		{"body string", swap(`"body":{`, `"body":"x","z":{`), CodeWrongType},
		{"body array", swap(`"body":{`, `"body":[],"z":{`), CodeWrongType},
		{"body missing", good[:strings.Index(good, `,"body"`)] + "}", CodeMissing},
	} {
		cases = append(cases, refusal{"payload: " + c.name, compact(t, goodHeader, c.payload), c.want})
	}
	return cases
}

// valueCases: what no body may hold, whatever the procedure.
func valueCases(t *testing.T) (cases []refusal) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	many := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(`,"n` + string(rune('a'+i/26)) + string(rune('a'+i%26)) + `":1`)
		}
		return "{" + b.String()[1:] + "}"
	}
	for _, c := range []struct {
		name, value string
		want        Code
	}{
		{"plain", `["a",1,-1,0,true,false,{},[],9007199254740991,-9007199254740991]`, ""},
		{"text", `"津市监移〔2025〕18号\n\t\"\\\/é𠮷"`, ""},
		{"ideographic variation", "\"葛\U000E0100城\"", ""},
		{"pair of surrogates", `"\ud842\udfb7"`, ""},
		{"null", `null`, CodeWrongType},
		{"nested null", `[{"a":null}]`, CodeWrongType},
		{"NaN", `NaN`, CodeSyntax},
		{"Infinity", `Infinity`, CodeSyntax},
		{"-Infinity", `-Infinity`, CodeSyntax},
		{"nan in lower case", `nan`, CodeSyntax},
		{"True", `True`, CodeSyntax},
		{"truth", `truth`, CodeSyntax},
		{"fraction", `1.5`, CodeNumber},
		{"whole fraction", `1.0`, CodeNumber},
		{"exponent", `1e3`, CodeNumber},
		{"capital exponent", `1E3`, CodeNumber},
		{"1e300", `1e300`, CodeNumber},
		{"minus zero", `-0`, CodeNumber},
		{"leading zero", `01`, CodeNumber},
		{"plus", `+1`, CodeSyntax},
		{"minus alone", `-`, CodeSyntax},
		{"hexadecimal", `0x1`, CodeSyntax},
		{"above 2^53-1", `9007199254740992`, CodeNumber},
		{"400 digits", strings.Repeat("9", 400), CodeNumber},
		{"single quotes", `'x'`, CodeSyntax},
		{"trailing comma in array", `[1,]`, CodeSyntax},
		{"trailing comma in object", `{"a":1,}`, CodeSyntax},
		{"no comma", `[1 2]`, CodeSyntax},
		{"no colon", `{"a" 1}`, CodeSyntax},
		{"depth 8", deep(6), ""},
		{"depth 9", deep(7), CodeTooDeep},
		{"depth 10,000", deep(10_000), CodeTooDeep},
		{"256 names", many(256), ""},
		{"257 names", many(257), CodeTooMany},
		{"NUL", "\"\x00\"", CodeSyntax},
		{"NUL escaped", `"\u0000"`, CodeCharacter},
		{"raw line feed", "\"a\nb\"", CodeSyntax},
		{"carriage return", `"\r"`, CodeCharacter},
		{"backspace", `"\b"`, CodeCharacter},
		{"form feed", `"\f"`, CodeCharacter},
		{"escape character", `"\u001b[2J"`, CodeCharacter},
		{"DEL", "\"\x7f\"", CodeCharacter},
		{"C1 control", "\"\u0085\"", CodeCharacter},
		{"unknown escape", `"\x41"`, CodeSyntax},
		{"short escape", `"\u12"`, CodeSyntax},
		{"invalid UTF-8", "\"\xff\"", CodeUTF8},
		{"overlong UTF-8", "\"\xc0\xaf\"", CodeUTF8},
		{"surrogate in UTF-8", "\"\xed\xa0\x80\"", CodeUTF8},
		{"lone surrogate", `"\ud800"`, CodeUTF8},
		{"lone low surrogate", `"\udc00"`, CodeUTF8},
		{"high surrogate twice", `"\ud800\ud800"`, CodeUTF8},
		{"right-to-left override", "\"\u202e\"", CodeCharacter},
		{"right-to-left override escaped", `"\u202E"`, CodeCharacter},
		{"isolate", "\"\u2066\"", CodeCharacter},
		{"direction mark", "\"\u200f\"", CodeCharacter},
		{"Arabic letter mark", "\"\u061c\"", CodeCharacter},
		{"zero-width space", "\"a\u200bb\"", CodeCharacter},
		{"zero-width joiner", "\"a\u200db\"", CodeCharacter},
		{"word joiner", "\"a\u2060b\"", CodeCharacter},
		{"zero-width no-break space", "\"\ufeff\"", CodeCharacter},
		{"soft hyphen", "\"a\u00adb\"", CodeCharacter},
		{"Hangul filler", "\"\u3164\"", CodeCharacter},
		{"line separator", "\"\u2028\"", CodeCharacter},
		{"tag character", "\"\U000E0041\"", CodeCharacter},
		{"tag character escaped", `"\udb40\udc41"`, CodeCharacter},
		{"noncharacter", "\"\uffff\"", CodeCharacter},
		{"noncharacter of a far plane", "\"\U0002fffe\"", CodeCharacter},
	} {
		payload := strings.Replace(goodPayload(), `"body":{`, `"body":{"x":`+c.value+`,`, 1)
		cases = append(cases, refusal{"value: " + c.name, compact(t, goodHeader, payload), c.want})
	}
	return cases
}

// TestManyNames: a name is found twice wherever it stands, and the names of an
// object that was closed are free again.
func TestManyNames(t *testing.T) {
	object := func(from, to int, more string) string {
		text := ""
		for i := from; i < to; i++ {
			text += fmt.Sprintf(`"n%d":1,`, i)
		}
		return "{" + text + more + "}"
	}
	for _, c := range []struct {
		name, value string
		want        Code
	}{
		{"200", object(0, 200, `"m":1`), ""},
		{"first again, far on", object(0, 200, `"n0":1`), CodeDuplicate},
		{"far one again", object(0, 200, `"n150":1`), CodeDuplicate},
		{"last again", object(0, 200, `"n199":1`), CodeDuplicate},
		{"names of closed objects", object(0, 30, `"a":`+object(0, 90, `"b":`+object(0, 90, `"m":1`))+`,"c":`+object(0, 90, `"m":1`)+`,"m":1`), ""},
		{"again after closed objects", object(0, 30, `"a":`+object(0, 90, `"m":1`)+`,"n7":1`), CodeDuplicate},
	} {
		raw := compact(t, goodHeader, strings.Replace(goodPayload(), `"body":{`, `"body":{"x":`+c.value+`,`, 1))
		if _, err := Parse(raw); code(err) != c.want {
			t.Errorf("%s: got %q, want %q", c.name, code(err), c.want)
		}
	}
}

// TestRefusedFast: hostile bytes of the largest size cost no more than honest
// ones.
func TestRefusedFast(t *testing.T) {
	const room = 44 << 10 // the payload of a statement of 60 KiB
	var names strings.Builder
	for i := 0; names.Len() < room-1000; i++ {
		names.WriteString(`{"` + strings.Repeat("a", 30) + `":1},`)
	}
	for name, value := range map[string]string{
		"depth":        strings.Repeat("[", room),
		"digits":       strings.Repeat("9", room),
		"escapes":      `"` + strings.Repeat(`\n`, room/2-500) + `"`,
		"many objects": "[" + names.String() + "1]",
		"one string":   `"` + strings.Repeat("x", room-1000),
	} {
		raw := compact(t, goodHeader, strings.Replace(goodPayload(), `"body":{`, `"body":{"x":`+value+`,`, 1))
		if len(raw) > MaxBytes+4096 {
			t.Fatalf("%s: %d bytes", name, len(raw))
		}
		start := time.Now()
		_, _ = Parse(raw)
		if took := time.Since(start); took > 50*time.Millisecond {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

// TestSignRefuses: nothing is signed that Parse would refuse.
func TestSignRefuses(t *testing.T) {
	k := testKey(t, keyring.UseStatement, "st-1", 7)
	for name, change := range map[string]func(*Payload){
		"no network":         func(p *Payload) { p.Network = "" },
		"quote in a member":  func(p *Payload) { p.Region = `1"2` },
		"body no object":     func(p *Payload) { p.Body = []byte(`[]`) },
		"body missing":       func(p *Payload) { p.Body = nil },
		"body not JSON":      func(p *Payload) { p.Body = []byte(`{`) },
		"body slips out":     func(p *Payload) { p.Body = []byte(`{},"extra":{}`) },
		"body takes a place": func(p *Payload) { p.Kind, p.Body = "vote.cast", []byte(`{},"body":{}`) },
		"body too large":     func(p *Payload) { p.Body = []byte(`{"x":"` + strings.Repeat("x", MaxBytes) + `"}`) },
		"white space after":  func(p *Payload) { p.Body = append(p.Body, ' ') },
		"governance kind":    func(p *Payload) { p.Kind, p.Record, p.Prev = KindKeyRevoke, "", "" },
		"version":            func(p *Payload) { p.V = 70000 },
	} {
		p := testPayload()
		change(&p)
		if raw, _, err := Sign(k, p); err == nil {
			t.Errorf("%s: signed %s", name, raw)
		}
	}
	for name, s := range map[string]keyring.Signer{
		"token key":       testKey(t, keyring.UseToken, "st-1", 7),
		"governance key":  testKey(t, keyring.UseGovernance, "st-1", 7),
		"short signature": device{k, bytes.Repeat([]byte{1}, 63)},
	} {
		if _, _, err := Sign(s, testPayload()); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
}

// device is a signer that answers with fixed bytes.
type device struct {
	keyring.Signer
	answer []byte
}

func (d device) Sign([]byte) ([]byte, error) { return d.answer, nil }
