package vault

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"sandi.internal/gateway/storage/commitment"
)

// ErrQuota: the object would take the vault past its quota.
var ErrQuota = errors.New("the vault's quota is used up")

// Usage is how much a vault holds.
type Usage struct {
	Objects int64
	Bytes   int64 // of content, as it was given
}

const (
	usageSize = 16    // two counters, big-endian
	pageSize  = 1_000 // names of objects read at a time
)

// Usage says how much the vault holds.
func (v *Vault) Usage() Usage {
	v.account.Lock()
	defer v.account.Unlock()
	return v.usage
}

// commit applies a batch that changes the usage by objects and bytes, and with it
// the row that says so. Only the order of the rows is decided under the lock; the
// disk is waited for outside it, so that uploads share their syncs.
func (v *Vault) commit(batch *pebble.Batch, objects, bytes int64) error {
	if err := v.apply(batch, objects, bytes); err != nil {
		return err
	}
	return batch.SyncWait()
}

func (v *Vault) apply(batch *pebble.Batch, objects, bytes int64) error {
	v.account.Lock()
	defer v.account.Unlock()
	after := Usage{Objects: v.usage.Objects + objects, Bytes: v.usage.Bytes + bytes}
	if err := v.within(after.Bytes, v.quota); bytes > 0 && err != nil {
		return err
	}
	row := binary.BigEndian.AppendUint64(nil, uint64(after.Objects))
	if err := batch.Set([]byte{tagUsage}, binary.BigEndian.AppendUint64(row, uint64(after.Bytes)), nil); err != nil {
		return err
	}
	if err := v.db.ApplyNoSyncWait(batch, pebble.Sync); err != nil {
		return err
	}
	v.usage = after
	return nil
}

// within refuses more bytes than a quota; 0 is none.
func (v *Vault) within(bytes, quota int64) error {
	if quota > 0 && bytes > quota {
		return fmt.Errorf("%w: %d of %d MiB are taken; purge what need not be kept, or raise limits.vault_mib", ErrQuota, v.usage.Bytes>>20, quota>>20)
	}
	return nil
}

// loadUsage reads the counters; a vault that has none yet is counted.
func (v *Vault) loadUsage() error {
	row, err := v.get([]byte{tagUsage})
	switch {
	case err != nil:
		return err
	case row == nil:
		v.usage, err = v.count()
		return err
	case len(row) != usageSize:
		return fmt.Errorf("%w: the counters have %d bytes", ErrCorrupt, len(row))
	}
	v.usage = Usage{Objects: int64(binary.BigEndian.Uint64(row)), Bytes: int64(binary.BigEndian.Uint64(row[8:]))}
	if v.usage.Objects < 0 || v.usage.Bytes < 0 {
		return fmt.Errorf("%w: the counters say %d objects of %d bytes", ErrCorrupt, v.usage.Objects, v.usage.Bytes)
	}
	return nil
}

// count adds up what the entries say.
func (v *Vault) count() (u Usage, err error) {
	err = v.each(context.Background(), func(c commitment.Commitment) error {
		e, err := v.find(context.Background(), c)
		if err != nil {
			return err
		}
		u.Objects++
		u.Bytes += e.details.Size
		return nil
	})
	return u, err
}

// each calls fn for every object, ascending by commitment. It reads the names page
// by page, so that a long walk keeps no old state of the store alive.
func (v *Vault) each(ctx context.Context, fn func(c commitment.Commitment) error) error {
	return v.eachFrom(ctx, []byte{tagObject}, fn)
}

// eachFrom is each for the keys from lower on.
func (v *Vault) eachFrom(ctx context.Context, lower []byte, fn func(c commitment.Commitment) error) error {
	for {
		page, err := v.page(lower)
		if err != nil {
			return fmt.Errorf("couldn't list the vault: %w", err)
		}
		for _, c := range page {
			if err := errors.Join(ctx.Err(), fn(c)); err != nil {
				return err
			}
		}
		if len(page) < pageSize {
			return nil
		}
		lower = append(objectKey(page[len(page)-1]), 0)
	}
}

func (v *Vault) page(lower []byte) (page []commitment.Commitment, err error) {
	iter, err := v.db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: []byte{tagObject + 1}})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, iter.Close()) }()
	for ok := iter.First(); ok && len(page) < pageSize; ok = iter.Next() {
		if len(iter.Key()) != 1+len(commitment.Commitment{}) {
			return nil, fmt.Errorf("%w: an object's key has %d bytes", ErrCorrupt, len(iter.Key()))
		}
		page = append(page, commitment.Commitment(iter.Key()[1:]))
	}
	return page, iter.Error()
}
