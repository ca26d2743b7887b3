package vault

import (
	"context"
	"errors"

	"sandi.internal/gateway/storage/commitment"
)

// Listed is an object with how it is kept.
type Listed struct {
	Object
	Keeping
}

// errEnough ends a walk.
var errEnough = errors.New("enough")

// List gives at most limit objects that fn takes, ascending by commitment, of those
// after a commitment (the zero one: from the first). Damaged entries are left out:
// Scrub names them.
func (v *Vault) List(ctx context.Context, after commitment.Commitment, limit int, takes func(Object) bool) ([]Listed, error) {
	var list []Listed
	lower := append(objectKey(after), 0)
	err := v.eachFrom(ctx, lower, func(c commitment.Commitment) error {
		e, err := v.find(ctx, c)
		switch {
		case errors.Is(err, ErrNotFound), errors.Is(err, ErrPurged), errors.Is(err, ErrCorrupt):
			return nil
		case err != nil:
			return err
		}
		o := e.details.object(c)
		if !takes(o) {
			return nil
		}
		k, err := v.keeping(c)
		if err != nil {
			return err
		}
		list = append(list, Listed{o, k})
		if len(list) == limit {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return list, err
}
