package solo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"sync"

	"sandi.internal/gateway/api/home"
	"sandi.internal/gateway/api/public"
	"sandi.internal/gateway/storage/commitment"
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
	salt    []byte
}

// NewVault makes an empty one.
func NewVault() *Vault { return &Vault{objects: make(map[string]object)} }

// Keep implements desk.Vault.
func (v *Vault) Keep(ctx context.Context, person, org string, content []byte) (string, error) {
	s, err := v.Put(ctx, public.Holder{Person: person, Org: org, Fields: true}, bytes.NewReader(content))
	return s.Commitment, err
}

// Put implements public.Materials.
func (v *Vault) Put(_ context.Context, about public.Holder, content io.Reader) (public.Stored, error) {
	data, err := io.ReadAll(content)
	if err != nil {
		return public.Stored{}, err
	}
	c, salt := commitment.New(data)
	s := public.Stored{Commitment: c.String(), Size: int64(len(data)), SHA256: sha256.Sum256(data)}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.objects[s.Commitment] = object{data, about, s, salt[:]}
	return s, nil
}

// About implements public.Materials.
func (v *Vault) About(_ context.Context, id string) (public.Holder, public.Stored, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	o, ok := v.objects[id]
	if !ok {
		return public.Holder{}, public.Stored{}, public.ErrNoMaterial
	}
	return o.about, o.stored, nil
}

// Get implements public.Materials.
func (v *Vault) Get(_ context.Context, id string) (io.ReadCloser, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	o, ok := v.objects[id]
	if !ok {
		return nil, public.ErrNoMaterial
	}
	return io.NopCloser(bytes.NewReader(o.content)), nil
}

// Fields implements home.Vault.
func (v *Vault) Fields(_ context.Context, id string) (content, salt []byte, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	o, ok := v.objects[id]
	if !ok {
		return nil, nil, home.ErrAway
	}
	return o.content, o.salt, nil
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
