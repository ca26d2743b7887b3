package vault

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"sandi.internal/gateway/storage/commitment"
	"sandi.internal/gateway/storage/storagetest"
)

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vault.key")
	must(t, testKey.SaveFile(path))
	if err := NewKey(AES256GCM{}).SaveFile(path); !errors.Is(err, os.ErrExist) {
		t.Fatalf("a key was overwritten: %v", err)
	}
	k, err := LoadFile(path, AES256GCM{})
	must(t, err)
	if k.ID() != testKey.ID() || k.secret != testKey.secret {
		t.Fatal("another key came back")
	}
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %o", info.Mode().Perm())
	}
	must(t, os.Chmod(path, 0o640))
	if _, err := LoadFile(path, AES256GCM{}); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Fatalf("got %v", err)
	}
	text, err := os.ReadFile(path)
	must(t, err)
	for name, bad := range map[string]string{
		"empty": "", "no line end": strings.TrimSpace(string(text)), "two lines": string(text) + string(text),
		"another prefix": "svk2" + string(text[4:]), "short": string(text[:20]) + "\n", "padded": strings.TrimSpace(string(text)) + "=\n",
	} {
		must(t, os.WriteFile(path, []byte(bad), 0o600))
		must(t, os.Chmod(path, 0o600))
		if _, err := LoadFile(path, AES256GCM{}); err == nil {
			t.Errorf("%s: was loaded", name)
		}
	}
	if _, err := LoadFile(path+"-absent", AES256GCM{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
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
	path := filepath.Join(t.TempDir(), "key")
	must(t, os.WriteFile(path, []byte(v.Key+"\n"), 0o600))
	key, err := LoadFile(path, AES256GCM{})
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
