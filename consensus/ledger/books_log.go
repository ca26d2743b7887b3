package ledger

import (
	"encoding/binary"
	"fmt"

	"sandi.internal/gateway/consensus/merkle"
)

// Outcome is what the ledger knows of a statement id: committed, refused, or
// neither.
type Outcome struct {
	Committed *Committal
	Refused   *Rejection
}

// Rejection is a refusal as it is remembered.
type Rejection struct {
	Result Result
	Size   uint64 // leaves in the ledger when it was refused
	At     int64  // ledger time then, unix ms
}

// Statement finds what became of a region's statement id. The zero Outcome means
// that the ledger has neither committed it nor remembers refusing it.
func (b *Books) Statement(region, id string) (Outcome, error) {
	c, err := readCommittal(b.r, region, id)
	if err != nil || c != nil {
		return Outcome{Committed: c}, err
	}
	way, err := b.r.Get(refusedKey(region, id))
	if err != nil || way == nil {
		return Outcome{}, err
	}
	if len(way) != 2 {
		return Outcome{}, corrupt("the way to a refusal")
	}
	value, err := b.r.Get(refusalKey(region, binary.BigEndian.Uint16(way)))
	if err != nil || value == nil {
		return Outcome{}, err
	}
	row, err := parseRefusal(value)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Refused: &Rejection{Result: row.result(region), Size: row.Size, At: row.At}}, nil
}

// Leaf reads one leaf with its statement; nil when the ledger is shorter.
func (b *Books) Leaf(index uint64) (*Committal, error) {
	list, err := b.Leaves(index, index+1)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// Leaves reads the leaves from <= index < to, as far as there are any.
func (b *Books) Leaves(from, to uint64) ([]*Committal, error) {
	var list []*Committal
	err := b.r.Scan(leafKey(from), leafKey(to), false, func(k, v []byte) (bool, error) {
		c, err := parseLeaf(binary.BigEndian.Uint64(k[1:]), append([]byte(nil), v...))
		if err != nil {
			return false, err
		}
		list = append(list, c)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		row, err := b.r.Get(statementKey(c.Statement.Region, c.Statement.ID))
		if err != nil {
			return nil, err
		}
		if _, c.Record, err = parseStatementRow(row); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Entries passes on the bytes of the leaves from <= index < to, valid during
// the call, until fn returns false.
func (b *Books) Entries(from, to uint64, fn func(index uint64, leaf []byte) (bool, error)) error {
	return b.r.Scan(leafKey(from), leafKey(to), false, func(k, v []byte) (bool, error) {
		return fn(binary.BigEndian.Uint64(k[1:]), v)
	})
}

var _ merkle.Reader = (*Books)(nil)

// StoredHashes implements merkle.Reader: count stored hashes of the tree in a
// row. A hash that the tree does not hold is an error.
func (b *Books) StoredHashes(level uint8, first uint64, count int) ([]merkle.Hash, error) {
	list := make([]merkle.Hash, 0, count)
	end := hashKey(level, first+uint64(count))
	err := b.r.Scan(hashKey(level, first), end, false, func(k, v []byte) (bool, error) {
		if len(v) != len(merkle.Hash{}) || binary.BigEndian.Uint64(k[2:]) != first+uint64(len(list)) {
			return false, corrupt("a hash of the tree")
		}
		list = append(list, merkle.Hash(v))
		return true, nil
	})
	if err == nil && len(list) != count {
		err = fmt.Errorf("couldn't read %d hashes of level %d from %d on: the tree holds %d", count, level, first, len(list))
	}
	return list, err
}

// DueBetween lists the running deadlines that end at from or later and before to
// (unix s), the earliest first, at most limit.
func (b *Books) DueBetween(from, to int64, limit int) ([]Due, error) {
	var list []Due
	err := b.r.Scan(dueKey(from, "", ""), dueKey(to, "", ""), false, func(k, v []byte) (bool, error) {
		due, err := parseDue(k, v)
		if err != nil || len(list) == limit {
			return false, err
		}
		list = append(list, due)
		return true, nil
	})
	return list, err
}
