package tables

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// checkEvery is how many rows are read between two looks at the context.
const checkEvery = 64

// Scan gives the rows behind a key in the order of their keys, from the first when it
// is nil, until visit has enough. key and row are valid during the visit. The error
// wraps ErrNone, or ErrReplaced when the visible generation is not the one wanted.
func (t *Tables) Scan(ctx context.Context, set string, want Generation, behind []byte, visit func(key, row []byte) (more bool, err error)) (err error) {
	snapshot := t.db.NewSnapshot()
	defer func() { err = errors.Join(err, snapshot.Close()) }()
	head, err := t.head(snapshot, set)
	if err != nil {
		return err
	}
	if head.Generation != want {
		return fmt.Errorf("%s: %w", set, ErrReplaced)
	}
	aead, err := t.aead(head, set)
	if err != nil {
		return err
	}
	prefix := rowKey(want, nil)
	lower := prefix
	if behind != nil {
		lower = append(rowKey(want, behind), 0)
	}
	iter, err := snapshot.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: after(prefix)})
	if err != nil {
		return fmt.Errorf("couldn't read the rows of %s: %w", set, err)
	}
	defer func() { err = errors.Join(err, iter.Close()) }()
	var row []byte
	n := make([]byte, aead.NonceSize())
	for ok, i := iter.First(), 0; ok; ok, i = iter.Next(), i+1 {
		if i%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		value := iter.Value()
		if len(value) < 4 {
			return fmt.Errorf("a row of %s: %w", set, ErrCorrupt)
		}
		binary.BigEndian.PutUint32(n[len(n)-4:], binary.BigEndian.Uint32(value))
		if row, err = aead.Open(row[:0], n, value[4:], iter.Key()); err != nil {
			return fmt.Errorf("a row of %s: %w", set, ErrCorrupt)
		}
		more, err := visit(iter.Key()[len(prefix):], row)
		if err != nil || !more {
			return err
		}
	}
	return iter.Error()
}
