package state

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Meta is where the ledger stands in Raft's log. It is written in the same
// batch as the data it describes.
type Meta struct {
	RaftIndex   uint64 // the last entry applied; 0 before the first
	RaftTerm    uint64 // its term
	Config      []byte // Raft's membership configuration in force, as Raft encodes it
	ConfigIndex uint64 // the entry that brought it
}

// ErrBack refuses a Meta that lies before the present one: a log that is
// append-only must not lose its end.
var ErrBack = errors.New("would move the ledger back")

const (
	metaFormat    = 1
	metaFixed     = 1 + 8 + 8 + 8 // format, index, term, config index
	maxRaftConfig = 64 << 10      // a server takes under 300 bytes
)

func (m Meta) encode() []byte {
	b := make([]byte, 0, metaFixed+len(m.Config))
	b = append(b, metaFormat)
	b = binary.BigEndian.AppendUint64(b, m.RaftIndex)
	b = binary.BigEndian.AppendUint64(b, m.RaftTerm)
	b = binary.BigEndian.AppendUint64(b, m.ConfigIndex)
	return append(b, m.Config...)
}

// decodeMeta keeps no reference to b.
func decodeMeta(b []byte) (Meta, error) {
	if len(b) < metaFixed || len(b) > metaFixed+maxRaftConfig || b[0] != metaFormat {
		return Meta{}, fmt.Errorf("%w: the ledger's position in the raft log is unreadable (%d bytes)", ErrCorrupt, len(b))
	}
	m := Meta{
		RaftIndex:   binary.BigEndian.Uint64(b[1:]),
		RaftTerm:    binary.BigEndian.Uint64(b[9:]),
		ConfigIndex: binary.BigEndian.Uint64(b[17:]),
	}
	if len(b) > metaFixed {
		m.Config = append([]byte(nil), b[metaFixed:]...)
	}
	return m, m.check()
}

// check refuses positions that no Raft log has.
func (m Meta) check() error {
	if m.ConfigIndex > m.RaftIndex || len(m.Config) > maxRaftConfig {
		return fmt.Errorf("%w: configuration of entry %d (%d bytes) at entry %d", ErrCorrupt, m.ConfigIndex, len(m.Config), m.RaftIndex)
	}
	return nil
}

// follows reports whether a ledger at old may go on to m. Staying is allowed:
// the genesis is laid down at index 0, and a snapshot may be installed twice.
func (m Meta) follows(old Meta) error {
	if m.RaftIndex < old.RaftIndex || m.RaftTerm < old.RaftTerm || m.ConfigIndex < old.ConfigIndex {
		return fmt.Errorf("%w: from entry %d (term %d, configuration %d) to entry %d (term %d, configuration %d)", ErrBack,
			old.RaftIndex, old.RaftTerm, old.ConfigIndex, m.RaftIndex, m.RaftTerm, m.ConfigIndex)
	}
	return m.check()
}

// clone lets a caller keep and change what it was given.
func (m Meta) clone() Meta {
	m.Config = append([]byte(nil), m.Config...)
	return m
}
