package tables

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// Verify opens every visible row of every data set with its key, as after a restore, and
// counts them. The error wraps ErrCorrupt when a row was changed or they are not as many
// as were loaded.
func (t *Tables) Verify(ctx context.Context) (sets int, rows uint64, err error) {
	names, err := t.sets()
	if err != nil {
		return 0, 0, err
	}
	for _, set := range names {
		head, err := t.Head(set)
		if err != nil {
			return 0, 0, err
		}
		n := uint64(0)
		err = t.Scan(ctx, set, head.Generation, nil, func(_, _ []byte) (bool, error) { n++; return true, nil })
		if err != nil {
			return 0, 0, err
		}
		if n != head.Rows {
			return 0, 0, fmt.Errorf("%s has %d rows, %d were loaded: %w", set, n, head.Rows, ErrCorrupt)
		}
		rows += n
	}
	return len(names), rows, nil
}

// sets are the names of all data sets with visible rows.
func (t *Tables) sets() (names []string, err error) {
	prefix := headKey("")
	iter, err := t.db.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return nil, fmt.Errorf("couldn't list the data sets: %w", err)
	}
	defer func() { err = errors.Join(err, iter.Close()) }()
	for ok := iter.First(); ok; ok = iter.Next() {
		names = append(names, string(bytes.TrimPrefix(iter.Key(), prefix)))
	}
	return names, iter.Error()
}
