package state

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"sandi.internal/gateway/storage/engine"
)

// Candidate is a ledger that Restore has received and not yet switched to. It
// belongs to the goroutine that checks it, until the check returns.
type Candidate struct {
	db     *engine.DB
	meta   Meta
	tables []table // in key order, without overlap

	open *pebble.Iterator // over tables[at]; serves Get
	at   int
}

var _ Reader = (*Candidate)(nil)

// Meta returns where the candidate stands in Raft's log.
func (c *Candidate) Meta() Meta { return c.meta.clone() }

// Get implements Reader.
func (c *Candidate) Get(key []byte) ([]byte, error) {
	at := c.find(key)
	if at == len(c.tables) || bytes.Compare(key, firstKey) < 0 {
		return nil, nil
	}
	if c.open == nil || c.at != at {
		if err := c.close(); err != nil {
			return nil, err
		}
		iter, err := c.iter(at, nil, nil)
		if err != nil {
			return nil, err
		}
		c.open, c.at = iter, at
	}
	if !c.open.SeekGE(key) || !bytes.Equal(c.open.Key(), key) {
		return nil, c.open.Error()
	}
	value, err := c.open.ValueAndErr()
	if err != nil {
		return nil, fmt.Errorf("couldn't read a candidate: %w", err)
	}
	return append([]byte{}, value...), nil
}

// Scan implements Reader: one table after the other, so that memory does not
// grow with the ledger.
func (c *Candidate) Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (bool, error)) error {
	lo, hi, ok := clamp(lower, upper, firstKey, spanUpper)
	if !ok {
		return nil
	}
	order := make([]int, 0, len(c.tables))
	for at := c.find(lo); at < len(c.tables); at++ {
		order = append(order, at)
		if bytes.Compare(c.tables[at].last, hi) >= 0 {
			break
		}
	}
	if reverse {
		slices.Reverse(order)
	}
	stopped := false
	for _, at := range order {
		iter, err := c.iter(at, lo, hi)
		if err != nil {
			return err
		}
		err = walk(iter, reverse, always, func(key, value []byte) (bool, error) {
			more, err := fn(key, value)
			stopped = !more
			return more, err
		})
		if err != nil || stopped {
			return err
		}
	}
	return nil
}

// find returns the place of the table that may hold key.
func (c *Candidate) find(key []byte) int {
	at, _ := slices.BinarySearchFunc(c.tables, key, func(t table, key []byte) int {
		return bytes.Compare(t.last, key)
	})
	return at
}

func (c *Candidate) iter(at int, lower, upper []byte) (*pebble.Iterator, error) {
	file, err := c.db.FS().Open(c.tables[at].path)
	if err != nil {
		return nil, fmt.Errorf("couldn't open a candidate's table: %w", err)
	}
	iter, err := c.db.TableIter(file, &pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	if err != nil {
		return nil, fmt.Errorf("couldn't read a candidate's table: %w", err)
	}
	return iter, nil
}

func (c *Candidate) paths() []string {
	paths := make([]string, len(c.tables))
	for i, t := range c.tables {
		paths[i] = t.path
	}
	return paths
}

func (c *Candidate) close() error {
	if c.open == nil {
		return nil
	}
	iter := c.open
	c.open = nil
	return iter.Close()
}
