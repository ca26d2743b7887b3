package statement

import (
	"bytes"
	"slices"
	"strconv"
)

// ReturnRegions is how many regions must sign the same return: entries that a majority
// had on disk are given up, which no region may decide alone.
const ReturnRegions = 2

// The sides of a fork, as a region says of its own node's tree.
const (
	SideFirst  = "first"  // it has the root of First
	SideSecond = "second" // that of Second
	SideShort  = "short"  // it does not reach that size
)

// maxReturnNote bounds each of the three notes in a return: three of them in base64
// leave room for the rest of a statement. A note of nine nodes takes 4 KiB.
const maxReturnNote = 12 << 10

// ReturnBody is the body of return.order: what a region's governance key says about a
// return to the last final checkpoint after a proven fork. Bodies of different regions
// agree when all but Side is equal.
type ReturnBody struct {
	Checkpoint []byte   // the final checkpoint that is returned to: the signed note, as text
	First      []byte   // the fork: a signed note above it,
	Second     []byte   // and one of the same size and another root
	Void       uint64   // no tree of the given-up entries had more leaves
	Index      uint64   // Raft's position from which the nodes go on, above all that any of them
	Term       uint64   // has seen
	Nodes      []string // node ids, ascending: who votes from then on
	Side       string   // which of the two the region's own node has: first, second or short
}

// Same reports whether two regions want the same return.
func (b ReturnBody) Same(o ReturnBody) bool {
	return bytes.Equal(b.Checkpoint, o.Checkpoint) && bytes.Equal(b.First, o.First) && bytes.Equal(b.Second, o.Second) &&
		b.Void == o.Void && b.Index == o.Index && b.Term == o.Term && slices.Equal(b.Nodes, o.Nodes)
}

// Marshal gives the body's bytes. The notes are base64url there: a body holds no
// escapes that a reader could undo differently.
func (b ReturnBody) Marshal() []byte {
	dst := appendString([]byte(`{"checkpoint":`), url64.EncodeToString(b.Checkpoint))
	dst = appendString(append(dst, `,"first":`...), url64.EncodeToString(b.First))
	dst = appendString(append(dst, `,"second":`...), url64.EncodeToString(b.Second))
	dst = strconv.AppendUint(append(dst, `,"void":`...), b.Void, 10)
	dst = strconv.AppendUint(append(dst, `,"index":`...), b.Index, 10)
	dst = strconv.AppendUint(append(dst, `,"term":`...), b.Term, 10)
	dst = appendStrings(append(dst, `,"nodes":`...), b.Nodes)
	return append(appendString(append(dst, `,"side":`...), b.Side), '}')
}

// ParseReturn reads the body of return.order. Whether the notes are signed, final and
// contradict each other is for the ledger. The error is an *Error.
func ParseReturn(body []byte) (ReturnBody, error) {
	var b ReturnBody
	s := bodyScanner(body)
	err := s.body(func(name string) (ok bool) {
		switch name {
		case "checkpoint":
			b.Checkpoint, ok = s.bytes(name, maxReturnNote)
		case "first":
			b.First, ok = s.bytes(name, maxReturnNote)
		case "second":
			b.Second, ok = s.bytes(name, maxReturnNote)
		case "void":
			b.Void, ok = s.fromOne(name)
		case "index":
			b.Index, ok = s.fromOne(name)
		case "term":
			b.Term, ok = s.fromOne(name)
		case "nodes":
			b.Nodes, ok = s.ascending(name, IsNodeID, maxSurvivors)
		case "side":
			b.Side, ok = s.formed(name, isSide)
		default:
			ok = s.failField(CodeUnknown, "body")
		}
		return ok
	})
	if err == nil {
		err = missing(
			member{"checkpoint", len(b.Checkpoint) > 0}, member{"first", len(b.First) > 0}, member{"second", len(b.Second) > 0},
			member{"void", b.Void > 0}, member{"index", b.Index > 0}, member{"term", b.Term > 0}, member{"nodes", b.Nodes != nil}, member{"side", b.Side != ""},
		)
	}
	if err != nil {
		return ReturnBody{}, err
	}
	return b, nil
}

func isSide(s string) bool { return s == SideFirst || s == SideSecond || s == SideShort }
