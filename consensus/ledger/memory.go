package ledger

import (
	"bytes"
	"slices"
)

// Memory is a Tx held in memory: for tests, and for whoever replays a ledger
// without a database (the offline verifier). It is not safe for concurrent use.
type Memory struct {
	pairs map[string][]byte

	// sorted holds the keys in order, or nil after a key came or went. Apply
	// never scans, so the sort is paid by readers only.
	sorted []string
}

// NewMemory returns an empty Memory.
func NewMemory() *Memory { return &Memory{pairs: make(map[string][]byte)} }

// Get implements Reader.
func (m *Memory) Get(key []byte) ([]byte, error) {
	v, ok := m.pairs[string(key)]
	if !ok {
		return nil, nil
	}
	return append(make([]byte, 0, len(v)), v...), nil
}

// Set implements Tx.
func (m *Memory) Set(key, value []byte) error {
	if _, ok := m.pairs[string(key)]; !ok {
		m.sorted = nil
	}
	m.pairs[string(key)] = append(make([]byte, 0, len(value)), value...)
	return nil
}

// Delete implements Tx.
func (m *Memory) Delete(key []byte) error {
	if _, ok := m.pairs[string(key)]; ok {
		m.sorted = nil
		delete(m.pairs, string(key))
	}
	return nil
}

// Scan implements Reader.
func (m *Memory) Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (bool, error)) error {
	if m.sorted == nil {
		m.sorted = make([]string, 0, len(m.pairs))
		for k := range m.pairs {
			m.sorted = append(m.sorted, k)
		}
		slices.Sort(m.sorted)
	}
	from, _ := slices.BinarySearch(m.sorted, string(lower))
	to := len(m.sorted)
	if upper != nil {
		to, _ = slices.BinarySearch(m.sorted, string(upper))
	}
	if from >= to {
		return nil
	}
	keys := slices.Clone(m.sorted[from:to])
	if reverse {
		slices.Reverse(keys)
	}
	for _, k := range keys {
		v, ok := m.pairs[k]
		if !ok {
			continue
		}
		if more, err := fn([]byte(k), v); err != nil || !more {
			return err
		}
	}
	return nil
}

// Clone returns an independent copy, as a snapshot would carry it.
func (m *Memory) Clone() *Memory {
	c := NewMemory()
	for k, v := range m.pairs {
		c.pairs[k] = bytes.Clone(v)
	}
	return c
}

// Len returns the number of keys.
func (m *Memory) Len() int { return len(m.pairs) }
