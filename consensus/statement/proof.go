package statement

import (
	"fmt"

	"sandi.internal/gateway/certs/keyring"
)

// proofDomain separates proofs of possession from everything else a key may
// sign: no JWS, token, checkpoint or genesis begins like this.
const proofDomain = "sandi.internal/key-proof/v1"

// ProofInput is what an added key signs to prove possession: domain, network,
// region, owner (issuer or node, empty for none), use, alg, id and key bytes, with
// a zero byte after each but the last. None of them contains a zero byte, so the
// parts cannot shift. Binding network and region keeps a proof from being
// lifted into another network, or another bureau's key.add.
func ProofInput(network, region, owner string, key keyring.PublicKey) []byte {
	var dst []byte
	for _, part := range [...]string{proofDomain, network, region, owner, string(key.Use), string(key.Alg), key.ID} {
		dst = append(append(dst, part...), 0)
	}
	return append(dst, key.Key...)
}

// Prove signs the proof of possession for the signer's own key.
func Prove(s keyring.Signer, network, region, owner string) (Proven, error) {
	key := s.Public()
	signature, err := s.Sign(ProofInput(network, region, owner, key))
	if err != nil {
		return Proven{}, fmt.Errorf("couldn't prove possession of key %s: %w", key.ID, err)
	}
	return Proven{Key: key, Proof: url64.EncodeToString(signature)}, nil
}

// Check verifies the proof of possession. owner is the issuer or node that the
// body names. The error is an *Error.
func (p Proven) Check(network, region, owner string) error {
	signature, err := url64.DecodeString(p.Proof)
	if err != nil || !isProof(p.Proof) {
		return refuseField(CodeForm, "proof")
	}
	verifier, err := p.Key.Verifier()
	if err != nil {
		return refuseField(CodeForm, "key")
	}
	if !verifier.Verify(ProofInput(network, region, owner, p.Key), signature) {
		return refuse(CodeProof)
	}
	return nil
}

// Owner is the issuer or node a key belongs to, empty for neither: the owner of
// its proof of possession.
func (b KeyAddBody) Owner() string { return b.Issuer + b.Node }
