package checkpoint

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"sandi.internal/gateway/certs/keyring"
)

// Signer makes signatures with one key, which it keeps to itself.
// *keyring.PrivateKey is one.
type Signer = keyring.Signer

// Signature is one signature over a checkpoint, by a key that is known.
type Signature struct {
	Key Key
	At  int64  // unix seconds, 1 to maxAt; cosignatures only, 0 for a log's
	Raw []byte // what stands behind the key id: 64 bytes of Ed25519, for cosignatures after 8 bytes of time
}

const (
	signatureSize = 64
	timeSize      = 8
	// maxAt is the last second of the year 9999: times beyond have no RFC 3339
	// form, and no honest cosigner writes one.
	maxAt = 253402300799
)

// linePrefix begins a signature line: em dash and space.
const linePrefix = "— "

// Line is the signature as a line of a signed note, with its newline:
// `— <key name> base64(keyid4 || signature)`.
func (s Signature) Line() []byte {
	raw := append(binary.BigEndian.AppendUint32(nil, s.Key.ID()), s.Raw...)
	return append(b64.AppendEncode([]byte(linePrefix+s.Key.Name+" "), raw), '\n')
}

// cosignedMessage is what a cosigner signs (tlog-cosignature v1).
func cosignedMessage(body []byte, at int64) []byte {
	out := strconv.AppendInt([]byte("cosignature/v1\ntime "), at, 10)
	return append(append(out, '\n'), body...)
}

// SignLog signs a checkpoint as its log. The key must be the signer's, and the
// log key of that origin.
func SignLog(c Checkpoint, k Key, s Signer) (Signature, error) {
	if k.Kind != KindLog || k.Name != c.Origin {
		return Signature{}, fmt.Errorf("couldn't sign as the log %s: %s is the %s key of another: %w", c.Origin, k.Name, k.Kind, ErrKey)
	}
	return sign(c, k, s, keyring.UseLog, 0)
}

// Cosign signs a checkpoint of any log as a cosigner, at a time in unix seconds.
func Cosign(c Checkpoint, k Key, s Signer, at int64) (Signature, error) {
	if k.Kind != KindCosigner {
		return Signature{}, fmt.Errorf("couldn't cosign: %s is a %s key: %w", k.Name, k.Kind, ErrKey)
	}
	if at < 1 || at > maxAt {
		return Signature{}, fmt.Errorf("couldn't cosign at unix time %d", at)
	}
	return sign(c, k, s, keyring.UseCosigner, at)
}

func sign(c Checkpoint, k Key, s Signer, use keyring.Use, at int64) (Signature, error) {
	if err := c.check(); err != nil {
		return Signature{}, err
	}
	if err := k.check(); err != nil {
		return Signature{}, err
	}
	if public := s.Public(); public.Use != use || string(public.Key) != string(k.Public) {
		return Signature{}, fmt.Errorf("couldn't sign as %s: the signer holds another key: %w", k.Name, ErrKey)
	}
	message, raw := c.Body(), []byte(nil)
	if k.Kind == KindCosigner {
		message, raw = cosignedMessage(message, at), binary.BigEndian.AppendUint64(nil, uint64(at))
	}
	sig, err := s.Sign(message)
	if err != nil {
		return Signature{}, fmt.Errorf("couldn't sign as %s: %w", k.Name, err)
	}
	made := Signature{Key: k, At: at, Raw: append(raw, sig...)}
	verifier, err := k.verifier()
	if err != nil || !verifier.Verify(c.Body(), made.Raw) {
		return Signature{}, fmt.Errorf("couldn't sign as %s: its signer gave a bad signature: %w", k.Name, ErrSignature)
	}
	return made, nil
}
