package statement

import (
	"bytes"
	"strings"
	"testing"

	"sandi.internal/gateway/certs/keyring"
)

const testIssuer = "https://120000.sandi/issuer"

// TestProofOfPossession: the proof fits one key, network, region and owner.
func TestProofOfPossession(t *testing.T) {
	ec, err := keyring.Generate(keyring.ES256, keyring.UseToken, "tok-2")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []*keyring.PrivateKey{testKey(t, keyring.UseToken, "tok-2", 3), ec} {
		p, err := Prove(k, testNetwork, "120000", testIssuer)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Check(testNetwork, "120000", testIssuer); err != nil {
			t.Errorf("own proof: %v", err)
		}
		for name, err := range map[string]error{
			"other network": p.Check(RequestDigest(nil), "120000", testIssuer),
			"other region":  p.Check(testNetwork, "110000", testIssuer),
			"other owner":   p.Check(testNetwork, "120000", ""),
		} {
			if code(err) != CodeProof {
				t.Errorf("%s: got %v", name, err)
			}
		}
		for name, change := range map[string]func(*Proven){
			"other use":  func(p *Proven) { p.Key.Use = keyring.UseStatement },
			"other id":   func(p *Proven) { p.Key.ID = "tok-3" },
			"other key":  func(p *Proven) { p.Key.Key = testKey(t, keyring.UseToken, "tok-2", 4).Public().Key },
			"zero proof": func(p *Proven) { p.Proof = strings.Repeat("A", 86) },
			"no proof":   func(p *Proven) { p.Proof = "" },
		} {
			q := p
			q.Key.Key = bytes.Clone(p.Key.Key)
			change(&q)
			if q.Check(testNetwork, "120000", testIssuer) == nil {
				t.Errorf("%s: accepted", name)
			}
		}
	}
}

func TestGovernanceBodiesRefused(t *testing.T) {
	proven := func(use keyring.Use, owner string) Proven {
		p, err := Prove(testKey(t, use, "k-2", 5), testNetwork, "120000", owner)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	token := proven(keyring.UseToken, testIssuer)
	keyAdd := string(KeyAddBody{Proven: token, Issuer: testIssuer}.Marshal())
	statementKey := string(KeyAddBody{Proven: proven(keyring.UseStatement, "")}.Marshal())
	logKey := string(KeyAddBody{Proven: proven(keyring.UseLog, "120000-a"), Node: "120000-a"}.Marshal())
	issuerAdd := string(IssuerAddBody{Issuer: testIssuer, Roles: []string{"clerk"}, Keys: []Proven{token}}.Marshal())
	twice := string(IssuerAddBody{Issuer: testIssuer, Roles: []string{"clerk"}, Keys: []Proven{token, token}}.Marshal())
	many := string(IssuerAddBody{Issuer: testIssuer, Roles: []string{"clerk"}, Keys: func() (keys []Proven) {
		for i := range MaxIssuerKeys + 1 {
			k := token
			k.Key.ID = "k-" + string(rune('a'+i))
			keys = append(keys, k)
		}
		return keys
	}()}.Marshal())
	small := strings.Replace(keyAdd, std64.EncodeToString(token.Key.Key), std64.EncodeToString(make([]byte, 32)), 1)

	for _, c := range []struct {
		name, kind, body string
		want             Code
	}{
		{"token key", KindKeyAdd, keyAdd, ""},
		{"statement key", KindKeyAdd, statementKey, ""},
		{"log key", KindKeyAdd, logKey, ""},
		{"token key without issuer", KindKeyAdd, strings.Replace(keyAdd, `,"issuer":"`+testIssuer+`"`, "", 1), CodeMissing},
		{"statement key with issuer", KindKeyAdd, strings.Replace(statementKey, `,"active"`, `,"issuer":"`+testIssuer+`","active"`, 1), CodeUnknown},
		{"log key without node", KindKeyAdd, strings.Replace(logKey, `,"node":"120000-a"`, "", 1), CodeMissing},
		{"token key with node", KindKeyAdd, strings.Replace(keyAdd, `,"active"`, `,"node":"120000-a","active"`, 1), CodeUnknown},
		{"a region of its own", KindKeyAdd, strings.Replace(keyAdd, `{"key"`, `{"region":"110000","key"`, 1), CodeUnknown},
		{"no proof", KindKeyAdd, strings.Replace(keyAdd, `,"proof":"`+token.Proof+`"`, "", 1), CodeMissing},
		{"short proof", KindKeyAdd, strings.Replace(keyAdd, token.Proof, token.Proof[1:], 1), CodeForm},
		{"active missing", KindKeyAdd, strings.Replace(keyAdd, `,"active":false`, "", 1), CodeMissing},
		{"active number", KindKeyAdd, strings.Replace(keyAdd, `"active":false`, `"active":0`, 1), CodeWrongType},
		{"key string", KindKeyAdd, strings.Replace(keyAdd, `{"key":{`, `{"key":"x","z":{`, 1), CodeWrongType},
		{"small-order key", KindKeyAdd, small, CodeForm},
		{"unknown use", KindKeyAdd, strings.Replace(keyAdd, `"use":"token"`, `"use":"tls"`, 1), CodeForm},
		{"unknown alg", KindKeyAdd, strings.Replace(keyAdd, `"EdDSA"`, `"RS256"`, 1), CodeForm},
		{"key base64url", KindKeyAdd, strings.Replace(keyAdd, std64.EncodeToString(token.Key.Key), url64.EncodeToString(token.Key.Key), 1), CodeBase64},
		{"no key", KindKeyAdd, `{"active":true,"proof":"` + token.Proof + `"}`, CodeMissing},
		{"activate", KindKeyActivate, `{"key":"st-1"}`, ""},
		{"activate with reason", KindKeyActivate, `{"key":"st-1","reason":"ceased"}`, CodeUnknown},
		{"retire nothing", KindKeyRetire, `{}`, CodeMissing},
		{"revoke", KindKeyRevoke, `{"key":"st-1","reason":"compromised"}`, ""},
		{"revoke without reason", KindKeyRevoke, `{"key":"st-1"}`, CodeMissing},
		{"revoke with a story", KindKeyRevoke, `{"key":"st-1","reason":"stolen by Li"}`, CodeForm},
		{"revoke of another region", KindKeyRevoke, `{"key":"110000/st-1","reason":"ceased"}`, CodeForm},
		{"issuer", KindIssuerAdd, issuerAdd, ""},
		{"issuer with slash", KindIssuerAdd, strings.Replace(issuerAdd, testIssuer, testIssuer+"/", 1), CodeForm},
		{"issuer over http", KindIssuerAdd, strings.Replace(issuerAdd, "https", "http", 1), CodeForm},
		{"issuer in capitals", KindIssuerAdd, strings.Replace(issuerAdd, "sandi", "SANDI", 1), CodeForm},
		{"issuer with query", KindIssuerAdd, strings.Replace(issuerAdd, "/issuer", "/issuer?x", 1), CodeForm},
		{"issuer without keys", KindIssuerAdd, `{"issuer":"` + testIssuer + `","roles":["clerk"],"keys":[]}`, CodeForm},
		{"issuer without roles", KindIssuerAdd, strings.Replace(issuerAdd, `["clerk"]`, `[]`, 1), CodeForm},
		{"issuer key twice", KindIssuerAdd, twice, CodeForm},
		{"issuer with nine keys", KindIssuerAdd, many, CodeTooMany},
		{"issuer with a statement key", KindIssuerAdd, strings.Replace(issuerAdd, `"use":"token"`, `"use":"statement"`, 1), CodeForm},
		{"drop", KindIssuerDrop, `{"issuer":"` + testIssuer + `","reason":"replaced"}`, ""},
		{"drop without reason", KindIssuerDrop, `{"issuer":"` + testIssuer + `"}`, CodeMissing},
		{"grant", KindRoleGrant, `{"issuer":"` + testIssuer + `","roles":["clerk","officer"]}`, ""},
		{"grant unsorted", KindRoleGrant, `{"issuer":"` + testIssuer + `","roles":["officer","clerk"]}`, CodeForm},
		{"grant node", KindRoleGrant, `{"issuer":"` + testIssuer + `","roles":["node"]}`, CodeForm},
		{"grant governance", KindRoleGrant, `{"issuer":"` + testIssuer + `","roles":["governance"]}`, CodeForm},
		{"grant nothing", KindRoleGrant, `{"issuer":"` + testIssuer + `"}`, CodeMissing},
		{"grant to nobody", KindRoleGrant, `{"roles":["clerk"]}`, CodeMissing},
		{"jti", KindTokenRevoke, `{"issuer":"` + testIssuer + `","jti":"x"}`, ""},
		{"subject", KindTokenRevoke, `{"issuer":"` + testIssuer + `","sub":"x","before":1762736400}`, ""},
		{"subject without time", KindTokenRevoke, `{"issuer":"` + testIssuer + `","sub":"x"}`, CodeMissing},
		{"time without subject", KindTokenRevoke, `{"issuer":"` + testIssuer + `","before":1}`, CodeMissing},
		{"two ways", KindTokenRevoke, `{"issuer":"` + testIssuer + `","jti":"x","kid":"tok-1"}`, CodeUnknown},
		{"no way", KindTokenRevoke, `{"issuer":"` + testIssuer + `"}`, CodeMissing},
		{"before zero", KindTokenRevoke, `{"issuer":"` + testIssuer + `","sub":"x","before":0}`, CodeForm},
		{"jti empty", KindTokenRevoke, `{"issuer":"` + testIssuer + `","jti":""}`, CodeForm},
		{"jti 129", KindTokenRevoke, `{"issuer":"` + testIssuer + `","jti":"` + strings.Repeat("x", 129) + `"}`, CodeForm},
	} {
		if err := parseGovernance(c.kind, []byte(c.body)); code(err) != c.want {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func parseGovernance(kind string, body []byte) error {
	var err error
	switch kind {
	case KindKeyAdd:
		_, err = ParseKeyAdd(body)
	case KindKeyActivate, KindKeyRetire, KindKeyRevoke:
		_, err = ParseKey(kind, body)
	case KindIssuerAdd:
		_, err = ParseIssuerAdd(body)
	case KindIssuerDrop:
		_, err = ParseIssuerDrop(body)
	case KindRoleGrant, KindRoleRevoke:
		_, err = ParseRole(body)
	case KindTokenRevoke:
		_, err = ParseTokenRevoke(body)
	}
	return err
}

// TestGoldenGovernance: the golden statements' bodies parse, their proofs hold,
// and marshalling gives the same bytes.
func TestGoldenGovernance(t *testing.T) {
	var vectors []vector
	load(t, "statements.json", &vectors)
	proofs := 0
	for _, v := range vectors {
		if !IsGovernance(v.Kind) {
			continue
		}
		if err := parseGovernance(v.Kind, []byte(v.Body)); err != nil {
			t.Errorf("%s: %v", v.Name, err)
		}
		if v.Kind == KindKeyAdd {
			b, _ := ParseKeyAdd([]byte(v.Body))
			if err := b.Check(testNetwork, "120000", b.Owner()); err != nil || string(b.Marshal()) != v.Body {
				t.Errorf("%s: %v, %s", v.Name, err, b.Marshal())
			}
			proofs++
		}
	}
	if proofs != 3 {
		t.Errorf("%d proofs checked", proofs)
	}
}
