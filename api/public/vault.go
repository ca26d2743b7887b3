package public

import (
	"bytes"
	"context"
	"errors"
	"io"

	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/home"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/storage/commitment"
	"sandi.internal/gateway/storage/vault"
)

// Vault is a node's vault as the doors use it: Materials for this one, Keep for
// the desk's private fields.
type Vault struct {
	*vault.Vault
	Max int64 // bytes of one object, as the vault was opened with; 0: vault.DefaultMaxObject
}

var (
	_ Materials  = Vault{}
	_ home.Vault = Vault{}
)

// MediaFields marks the objects that are values of fields: they are read through the
// record, by the roles that its law names, and are files neither for getMaterial nor for
// an offer.
const MediaFields = "application/vnd.sandi.fields+json"

// Keep implements desk.Vault.
func (v Vault) Keep(ctx context.Context, person, org string, content []byte) (string, error) {
	s, err := v.Put(ctx, Holder{Person: person, Org: org, Fields: true}, bytes.NewReader(content))
	return s.Commitment, err
}

// Fields implements home.Vault.
func (v Vault) Fields(ctx context.Context, id string) (content, salt []byte, err error) {
	c, err := commitment.Parse(id)
	if err != nil {
		return nil, nil, home.ErrAway
	}
	r, o, err := v.Vault.Get(ctx, c)
	if errors.Is(err, vault.ErrNotFound) || errors.Is(err, vault.ErrPurged) {
		return nil, nil, home.ErrAway
	}
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	if o.Size > desk.MaxFields {
		return nil, nil, home.ErrAway // a file; fields are never so long
	}
	if content, err = io.ReadAll(r); err != nil {
		return nil, nil, err
	}
	opening, err := v.Opening(ctx, c)
	return content, opening[:], err
}

// Put implements Materials.
func (v Vault) Put(ctx context.Context, about Holder, content io.Reader) (Stored, error) {
	o, err := v.Vault.Put(ctx, meta(about), content)
	if err != nil {
		return Stored{}, v.problem(err)
	}
	return Stored{Commitment: o.Commitment.String(), Size: o.Size, SHA256: o.SHA256}, nil
}

func meta(about Holder) vault.Meta {
	m := vault.Meta{Name: about.Name, Person: about.Person, Org: about.Org}
	if about.Fields {
		m.MediaType = MediaFields
	}
	return m
}

// About implements Materials.
func (v Vault) About(ctx context.Context, id string) (Holder, Stored, error) {
	c, err := commitment.Parse(id)
	if err != nil {
		return Holder{}, Stored{}, ErrNoMaterial
	}
	o, err := v.Stat(ctx, c)
	if err != nil {
		return Holder{}, Stored{}, v.problem(err)
	}
	return Holder{Person: o.Person, Org: o.Org, Name: o.Name, Fields: o.MediaType == MediaFields}, Stored{Commitment: id, Size: o.Size, SHA256: o.SHA256}, nil
}

// Get implements Materials.
func (v Vault) Get(ctx context.Context, id string) (io.ReadCloser, error) {
	c, err := commitment.Parse(id)
	if err != nil {
		return nil, ErrNoMaterial
	}
	content, _, err := v.Vault.Get(ctx, c)
	if err != nil {
		return nil, v.problem(err)
	}
	return content, nil
}

// problem turns the vault's refusals into problems; damage stays an error
// of ours.
func (v Vault) problem(err error) error {
	switch {
	case errors.Is(err, vault.ErrNotFound), errors.Is(err, vault.ErrPurged):
		return ErrNoMaterial
	case errors.Is(err, vault.ErrTooLarge):
		limit := v.Max
		if limit == 0 {
			limit = vault.DefaultMaxObject
		}
		return serve.TooLarge(limit).Because(err)
	case errors.Is(err, vault.ErrEmpty):
		return problem.New(problem.EmptyMaterial)
	case errors.Is(err, vault.ErrNoRoom), errors.Is(err, vault.ErrQuota):
		return problem.New(problem.VaultFull).Because(err)
	case errors.Is(err, vault.ErrMeta):
		return problem.Invalid(problem.At("header.Content-Disposition", problem.BadText))
	}
	return err
}
