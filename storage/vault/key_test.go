package vault

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/storage/commitment"
	"sandi.internal/gateway/storage/storagetest"
)

func TestParseKey(t *testing.T) {
	k, err := ParseKey(testKey.secret[:], AES256GCM{})
	if must(t, err); k.ID() != testKey.ID() || k.secret != testKey.secret {
		t.Fatal("another key came back")
	}
	for _, n := range []int{0, keySecret - 1, keySecret + 1} {
		if _, err := ParseKey(make([]byte, n), AES256GCM{}); err == nil {
			t.Errorf("a secret of %d bytes was taken", n)
		}
	}
}

func TestWrap(t *testing.T) {
	a, err := testKey.Wrap([]byte("secret"), []byte("context"))
	must(t, err)
	b, err := testKey.Wrap([]byte("secret"), []byte("context"))
	must(t, err)
	if bytes.Equal(a, b) {
		t.Fatal("the same secret is wrapped alike twice")
	}
	got, err := testKey.Unwrap(a, []byte("context"))
	if must(t, err); string(got) != "secret" {
		t.Fatalf("got %q", got)
	}
	_, err = testKey.Unwrap(a, []byte("another"))
	wantErr(t, err, ErrCorrupt)
	_, err = NewKey(AES256GCM{}).Unwrap(a, []byte("context"))
	wantErr(t, err, ErrCorrupt)
	for i := range a {
		bad := bytes.Clone(a)
		bad[i] ^= 1
		_, err = testKey.Unwrap(bad, []byte("context"))
		wantErr(t, err, ErrCorrupt)
		_, err = testKey.Unwrap(a[:i], []byte("context"))
		wantErr(t, err, ErrCorrupt)
	}
}

// TestVectors reads what another program wrote from the formats' descriptions:
// vaults must stay readable for as long as there are objects in them.
func TestVectors(t *testing.T) {
	data, err := os.ReadFile("testdata/vectors.json")
	must(t, err)
	var v struct {
		Format, Key, Commitment, Entry, Content, Salt, Name string
		KeyID                                               string `json:"key_id"`
		ObjectID                                            string `json:"object_id"`
		ObjectKey                                           string `json:"object_key"`
		Three                                               struct {
			Byte byte
			Size int
		} `json:"three_chunks_of"`
		ThreeSHA256 string `json:"three_chunks_sha256"`
	}
	must(t, json.Unmarshal(data, &v))
	unhex := func(s string) []byte {
		b, err := hex.DecodeString(s)
		must(t, err)
		return b
	}
	secret, err := strict.Base64URL(v.Key)
	must(t, err)
	key, err := ParseKey(secret, AES256GCM{})
	if must(t, err); key.ID() != v.KeyID {
		t.Fatalf("key id %s, want %s", key.ID(), v.KeyID)
	}
	n, err := tryOpen(storagetest.NewDisk(), Options{Key: key}, nil)
	must(t, err)
	defer n.db.Close()
	c, err := commitment.Parse(v.Commitment)
	must(t, err)
	must(t, n.db.Set(objectKey(c), unhex(v.Entry), pebble.Sync))
	o, err := n.Stat(ctx, c)
	must(t, err)
	if o.Name != v.Name || o.StoredAt.UnixMilli() != 1_763_600_000_123 {
		t.Fatalf("got %+v", o)
	}
	n.checkObject(t, o, unhex(v.Content))

	aead, err := AES256GCM{}.AEAD(unhex(v.ObjectKey))
	must(t, err)
	h := sha256.New()
	s := sealer{aead: aead, header: header(1, objectID(unhex(v.ObjectID))), out: h}
	src := &source{ctx: ctx, r: bytes.NewReader(bytes.Repeat([]byte{v.Three.Byte}, v.Three.Size)), max: 1 << 30, hash: commitment.NewHasher()}
	must(t, n.copyChunks(&s, src, nil))
	if got := hex.EncodeToString(h.Sum(nil)); got != v.ThreeSHA256 || s.number != 3 {
		t.Fatalf("%d chunks, SHA-256 %s", s.number, got)
	}
}
