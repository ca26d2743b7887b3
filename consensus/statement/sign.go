package statement

import (
	"crypto/sha256"
	"fmt"

	"sandi.internal/gateway/certs/keyring"
)

// Sign makes a statement and returns its exact bytes, which are stored and
// resent but never made again: ES256 signatures are random. The kid is the
// payload's region and the signer's key id. Nothing is signed that Parse would
// refuse, nor with a key registered for another use than the kind needs.
func Sign(s keyring.Signer, p Payload) ([]byte, *Statement, error) {
	key := s.Public()
	want := keyring.UseStatement
	if IsGovernance(p.Kind) {
		want = keyring.UseGovernance
	}
	if key.Use != want {
		return nil, nil, fmt.Errorf("couldn't sign a %s statement with a %s key", p.Kind, key.Use)
	}
	if p.V == 0 {
		p.V = Version
	}
	st := &Statement{Payload: p, Key: key.ID, Alg: string(key.Alg)}
	if err := st.checkUnsigned(); err != nil {
		return nil, nil, fmt.Errorf("couldn't sign a statement: %w", err)
	}
	payload := appendPayload(make([]byte, 0, 512+len(p.Body)), &p)
	st.Body = payload[len(payload)-1-len(p.Body) : len(payload)-1 : len(payload)-1]
	raw := appendInput(payload, st)
	if st.input = len(raw); st.input+1+url64.EncodedLen(signatureSize) > MaxBytes {
		return nil, nil, fmt.Errorf("couldn't sign a statement: %w", refuse(CodeTooLarge))
	}
	if err := checkBody(st.Body); err != nil {
		return nil, nil, fmt.Errorf("couldn't sign a statement: %w", err)
	}
	signature, err := s.Sign(raw)
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't sign a statement with key %s: %w", key.ID, err)
	}
	if len(signature) != signatureSize {
		return nil, nil, fmt.Errorf("couldn't sign a statement with key %s: %w", key.ID, refuse(CodeSignature))
	}
	copy(st.signature[:], signature)
	st.Raw = url64.AppendEncode(append(raw, '.'), signature)
	st.Hash = sha256.Sum256(st.Raw)
	return st.Raw, st, nil
}

// checkUnsigned checks what Parse would of everything but the body.
func (st *Statement) checkUnsigned() error {
	switch {
	case st.V < 1 || st.V > maxVersion:
		return refuseField(CodeForm, "v")
	case st.Alg != string(keyring.EdDSA) && st.Alg != string(keyring.ES256):
		return refuse(CodeAlg)
	case !IsKeyID(st.Key):
		return refuseField(CodeForm, "kid")
	}
	return st.checkForm()
}

// checkBody checks that a body is one object of the profile and nothing around
// it, as Parse finds it between the other members.
func checkBody(body []byte) error {
	s := scanner{text: view(body)}
	switch {
	case len(body) == 0:
		return refuseField(CodeMissing, "body")
	case body[0] != '{':
		return refuseField(CodeWrongType, "body")
	case !s.value(bodyDepth):
		return s.err
	case s.i != len(body):
		return refuseField(CodeForm, "body")
	}
	return nil
}

// appendInput gives the encoded header and payload, joined by a dot, with room for
// the signature.
func appendInput(payload []byte, st *Statement) []byte {
	var room [maxHeader]byte
	header := appendPlain(room[:0], `{"alg":"`, st.Alg)
	header = appendPlain(header, `","kid":"`, st.Region)
	header = appendPlain(header, "/", st.Key)
	header = append(header, `","typ":"`+Type+`"}`...)
	size := url64.EncodedLen(len(header)) + url64.EncodedLen(len(payload)) + url64.EncodedLen(signatureSize) + 2
	raw := url64.AppendEncode(make([]byte, 0, size), header)
	return url64.AppendEncode(append(raw, '.'), payload)
}

// RequestDigest is the request member for the bytes of what a caller asked for:
// base64url of their SHA-256.
func RequestDigest(request []byte) string { return Hash(sha256.Sum256(request)).String() }
