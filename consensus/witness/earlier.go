package witness

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sandi.internal/gateway/consensus/checkpoint"
)

const (
	// keepLatest final notes are kept in any case, and beyond them the first of
	// each hour for keepHours: an auditor who comes after a holiday still finds
	// the checkpoint of the day the last bundle was made.
	keepLatest = 64
	keepHours  = 90 * 24
)

// earlier is the index of older final notes; the notes lie in the store.
type earlier struct {
	list []mark // ascending by size
}

// mark is one kept note.
type mark struct {
	size uint64
	hour int64 // when it was cosigned, since the epoch
}

func hourOf(n *checkpoint.Note) int64 { return stampedAt(n) / 3600 }

// stampedAt is when a note was cosigned, unix s: the middle one of its times, of
// two the earlier. A cosigner may put any time it likes; with three of them one
// alone cannot move the middle beyond what the others say.
func stampedAt(n *checkpoint.Note) int64 {
	var times []int64
	for _, s := range n.Signatures {
		if s.Key.Kind == checkpoint.KindCosigner {
			times = append(times, s.At)
		}
	}
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return times[(len(times)-1)/2]
}

// A row is the hour as decimal, newline, the note.
func openEarlier(store Store) (earlier, error) {
	var e earlier
	err := store.Scan(rowKey(rowEarlier, ""), rowKey(rowEarlier+1, ""), false, func(key, row []byte) (bool, error) {
		hour, _, _ := strings.Cut(string(row[:min(len(row), 20)]), "\n")
		h, err := strconv.ParseInt(hour, 10, 64)
		if err != nil || len(key) != 10 {
			return false, fmt.Errorf("couldn't read an older note: %q", hour)
		}
		e.list = append(e.list, mark{binary.BigEndian.Uint64(key[2:]), h})
		return true, nil
	})
	return e, err
}

func earlierKey(size uint64) []byte {
	return binary.BigEndian.AppendUint64(rowKey(rowEarlier, ""), size)
}

// add keeps a note and lets go of what need not be kept any more.
func (e *earlier) add(store Store, n *checkpoint.Note) error {
	m := mark{n.Size, hourOf(n)}
	row := append(strconv.AppendInt(nil, m.hour, 10), '\n')
	if err := store.Set(earlierKey(m.size), append(row, n.Marshal()...), false); err != nil {
		return fmt.Errorf("couldn't keep an older note: %w", err)
	}
	i, found := slices.BinarySearchFunc(e.list, m, func(a, b mark) int { return cmp.Compare(a.size, b.size) })
	if found {
		e.list[i] = m
	} else {
		e.list = slices.Insert(e.list, i, m)
	}
	var kept []mark
	for i, have := range e.list {
		first := i == 0 || e.list[i-1].hour != have.hour
		if len(e.list)-i <= keepLatest || first && have.hour > m.hour-keepHours {
			kept = append(kept, have)
			continue
		}
		if err := store.Delete(earlierKey(have.size)); err != nil {
			return fmt.Errorf("couldn't let go of an older note: %w", err)
		}
	}
	e.list = kept
	return nil
}

// Earlier gives the older final notes that are kept, ascending by size: the last
// 64, and the first of each hour of the last 90 days. They are read and verified
// anew; one that cannot be read is left out.
func (b *Board) Earlier() []*checkpoint.Note {
	b.mu.Lock()
	list := slices.Clone(b.earlier.list)
	b.mu.Unlock()
	var notes []*checkpoint.Note
	for _, m := range list {
		row, err := b.store.Get(earlierKey(m.size))
		if err != nil || row == nil { // let go of in the meantime
			continue
		}
		_, text, _ := strings.Cut(string(row), "\n")
		if n, err := b.group.Load().Ever.Open([]byte(text)); err == nil {
			notes = append(notes, n)
		}
	}
	return notes
}
