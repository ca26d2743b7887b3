package auth

import (
	"net/http"
	"strings"
	"testing"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/certs/strict"
)

// fuzzKeys are fixed, so that a corpus keeps its meaning between runs.
func fuzzBureau(f *testing.F) *bureau {
	b := newBureau(f)
	seed := make([]byte, 32)
	copy(seed, "sandi token gate fuzzing")
	key, err := keyring.FromSeed(keyring.UseToken, "tok-1", seed)
	must(f, err)
	b.ed = key
	b.book.keys[beijing+" tok-1"] = key.Public()
	return b
}

// FuzzGate feeds whole header values to the gate. Only a token whose three
// segments decode to what we signed ourselves may pass, and nothing panics.
func FuzzGate(f *testing.F) {
	b := fuzzBureau(f)
	good := token(f, b.ed, plain())
	goodParts, _ := cut(good)
	f.Add("Bearer " + good)
	f.Add("Bearer " + good[:len(good)-2])
	f.Add("bearer " + strings.Replace(good, ".", "..", 1))
	f.Add("Basic dXNlcjpwYXNz")
	f.Add("Bearer " + strings.Repeat(".", 7000))
	f.Add("Bearer " + mint(f, b.ed, `{"alg":"none","kid":"tok-1","typ":"at+jwt"}`, jsonOf(plain())))
	f.Fuzz(func(t *testing.T, value string) {
		r := request("")
		r.Header = http.Header{"Authorization": {value}}
		caller, err := b.Check(r, "")
		if err != nil {
			if innerReason(err) == "" || strings.HasPrefix(string(innerReason(err)), "not a refusal") {
				t.Fatalf("no reason: %v", err)
			}
			return
		}
		_, text, _ := strings.Cut(value, " ")
		p, refusal := cut(text)
		if refusal != nil || string(p.payload) != string(goodParts.payload) || string(p.signature) != string(goodParts.signature) {
			t.Fatalf("accepted %q as %+v", value, caller)
		}
	})
}

// FuzzSigned feeds headers and payloads that are signed with the issuer's own
// key: what a hostile or broken issuer could send. What passes must be inside
// every bound.
func FuzzSigned(f *testing.F) {
	b := fuzzBureau(f)
	header := headerOf(b.ed, nil)
	f.Add(header, jsonOf(plain()))
	f.Add(header, strings.Replace(jsonOf(plain()), `"iss"`, `"ISS":1,"iss"`, 1))
	f.Add(header, strings.Replace(jsonOf(plain()), `"officer"`, `"off\u0069cer"`, 1))
	f.Add(header, jsonOf(with(map[string]any{"exp": 1e300, "nbf": -1})))
	f.Add(`{"alg":"EdDSA","kid":"tok-1","typ":"at+jwt","crit":["exp"]}`, jsonOf(plain()))
	f.Fuzz(func(t *testing.T, header, payload string) {
		b.cache = newCache()
		text := mint(t, b.ed, header, payload)
		caller, err := b.Check(request(text), "")
		if err != nil {
			return
		}
		life := caller.Expires.Sub(noon)
		switch {
		case len(text) > maxToken, strict.Object([]byte(payload), maxToken, maxDepth) != nil,
			caller.Region != "110000", caller.Issuer != beijing, !wordForm(caller.Subject), !wordForm(caller.TokenID),
			life < -leeway, life > maxLifePerson*1e9+leeway, caller.Org != "" && caller.Org[:2] != "11":
			t.Fatalf("%s %s passes as %+v", header, payload, caller)
		}
		for _, role := range caller.Roles {
			if !contains(b.book.issuers[beijing].Roles, role) {
				t.Fatalf("role %q was not granted", role)
			}
		}
	})
}
