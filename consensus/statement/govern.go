package statement

import (
	"encoding/base64"
	"slices"
	"strconv"

	"sandi.internal/gateway/certs/keyring"
)

// Bodies of the statements by which a region governs its own keys, issuers and
// roles. All are signed by the region's offline governance key (IsGovernance);
// none can name another region: the region is the statement's own.

// Bounds of governance bodies. A region has a handful of each.
const (
	MaxIssuerKeys = 8
)

// TokenRoles are the roles a token may carry under protocol 1, in byte order.
var TokenRoles = [...]string{
	"auditor", "bureau_head", "clerk", "expert", "lead", "legal", "liaison", "officer", "operator", "unit_head",
}

// IsTokenRole reports whether tokens may carry a role.
func IsTokenRole(role string) bool { return slices.Contains(TokenRoles[:], role) }

// Why a key, issuer or role went. Reasons are codes; the story belongs in the
// region's own files.
var reasons = [...]string{"ceased", "compromised", "replaced"}

// Proven is a public key and the proof that who registers it holds its private
// half: a signature by the key over ProofInput, base64url.
type Proven struct {
	Key   keyring.PublicKey
	Proof string
}

// KeyAddBody registers a key: prepared, or active at once. A token key belongs
// to an Issuer of the region, a log or cosigner key to a Node. A draw key counts
// for draws that are defined after it became active.
type KeyAddBody struct {
	Proven
	Issuer string // for use token
	Node   string // for use log and cosigner
	Active bool
}

// KeyBody names a key of the region: key.activate, key.retire and key.revoke.
type KeyBody struct {
	Key    string // key id
	Reason string // key.revoke only: ceased, compromised or replaced
}

// IssuerAddBody registers a token issuer with its keys (active at once) and the
// roles its tokens may grant at most.
type IssuerAddBody struct {
	Issuer string
	Roles  []string // ascending
	Keys   []Proven
}

// IssuerDropBody ends an issuer; no token of it is accepted from then on.
type IssuerDropBody struct {
	Issuer string
	Reason string
}

// RoleBody widens (role.grant) or narrows (role.revoke) what an issuer's
// tokens may grant.
type RoleBody struct {
	Issuer string
	Roles  []string // ascending
}

// TokenRevokeBody revokes tokens of an issuer in one of three ways: one token
// (JTI), all of a subject issued before an instant (Subject, Before), or all
// under one key (KID).
type TokenRevokeBody struct {
	Issuer  string
	JTI     string
	Subject string
	Before  int64 // unix seconds; tokens with iat < Before
	KID     string
}

// Marshal gives the body's bytes.
func (b KeyAddBody) Marshal() []byte {
	dst := appendKey([]byte(`{"key":`), b.Key)
	if b.Issuer != "" {
		dst = appendString(append(dst, `,"issuer":`...), b.Issuer)
	}
	if b.Node != "" {
		dst = appendString(append(dst, `,"node":`...), b.Node)
	}
	dst = strconv.AppendBool(append(dst, `,"active":`...), b.Active)
	return append(appendString(append(dst, `,"proof":`...), b.Proof), '}')
}

// Marshal gives the body's bytes.
func (b KeyBody) Marshal() []byte {
	dst := appendString([]byte(`{"key":`), b.Key)
	if b.Reason != "" {
		dst = appendString(append(dst, `,"reason":`...), b.Reason)
	}
	return append(dst, '}')
}

// Marshal gives the body's bytes.
func (b IssuerAddBody) Marshal() []byte {
	dst := appendString([]byte(`{"issuer":`), b.Issuer)
	dst = appendStrings(append(dst, `,"roles":`...), b.Roles)
	dst = append(dst, `,"keys":[`...)
	for i, k := range b.Keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendKey(append(dst, `{"key":`...), k.Key)
		dst = append(appendString(append(dst, `,"proof":`...), k.Proof), '}')
	}
	return append(dst, ']', '}')
}

// Marshal gives the body's bytes.
func (b IssuerDropBody) Marshal() []byte {
	dst := appendString([]byte(`{"issuer":`), b.Issuer)
	return append(appendString(append(dst, `,"reason":`...), b.Reason), '}')
}

// Marshal gives the body's bytes.
func (b RoleBody) Marshal() []byte {
	dst := appendString([]byte(`{"issuer":`), b.Issuer)
	return append(appendStrings(append(dst, `,"roles":`...), b.Roles), '}')
}

// Marshal gives the body's bytes.
func (b TokenRevokeBody) Marshal() []byte {
	dst := appendString([]byte(`{"issuer":`), b.Issuer)
	switch {
	case b.JTI != "":
		dst = appendString(append(dst, `,"jti":`...), b.JTI)
	case b.KID != "":
		dst = appendString(append(dst, `,"kid":`...), b.KID)
	default:
		dst = appendString(append(dst, `,"sub":`...), b.Subject)
		dst = strconv.AppendInt(append(dst, `,"before":`...), b.Before, 10)
	}
	return append(dst, '}')
}

func appendKey(dst []byte, k keyring.PublicKey) []byte {
	dst = appendString(append(dst, `{"id":`...), k.ID)
	dst = appendString(append(dst, `,"alg":`...), string(k.Alg))
	dst = appendString(append(dst, `,"use":`...), string(k.Use))
	dst = base64.StdEncoding.AppendEncode(append(dst, `,"key":"`...), k.Key)
	return append(dst, '"', '}')
}
