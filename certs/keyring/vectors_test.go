package keyring

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write testdata/zip215.json anew")

// vector is one line of testdata/zip215.json: bytes as hex. Other languages
// (the browser, the offline verifier's rewrites) read the same file.
type vector struct {
	Name      string `json:"name"`
	Key       string `json:"key"`
	Message   string `json:"message"`
	Signature string `json:"signature"`
	Valid     bool   `json:"valid"`    // under ZIP 215
	Register  bool   `json:"register"` // whether the key may enter a registry
}

// zip215Vectors are all pairs of small-order A and R, torsion in R and A, and
// signatures that no predicate may take.
func zip215Vectors(t *testing.T) []vector {
	t.Helper()
	var list []vector
	add := func(name string, key, message, sig []byte, valid bool) {
		register := PublicKey{ID: "k", Alg: EdDSA, Use: UseStatement, Key: key}.Check() == nil
		list = append(list, vector{name, hex.EncodeToString(key), hex.EncodeToString(message), hex.EncodeToString(sig), valid, register})
	}
	message := []byte("三地 ZIP 215")
	for _, a := range smallOrder() {
		for _, r := range smallOrder() {
			add("small-order A and R, S = 0", a, message, append(bytes.Clone(r), make([]byte, 32)...), true)
		}
	}
	for i, c := range []struct {
		name       string
		addR, addA []byte
	}{{"plain", nil, nil}, {"torsion in R", torsion8, nil}, {"torsion in A", nil, torsion8}, {"torsion in both", torsion8, torsion8}} {
		key, sig := forge(t, [32]byte{byte(i)}, message, c.addR, c.addA)
		add(c.name, key, message, sig, true)
		add(c.name+", another message", key, message[1:], sig, false)
		add(c.name+", S + L", key, message, addOrder(sig), false)
		flipped := bytes.Clone(sig)
		flipped[35] ^= 8
		add(c.name+", one bit of S", key, message, flipped, false)
	}
	key, sig := forge(t, [32]byte{9}, message, nil, nil)
	add("short", key, message, sig[:63], false)
	add("long", key, message, append(bytes.Clone(sig), 0), false)
	add("R is no point", key, message, append(append([]byte{2}, make([]byte, 31)...), sig[32:]...), false)
	return list
}

// TestVectors holds the file to the code and the code to the file, singly and
// in one batch of all.
func TestVectors(t *testing.T) {
	path := filepath.Join("testdata", "zip215.json")
	want, err := json.MarshalIndent(zip215Vectors(t), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *rewrite {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(data, want) {
		t.Fatalf("the file differs from the code (-rewrite writes it): %v", err)
	}
	var list []vector
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	batch := NewBatch(len(list))
	for _, v := range list {
		key := PublicKey{ID: "k", Alg: EdDSA, Use: UseStatement, Key: unhex(t, v.Key)}
		if got := verifier(t, key).Verify(unhex(t, v.Message), unhex(t, v.Signature)); got != v.Valid {
			t.Errorf("%s: single says %v", v.Name, got)
		}
		if (key.Check() == nil) != v.Register {
			t.Errorf("%s: registers %v", v.Name, !v.Register)
		}
		batch.AddKey(key, unhex(t, v.Message), unhex(t, v.Signature))
	}
	for i, got := range batch.Verify() {
		if got != list[i].Valid {
			t.Errorf("%s: batch says %v", list[i].Name, got)
		}
	}
}
