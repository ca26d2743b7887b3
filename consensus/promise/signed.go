package promise

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/checkpoint"
)

// Signed is a promise whose signature was verified.
type Signed struct {
	Promise
	Key       checkpoint.Key // the log key of the node
	signature []byte         // 64 bytes, Ed25519 over Body
}

// Sign makes a promise with the log key of its node. The signature is verified
// before it is returned. The error wraps ErrForm, ErrKey or ErrSignature, or is
// the signer's own.
func Sign(p Promise, key checkpoint.Key, s keyring.Signer) (*Signed, error) {
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("couldn't make a promise: %w", err)
	}
	if public := s.Public(); !holds(p, key) || public.Use != keyring.UseLog || string(public.Key) != string(key.Public) {
		return nil, fmt.Errorf("couldn't promise as %s/%s: %w", p.Region, p.Node, ErrKey)
	}
	body := p.Body()
	signature, err := s.Sign(body)
	if err != nil {
		return nil, fmt.Errorf("couldn't promise as %s/%s: %w", p.Region, p.Node, err)
	}
	made := &Signed{p, key, signature}
	if !made.verify(body) {
		return nil, fmt.Errorf("couldn't promise as %s/%s: its signer gave a bad signature: %w", p.Region, p.Node, ErrSignature)
	}
	return made, nil
}

// holds reports whether a key is a log key of the node that promises.
func holds(p Promise, key checkpoint.Key) bool {
	return key.Kind == checkpoint.KindLog && key.Region == p.Region && key.Node == p.Node
}

func (s *Signed) verify(body []byte) bool {
	v, err := note.NewVerifier(s.Key.VKey())
	return err == nil && v.Verify(body, s.signature)
}

// Marshal is the signed note: body, empty line, one signature line.
func (s *Signed) Marshal() []byte {
	line := checkpoint.Signature{Key: s.Key, Raw: s.signature}.Line()
	return append(append(s.Body(), '\n'), line...)
}

// Open reads a promise from anywhere and verifies it. Errors, first failure wins:
// ErrForm for bytes that are not the one spelling of a promise with one signature
// line, ErrKey, ErrSignature.
func Open(keys *checkpoint.Keys, raw []byte) (*Signed, error) {
	p, name, id, signature, ok := split(raw)
	if !ok {
		return nil, fmt.Errorf("couldn't open a promise: %w", ErrForm)
	}
	for _, key := range keys.List() {
		if !holds(p, key) || key.Name != name || key.ID() != id {
			continue
		}
		s := &Signed{p, key, signature}
		if !s.verify(p.Body()) {
			return nil, fmt.Errorf("couldn't open a promise of %s/%s: %w", p.Region, p.Node, ErrSignature)
		}
		return s, nil
	}
	return nil, fmt.Errorf("couldn't open a promise of %s/%s: %w", p.Region, p.Node, ErrKey)
}

// Parse reads a promise without believing it: who signed it Open tells. The error
// wraps ErrForm.
func Parse(raw []byte) (Promise, error) {
	p, _, _, _, ok := split(raw)
	if !ok {
		return Promise{}, fmt.Errorf("couldn't read a signed promise: %w", ErrForm)
	}
	return p, nil
}

var b64 = base64.StdEncoding.Strict()

const (
	linePrefix = "— "
	idSize     = 4
	sigSize    = 64
)

// split takes a signed promise apart without believing any of it.
func split(raw []byte) (p Promise, name string, id uint32, signature []byte, ok bool) {
	if len(raw) > MaxBytes {
		return
	}
	body, line, found := strings.Cut(string(raw), "\n\n")
	if p, ok = parseBody(body + "\n"); !ok || !found {
		return p, "", 0, nil, false
	}
	text, prefixed := strings.CutPrefix(line, linePrefix)
	name, text, found = strings.Cut(text, " ")
	text, ended := strings.CutSuffix(text, "\n")
	if !prefixed || !found || !ended {
		return p, "", 0, nil, false
	}
	data, err := b64.DecodeString(text)
	// The decoder skips CR and LF even in strict mode, hence the comparison.
	if err != nil || len(data) != idSize+sigSize || !bytes.Equal(b64.AppendEncode(nil, data), []byte(text)) {
		return p, "", 0, nil, false
	}
	return p, name, binary.BigEndian.Uint32(data), data[idSize:], true
}
