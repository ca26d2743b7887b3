package membership

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"sandi.internal/gateway/certs/keyring"
)

// metaDomain separates what a node says about itself in gossip from everything
// else its log key signs: a checkpoint begins with the ledger's origin, which
// has no zero byte.
const metaDomain = "sandi.internal/gossip-meta/v1"

const (
	metaFormat     = 1
	maxVersion     = 64  // bytes of a software version
	maxMeta        = 256 // memberlist's limit is 512; ours is far below
	metaSignature  = 64
	metaFixedBytes = 1 + 8 + 1 + metaSignature
)

var errMeta = errors.New("unreadable node metadata")

// meta is what a node says about itself. Its id, region and address come from
// the gossip message around it and are covered by the signature.
type meta struct {
	IssuedAt int64  // unix seconds; a later one replaces an earlier one
	Version  string // of the software
}

// speaker is who says it, and where it can be reached.
type speaker struct {
	Network, ID, Region, Addr string
}

// signedBytes is what the signature covers: every part ends with a zero byte,
// which none contains, so that parts cannot shift.
func (m meta) signedBytes(s speaker) []byte {
	var out []byte
	for _, part := range []string{metaDomain, s.Network, s.ID, s.Region, s.Addr, strconv.FormatInt(m.IssuedAt, 10), m.Version} {
		out = append(append(out, part...), 0)
	}
	return out
}

// sealMeta encodes and signs: format byte, issued-at (8 bytes, big endian),
// length and bytes of the version, signature.
func sealMeta(signer keyring.Signer, s speaker, m meta) ([]byte, error) {
	if len(m.Version) > maxVersion {
		m.Version = m.Version[:maxVersion]
	}
	signature, err := signer.Sign(m.signedBytes(s))
	if err != nil {
		return nil, fmt.Errorf("couldn't sign the node's metadata: %w", err)
	}
	out := append(make([]byte, 0, metaFixedBytes+len(m.Version)), metaFormat)
	out = binary.BigEndian.AppendUint64(out, uint64(m.IssuedAt))
	out = append(out, byte(len(m.Version)))
	out = append(out, m.Version...)
	return append(out, signature...), nil
}

// openMeta decodes data and checks that key signed it for s.
func openMeta(key keyring.PublicKey, s speaker, data []byte) (meta, error) {
	if len(data) < metaFixedBytes || len(data) > maxMeta || data[0] != metaFormat {
		return meta{}, errMeta
	}
	n := int(data[9])
	if n > maxVersion || len(data) != metaFixedBytes+n {
		return meta{}, errMeta
	}
	m := meta{IssuedAt: int64(binary.BigEndian.Uint64(data[1:])), Version: string(data[10 : 10+n])}
	for _, c := range []byte(m.Version) {
		if c < 0x21 || c > 0x7e {
			return meta{}, errMeta
		}
	}
	v, err := key.Verifier()
	if err != nil {
		return meta{}, err
	}
	if !v.Verify(m.signedBytes(s), data[10+n:]) {
		return meta{}, errors.New("node metadata not signed by that node")
	}
	return m, nil
}
