package ledger

import (
	"encoding/binary"
	"errors"
)

// Bounds of one command. They are part of the protocol: a leader that proposes
// more has its whole command refused by every replica, itself included.
const (
	MaxStatements   = 256       // per command; bounds the work between two heartbeats
	MaxCommandBytes = 512 << 10 // sum of the statements' bytes; Raft has no limit of its own
	// MaxProposedAt is the last millisecond of the year 9999: later instants
	// cannot be written as RFC 3339.
	MaxProposedAt = 253402300799999

	commandVersion = 1
	maxFrame       = 1 + 2*binary.MaxVarintLen64           // version byte and the two leading integers
	maxLengths     = MaxStatements * binary.MaxVarintLen32 // the length before each statement
)

// ErrUndecodable is returned for bytes that are not a command. Every replica
// finds so alike; the entry has no effect.
var ErrUndecodable = errors.New("not a command")

// Command is what one Raft entry carries: statements that arrived together and
// the proposing leader's clock. A command without statements opens a term.
type Command struct {
	ProposedAt int64 // unix ms, 0..MaxProposedAt
	Statements [][]byte
}

// EncodeCommand writes a command: version byte, uvarint ms, uvarint count, and
// for each statement uvarint length and bytes. It does not check the bounds;
// DecodeCommand on every replica does.
func EncodeCommand(c Command) []byte {
	size := maxFrame
	for _, s := range c.Statements {
		size += binary.MaxVarintLen32 + len(s)
	}
	out := make([]byte, 0, size)
	out = append(out, commandVersion)
	out = binary.AppendUvarint(out, uint64(c.ProposedAt))
	out = binary.AppendUvarint(out, uint64(len(c.Statements)))
	for _, s := range c.Statements {
		out = binary.AppendUvarint(out, uint64(len(s)))
		out = append(out, s...)
	}
	return out
}

// DecodeCommand reads a command. The statements are slices of data. Every error
// is ErrUndecodable: bytes of a hostile leader deserve no better account.
func DecodeCommand(data []byte) (Command, error) {
	if len(data) == 0 || len(data) > MaxCommandBytes+maxFrame+maxLengths || data[0] != commandVersion {
		return Command{}, ErrUndecodable
	}
	rest := data[1:]
	ms, rest, ok := takeUvarint(rest, MaxProposedAt)
	if !ok {
		return Command{}, ErrUndecodable
	}
	count, rest, ok := takeUvarint(rest, MaxStatements)
	if !ok {
		return Command{}, ErrUndecodable
	}
	c := Command{ProposedAt: int64(ms)}
	if count > 0 {
		c.Statements = make([][]byte, 0, count)
	}
	sum := uint64(0)
	for range count {
		n, after, ok := takeUvarint(rest, MaxCommandBytes)
		if sum += n; !ok || sum > MaxCommandBytes || n > uint64(len(after)) {
			return Command{}, ErrUndecodable
		}
		c.Statements = append(c.Statements, after[:n:n])
		rest = after[n:]
	}
	if len(rest) != 0 {
		return Command{}, ErrUndecodable
	}
	return c, nil
}

// takeUvarint reads one integer of at most limit, in its shortest form only: a
// command has exactly one encoding.
func takeUvarint(data []byte, limit uint64) (uint64, []byte, bool) {
	v, n := binary.Uvarint(data)
	if n <= 0 || v > limit || (n > 1 && data[n-1] == 0) {
		return 0, data, false
	}
	return v, data[n:], true
}
