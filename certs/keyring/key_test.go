package keyring

import (
	"bytes"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func newKey(t testing.TB, alg Alg, use Use) *PrivateKey {
	t.Helper()
	k, err := Generate(alg, use, "k-2025-1")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func verifier(t testing.TB, k PublicKey) Verifier {
	t.Helper()
	v, err := k.Verifier()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSignAndVerify(t *testing.T) {
	for _, alg := range []Alg{EdDSA, ES256} {
		k := newKey(t, alg, UseStatement)
		v := verifier(t, k.Public())
		for range 8 { // ES256 is random: half of the raw signatures have high s
			sig, err := k.Sign([]byte("m"))
			if err != nil {
				t.Fatal(err)
			}
			if len(sig) != 64 || !v.Verify([]byte("m"), sig) {
				t.Fatalf("%s: own signature refused", alg)
			}
			if v.Verify([]byte("n"), sig) || v.Verify([]byte("m"), sig[:63]) || v.Verify([]byte("m"), nil) || v.Verify([]byte("m"), append(sig, 0)) {
				t.Fatalf("%s: a wrong signature passes", alg)
			}
			for i := range sig {
				bad := bytes.Clone(sig)
				bad[i] ^= 1
				if v.Verify([]byte("m"), bad) {
					t.Fatalf("%s: byte %d flipped and still valid", alg, i)
				}
			}
		}
	}
}

// TestLowS: the twin (r, n-s) of a valid ES256 signature is refused.
func TestLowS(t *testing.T) {
	k := newKey(t, ES256, UseStatement)
	sig, err := k.Sign([]byte("m"))
	if err != nil {
		t.Fatal(err)
	}
	s := new(big.Int).SetBytes(sig[32:])
	twin := bytes.Clone(sig)
	s.Sub(elliptic.P256().Params().N, s).FillBytes(twin[32:])
	if verifier(t, k.Public()).Verify([]byte("m"), twin) {
		t.Fatal("high-S twin accepted")
	}
}

func TestCheck(t *testing.T) {
	ed, ec := newKey(t, EdDSA, UseStatement).Public(), newKey(t, ES256, UseToken).Public()
	smallOrder := make([]byte, 32)
	smallOrder[0] = 1
	nonCanonical := bytes.Repeat([]byte{0xff}, 32) // y = 2^255-1 >= p
	torsioned := torsionKey(t)
	with := func(k PublicKey, f func(*PublicKey)) PublicKey { f(&k); return k }
	offCurve := bytes.Clone(ec.Key)
	offCurve[64] ^= 1
	compressed := append([]byte{2 + ec.Key[64]&1}, ec.Key[1:33]...)
	for _, c := range []struct {
		name string
		key  PublicKey
		want error
	}{
		{"Ed25519", ed, nil},
		{"P-256", ec, nil},
		{"no id", with(ed, func(k *PublicKey) { k.ID = "" }), ErrKeyID},
		{"upper-case id", with(ed, func(k *PublicKey) { k.ID = "K1" }), ErrKeyID},
		{"id with slash", with(ed, func(k *PublicKey) { k.ID = "a/b" }), ErrKeyID},
		{"id begins with dot", with(ed, func(k *PublicKey) { k.ID = ".a" }), ErrKeyID},
		{"id with NUL", with(ed, func(k *PublicKey) { k.ID = "a\x00" }), ErrKeyID},
		{"long id", with(ed, func(k *PublicKey) { k.ID = strings.Repeat("a", 65) }), ErrKeyID},
		{"longest id", with(ed, func(k *PublicKey) { k.ID = strings.Repeat("a", 64) }), nil},
		{"unknown use", with(ed, func(k *PublicKey) { k.Use = "tls" }), ErrKeyUse},
		{"unknown alg", with(ed, func(k *PublicKey) { k.Alg = "HS256" }), ErrKeyAlg},
		{"no alg", with(ed, func(k *PublicKey) { k.Alg = "none" }), ErrKeyAlg},
		{"P-256 log key", with(ec, func(k *PublicKey) { k.Use = UseLog }), ErrKeyAlg},
		{"short", with(ed, func(k *PublicKey) { k.Key = k.Key[:31] }), ErrKeySize},
		{"empty", with(ed, func(k *PublicKey) { k.Key = nil }), ErrKeySize},
		{"small order", with(ed, func(k *PublicKey) { k.Key = smallOrder }), ErrKeyWeak},
		{"zero", with(ed, func(k *PublicKey) { k.Key = make([]byte, 32) }), ErrKeyWeak},
		{"non-canonical", with(ed, func(k *PublicKey) { k.Key = nonCanonical }), ErrKeyWeak},
		{"torsion", with(ed, func(k *PublicKey) { k.Key = torsioned }), ErrKeyWeak},
		{"off curve", with(ec, func(k *PublicKey) { k.Key = offCurve }), ErrKeyWeak},
		{"compressed", with(ec, func(k *PublicKey) { k.Key = compressed }), ErrKeySize},
		{"Ed25519 as P-256", with(ed, func(k *PublicKey) { k.Alg = ES256 }), ErrKeySize},
	} {
		if err := c.key.Check(); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

func TestFingerprint(t *testing.T) {
	k, err := FromSeed(UseStatement, "k", bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	// openssl pkey -pubin -outform DER | sha256sum
	const want = "324b e2de a8bc 4446 1b02 33e5 1fa4 8902 ed6b 1cc6 71e7 739a f255 1e0b fe68 f54e"
	if got := k.Public().Fingerprint(); got != want {
		t.Fatalf("fingerprint %q, want %q", got, want)
	}
	if (PublicKey{}).Fingerprint() != "invalid" {
		t.Error("an empty key has a fingerprint")
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	for _, alg := range []Alg{EdDSA, ES256} {
		k := newKey(t, alg, UseToken)
		path := filepath.Join(dir, string(alg)+".pem")
		if err := k.SaveFile(path); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("mode %v, %v", info.Mode(), err)
		}
		got, err := LoadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !got.Public().Equal(k.Public()) {
			t.Fatal("another key came back")
		}
		sig, _ := got.Sign([]byte("m"))
		if !verifier(t, k.Public()).Verify([]byte("m"), sig) {
			t.Fatal("the loaded key signs wrongly")
		}
		if err := newKey(t, alg, UseToken).SaveFile(path); !errors.Is(err, fs.ErrExist) {
			t.Fatalf("overwrote: %v", err)
		}
		if again, err := LoadFile(path); err != nil || !again.Public().Equal(k.Public()) {
			t.Fatal("a refused save changed the file")
		}
		if err := os.Chmod(path, 0o640); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadFile(path); err == nil {
			t.Fatal("loaded a key that others can read")
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".key-*")); len(left) != 0 {
		t.Fatalf("temporary files left: %v", left)
	}
}

func TestSecrets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vault.key")
	secret, err := NewSecret()
	if err != nil {
		t.Fatal(err)
	}
	if err := SaveSecret(path, secret); err != nil {
		t.Fatal(err)
	}
	if err := SaveSecret(path, secret); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("overwrote: %v", err)
	}
	if got, err := LoadSecret(path); err != nil || !bytes.Equal(got, secret) {
		t.Fatalf("got %x, %v", got, err)
	}
	for _, bad := range []string{"", "\n", "AAAA\n", strings.Repeat("A", 43) + "\n\n", strings.Repeat("A", 42) + "B", strings.Repeat("=", 43)} {
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadSecret(path); !errors.Is(err, ErrSecret) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if SaveSecret(path+"2", secret[:31]) == nil {
		t.Error("saved a short secret")
	}
}

func TestParsePEMRefuses(t *testing.T) {
	good, err := newKey(t, EdDSA, UseToken).MarshalPEM()
	if err != nil {
		t.Fatal(err)
	}
	text := string(good)
	for name, bad := range map[string]string{
		"empty":      "",
		"no heading": text[strings.Index(text, "\n")+1:],
		"other alg":  strings.Replace(text, "alg=EdDSA", "alg=ES256", 1),
		"other use":  strings.Replace(text, "use=token", "use=tls", 1),
		"bad id":     strings.Replace(text, "id=k-2025-1", "id=../x", 1),
		"cut":        text[:len(text)-30],
		"two keys":   text + text,
		"public":     strings.ReplaceAll(text, "PRIVATE KEY", "PUBLIC KEY"),
		"huge":       text + strings.Repeat("\n", maxKeyFile),
	} {
		if _, err := ParsePEM([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestPrivateKeyStaysPrivate: no ordinary way of printing shows the secret.
func TestPrivateKeyStaysPrivate(t *testing.T) {
	k := newKey(t, EdDSA, UseGovernance)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "key", k)
	if _, err := json.Marshal(k); err == nil {
		t.Error("a private key marshals to JSON")
	}
	seed := k.ed.Seed()
	for _, out := range []string{log.String(), fmt.Sprint(k), fmt.Sprintf("%v %+v %#v %s", k, k, k, k)} {
		if strings.Contains(out, fmt.Sprint(seed[0], " ", seed[1])) || strings.Contains(out, fmt.Sprintf("%x", seed[:4])) || !strings.Contains(out, "hidden") {
			t.Errorf("secret printed: %q", out)
		}
	}
}

func TestFromSeedIsRFC8032(t *testing.T) {
	// RFC 8032 section 7.1, TEST 1.
	seed := []byte{0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60}
	k, err := FromSeed(UseStatement, "k", seed)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := k.Sign(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%x", sig[:8]); got != "e5564300c360ac72" {
		t.Fatalf("signature begins with %s", got)
	}
	if !verifier(t, k.Public()).Verify(nil, sig) || !ed25519.Verify(k.Public().Key, nil, sig) {
		t.Fatal("not verified")
	}
}

func TestTokenNeedsTokenKey(t *testing.T) {
	if _, err := SignToken(newKey(t, EdDSA, UseStatement), Claims{}); !errors.Is(err, ErrTokenKey) {
		t.Fatalf("a statement key signed a token: %v", err)
	}
	token, err := SignToken(newKey(t, EdDSA, UseToken), Claims{Issuer: "i", Subject: "s", Audience: "a", IssuedAt: 1, Expires: 2, ID: "j"})
	if err != nil || strings.Count(token, ".") != 2 {
		t.Fatalf("%q, %v", token, err)
	}
	if _, err := SignToken(newKey(t, EdDSA, UseToken), []string{"x"}); err == nil {
		t.Fatal("signed claims that are no object")
	}
}
