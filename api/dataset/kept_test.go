package dataset

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// pairs are node-local keys in memory.
type pairs map[string][]byte

func (p pairs) Set(key, value []byte, _ bool) error { p[string(key)] = bytes.Clone(value); return nil }
func (p pairs) Delete(key []byte) error             { delete(p, string(key)); return nil }

func (p pairs) Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (bool, error)) error {
	var keys []string
	for k := range p {
		if k >= string(lower) && k < string(upper) {
			keys = append(keys, k)
		}
	}
	if slices.Sort(keys); reverse {
		slices.Reverse(keys)
	}
	for _, k := range keys {
		if more, err := fn([]byte(k), p[k]); err != nil || !more {
			return err
		}
	}
	return nil
}

// Ensure evidence of answers does not grow without end, that the oldest of an agreement
// goes first, also after a restart, and that another agreement keeps its own.
func TestKeptBounded(t *testing.T) {
	store, now := pairs{}, time.Unix(1_700_000_000, 0)
	open := func() *Sets {
		return &Sets{cfg: Config{Local: store, Clock: func() time.Time { return now }}, kept: make(map[string]int)}
	}
	d := open()
	keep := func(agreement string, i int) {
		t.Helper()
		now = now.Add(time.Second)
		if err := d.keep(agreement, fmt.Appendf(nil, "note %06d", i)); err != nil {
			t.Fatal(err)
		}
	}
	keep("DA-2", 0)
	for i := range maxKept - 1 {
		keep("DA-1", i)
	}
	d = open()
	for i := maxKept - 1; i < maxKept+2; i++ {
		keep("DA-1", i)
	}
	var first string
	n := 0
	_ = store.Scan(keptSpan("DA-1", 0), keptSpan("DA-1", 1), false, func(_, note []byte) (bool, error) {
		if n++; first == "" {
			first = string(note)
		}
		return true, nil
	})
	if n > maxKept || n <= maxKept-2*keptSpare || first != fmt.Sprintf("note %06d", maxKept+2-n) {
		t.Errorf("%d are kept, the oldest %q", n, first)
	}
	if len(store) != n+1 || !strings.Contains(fmt.Sprint(store), "DA-2") {
		t.Errorf("%d notes, %d of them of the agreement", len(store), n)
	}
}
