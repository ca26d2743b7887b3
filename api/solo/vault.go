package solo

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"sync"

	"sandi.internal/gateway/api/public"
	"sandi.internal/gateway/certs/strict"
)

// Vault keeps objects in memory, in the clear.
type Vault struct {
	mu      sync.Mutex
	objects map[string]object
}

type object struct {
	content []byte
	about   public.Holder
	stored  public.Stored
}

// NewVault makes an empty one.
func NewVault() *Vault { return &Vault{objects: make(map[string]object)} }

// Keep implements desk.Vault.
func (v *Vault) Keep(ctx context.Context, person, org string, content []byte) (string, error) {
	s, err := v.Put(ctx, public.Holder{Person: person, Org: org}, bytes.NewReader(content))
	return s.Commitment, err
}

// Put implements public.Materials.
func (v *Vault) Put(_ context.Context, about public.Holder, content io.Reader) (public.Stored, error) {
	data, err := io.ReadAll(content)
	if err != nil {
		return public.Stored{}, err
	}
	var salt [32]byte
	rand.Read(salt[:])
	s := public.Stored{Size: int64(len(data)), SHA256: sha256.Sum256(data)}
	h := sha256.New()
	h.Write([]byte("sandi.internal/commitment/v1\x00"))
	h.Write(salt[:])
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(data))))
	h.Write(s.SHA256[:])
	s.Commitment = "sc1." + strict.B64(h.Sum(nil))
	v.mu.Lock()
	defer v.mu.Unlock()
	v.objects[s.Commitment] = object{data, about, s}
	return s, nil
}

// Get implements public.Materials.
func (v *Vault) Get(_ context.Context, commitment string) (io.ReadCloser, public.Holder, public.Stored, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	o, ok := v.objects[commitment]
	if !ok {
		return nil, public.Holder{}, public.Stored{}, public.ErrNoMaterial
	}
	return io.NopCloser(bytes.NewReader(o.content)), o.about, o.stored, nil
}

// Contents are the bytes of all objects.
func (v *Vault) Contents() [][]byte {
	v.mu.Lock()
	defer v.mu.Unlock()
	var all [][]byte
	for _, o := range v.objects {
		all = append(all, o.content)
	}
	return all
}
