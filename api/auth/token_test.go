package auth

import (
	"crypto"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/certs/strict"
)

func TestAccepted(t *testing.T) {
	b := newBureau(t)
	for name, k := range map[string]*keyring.PrivateKey{"EdDSA": b.ed, "ES256": b.es} {
		c := b.accepted(t, name, request(token(t, k, plain())))
		if c.Region != "110000" || c.Issuer != beijing || c.Subject != "p-0017" || c.Org != "110108-SJ" || c.TokenID != "01JD0000000000000000000001" ||
			strings.Join(c.Roles, " ") != "clerk officer" || !c.HasScope(ScopeWrite) || c.Expires.Unix() != noon.Unix()+290 || c.Service {
			t.Errorf("%s: caller %+v", name, c)
		}
	}
	// What honest issuers may also do.
	for name, tok := range map[string]string{
		"minimal":              token(t, b.ed, with(map[string]any{"roles": nil, "org": nil, "scope": nil, "name": nil, "jti": "2"})),
		"signed by keyring":    signed(t, b.ed),
		"claims of others":     token(t, b.ed, with(map[string]any{"auth_time": 1, "acr": "x", "amr": []string{"pin"}, "email": "a@b", "azp": nil})),
		"own region claim":     token(t, b.ed, with(map[string]any{"region": "110000"})),
		"not before":           token(t, b.ed, with(map[string]any{"nbf": noon.Unix() - 10})),
		"clock 29 s ahead":     token(t, b.ed, with(map[string]any{"iat": noon.Unix() + 29, "exp": noon.Unix() + 300})),
		"expired 29 s ago":     token(t, b.ed, with(map[string]any{"iat": noon.Unix() - 300, "exp": noon.Unix() - 29})),
		"white space in JSON":  mint(t, b.ed, " "+headerOf(b.ed, nil)+"\n", "\t"+jsonOf(plain())+" "),
		"ten minutes, person":  token(t, b.ed, with(map[string]any{"exp": noon.Unix() + 590})),
		"five minutes, client": token(t, b.ed, with(map[string]any{"client_id": "p-0017", "exp": noon.Unix() + 290})),
	} {
		b.accepted(t, name, request(tok))
	}
	r := request("")
	r.Header.Set("Authorization", "bearer "+token(t, b.ed, plain()))
	b.accepted(t, "scheme in lower case", r)
}

func signed(t *testing.T, k *keyring.PrivateKey) string {
	t.Helper()
	tok, err := keyring.SignToken(k, keyring.Claims{
		Issuer: beijing, Subject: "s", Audience: Audience("110000"),
		IssuedAt: noon.Unix(), Expires: noon.Unix() + 300, ID: "x", Roles: []string{"officer"}, Org: "110000-SJ", Scope: ScopeRead,
	})
	must(t, err)
	return tok
}

// hostile is one refused token.
type hostile struct {
	name  string
	token string
	want  Reason
}

// TestTokens is the row "Tokens" of SECURITY section 5, entry by entry.
func TestTokens(t *testing.T) {
	b := newBureau(t)
	rows := append(formRows(t, b), headerRows(t, b)...)
	rows = append(rows, signatureRows(t, b)...)
	rows = append(rows, payloadRows(t, b)...)
	for _, row := range rows {
		b.refused(t, row.name, request(row.token), row.want)
	}
	if len(rows) < 90 {
		t.Fatalf("only %d rows", len(rows))
	}
	if b.cache.size() != 0 {
		t.Fatalf("%d refused tokens are remembered", b.cache.size())
	}
}

func formRows(t *testing.T, b *bureau) []hostile {
	good := token(t, b.ed, plain())
	seg := strings.Split(good, ".")
	h, p, s := seg[0], seg[1], seg[2]
	return []hostile{
		{"empty", "", BadSegments},
		{"7,000 dots", strings.Repeat(".", 7000), BadSegments},
		{"9 KiB", good + strings.Repeat("A", 9<<10-len(good)), TooLong},
		{"8 KiB and one byte", strings.Repeat("A", maxToken+1), TooLong},
		{"two segments", h + "." + p, BadSegments},
		{"four segments", good + ".AAAA", BadSegments},
		{"JWE", h + "." + p + "." + s + "." + p + "." + s, BadSegments},
		{"empty header", "." + p + "." + s, BadSegments},
		{"empty payload", h + ".." + s, BadSegments},
		{"empty signature", h + "." + p + ".", BadSegments},
		{"JSON serialisation", `{"payload":"` + p + `","protected":"` + h + `","signature":"` + s + `"}`, BadCharset},
		{"newline inside", h + "." + p[:4] + "\n" + p[4:] + "." + s, BadCharset},
		{"newline after", good + "\n", BadCharset},
		{"CR", good + "\r", BadCharset},
		{"space inside", h + ". " + p + "." + s, BadCharset},
		{"two spaces after the scheme", " " + good, BadCharset},
		{"tab", "\t" + good, BadCharset},
		{"padding", good + "=", BadCharset},
		{"NUL", good + "\x00", BadCharset},
		{"comma and a second token", good + ", Bearer " + good, BadCharset},
		{"standard alphabet", h + "." + p + ".+/+/", BadCharset},
		{"full-width letters", "Ａ" + good, BadCharset},
		{"unused bits in the header", looseBits(t, h) + "." + p + "." + s, BadBase64},
		{"unused bits in the payload", h + "." + looseBits(t, p) + "." + s, BadBase64},
		{"unused bits in the signature", h + "." + p + "." + looseBits(t, s), BadBase64},
		{"one character too many", h + "." + p + "." + s + "AAA", BadBase64},
	}
}

// looseBits sets unused bits of the last character, padding the text with zero
// bytes of JSON white space first when it has none.
func looseBits(t *testing.T, segment string) string {
	t.Helper()
	data, err := strict.Base64URL(segment)
	must(t, err)
	for len(data)%3 == 0 {
		data = append(data, ' ')
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	text := strict.B64(data)
	last := strings.IndexByte(alphabet, text[len(text)-1])
	return text[:len(text)-1] + string(alphabet[last|1])
}

func headerRows(t *testing.T, b *bureau) []hostile {
	payload := jsonOf(plain())
	var rows []hostile
	add := func(name, header string, want Reason) {
		rows = append(rows, hostile{"header: " + name, mint(t, b.ed, header, payload), want})
	}
	change := func(name string, changes map[string]any, want Reason) { add(name, headerOf(b.ed, changes), want) }
	for _, alg := range []string{"none", "None", "NONE", "nOnE", "", "HS256", "RS256", "PS256", "ES384", "eddsa", "Ed25519", "EdDSA "} {
		change("alg "+alg, map[string]any{"alg": alg}, HeaderAlg)
	}
	change("alg missing", map[string]any{"alg": nil}, HeaderAlg)
	change("alg number", map[string]any{"alg": 1}, HeaderForm)
	change("alg null", map[string]any{"alg": raw("null")}, HeaderForm)
	for _, typ := range []string{"", "JWT", "jwt", "AT+JWT", "at+jwt ", "application/at+jwt", "sandi-statement+jws", "dpop+jwt", "logout+jwt", "secevent+jwt"} {
		change("typ "+typ, map[string]any{"typ": typ}, HeaderType)
	}
	change("typ missing", map[string]any{"typ": nil}, HeaderType)
	change("typ array", map[string]any{"typ": []string{"at+jwt"}}, HeaderForm)
	for name, kid := range map[string]string{
		"empty": "", "129 characters": strings.Repeat("a", 129), "path": "../../etc/passwd", "slash": "110000/tok-1", "quote": `tok-1"`, "NUL": "tok-1\x00",
		"upper case": "TOK-1", "SQL": "tok-1' or '1'='1", "newline": "tok-1\n", "full width": "ｔok-1",
	} {
		change("kid "+name, map[string]any{"kid": kid}, HeaderKey)
	}
	change("kid missing", map[string]any{"kid": nil}, HeaderKey)
	change("kid array", map[string]any{"kid": []string{"tok-1"}}, HeaderForm)
	change("kid null", map[string]any{"kid": raw("null")}, HeaderForm)
	change("kid unknown", map[string]any{"kid": "tok-9"}, UnknownKey)
	for name, value := range map[string]any{
		"crit": []string{"exp"}, "b64": false, "zip": "DEF", "cty": "JWT", "jku": "https://127.0.0.1/keys", "x5u": "https://127.0.0.1/cert",
		"jwk": map[string]any{"kty": "OKP", "crv": "Ed25519", "x": strict.B64(b.ed.Public().Key)}, "x5c": []string{"MIIB"}, "x5t": "AAAA", "x5t#S256": "AAAA",
		"iss": beijing, "ALG": "EdDSA", "Kid": "tok-1", "epk": map[string]any{}, "nonce": "1", "url": "x",
	} {
		change("with "+name, map[string]any{name: value}, HeaderForm)
	}
	add("duplicate alg", `{"alg":"none","alg":"EdDSA","kid":"tok-1","typ":"at+jwt"}`, HeaderForm)
	add("escaped duplicate alg", `{"alg":"none","\u0061lg":"EdDSA","kid":"tok-1","typ":"at+jwt"}`, HeaderForm)
	add("array", `["EdDSA","tok-1","at+jwt"]`, HeaderForm)
	add("null", `null`, HeaderForm)
	add("trailing object", headerOf(b.ed, nil)+`{}`, HeaderForm)
	add("BOM", "\ufeff"+headerOf(b.ed, nil), HeaderForm)
	add("invalid UTF-8", `{"alg":"EdDSA","kid":"tok-1`+"\xff"+`","typ":"at+jwt"}`, HeaderForm)
	add("nested", `{"alg":"EdDSA","kid":{"a":1},"typ":"at+jwt"}`, HeaderForm)
	add("too long", `{"alg":"EdDSA","kid":"tok-1","typ":"at+jwt"`+strings.Repeat(" ", maxHeader)+`}`, HeaderForm)
	return rows
}

func signatureRows(t *testing.T, b *bureau) []hostile {
	good := token(t, b.ed, plain())
	cutAt := strings.LastIndexByte(good, '.') + 1
	input, sig := good[:cutAt], good[cutAt:]
	bytes, err := strict.Base64URL(sig)
	must(t, err)
	flipped := append([]byte(nil), bytes...)
	flipped[7] ^= 4
	foreign := with(map[string]any{"iss": tianjin})
	otherPayload := strict.B64([]byte(jsonOf(with(map[string]any{"sub": "p-0001"}))))
	stranger, statementKey := newKey(t, keyring.EdDSA, "tok-1"), statementKey(t, b)
	return []hostile{
		{"truncated signature", input + strict.B64(bytes[:61]), BadSignature},
		{"extended signature", input + strict.B64(append(append([]byte(nil), bytes...), 0)), BadSignature},
		{"zero signature", input + strict.B64(make([]byte, 64)), BadSignature},
		{"one bit", input + strict.B64(flipped), BadSignature},
		{"another payload", strings.Split(good, ".")[0] + "." + otherPayload + "." + sig, BadSignature},
		{"unknown signer", token(t, stranger, plain()), BadSignature},
		{"HS256 with the public key", hs256(b, headerOf(b.ed, map[string]any{"alg": "HS256"})), HeaderAlg},
		{"HMAC under EdDSA", hs256(b, headerOf(b.ed, nil)), BadSignature},
		{"RS256", rsaToken(t, "RS256"), HeaderAlg},
		{"PS256", rsaToken(t, "PS256"), HeaderAlg},
		{"ES256 claimed for an Ed25519 key", mint(t, b.ed, headerOf(b.ed, map[string]any{"alg": "ES256"}), jsonOf(plain())), KeyAlg},
		{"EdDSA claimed for an ES256 key", mint(t, b.es, headerOf(b.es, map[string]any{"alg": "EdDSA"}), jsonOf(plain())), KeyAlg},
		{"kid of another region", mint(t, b.next, headerOf(b.next, map[string]any{"kid": "tok-2"}), jsonOf(plain())), UnknownKey},
		{"same kid in two regions, key of the other", token(t, b.other, plain()), BadSignature},
		{"same kid in two regions, issuer of the other", token(t, b.ed, foreign), BadSignature},
		{"prepared key", token(t, b.next, plain()), KeyState},
		{"statement key", token(t, statementKey, plain()), UnknownKey},
		{"a statement as token", mint(t, b.ed, `{"alg":"EdDSA","kid":"110000/tok-1","typ":"sandi-statement+jws"}`, jsonOf(plain())), HeaderType},
		{"DER-coded ES256 signature", derToken(t, b), BadSignature},
	}
}

// statementKey registers a key of another use under the issuer's name: the
// registry would not, and the gate checks again.
func statementKey(t *testing.T, b *bureau) *keyring.PrivateKey {
	t.Helper()
	k := newKey(t, keyring.EdDSA, "st-1")
	public := k.Public()
	public.Use = keyring.UseStatement
	b.book.keys[beijing+" st-1"], b.book.states[beijing+" st-1"] = public, keyring.StateActive
	return k
}

func hs256(b *bureau, header string) string {
	input := strict.B64([]byte(header)) + "." + strict.B64([]byte(jsonOf(plain())))
	mac := hmac.New(sha256.New, b.ed.Public().Key)
	mac.Write([]byte(input))
	return input + "." + strict.B64(mac.Sum(nil))
}

func rsaToken(t *testing.T, alg string) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	input := strict.B64([]byte(`{"alg":"`+alg+`","kid":"tok-1","typ":"at+jwt"}`)) + "." + strict.B64([]byte(jsonOf(plain())))
	sum := sha256.Sum256([]byte(input))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if alg == "PS256" {
		sig, err = rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum[:], nil)
	}
	must(t, err)
	return input + "." + strict.B64(sig)
}

func derToken(t *testing.T, b *bureau) string {
	t.Helper()
	good := token(t, b.es, plain())
	at := strings.LastIndexByte(good, '.') + 1
	rs, err := strict.Base64URL(good[at:])
	must(t, err)
	der := []byte{0x30, 70, 2, 33, 0}
	der = append(append(der, rs[:32]...), 2, 33, 0)
	return good[:at] + strict.B64(append(der, rs[32:]...))
}

func payloadRows(t *testing.T, b *bureau) []hostile {
	var rows []hostile
	good := jsonOf(plain())
	for name, payload := range map[string]string{
		"null": `null`, "array": `[]`, "string": `"x"`, "number": `1`, "true": `true`, "not JSON": `{iss}`,
		"trailing object": good + `{}`, "trailing text": good + `x`, "BOM": "\ufeff" + good,
		"duplicate iss":     strings.Replace(good, `"iss":`, `"iss":"https://120000.sandi/issuer","iss":`, 1),
		"duplicate roles":   strings.Replace(good, `"roles":`, `"roles":["bureau_head"],"roles":`, 1),
		"escaped duplicate": strings.Replace(good, `"iss":`, `"\u0069ss":"x","iss":`, 1),
		"nested duplicate":  strings.Replace(good, `"iss":`, `"x":{"a":1,"a":2},"iss":`, 1),
		"invalid UTF-8":     strings.Replace(good, "p-0017", "p\xff", 1),
		"overlong UTF-8":    strings.Replace(good, "p-0017", "p\xc0\xaf", 1),
		"lone surrogate":    strings.Replace(good, "p-0017", `p\ud800`, 1),
		"raw NUL":           strings.Replace(good, "p-0017", "p\x00", 1),
		"depth 9":           strings.Replace(good, `"iss":`, `"x":`+strings.Repeat("[", 8)+strings.Repeat("]", 8)+`,"iss":`, 1),
		"NaN":               strings.Replace(good, `"iss":`, `"x":NaN,"iss":`, 1),
		"65 claims":         strings.Replace(good, `"iss":`, many(65)+`"iss":`, 1),
	} {
		rows = append(rows, hostile{"payload: " + name, mint(t, b.ed, headerOf(b.ed, nil), payload), ClaimsForm})
	}
	// A depth of 20,000 does not fit a token of 8 KiB; both bounds hold.
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	rows = append(rows, hostile{"payload: depth 20,000", mint(t, b.ed, headerOf(b.ed, nil), deep), TooLong})
	if _, refusal := parseClaims([]byte(`{"x":` + deep + `}`)); refusal == nil || refusal.Reason != ClaimsForm {
		t.Errorf("depth 20,000 past the size: %v", refusal)
	}
	for _, variant := range []string{"ISS", "Iss", "i\u017fs", "EXP", "Roles", "ROLE\u017f", "Scope", "CNF", "Region", "Client_ID"} {
		payload := strings.Replace(good, `"iss":`, `"`+variant+`":"https://120000.sandi/issuer","iss":`, 1)
		rows = append(rows, hostile{"payload: case variant " + variant, mint(t, b.ed, headerOf(b.ed, nil), payload), ClaimCase})
	}
	return rows
}

func many(n int) string {
	var s strings.Builder
	for i := range n {
		s.WriteString(`"x` + string(rune('a'+i/26)) + string(rune('a'+i%26)) + `":1,`)
	}
	return s.String()
}

// TestHeaders: how the token comes matters as much as the token.
func TestHeaders(t *testing.T) {
	b := newBureau(t)
	good := token(t, b.ed, plain())
	set := func(target string, values ...string) *http.Request {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		for _, v := range values {
			r.Header.Add("Authorization", v)
		}
		return r
	}
	for _, c := range []struct {
		name string
		r    *http.Request
		want Reason
	}{
		{"none", set("/v1/records"), NoHeader},
		{"two headers", set("/v1/records", "Bearer "+good, "Bearer "+good), ManyHeaders},
		{"two headers, one empty", set("/v1/records", "Bearer "+good, ""), ManyHeaders},
		{"Basic", set("/v1/records", "Basic dXNlcjpwYXNz"), BadScheme},
		{"Basic with the token", set("/v1/records", "Basic "+good), BadScheme},
		{"DPoP", set("/v1/records", "DPoP "+good), BadScheme},
		{"no scheme", set("/v1/records", good), BadScheme},
		{"scheme only", set("/v1/records", "Bearer"), BadSegments},
		{"tab after the scheme", set("/v1/records", "Bearer\t"+good), BadScheme},
		{"in the query", set("/v1/records?access_token=" + good), InQuery},
		{"in the query and the header", set("/v1/records?access_token="+good, "Bearer "+good), InQuery},
		{"in the query, escaped", set("/v1/records?access_token=x&a=%zz", "Bearer "+good), InQuery},
	} {
		b.refused(t, c.name, c.r, c.want)
	}
	b.accepted(t, "a search for the word", set("/v1/records?text=access_token", "Bearer "+good))
	cookie := set("/v1/records")
	cookie.AddCookie(&http.Cookie{Name: "token", Value: good})
	b.refused(t, "in a cookie", cookie, NoHeader)
}

// TestTwinOfRevoked: ES256 signatures have a twin; revocation goes by jti, so
// the twin of a revoked token is revoked too.
func TestTwinOfRevoked(t *testing.T) {
	b := newBureau(t)
	good := token(t, b.es, plain())
	at := strings.LastIndexByte(good, '.') + 1
	sig, err := strict.Base64URL(good[at:])
	must(t, err)
	s := new(big.Int).SetBytes(sig[32:])
	s.Sub(elliptic.P256().Params().N, s).FillBytes(sig[32:])
	twin := good[:at] + strict.B64(sig)
	if c := b.accepted(t, "twin", request(twin)); c.TokenID != "01JD0000000000000000000001" {
		t.Fatalf("caller %+v", c)
	}
	b.book.revoked = func(q Query) bool { return q.Issuer == beijing && q.TokenID == "01JD0000000000000000000001" }
	b.book.index++
	b.refused(t, "revoked", request(good), Revoked)
	b.refused(t, "twin of a revoked token", request(twin), Revoked)
}

// TestNoOutboundConnection: header members that name a place are never visited.
func TestNoOutboundConnection(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	var visits atomic.Int32
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			visits.Add(1)
			conn.Close()
		}
	}()
	b := newBureau(t)
	place := "http://" + ln.Addr().String() + "/keys.json"
	for _, name := range []string{"jku", "x5u", "jwk", "iss"} {
		b.refused(t, name, request(mint(t, b.ed, headerOf(b.ed, map[string]any{name: place}), jsonOf(plain()))), HeaderForm)
	}
	b.refused(t, "iss claim", request(token(t, b.ed, with(map[string]any{"iss": place}))), ClaimIssuer)
	ln.Close()
	<-done
	if visits.Load() != 0 {
		t.Fatalf("%d connections were made", visits.Load())
	}
}
