package statement

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"sandi.internal/gateway/certs/keyring"
)

var (
	testNetwork = RequestDigest([]byte("a genesis"))
	testAt      = "2025-11-10T09:00:00+08:00"
)

// testKey is the Ed25519 key of a seed of 32 equal bytes.
func testKey(t testing.TB, use keyring.Use, id string, seed byte) *keyring.PrivateKey {
	t.Helper()
	k, err := keyring.FromSeed(use, id, bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func testPayload() Payload {
	return Payload{
		Network: testNetwork,
		Kind:    KindRecordAct,
		V:       1,
		ID:      "01JBXYZ0000000000000000001",
		Region:  "120000",
		Record:  "CT-120000-2025-000018",
		Prev:    RequestDigest([]byte("previous")),
		At:      testAt,
		Actor:   Actor{Role: "liaison", Org: "120114-SJ", Person: strings.Repeat("A", 22)},
		Request: RequestDigest([]byte("request")),
		Body:    ActBody{Event: "send", Fields: []byte(`{"doc_no":"津市监移〔2025〕18号","pages":12}`)}.Marshal(),
	}
}

func code(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	if err != nil {
		return Code("untyped: " + err.Error())
	}
	return ""
}

func TestSignAndParse(t *testing.T) {
	ec, err := keyring.Generate(keyring.ES256, keyring.UseStatement, "st-2")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []*keyring.PrivateKey{testKey(t, keyring.UseStatement, "st-1", 7), ec} {
		raw, signed, err := Sign(k, testPayload())
		if err != nil {
			t.Fatal(err)
		}
		st, err := Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(st, signed) {
			t.Errorf("Sign and Parse differ:\n%+v\n%+v", signed, st)
		}
		if st.Key != k.Public().ID || st.Alg != string(k.Public().Alg) || st.AtUnix != 1762736400 {
			t.Errorf("got key %q, alg %q, at %d", st.Key, st.Alg, st.AtUnix)
		}
		if !bytes.Equal(st.Raw, raw) || string(st.Body) != string(testPayload().Body) {
			t.Error("the bytes changed")
		}
		pool := NewPool(2, 100)
		if !pool.Verify(st, k.Public()) {
			t.Error("own signature refused")
		}
	}
}
