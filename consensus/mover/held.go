package mover

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sandi.internal/gateway/consensus/statement"
)

// prefix is the first byte of the node-local keys: region '/' statement id -> the
// statement's bytes, and nothing -> the highest term of a move that was done.
const prefix = 0xa8

// maxPerRegion bounds what is kept of one region: it signs one for each candidate
// at most, and a few while it makes up its mind.
const maxPerRegion = 8

// held is one region's signed wish.
type held struct {
	st   *statement.Statement
	body statement.MoveBody
}

func (h *held) key() []byte {
	return append([]byte{prefix}, h.st.Region+"/"+h.st.ID...)
}

func compareHeld(a, b *held) int {
	return cmp.Or(strings.Compare(a.st.Region, b.st.Region), strings.Compare(a.st.ID, b.st.ID))
}

// load reads what was kept. Judging it is for later: the ledger may not be there
// yet.
func (m *Mover) load() error {
	err := m.cfg.Store.Scan([]byte{prefix}, []byte{prefix + 1}, false, func(key, row []byte) (bool, error) {
		if len(key) == 1 {
			done, err := strconv.ParseUint(string(row), 10, 64)
			m.done = done
			return true, err
		}
		st, err := statement.Parse(slices.Clone(row))
		if err != nil {
			return false, err
		}
		body, err := statement.ParseMove(st.Body)
		if err != nil {
			return false, err
		}
		m.held = append(m.held, &held{st, body})
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("couldn't read the moves of leadership that were kept: %w", err)
	}
	slices.SortFunc(m.held, compareHeld)
	return nil
}

// keep adds a statement, synced; false for one that is there. Of a region with too
// many the one for the lowest term goes, or is not taken.
func (m *Mover) keep(h *held) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, known := slices.BinarySearchFunc(m.held, h, compareHeld)
	switch {
	case !known && h.body.Term <= m.done:
		return false, fmt.Errorf("%w: the move of term %d was done", ErrRefused, m.done)
	case known:
		if m.held[at].st.Hash != h.st.Hash {
			return false, fmt.Errorf("%w: its id was used for another", ErrRefused)
		}
		return false, nil
	}
	var lowest *held
	count := 0
	for _, have := range m.held {
		if have.st.Region != h.st.Region {
			continue
		}
		count++
		if lowest == nil || have.body.Term < lowest.body.Term {
			lowest = have
		}
	}
	if count >= maxPerRegion {
		if h.body.Term <= lowest.body.Term {
			return false, fmt.Errorf("%w: region %s has signed too many", ErrRefused, h.st.Region)
		}
		if err := m.remove(lowest); err != nil {
			return false, err
		}
		at, _ = slices.BinarySearchFunc(m.held, h, compareHeld)
	}
	if err := m.cfg.Store.Set(h.key(), h.st.Raw, true); err != nil {
		return false, fmt.Errorf("couldn't keep a move of leadership: %w", err)
	}
	m.held = slices.Insert(m.held, at, h)
	return true, nil
}

// remove forgets a statement; the lock is held.
func (m *Mover) remove(h *held) error {
	if err := m.cfg.Store.Delete(h.key()); err != nil {
		return err
	}
	m.held = slices.DeleteFunc(m.held, func(have *held) bool { return have == h })
	for key := range m.tried {
		if strings.HasSuffix(key, "/"+h.st.Hash.String()) {
			delete(m.tried, key)
		}
	}
	return nil
}

func (m *Mover) drop(h *held) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.remove(h)
}

// sweep notes which moves are done, and forgets what can have no effect any more.
func (m *Mover) sweep(term uint64, leader string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, h := range m.held {
		if h.body.Term <= m.done || leader != h.body.Candidate || term <= h.body.Term || !m.agreed(h) {
			continue
		}
		if err := m.cfg.Store.Set([]byte{prefix}, strconv.AppendUint(nil, h.body.Term, 10), true); err != nil {
			return err
		}
		m.done = h.body.Term
	}
	for _, h := range slices.Clone(m.held) {
		if over := term > h.body.Term+statement.MoveTerms || !m.fresh(h.st); over && h.body.Term > m.done {
			if err := m.remove(h); err != nil {
				return err
			}
		}
	}
	return nil
}

// agreed reports whether enough regions have signed the move of h; the lock is
// held.
func (m *Mover) agreed(h *held) bool {
	var regions []string
	for _, o := range m.held {
		if o.body.Same(h.body) && !slices.Contains(regions, o.st.Region) {
			regions = append(regions, o.st.Region)
		}
	}
	return len(regions) >= statement.MoveRegions
}

// concluded lists what has no effect any more and is to be recorded: the statements
// of moves that are done, and what regions signed meanwhile and before.
func (m *Mover) concluded() []*held {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(m.held), func(h *held) bool { return h.body.Term > m.done })
}
