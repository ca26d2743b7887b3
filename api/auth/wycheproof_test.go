package auth

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"github.com/c2sp/wycheproof"
	"github.com/golang-jwt/jwt/v5"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/certs/strict"
)

type jwk struct {
	Kty, Crv, Alg, Use, Kid, X, Y string
	KeyOps                        []string `json:"key_ops"`
	Keys                          []jwk
}

type joseVectors struct {
	TestGroups []struct {
		Comment         string
		Public, Private *jwk
		Tests           []struct {
			TcID    int
			Comment string
			JWS     json.RawMessage
			JWE     json.RawMessage
			Result  string
			Flags   []string
		}
	}
}

func loadJOSE(t *testing.T, name string) joseVectors {
	t.Helper()
	data, err := fs.ReadFile(wycheproof.TestVectors, name)
	must(t, err)
	var v joseVectors
	must(t, json.Unmarshal(data, &v))
	return v
}

// textOf is a vector's serialisation: a string, or JSON as it stands.
func textOf(v json.RawMessage) string {
	var s string
	if json.Unmarshal(v, &s) == nil {
		return s
	}
	return string(v)
}

// registered turns the JWKs of a group into keys as a registry would hold them:
// one alg, for signatures, passing Check. Symmetric and RSA keys have none.
func registered(k *jwk) []keyring.PublicKey {
	if k == nil {
		return nil
	}
	var out []keyring.PublicKey
	for _, key := range append(k.Keys, *k) {
		x, errX := strict.Base64URL(key.X)
		y, errY := strict.Base64URL(key.Y)
		if errX != nil || errY != nil || key.Use != "" && key.Use != "sig" || len(key.KeyOps) != 0 && !contains(key.KeyOps, "verify") && !contains(key.KeyOps, "sign") {
			continue
		}
		public := keyring.PublicKey{ID: "k", Use: keyring.UseToken}
		switch {
		case key.Kty == "EC" && key.Crv == "P-256" && (key.Alg == "" || key.Alg == "ES256"):
			public.Alg, public.Key = keyring.ES256, append(append([]byte{4}, x...), y...)
		case key.Kty == "OKP" && key.Crv == "Ed25519" && (key.Alg == "" || key.Alg == "EdDSA"):
			public.Alg, public.Key = keyring.EdDSA, x
		}
		if public.Check() == nil {
			out = append(out, public)
		}
	}
	return out
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// formAndSignature is the gate without what makes a JWS an access token: typ,
// kid and claims are not looked at. It is how the vectors, which are plain JWS,
// exercise cut, the strict header and the one-key, one-alg verification.
func formAndSignature(token string, keys []keyring.PublicKey) bool {
	p, refusal := cut(token)
	if refusal != nil {
		return false
	}
	var h header
	if strict.Decode(p.header, maxHeader, 1, &h) != nil {
		return false
	}
	for _, key := range keys { // several only where a group's JWK set has them
		if h.Alg != string(key.Alg) {
			continue
		}
		public, err := key.Crypto()
		method := jwt.GetSigningMethod(h.Alg)
		if err == nil && method.Verify(token[:strings.LastIndexByte(token, '.')], p.signature, public) == nil {
			return true
		}
	}
	return false
}

// TestWycheproofJOSE: no vector passes the gate; below it, nothing invalid
// verifies, and everything valid under an algorithm of ours does. Most valid
// vectors are HS, RS and PS, which we never take.
func TestWycheproofJOSE(t *testing.T) {
	for _, file := range []struct {
		name          string
		total, verify int // vectors; those under our algorithms that are valid
	}{
		{"json_web_signature_test.json", 401, 2},
		{"json_web_key_test.json", 26, 0},
		{"json_web_crypto_test.json", 83, 1},
		{"json_web_encryption_test.json", 139, 0},
	} {
		b := newBureau(t)
		v, ran, verified := loadJOSE(t, file.name), 0, 0
		for _, g := range v.TestGroups {
			keys := append(registered(g.Public), registered(g.Private)...)
			for _, c := range g.Tests {
				ran++
				text := textOf(c.JWS) + textOf(c.JWE)
				r := request("")
				r.Header = http.Header{"Authorization": {"Bearer " + text}}
				if caller, err := b.Check(r, ""); err == nil {
					t.Errorf("%s %d (%s): accepted as %+v", file.name, c.TcID, c.Comment, caller)
				}
				got := formAndSignature(text, keys)
				if got {
					verified++
				}
				ours := len(keys) > 0 && c.JWE == nil
				if got && c.Result != "valid" {
					t.Errorf("%s %d (%s, %v): verifies, want %s", file.name, c.TcID, c.Comment, c.Flags, c.Result)
				}
				if !got && c.Result == "valid" && ours {
					t.Errorf("%s %d (%s, %v): does not verify: %.60s", file.name, c.TcID, c.Comment, c.Flags, text)
				}
			}
		}
		if ran != file.total || verified != file.verify {
			t.Errorf("%s: ran %d of %d, %d of %d verify", file.name, ran, file.total, verified, file.verify)
		}
	}
}
