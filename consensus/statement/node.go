package statement

import (
	"strconv"
	"strings"

	"sandi.internal/gateway/certs/keyring"
)

// Kinds of statements about nodes, of protocol 1.
const (
	KindNodeAdd    = "node.add"    // a region's further node
	KindNodeRemove = "node.remove" // a node goes: by its region's word, or by that of enough others
)

// Bodies of the statements by which nodes come and go. A region adds its own and
// removes its own; enough other regions together remove a node that is not theirs
// (consensus/ledger). What proves a node over TLS is not here: its region's CA,
// which genesis names, signs a certificate for the region and the node's id.

// NodeAddBody is the body of node.add. The two keys are active from the next leaf
// on, and no other node's.
type NodeAddBody struct {
	Node     string // id, e.g. "110000-b": never that of a node that was there before
	Peer     string // host:port for Raft and the peer API
	Gossip   string // host:port of the health gossip
	Public   string // base URL of the public API
	Log      Proven
	Cosigner Proven
}

// NodeRemoveBody is the body of node.remove. Bodies of different regions agree
// when they name the same node.
type NodeRemoveBody struct {
	Node   string
	Reason string // ceased, compromised or replaced
}

// Marshal gives the body's bytes.
func (b NodeAddBody) Marshal() []byte {
	dst := appendString([]byte(`{"node":`), b.Node)
	dst = appendString(append(dst, `,"peer":`...), b.Peer)
	dst = appendString(append(dst, `,"gossip":`...), b.Gossip)
	dst = appendString(append(dst, `,"public":`...), b.Public)
	dst = appendProven(append(dst, `,"log":`...), b.Log)
	return append(appendProven(append(dst, `,"cosigner":`...), b.Cosigner), '}')
}

// Marshal gives the body's bytes.
func (b NodeRemoveBody) Marshal() []byte {
	dst := appendString([]byte(`{"node":`), b.Node)
	return append(appendString(append(dst, `,"reason":`...), b.Reason), '}')
}

func appendProven(dst []byte, p Proven) []byte {
	dst = appendKey(append(dst, `{"key":`...), p.Key)
	return append(appendString(append(dst, `,"proof":`...), p.Proof), '}')
}

// ParseNodeAdd reads the body of node.add. The keys are well formed and of the
// right use; whether they prove possession is for Proven.Check. The error is an
// *Error.
func ParseNodeAdd(body []byte) (NodeAddBody, error) {
	var b NodeAddBody
	s := bodyScanner(body)
	err := s.body(func(name string) (ok bool) {
		switch name {
		case "node":
			b.Node, ok = s.formed(name, IsNodeID)
		case "peer":
			b.Peer, ok = s.formed(name, IsHostPort)
		case "gossip":
			b.Gossip, ok = s.formed(name, IsHostPort)
		case "public":
			b.Public, ok = s.formed(name, IsBaseURL)
		case "log":
			b.Log, ok = s.nodeKey(name, keyring.UseLog)
		case "cosigner":
			b.Cosigner, ok = s.nodeKey(name, keyring.UseCosigner)
		default:
			ok = s.failField(CodeUnknown, "body")
		}
		return ok
	})
	if err != nil {
		return NodeAddBody{}, err
	}
	err = missing(
		member{"node", b.Node != ""}, member{"peer", b.Peer != ""}, member{"gossip", b.Gossip != ""}, member{"public", b.Public != ""},
		member{"log", b.Log.Proof != ""}, member{"cosigner", b.Cosigner.Proof != ""},
	)
	if err != nil {
		return NodeAddBody{}, err
	}
	if b.Log.Key.ID == b.Cosigner.Key.ID {
		return NodeAddBody{}, refuseField(CodeForm, "cosigner")
	}
	return b, nil
}

// nodeKey reads one of a node's keys with its proof.
func (s *scanner) nodeKey(field string, use keyring.Use) (Proven, bool) {
	var p Proven
	ok := s.members(3, func(name string) (ok bool) {
		switch name {
		case "key":
			p.Key, ok = s.publicKey(4)
		case "proof":
			p.Proof, ok = s.formed(name, isProof)
		default:
			ok = s.failField(CodeUnknown, field)
		}
		return ok
	})
	switch {
	case !ok:
		return p, false
	case p.Key.ID == "" || p.Proof == "":
		return p, s.failField(CodeMissing, field)
	case p.Key.Use != use:
		return p, s.failField(CodeForm, field)
	}
	return p, true
}

// ParseNodeRemove reads the body of node.remove. The error is an *Error.
func ParseNodeRemove(body []byte) (NodeRemoveBody, error) {
	var b NodeRemoveBody
	s := bodyScanner(body)
	err := s.body(func(name string) (ok bool) {
		switch name {
		case "node":
			b.Node, ok = s.formed(name, IsNodeID)
		case "reason":
			b.Reason, ok = s.formed(name, isReason)
		default:
			ok = s.failField(CodeUnknown, "body")
		}
		return ok
	})
	if err != nil {
		return NodeRemoveBody{}, err
	}
	return b, missing(member{"node", b.Node != ""}, member{"reason", b.Reason != ""})
}

// maxHostPort is the longest DNS name, a colon and a port.
const maxHostPort = 262

// IsHostPort reports whether s is a DNS name, an IPv4 address or a bracketed IPv6
// address, and a port.
func IsHostPort(s string) bool {
	colon := strings.LastIndexByte(s, ':')
	if colon <= 0 || len(s) > maxHostPort {
		return false
	}
	port, err := strconv.Atoi(s[colon+1:])
	return err == nil && port >= 1 && port <= 65535 && strconv.Itoa(port) == s[colon+1:] && isHost(s[:colon])
}

func isHost(s string) bool {
	extra := ""
	if len(s) > 2 && s[0] == '[' && s[len(s)-1] == ']' {
		s, extra = s[1:len(s)-1], ":"
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || strings.IndexByte(extra, c) >= 0) {
			return false
		}
	}
	return s != "" && len(s) <= maxHostPort
}

// IsBaseURL reports whether s is an http or https URL of a host, perhaps with a
// port, and without a path.
func IsBaseURL(s string) bool {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		if rest, ok = strings.CutPrefix(s, "http://"); !ok {
			return false
		}
	}
	return IsHostPort(rest) || isHost(rest)
}
