package keyring

import (
	"bytes"
	"testing"

	voi "github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
	"pgregory.net/rapid"
)

// TestOracle compares single and batch verification with the library's own
// ZIP-215 verifier on honest, damaged and crafted signatures in random company.
func TestOracle(t *testing.T) {
	oracle := &voi.Options{Verify: voi.VerifyOptionsZIP_215}
	keys := []*PrivateKey{newKey(t, EdDSA, UseStatement), newKey(t, EdDSA, UseStatement), newKey(t, EdDSA, UseStatement)}
	weird := smallOrder()
	batch := NewBatch(8)
	rapid.Check(t, func(rt *rapid.T) {
		batch.Reset() // the scratch memory of earlier runs must not matter
		var want []bool
		for range rapid.IntRange(0, 24).Draw(rt, "members") {
			message := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(rt, "message")
			signer := keys[rapid.IntRange(0, len(keys)-1).Draw(rt, "key")]
			key := signer.Public().Key
			sig, err := signer.Sign(message)
			if err != nil {
				rt.Fatal(err)
			}
			switch rapid.IntRange(0, 9).Draw(rt, "kind") {
			case 0: // one bit
				sig = bytes.Clone(sig)
				bit := rapid.IntRange(0, 511).Draw(rt, "bit")
				sig[bit/8] ^= 1 << (bit % 8)
			case 1: // small-order R, honest S
				sig = append(bytes.Clone(weird[rapid.IntRange(0, len(weird)-1).Draw(rt, "R")]), sig[32:]...)
			case 2: // small-order A and R, S = 0
				key = weird[rapid.IntRange(0, len(weird)-1).Draw(rt, "A")]
				sig = append(bytes.Clone(weird[rapid.IntRange(0, len(weird)-1).Draw(rt, "R")]), make([]byte, 32)...)
			case 3: // random bytes
				sig = rapid.SliceOfN(rapid.Byte(), 0, 70).Draw(rt, "signature")
			case 4: // torsion in both
				key, sig = forge(t, [32]byte{byte(len(want))}, message, torsion8, torsion8)
			}
			want = append(want, voi.VerifyWithOptions(key, message, sig, oracle))
			pub := PublicKey{ID: "k", Alg: EdDSA, Use: UseStatement, Key: key}
			if got := verifier(t, pub).Verify(message, sig); got != want[len(want)-1] {
				rt.Fatalf("single says %v: key %x message %x signature %x", got, key, message, sig)
			}
			batch.AddKey(pub, message, sig)
		}
		got := batch.Verify()
		for i := range want {
			if got[i] != want[i] {
				rt.Fatalf("member %d of %d: batch says %v, want %v", i, len(want), got[i], want[i])
			}
		}
	})
}

// TestBatchMixed: ES256 and unusable keys stand beside Ed25519.
func TestBatchMixed(t *testing.T) {
	ed, ec := newKey(t, EdDSA, UseStatement), newKey(t, ES256, UseStatement)
	m := []byte("m")
	edSig, _ := ed.Sign(m)
	ecSig, _ := ec.Sign(m)
	b := NewBatch(0)
	if len(b.Verify()) != 0 {
		t.Fatal("an empty batch has verdicts")
	}
	for range 2 {
		b.Reset()
		b.AddKey(ed.Public(), m, edSig)
		b.AddKey(ec.Public(), m, ecSig)
		b.AddKey(ed.Public(), m, nil)
		b.AddKey(ec.Public(), m, edSig)
		b.AddKey(PublicKey{Alg: "SM2-SM3"}, m, edSig)
		b.Add(nil, m, edSig)
		b.AddKey(ed.Public(), []byte("n"), edSig)
		b.AddKey(ed.Public(), m, edSig)
		want := []bool{true, true, false, false, false, false, false, true}
		got := b.Verify()
		if b.Len() != len(want) || len(got) != len(want) {
			t.Fatalf("%d verdicts", len(got))
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("member %d: %v", i, got[i])
			}
		}
	}
}

// TestExpandedCacheIsBounded: hostile keys cannot grow the cache without end.
func TestExpandedCacheIsBounded(t *testing.T) {
	c := &expandedCache{keys: make(map[[32]byte]*edVerifier)}
	for i := range maxExpanded + 64 {
		k, err := FromSeed(UseStatement, "k", append(bytes.Repeat([]byte{1}, 30), byte(i), byte(i>>8)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.get(k.Public().Key); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.keys) != maxExpanded {
		t.Fatalf("%d keys cached", len(c.keys))
	}
}
