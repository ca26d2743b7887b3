package witness

import (
	"encoding/binary"
	"errors"
	"fmt"

	"sandi.internal/gateway/consensus/merkle"
)

// Store keeps what this node must not forget, outside the replicated ledger and
// its snapshots; *state.Local is one. Safe for concurrent use.
type Store interface {
	// Get returns nil for an absent key.
	Get(key []byte) ([]byte, error)
	// Set writes one pair. With sync it survives a power cut once Set returns,
	// and so does every Set before it.
	Set(key, value []byte, sync bool) error
	Delete(key []byte) error
	Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (bool, error)) error
}

// The keys of this package: table, letter, rest. 0x90 and 0x91 belong to the
// outbox and to uploads; node/exchange has d, i and t below this table.
const (
	table        = 0xa0
	rowOwn       = 'o' // State of the own origin
	rowForeign   = 'f' // + origin: State of a foreign one
	rowClaim     = 'q' // what this node has forgotten; empty when nothing
	rowFloor     = 'v' // 8 bytes: no vote in terms up to this one
	rowPublished = 'p' // note
	rowFinal     = 'n' // note
	rowEarlier   = 'e' // + 8 bytes of size: note
	rowDropped   = 'c' // + node: the newest note with its cosignature that is on the board no more
	rowEvidence  = 'x' // + id
	rowAlone     = 'r' // the network was recovered, and no peer has answered since
	rowRetired   = 'k' // + public key: the State when a return ended it; it signs nothing more
	rowFrozen    = 'z' // + foreign origin: the cosigner key that signs for it no more; one zero until the next start
)

func rowKey(row byte, rest string) []byte { return append([]byte{table, row}, rest...) }

// State is what this node has promised about one log: its last cosignature.
type State struct {
	Size  uint64
	Root  merkle.Hash
	At    int64  // time of the cosignature, unix s; never goes back
	Index uint64 // own origin: Raft index and term that this replica had applied
	Term  uint64
}

const (
	stateFormat = 1
	stateBytes  = 1 + 8 + len(merkle.Hash{}) + 3*8
)

var errState = errors.New("the cosigner's state is unreadable")

func (s State) marshal() []byte {
	out := make([]byte, 0, stateBytes)
	out = binary.BigEndian.AppendUint64(append(out, stateFormat), s.Size)
	out = append(out, s.Root[:]...)
	out = binary.BigEndian.AppendUint64(out, uint64(s.At))
	out = binary.BigEndian.AppendUint64(out, s.Index)
	return binary.BigEndian.AppendUint64(out, s.Term)
}

func parseState(row []byte) (State, error) {
	if len(row) != stateBytes || row[0] != stateFormat {
		return State{}, errState
	}
	s := State{Size: binary.BigEndian.Uint64(row[1:]), Root: merkle.Hash(row[9:])}
	rest := row[9+len(s.Root):]
	s.At = int64(binary.BigEndian.Uint64(rest))
	s.Index, s.Term = binary.BigEndian.Uint64(rest[8:]), binary.BigEndian.Uint64(rest[16:])
	return s, nil
}

// readState returns the state of a log that was never cosigned when there is
// none: the empty tree.
func readState(store Store, key []byte) (State, error) {
	row, err := store.Get(key)
	if err != nil {
		return State{}, fmt.Errorf("couldn't read the cosigner's state: %w", err)
	}
	if row == nil {
		return State{Root: merkle.EmptyRoot}, nil
	}
	return parseState(row)
}

// before reports whether another cosignature by the same key is newer than this
// state: such a one was made after it, and this node has forgotten.
func (s State) before(size uint64, at int64) bool {
	return s.Size < size || s.Size == size && s.At < at
}
