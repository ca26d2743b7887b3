package statement

import (
	"slices"
	"strconv"
)

// MoveRegions is how many regions must sign the same move for it to have effect
// (SECURITY.md 4): one alone would be a way to disturb the others.
const MoveRegions = 2

// MoveTerms is how many terms a move lasts: it is for the term that it names and
// as many after it, in which the leader that it names leads again. A leader that
// hears of a move could otherwise escape it by being elected once more.
const MoveTerms = 32

// Why leadership is to move. Reasons are codes; the story belongs in the region's
// own files.
var moveReasons = [...]string{"delay", "planned", "suspicion"}

// MoveBody is the body of leader.move: what a region's governance key says about
// who should lead. Bodies of different regions agree when all but Reason is equal.
type MoveBody struct {
	Leader    string // the node that shall lead no longer
	Candidate string // the node that shall lead instead
	Term      uint64 // Raft term in which Leader was seen leading
	Reason    string // delay, planned or suspicion
}

// Same reports whether two regions want the same move.
func (b MoveBody) Same(o MoveBody) bool {
	return b.Leader == o.Leader && b.Candidate == o.Candidate && b.Term == o.Term
}

// Marshal gives the body's bytes.
func (b MoveBody) Marshal() []byte {
	dst := appendString([]byte(`{"leader":`), b.Leader)
	dst = appendString(append(dst, `,"candidate":`...), b.Candidate)
	dst = strconv.AppendUint(append(dst, `,"term":`...), b.Term, 10)
	return append(appendString(append(dst, `,"reason":`...), b.Reason), '}')
}

// ParseMove reads the body of leader.move. Whether the nodes exist is for the
// ledger. The error is an *Error.
func ParseMove(body []byte) (MoveBody, error) {
	var b MoveBody
	s := bodyScanner(body)
	err := s.body(func(name string) (ok bool) {
		switch name {
		case "leader":
			b.Leader, ok = s.formed(name, IsNodeID)
		case "candidate":
			b.Candidate, ok = s.formed(name, IsNodeID)
		case "term":
			var n int64
			if n, ok = s.integer(); ok && n < 1 {
				return s.failField(CodeForm, name)
			}
			b.Term = uint64(n)
		case "reason":
			b.Reason, ok = s.formed(name, isMoveReason)
		default:
			ok = s.failField(CodeUnknown, "body")
		}
		return ok
	})
	if err != nil {
		return MoveBody{}, err
	}
	err = missing(member{"leader", b.Leader != ""}, member{"candidate", b.Candidate != ""}, member{"term", b.Term != 0}, member{"reason", b.Reason != ""})
	if err != nil {
		return MoveBody{}, err
	}
	if b.Leader == b.Candidate {
		return MoveBody{}, refuseField(CodeForm, "candidate")
	}
	return b, nil
}

func isMoveReason(s string) bool { return slices.Contains(moveReasons[:], s) }
