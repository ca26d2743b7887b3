package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"sandi.internal/gateway/storage/commitment"
)

// Refusals about how long an object is kept.
var (
	// ErrRetained: the object must be kept longer, or nobody has said how long.
	ErrRetained = errors.New("the object must still be kept")
	// ErrHeld: a legal hold stands on the object.
	ErrHeld = errors.New("a legal hold stands on the object")
	// ErrHold: a hold that can't be set or lifted.
	ErrHold = errors.New("no such legal hold, or one too many")
	// ErrPurged: the object was destroyed; the error says when and why.
	ErrPurged = errors.New("the object was purged")
)

// Bounds of what is said about keeping: a row fits a wrapped secret.
const (
	maxHolds   = 8
	maxClass   = 32
	maxHoldID  = 64
	maxReasons = 200 // bytes of a reason
)

// Hold forbids to purge an object, whatever its time: a case, a suit, an audit.
type Hold struct {
	ID     string `json:"id"` // of whoever may lift it, e.g. a record's id
	Reason string `json:"reason"`
	Since  int64  `json:"since"` // ms since 1970
}

// Keeping says how long an object is kept. The zero value, for an object of which
// nothing was said, is for ever.
type Keeping struct {
	Class string `json:"class"` // retention class, as the bureau's schedule names it
	Until int64  `json:"until"` // ms since 1970; purged not before
	Holds []Hold `json:"holds,omitempty"`
}

// Purged is what stays of an object that was destroyed.
type Purged struct {
	Reason string `json:"reason"`
	Class  string `json:"class"`
	Size   int64  `json:"size"` // bytes
	At     int64  `json:"at"`   // ms since 1970
}

// Keeping says how long an object is kept.
func (v *Vault) Keeping(ctx context.Context, c commitment.Commitment) (Keeping, error) {
	if _, err := v.find(ctx, c); err != nil {
		return Keeping{}, err
	}
	return v.keeping(c)
}

func (v *Vault) keeping(c commitment.Commitment) (k Keeping, err error) {
	_, err = v.readSaid(tagKeeping, c, &k)
	return k, err
}

// Retain sets an object's class and how long it is kept at least. A time that has
// been set is never shortened: ErrRetained.
func (v *Vault) Retain(ctx context.Context, c commitment.Commitment, class string, until time.Time) error {
	if class == "" || len(class) > maxClass {
		return fmt.Errorf("%w: a retention class of %d bytes, 1 to %d are taken", ErrMeta, len(class), maxClass)
	}
	return v.change(ctx, c, func(k *Keeping) error {
		if until.UnixMilli() < k.Until {
			return fmt.Errorf("%w: until %s, and a time is never shortened", ErrRetained, stamp(k.Until))
		}
		k.Class, k.Until = class, until.UnixMilli()
		return nil
	})
}

// Hold sets a legal hold; the same hold again changes nothing.
func (v *Vault) Hold(ctx context.Context, c commitment.Commitment, id, reason string) error {
	if id == "" || len(id) > maxHoldID || reason == "" || len(reason) > maxReasons {
		return fmt.Errorf("%w: a hold has an id of at most %d bytes and a reason of at most %d", ErrMeta, maxHoldID, maxReasons)
	}
	return v.change(ctx, c, func(k *Keeping) error {
		switch {
		case k.held(id) >= 0:
			return nil
		case len(k.Holds) == maxHolds:
			return fmt.Errorf("%w: %d stand already", ErrHold, maxHolds)
		}
		k.Holds = append(k.Holds, Hold{ID: id, Reason: reason, Since: v.now().UnixMilli()})
		return nil
	})
}

// Lift ends a legal hold.
func (v *Vault) Lift(ctx context.Context, c commitment.Commitment, id string) error {
	return v.change(ctx, c, func(k *Keeping) error {
		i := k.held(id)
		if i < 0 {
			return fmt.Errorf("%w: %q", ErrHold, id)
		}
		k.Holds = slices.Delete(k.Holds, i, i+1)
		return nil
	})
}

func (k *Keeping) held(id string) int {
	return slices.IndexFunc(k.Holds, func(h Hold) bool { return h.ID == id })
}

// change changes what is said about keeping an object, durably.
func (v *Vault) change(ctx context.Context, c commitment.Commitment, do func(*Keeping) error) error {
	v.keepers.Lock()
	defer v.keepers.Unlock()
	if _, err := v.find(ctx, c); err != nil {
		return err
	}
	k, err := v.keeping(c)
	if err != nil {
		return err
	}
	if err := do(&k); err != nil {
		return fmt.Errorf("couldn't change how %s is kept: %w", c, err)
	}
	row, err := v.say(tagKeeping, c, k)
	if err != nil {
		return err
	}
	return v.db.Set(saidKey(tagKeeping, c), row, pebble.Sync)
}

// Purge destroys an object whose time has come: its key, its bytes and what was
// said about it. Its commitment and the reason stay; it answers ErrPurged from
// then on. ErrRetained before its time or when none was set, ErrHeld under a
// legal hold.
//
// The object can't be read any more when Purge returns. Pebble drops the old row
// with the wrapped key when it compacts, which Purge asks for.
func (v *Vault) Purge(ctx context.Context, c commitment.Commitment, reason string) error {
	if reason == "" || len(reason) > maxReasons {
		return fmt.Errorf("%w: a reason has 1 to %d bytes", ErrMeta, maxReasons)
	}
	v.keepers.Lock()
	defer v.keepers.Unlock()
	e, err := v.find(ctx, c)
	if err != nil {
		return err
	}
	k, err := v.keeping(c)
	now := v.now().UnixMilli()
	switch {
	case err != nil:
		return err
	case len(k.Holds) > 0:
		return fmt.Errorf("couldn't purge %s: %w: %s (%s)", c, ErrHeld, k.Holds[0].ID, k.Holds[0].Reason)
	case k.Class == "":
		return fmt.Errorf("couldn't purge %s: %w: no retention class was set", c, ErrRetained)
	case now < k.Until:
		return fmt.Errorf("couldn't purge %s: %w: until %s", c, ErrRetained, stamp(k.Until))
	}
	if err := v.destroy(e, c, Purged{Reason: reason, Class: k.Class, Size: e.details.Size, At: now}); err != nil {
		return fmt.Errorf("couldn't purge %s: %w", c, err)
	}
	return nil
}

func (v *Vault) destroy(e *entry, c commitment.Commitment, p Purged) error {
	row, err := v.say(tagPurged, c, p)
	if err != nil {
		return err
	}
	batch := v.db.NewBatch()
	defer batch.Close()
	err = errors.Join(batch.Delete(objectKey(c), nil), batch.Delete(saidKey(tagKeeping, c), nil), batch.Set(saidKey(tagPurged, c), row, nil))
	if e.place == placeFile { // after a crash the next Open finds the file by this note
		err = errors.Join(err, batch.Set(pendingKey(e.id), nil, nil))
	}
	if err := errors.Join(err); err != nil {
		return err
	}
	if err := v.commit(batch, -1, -e.details.Size); err != nil {
		return err
	}
	if e.place == placeFile {
		if err := v.discard(e.id); err != nil {
			v.log.Warn("couldn't remove a purged object's file; the next start does", "err", err)
		}
	}
	key := objectKey(c)
	if err := v.db.Compact(context.Background(), key, append(key, 0), false); err != nil {
		v.log.Warn("couldn't compact after a purge; a later compaction drops the row", "err", err)
	}
	return nil
}

// gone is ErrNotFound, or ErrPurged with what stayed of the object.
func (v *Vault) gone(c commitment.Commitment) error {
	var p Purged
	switch known, err := v.readSaid(tagPurged, c, &p); {
	case err != nil:
		return err
	case known:
		return fmt.Errorf("%w: %s, on %s: %s", ErrPurged, c, stamp(p.At), p.Reason)
	}
	return fmt.Errorf("couldn't find %s: %w", c, ErrNotFound)
}

// say encrypts what is said about an object; it is bound to the object and to
// what kind of saying it is.
func (v *Vault) say(tag byte, c commitment.Commitment, what any) ([]byte, error) {
	text, err := json.Marshal(what)
	if err != nil {
		return nil, fmt.Errorf("couldn't encode what is said of %s: %w", c, err)
	}
	return v.key.Wrap(text, saidKey(tag, c))
}

func (v *Vault) readSaid(tag byte, c commitment.Commitment, into any) (known bool, err error) {
	row, err := v.get(saidKey(tag, c))
	if err != nil || row == nil {
		return false, err
	}
	text, err := v.key.Unwrap(row, saidKey(tag, c))
	if err != nil {
		return false, fmt.Errorf("couldn't read what is said of %s: %w", c, err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return false, fmt.Errorf("%w: what is said of %s", ErrCorrupt, c)
	}
	return true, nil
}

func saidKey(tag byte, c commitment.Commitment) []byte { return append([]byte{tag}, c[:]...) }

func stamp(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339) }
