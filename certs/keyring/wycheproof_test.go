package keyring

import (
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"math/big"
	"testing"

	"github.com/c2sp/wycheproof"
)

type vectors struct {
	NumberOfTests int
	TestGroups    []struct {
		PublicKey struct{ PK, Uncompressed string }
		Tests     []struct {
			TcID             int
			Comment          string
			Msg, Sig, Result string
		}
	}
}

func load(t *testing.T, name string) vectors {
	t.Helper()
	data, err := fs.ReadFile(wycheproof.TestVectors, name)
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// zip215Only is the one vector where ZIP 215 and RFC 8032 differ: R is the
// identity spelt with a sign bit, which ZIP 215 decodes on purpose.
const zip215Only = 151

// TestWycheproofEd25519: all vectors but zip215Only come out as written, singly
// and in a batch of each group.
func TestWycheproofEd25519(t *testing.T) {
	v, ran := load(t, "ed25519_test.json"), 0
	for _, g := range v.TestGroups {
		key := PublicKey{ID: "k", Alg: EdDSA, Use: UseStatement, Key: unhex(t, g.PublicKey.PK)}
		if err := key.Check(); err != nil {
			t.Fatalf("key %s: %v", g.PublicKey.PK, err)
		}
		batch := NewBatch(len(g.Tests))
		for _, c := range g.Tests {
			msg, sig := unhex(t, c.Msg), unhex(t, c.Sig)
			want := c.Result == "valid" || c.TcID == zip215Only
			if got := verifier(t, key).Verify(msg, sig); got != want {
				t.Errorf("%d (%s): got %v, want %s", c.TcID, c.Comment, got, c.Result)
			}
			batch.AddKey(key, msg, sig)
			ran++
		}
		for i, got := range batch.Verify() {
			c := g.Tests[i]
			if want := c.Result == "valid" || c.TcID == zip215Only; got != want {
				t.Errorf("%d (%s): batch says %v, want %s", c.TcID, c.Comment, got, c.Result)
			}
		}
	}
	if ran != v.NumberOfTests || ran < 150 {
		t.Fatalf("ran %d of %d", ran, v.NumberOfTests)
	}
}

// TestWycheproofES256: all 262 vectors come out as written, except that valid
// signatures with a high s are refused here: of a pair of twins exactly the
// low one counts.
func TestWycheproofES256(t *testing.T) {
	v, ran, high := load(t, "ecdsa_secp256r1_sha256_p1363_test.json"), 0, 0
	for _, g := range v.TestGroups {
		key := PublicKey{ID: "k", Alg: ES256, Use: UseStatement, Key: unhex(t, g.PublicKey.Uncompressed)}
		if err := key.Check(); err != nil {
			t.Fatalf("key %s: %v", g.PublicKey.Uncompressed, err)
		}
		for _, c := range g.Tests {
			sig, want := unhex(t, c.Sig), c.Result == "valid"
			if want && new(big.Int).SetBytes(sig[32:]).Cmp(halfOrder) > 0 {
				want = false
				high++
			}
			if got := verifier(t, key).Verify(unhex(t, c.Msg), sig); got != want {
				t.Errorf("%d (%s): got %v, want %v (%s)", c.TcID, c.Comment, got, want, c.Result)
			}
			ran++
		}
	}
	if ran != v.NumberOfTests || ran < 260 || high == 0 {
		t.Fatalf("ran %d of %d, %d with a high s", ran, v.NumberOfTests, high)
	}
}
