package statement

import (
	"slices"
	"strconv"
)

// RecoveryRegions is how many regions must sign the same recovery: the network has lost
// its majority, so what counts is not Raft's any more, and one region alone could
// otherwise found a network of its own on what it likes (ENGINEERING 9).
const RecoveryRegions = 2

// maxSurvivors bounds the nodes that a recovery names; a network has three to nine.
const maxSurvivors = 32

// Why a network is recovered. Reasons are codes; the story belongs in the regions' own
// files.
var recoveryReasons = [...]string{"lost", "destroyed"}

// RecoveryBody is the body of recovery.order: what a region's governance key says about how
// the network goes on after most of its nodes are lost for good. Bodies of different
// regions agree when all but Reason is equal.
type RecoveryBody struct {
	Size      uint64   // leaves of the tree that is accepted, from 1
	Root      []byte   // its root, 32 bytes
	Survivors []string // node ids, ascending: who votes from now on
	Reason    string   // lost or destroyed
}

// Same reports whether two regions want the same recovery.
func (b RecoveryBody) Same(o RecoveryBody) bool {
	return b.Size == o.Size && string(b.Root) == string(o.Root) && slices.Equal(b.Survivors, o.Survivors)
}

// Marshal gives the body's bytes.
func (b RecoveryBody) Marshal() []byte {
	dst := strconv.AppendUint([]byte(`{"size":`), b.Size, 10)
	dst = appendString(append(dst, `,"root":`...), url64.EncodeToString(b.Root))
	dst = append(dst, `,"survivors":[`...)
	for i, id := range b.Survivors {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, id)
	}
	return append(appendString(append(dst, `],"reason":`...), b.Reason), '}')
}

// ParseRecovery reads the body of recovery.order. Whether the nodes exist, and whether the
// ledger has that tree, is for the ledger. The error is an *Error.
func ParseRecovery(body []byte) (RecoveryBody, error) {
	var b RecoveryBody
	s := bodyScanner(body)
	err := s.body(func(name string) (ok bool) {
		switch name {
		case "size":
			b.Size, ok = s.fromOne(name)
		case "root":
			if b.Root, ok = s.bytes(name, len(Hash{})); ok && len(b.Root) != len(Hash{}) {
				ok = s.failField(CodeForm, name)
			}
		case "survivors":
			b.Survivors, ok = s.ascending(name, IsNodeID, maxSurvivors)
		case "reason":
			b.Reason, ok = s.formed(name, isRecoveryReason)
		default:
			ok = s.failField(CodeUnknown, "body")
		}
		return ok
	})
	if err == nil {
		err = missing(member{"size", b.Size > 0}, member{"root", b.Root != nil}, member{"survivors", b.Survivors != nil}, member{"reason", b.Reason != ""})
	}
	if err != nil {
		return RecoveryBody{}, err
	}
	return b, nil
}

func isRecoveryReason(s string) bool { return slices.Contains(recoveryReasons[:], s) }
