package state

import (
	"bytes"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// firstKey is the first key that readers of the ledger span see; Meta lies
// before it.
var firstKey = []byte{reserved + 1}

// clamp cuts a caller's range to the keys it may see; ok is false when nothing
// is left.
func clamp(lower, upper, first, end []byte) (lo, hi []byte, ok bool) {
	if bytes.Compare(lower, first) < 0 {
		lower = first
	}
	if upper == nil || bytes.Compare(upper, end) > 0 {
		upper = end
	}
	return lower, upper, bytes.Compare(lower, upper) < 0
}

// openRange opens an iterator over part of a span; it is nil for an empty range.
func openRange(r pebble.Reader, lower, upper, first, end []byte) (*pebble.Iterator, error) {
	lo, hi, ok := clamp(lower, upper, first, end)
	if !ok {
		return nil, nil
	}
	iter, err := r.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: hi})
	if err != nil {
		return nil, fmt.Errorf("couldn't scan: %w", err)
	}
	return iter, nil
}

// cursor walks an iterator in one direction.
type cursor struct {
	*pebble.Iterator
	reverse bool
}

func (c cursor) start() bool {
	if c.reverse {
		return c.Last()
	}
	return c.First()
}

func (c cursor) step() bool {
	if c.reverse {
		return c.Prev()
	}
	return c.Next()
}

// walk calls fn for the pairs of an iterator and closes it. valid is asked
// before each call and at the end.
func walk(iter *pebble.Iterator, reverse bool, valid func() error, fn func(key, value []byte) (bool, error)) (err error) {
	if iter == nil {
		return valid()
	}
	defer closeIter(iter, &err)
	c := cursor{iter, reverse}
	for ok := c.start(); ok; ok = c.step() {
		value, err := c.ValueAndErr()
		if err != nil {
			return fmt.Errorf("couldn't scan: %w", err)
		}
		if err := valid(); err != nil {
			return err
		}
		if more, err := fn(c.Key(), value); err != nil || !more {
			return err
		}
	}
	if err := c.Error(); err != nil {
		return fmt.Errorf("couldn't scan: %w", err)
	}
	return valid()
}

func closeIter(iter *pebble.Iterator, err *error) {
	if e := iter.Close(); e != nil && *err == nil {
		*err = fmt.Errorf("couldn't scan: %w", e)
	}
}

func always() error { return nil }
