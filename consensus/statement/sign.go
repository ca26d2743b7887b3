package statement

import (
	"bytes"
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
	if err := (&Statement{Payload: p}).checkForm(); err != nil {
		return nil, nil, fmt.Errorf("couldn't sign a statement: %w", err)
	}
	if !IsKeyID(key.ID) {
		return nil, nil, fmt.Errorf("couldn't sign a statement: %w", refuseField(CodeForm, "kid"))
	}
	// Parse what is about to be signed with zeros in the signature's place, so
	// that only the signature is filled in afterwards.
	unsigned := url64.AppendEncode(append(signingInput(key, &p), '.'), make([]byte, signatureSize))
	st, err := Parse(unsigned)
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't sign a statement: %w", err)
	}
	if !bytes.Equal(st.Body, p.Body) {
		return nil, nil, fmt.Errorf("couldn't sign a statement: %w", refuseField(CodeForm, "body"))
	}
	signature, err := s.Sign(st.SigningInput())
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't sign a statement with key %s: %w", key.ID, err)
	}
	if len(signature) != signatureSize {
		return nil, nil, fmt.Errorf("couldn't sign a statement with key %s: %w", key.ID, refuse(CodeSignature))
	}
	copy(st.signature[:], signature)
	url64.Encode(st.Raw[st.input+1:], signature)
	st.Hash = sha256.Sum256(st.Raw)
	return st.Raw, st, nil
}

// signingInput is the encoded header and payload, joined by a dot.
func signingInput(key keyring.PublicKey, p *Payload) []byte {
	header := fmt.Appendf(nil, `{"alg":"%s","kid":"%s/%s","typ":"%s"}`, key.Alg, p.Region, key.ID, Type)
	payload := appendPayload(make([]byte, 0, 512+len(p.Body)), p)
	size := url64.EncodedLen(len(header)) + url64.EncodedLen(len(payload)) + url64.EncodedLen(signatureSize) + 2
	raw := url64.AppendEncode(make([]byte, 0, size), header)
	return url64.AppendEncode(append(raw, '.'), payload)
}

// RequestDigest is the request member for the bytes of what a caller asked for:
// base64url of their SHA-256.
func RequestDigest(request []byte) string { return Hash(sha256.Sum256(request)).String() }
