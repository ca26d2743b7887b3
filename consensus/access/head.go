package access

import (
	"fmt"
	"strconv"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
)

// Head is how long a node's access log is, and the root of its tree.
type Head struct {
	Log  uint64 // number of the node's log, from 1
	Size uint64 // entries
	Root merkle.Hash
}

// ParseRoot reads a root as statements spell it: base64url, 43 characters.
func ParseRoot(text string) (merkle.Hash, error) {
	raw, err := strict.Base64URL(text)
	if err != nil || len(raw) != len(merkle.Hash{}) {
		return merkle.Hash{}, fmt.Errorf("couldn't read the root %q: %w", text, ErrForm)
	}
	return merkle.Hash(raw), nil
}

// Text is the root as statements spell it.
func (h Head) Text() string { return strict.B64(h.Root[:]) }

// Place is whose log it is.
type Place struct {
	Origin       string // of the network
	Region, Node string
}

// LogOrigin is the origin under which the heads of a node's log are signed. It is a log
// of its own: no checkpoint of the ledger can be taken for a head, nor one for the other.
func (p Place) LogOrigin(log uint64) string {
	return p.Origin + "/access/" + p.Region + "/" + p.Node + "/" + strconv.FormatUint(log, 10)
}

func (p Place) key(log uint64, public []byte) checkpoint.Key {
	return checkpoint.NewKey(checkpoint.KindLog, p.LogOrigin(log), p.Region, p.Node, public)
}

// Sign makes the head a signed note (C2SP tlog-checkpoint) under the node's log key.
func (p Place) Sign(h Head, s keyring.Signer) ([]byte, error) {
	c := checkpoint.Checkpoint{Origin: p.LogOrigin(h.Log), Size: h.Size, Root: h.Root}
	signature, err := checkpoint.SignLog(c, p.key(h.Log, s.Public().Key), s)
	if err != nil {
		return nil, fmt.Errorf("couldn't sign the head of the access log: %w", err)
	}
	return checkpoint.NewNote(c, signature).Marshal(), nil
}

// Open reads a signed head of the node's log and verifies it under its log key. The
// error wraps one of consensus/checkpoint.
func (p Place) Open(log uint64, raw, public []byte) (Head, error) {
	keys, err := checkpoint.NewKeys([]checkpoint.Key{p.key(log, public)})
	if err != nil {
		return Head{}, fmt.Errorf("couldn't take up the log key of %s: %w", p.Node, err)
	}
	note, err := keys.Open(raw)
	if err != nil {
		return Head{}, fmt.Errorf("couldn't open the head of %s's access log: %w", p.Node, err)
	}
	if len(note.Signatures) == 0 || note.Origin != p.LogOrigin(log) {
		return Head{}, fmt.Errorf("couldn't open the head of %s's access log: %w", p.Node, checkpoint.ErrSignature)
	}
	return Head{Log: log, Size: note.Size, Root: note.Root}, nil
}
