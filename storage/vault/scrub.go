package vault

import (
	"context"
	"errors"
	"io"

	"sandi.internal/gateway/storage/commitment"
)

// Scrubbed is what a scrub found.
type Scrubbed struct {
	Objects int64
	Bytes   int64 // read and authenticated
	Damaged []commitment.Commitment
}

// maxDamaged bounds the list of a scrub; a disk that has lost more is beyond lists.
const maxDamaged = 10_000

// Scrub reads every object as a reader would and names those that are not what was
// committed to: bit rot is found while the other bureau still has its copy. progress, which
// may be nil, is called after each object. The error is of the scrub itself: a
// closed context, or a store that can't be read. Objects that come or go meanwhile
// may be missed.
func (v *Vault) Scrub(ctx context.Context, progress func(Scrubbed)) (Scrubbed, error) {
	var found Scrubbed
	err := v.each(ctx, func(c commitment.Commitment) error {
		err := v.scrub(ctx, c, &found)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, ErrNotFound), errors.Is(err, ErrPurged):
			return nil
		case errors.Is(err, ErrCorrupt):
			if len(found.Damaged) < maxDamaged {
				found.Damaged = append(found.Damaged, c)
			}
			v.log.Error("an object in the vault is damaged", "commitment", c, "err", err)
		default:
			return err
		}
		found.Objects++
		if progress != nil {
			progress(found)
		}
		return nil
	})
	return found, err
}

func (v *Vault) scrub(ctx context.Context, c commitment.Commitment, found *Scrubbed) error {
	r, _, err := v.Get(ctx, c)
	if err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, r)
	found.Bytes += n
	return errors.Join(err, r.Close())
}
