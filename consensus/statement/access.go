package statement

import (
	"slices"
	"strconv"
)

// KindAccessHead is the kind by which a region anchors the access log of one of its
// nodes, of protocol 1.
const KindAccessHead = "access.head"

// accessReasons say why a node began another access log.
var accessReasons = [...]string{"damaged", "lost", "restored"}

// AccessHeadBody is the body of access.head: how long the access log of a node is,
// and the root of its tree. When it was so, the statement's signed time says.
//
// A log only grows. One that was lost or damaged is not mended but ended: the node
// begins another, whose first head has a higher number and the reason, for all to see.
type AccessHeadBody struct {
	Node   string
	Log    uint64 // number of the node's log, from 1
	Size   uint64 // entries, from 1
	Root   string // RFC 6962 tree head, base64url
	Reason string // damaged, lost or restored: of the first head of a log after the first; else empty
}

// Marshal gives the body's bytes.
func (b AccessHeadBody) Marshal() []byte {
	dst := appendString([]byte(`{"node":`), b.Node)
	dst = strconv.AppendUint(append(dst, `,"log":`...), b.Log, 10)
	dst = strconv.AppendUint(append(dst, `,"size":`...), b.Size, 10)
	dst = appendString(append(dst, `,"root":`...), b.Root)
	if b.Reason != "" {
		dst = appendString(append(dst, `,"reason":`...), b.Reason)
	}
	return append(dst, '}')
}

// ParseAccessHead reads the body of access.head. Whether the node exists and the log
// has grown is for the ledger. The error is an *Error.
func ParseAccessHead(body []byte) (AccessHeadBody, error) {
	var b AccessHeadBody
	s := bodyScanner(body)
	err := s.body(func(name string) (ok bool) {
		switch name {
		case "node":
			b.Node, ok = s.formed(name, IsNodeID)
		case "log":
			b.Log, ok = s.fromOne(name)
		case "size":
			b.Size, ok = s.fromOne(name)
		case "root":
			b.Root, ok = s.formed(name, IsDigest)
		case "reason":
			b.Reason, ok = s.formed(name, IsAccessReason)
		default:
			ok = s.failField(CodeUnknown, "body")
		}
		return ok
	})
	if err != nil {
		return AccessHeadBody{}, err
	}
	for _, m := range [...]struct {
		field   string
		missing bool
	}{
		{"node", b.Node == ""}, {"log", b.Log == 0}, {"size", b.Size == 0}, {"root", b.Root == ""},
	} {
		if m.missing {
			return AccessHeadBody{}, refuseField(CodeMissing, m.field)
		}
	}
	return b, nil
}

// fromOne reads an integer from 1.
func (s *scanner) fromOne(field string) (uint64, bool) {
	n, ok := s.integer()
	if ok && n < 1 {
		return 0, s.failField(CodeForm, field)
	}
	return uint64(n), ok
}

// IsAccessReason reports whether s says why a node began another access log.
func IsAccessReason(s string) bool { return slices.Contains(accessReasons[:], s) }
