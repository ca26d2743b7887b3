package statement

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"unsafe"

	"sandi.internal/gateway/certs/keyring"
)

const (
	maxHeader     = 256 // decoded header: three members, the kid at most 71 characters
	signatureSize = 64  // Ed25519 and P-256 r||s alike
)

var url64 = base64.RawURLEncoding.Strict()

// Parse reads one statement from the exact bytes of its compact JWS. It proves
// form only: the signature is not checked, and whether the kind is known, the
// key valid or the time acceptable is for the ledger. The error is an *Error.
// Parse keeps no reference to raw; the result must be treated as read-only.
func Parse(raw []byte) (*Statement, error) {
	if len(raw) > MaxBytes {
		return nil, refuse(CodeTooLarge)
	}
	return ParseOwned(bytes.Clone(raw))
}

// ParseOwned is Parse without a copy: raw becomes the statement's and must not be
// written to any more.
func ParseOwned(raw []byte) (*Statement, error) {
	if len(raw) > MaxBytes {
		return nil, refuse(CodeTooLarge)
	}
	return parse(raw, sha256.Sum256(raw))
}

// parse is ParseOwned after the bound on size; hash is that of raw.
func parse(raw []byte, hash Hash) (*Statement, error) {
	first := bytes.IndexByte(raw, '.')
	last := bytes.LastIndexByte(raw, '.')
	if first <= 0 || last <= first+1 || last == len(raw)-1 || bytes.IndexByte(raw[first+1:last], '.') >= 0 {
		return nil, refuse(CodeSegments)
	}
	headerLen, payloadLen := url64.DecodedLen(first), url64.DecodedLen(last-first-1)
	if headerLen > maxHeader {
		return nil, refuseField(CodeTooLarge, "header")
	}
	// One buffer holds the header and the payload; the members are cut from it.
	buf := make([]byte, headerLen+payloadLen)
	header, payload := buf[:headerLen], buf[headerLen:]
	st := &Statement{Raw: raw[:len(raw):len(raw)], Hash: hash, input: last}
	if !decodeSegment(header, raw[:first]) || !decodeSegment(payload, raw[first+1:last]) {
		return nil, refuse(CodeBase64)
	}
	if url64.DecodedLen(len(raw)-last-1) != signatureSize {
		return nil, refuse(CodeSignature)
	}
	if !decodeSegment(st.signature[:], raw[last+1:]) {
		return nil, refuse(CodeBase64)
	}
	region, err := st.parseHeader(view(header))
	if err != nil {
		return nil, err
	}
	if err := st.parsePayload(view(payload), payload); err != nil {
		return nil, err
	}
	if st.Region != region {
		return nil, refuse(CodeRegion)
	}
	return st, nil
}

// view is the text of bytes that are not written to any more, without a copy. A
// statement is read about six times on its way through a node; the copies were a
// seventh of all that a node allocates.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// decodeSegment decodes canonical base64url into a buffer of exactly the
// decoded length. encoding/base64 skips CR and LF even in strict mode, hence
// the first line.
func decodeSegment(dst, src []byte) bool {
	if bytes.IndexByte(src, '\n') >= 0 || bytes.IndexByte(src, '\r') >= 0 {
		return false
	}
	n, err := url64.Decode(dst, src)
	return err == nil && n == len(dst)
}

// parseHeader reads {"alg","kid","typ"}, exactly these, in any order, and
// returns the kid's region.
func (st *Statement) parseHeader(text string) (region string, refusal error) {
	s := scanner{text: text}
	var alg, kid, typ string
	ok := s.members(1, func(name string) (ok bool) {
		switch name {
		case "alg":
			alg, ok = s.plain("alg")
		case "kid":
			kid, ok = s.plain("kid")
		case "typ":
			typ, ok = s.plain("typ")
		default:
			return s.failField(CodeUnknown, "header")
		}
		return ok
	})
	if !ok || !s.end() {
		return "", s.err
	}
	switch alg {
	case string(keyring.EdDSA), string(keyring.ES256):
		st.Alg = alg
	case "":
		return "", refuseField(CodeMissing, "alg")
	default:
		return "", refuse(CodeAlg)
	}
	switch typ {
	case Type:
	case "":
		return "", refuseField(CodeMissing, "typ")
	default:
		return "", refuse(CodeType)
	}
	if kid == "" {
		return "", refuseField(CodeMissing, "kid")
	}
	if len(kid) < 8 || kid[6] != '/' || !IsRegion(kid[:6]) || !IsKeyID(kid[7:]) {
		return "", refuseField(CodeForm, "kid")
	}
	st.Key = kid[7:]
	return kid[:6], nil
}

// SigningInput is what the signature covers: header and payload as submitted
// (RFC 7515 section 5.1).
func (st *Statement) SigningInput() []byte { return st.Raw[:st.input:st.input] }

// Signature is the decoded third segment.
func (st *Statement) Signature() []byte { return st.signature[:] }
