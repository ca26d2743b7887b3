package keyring

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/cloudflare/circl/ecc/bls12381"
)

// TestBLSVectors: testdata/bls.json was made here and checked with another
// implementation (@noble/curves 1.9.7, longSignatures, the same DST).
func TestBLSVectors(t *testing.T) {
	var vectors []struct{ Seed, Key, Message, Signature string }
	data, err := os.ReadFile("testdata/bls.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &vectors); err != nil || len(vectors) < 4 {
		t.Fatal(len(vectors), err)
	}
	for _, v := range vectors {
		seed, _ := hex.DecodeString(v.Seed)
		k, err := DrawKeyFromSeed("draw-1", seed)
		if err != nil {
			t.Fatal(err)
		}
		message, _ := hex.DecodeString(v.Message)
		sig, err := k.Sign(message)
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(k.Public().Key); got != v.Key {
			t.Errorf("seed %s gives the key %s, want %s", v.Seed, got, v.Key)
		}
		if got := hex.EncodeToString(sig); got != v.Signature {
			t.Errorf("the signature is %s, want %s", got, v.Signature)
		}
	}
}

// TestBLSUnique: one message has one signature in one spelling.
func TestBLSUnique(t *testing.T) {
	k := newKey(t, BLS, UseDraw)
	v := verifier(t, k.Public())
	sig, err := k.Sign([]byte("m"))
	if err != nil {
		t.Fatal(err)
	}
	again, _ := k.Sign([]byte("m"))
	if !bytes.Equal(sig, again) || !v.Verify([]byte("m"), sig) {
		t.Fatal("own signature differs or is refused")
	}
	var point bls12381.G2
	if err := point.SetBytes(sig); err != nil {
		t.Fatal(err)
	}
	sum := point
	sum.Add(&point, &point)
	negative := point
	negative.Neg()
	var identity bls12381.G2
	identity.SetIdentity()
	for name, bad := range map[string][]byte{
		"uncompressed": point.Bytes(), "double": sum.BytesCompressed(), "negative": negative.BytesCompressed(), "identity": identity.BytesCompressed(),
		"none": nil, "short": sig[:95], "long": append(bytes.Clone(sig), 0),
	} {
		if v.Verify([]byte("m"), bad) {
			t.Errorf("%s: accepted", name)
		}
	}
	for i := range sig {
		bad := bytes.Clone(sig)
		bad[i] ^= 1
		if v.Verify([]byte("m"), bad) {
			t.Fatalf("byte %d flipped and still valid", i)
		}
	}
	if v.Verify([]byte("n"), sig) {
		t.Fatal("valid for another message")
	}
}

func TestBLSCheck(t *testing.T) {
	good := newKey(t, BLS, UseDraw).Public()
	with := func(change func(*PublicKey)) PublicKey {
		k := good
		k.Key = bytes.Clone(k.Key)
		change(&k)
		return k
	}
	identity := make([]byte, BLSPublicKeySize)
	identity[0] = 0xc0
	// A point on the curve that is not in the prime-order group: the first x
	// whose y exists; the cofactor is large, so it is almost surely outside.
	outside := make([]byte, BLSPublicKeySize)
	outside[0], outside[47] = 0x80, 4
	for _, c := range []struct {
		name string
		key  PublicKey
		want error
	}{
		{"good", good, nil},
		{"statement key", with(func(k *PublicKey) { k.Use = UseStatement }), ErrKeyAlg},
		{"token key", with(func(k *PublicKey) { k.Use = UseToken }), ErrKeyAlg},
		{"cosigner", with(func(k *PublicKey) { k.Use = UseCosigner }), ErrKeyAlg},
		{"short", with(func(k *PublicKey) { k.Key = k.Key[:47] }), ErrKeySize},
		{"long", with(func(k *PublicKey) { k.Key = append(k.Key, 0) }), ErrKeySize},
		{"identity", with(func(k *PublicKey) { k.Key = identity }), ErrKeyWeak},
		{"uncompressed flag", with(func(k *PublicKey) { k.Key[0] &= 0x7f }), ErrKeyWeak},
		{"outside the group", with(func(k *PublicKey) { k.Key = outside }), ErrKeyWeak},
		{"x above the field", with(func(k *PublicKey) { copy(k.Key, bytes.Repeat([]byte{0xff}, 48)); k.Key[0] = 0x9f }), ErrKeyWeak},
		{"Ed25519 draw key", with(func(k *PublicKey) { k.Alg, k.Key = EdDSA, newKey(t, EdDSA, UseStatement).Public().Key }), ErrKeyAlg},
	} {
		if err := c.key.Check(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestBLSFile(t *testing.T) {
	k := newKey(t, BLS, UseDraw)
	path := filepath.Join(t.TempDir(), "draw.pem")
	if err := k.SaveFile(path); err != nil {
		t.Fatal(err)
	}
	back, err := LoadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !back.Public().Equal(k.Public()) || back.Public().Fingerprint() == "invalid" {
		t.Fatalf("%v came back as %v", k.Public(), back.Public())
	}
	a, _ := k.Sign([]byte("m"))
	b, _ := back.Sign([]byte("m"))
	if !bytes.Equal(a, b) {
		t.Fatal("another private key came back")
	}
	data, _ := k.MarshalPEM()
	for name, bad := range map[string][]byte{
		"another type": bytes.ReplaceAll(data, []byte("BLS12-381 PRIVATE"), []byte("PRIVATE")),
		"another use":  bytes.Replace(data, []byte("use=draw"), []byte("use=statement"), 1),
		"another alg":  bytes.Replace(data, []byte("alg=BLS12381G1"), []byte("alg=EdDSA"), 1),
	} {
		if _, err := ParsePEM(bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
