package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Bounds of a signed note from outside. Forty regions would sign eighty lines;
// three sign six.
const (
	MaxNote  = 16 << 10 // bytes
	MaxLines = 64       // signature lines
)

// Note is a checkpoint with the signatures that were verified, all under known
// keys: log lines first, then cosigner lines, by region and node, one per key.
type Note struct {
	Checkpoint
	Signatures []Signature
}

// NewNote joins signatures that SignLog and Cosign made of one checkpoint. Of
// two by one key the later stays.
func NewNote(c Checkpoint, signatures ...Signature) *Note {
	n := &Note{Checkpoint: c}
	for _, s := range signatures {
		n.add(s)
	}
	return n
}

// add puts a signature in its place; of two by one key the later stays.
func (n *Note) add(s Signature) {
	i, found := slices.BinarySearchFunc(n.Signatures, s.Key, func(have Signature, key Key) int { return compareKeys(have.Key, key) })
	switch {
	case !found:
		n.Signatures = slices.Insert(n.Signatures, i, s)
	case s.At > n.Signatures[i].At:
		n.Signatures[i] = s
	}
}

// Open reads a signed note from anywhere. What it returns was verified line by
// line; lines under unknown keys are left out. Errors, first failure wins:
// ErrNote for bytes that are not the one spelling of a checkpoint with 1 to
// MaxLines signature lines, none of a known key twice; ErrOrigin; ErrSignature;
// ErrUnsigned; ErrEmptyRoot.
func (k *Keys) Open(raw []byte) (*Note, error) {
	c, lines, ok := split(raw)
	if !ok {
		return nil, fmt.Errorf("couldn't open a note: %w", ErrNote)
	}
	if !k.origins[c.Origin] {
		return nil, fmt.Errorf("couldn't open a note of %s: %w", c.Origin, ErrOrigin)
	}
	n := &Note{Checkpoint: c}
	seen := make(map[keyID]bool)
	for _, line := range lines {
		found, known := k.find(line.id, c.Origin)
		if !known {
			continue
		}
		if seen[line.id] {
			return nil, fmt.Errorf("couldn't open a note of %s: two lines of %s: %w", c.Origin, line.id.name, ErrNote)
		}
		seen[line.id] = true
		s := Signature{Key: found.key, Raw: line.raw}
		if !s.readTime() {
			return nil, fmt.Errorf("couldn't open a note of %s: %s: %w", c.Origin, s.Key.VKey(), ErrSignature)
		}
		n.add(s)
	}
	if err := k.verify(raw, c.Origin); err != nil {
		return nil, err
	}
	if err := c.checkEmpty(); err != nil {
		return nil, err
	}
	return n, nil
}

// OpenLines reads signature lines that belong to a checkpoint, as a witness
// answers them. Errors are those of Open.
func (k *Keys) OpenLines(c Checkpoint, lines []byte) (*Note, error) {
	return k.Open(slices.Concat(c.Body(), []byte("\n"), lines))
}

// readTime takes the time out of a cosignature.
func (s *Signature) readTime() bool {
	if s.Key.Kind == KindLog {
		return len(s.Raw) == signatureSize
	}
	if len(s.Raw) != timeSize+signatureSize {
		return false
	}
	at := binary.BigEndian.Uint64(s.Raw)
	s.At = int64(min(at, maxAt))
	return at >= 1 && at <= maxAt
}

// verify lets golang.org/x/mod/sumdb/note judge the signatures.
func (k *Keys) verify(raw []byte, origin string) error {
	_, err := note.Open(raw, verifiers(func(id keyID) (note.Verifier, bool) {
		found, ok := k.find(id, origin)
		return found.verifier, ok
	}))
	var unsigned *note.UnverifiedNoteError
	var invalid *note.InvalidSignatureError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unsigned):
		return fmt.Errorf("couldn't open a note of %s: %w", origin, ErrUnsigned)
	case errors.As(err, &invalid):
		return fmt.Errorf("couldn't open a note of %s: %s+%08x: %w", origin, invalid.Name, invalid.Hash, ErrSignature)
	}
	return fmt.Errorf("couldn't open a note of %s: %w: %w", origin, err, ErrNote)
}

// verifiers is a lookup as note.Verifiers.
type verifiers func(keyID) (note.Verifier, bool)

func (find verifiers) Verifier(name string, id uint32) (note.Verifier, error) {
	if v, ok := find(keyID{name, id}); ok {
		return v, nil
	}
	return nil, &note.UnknownVerifierError{Name: name, KeyHash: id}
}

// line is a signature line that nobody has verified.
type line struct {
	id  keyID
	raw []byte // behind the key id
}

// split takes a note apart without believing any of it.
func split(raw []byte) (c Checkpoint, lines []line, ok bool) {
	if len(raw) > MaxNote {
		return c, nil, false
	}
	body, signatures, found := strings.Cut(string(raw), "\n\n")
	if c, ok = parseBody(body + "\n"); !ok || !found || strings.Count(signatures, "\n") > MaxLines {
		return c, nil, false
	}
	for signatures != "" {
		var text string
		if text, signatures, found = strings.Cut(signatures, "\n"); !found {
			return c, nil, false
		}
		l, good := parseLine(text)
		if !good {
			return c, nil, false
		}
		lines = append(lines, l)
	}
	return c, lines, len(lines) > 0
}

func parseLine(text string) (l line, ok bool) {
	text, ok = strings.CutPrefix(text, linePrefix)
	if !ok {
		return l, false
	}
	name, text, ok := strings.Cut(text, " ")
	if !ok {
		return l, false
	}
	raw, ok := decode64(text)
	if !ok || len(raw) < 5 {
		return l, false
	}
	return line{keyID{name, binary.BigEndian.Uint32(raw)}, raw[4:]}, true
}

// Marshal is the signed note as anyone's tools read it.
func (n *Note) Marshal() []byte {
	out := append(n.Body(), '\n')
	for _, s := range n.Signatures {
		out = append(out, s.Line()...)
	}
	return out
}

// Merge adds the signatures of another note of the same checkpoint; of two by
// one key the later stays. Both notes must have been opened with the same keys.
// The error wraps ErrDiffers.
func (n *Note) Merge(o *Note) error {
	if n.Checkpoint != o.Checkpoint {
		return fmt.Errorf("couldn't merge %s at size %d with %s at size %d: %w", n.Origin, n.Size, o.Origin, o.Size, ErrDiffers)
	}
	for _, s := range o.Signatures {
		n.add(s)
	}
	return nil
}

// Clone is a copy whose signatures can be merged into without touching n.
func (n *Note) Clone() *Note { return &Note{n.Checkpoint, slices.Clone(n.Signatures)} }

// CosignedBy is the regions with a cosignature, ascending, each once. A
// cosigner counts for a region of this origin's federation only.
func (n *Note) CosignedBy() []string {
	var regions []string
	for _, s := range n.Signatures {
		if s.Key.Kind == KindCosigner && s.Key.Region != "" && s.Key.origin() == n.Origin {
			regions = append(regions, s.Key.Region)
		}
	}
	slices.Sort(regions)
	return slices.Compact(regions)
}

// SignedBy reports whether the note carries a signature of the key.
func (n *Note) SignedBy(k Key) bool {
	return slices.ContainsFunc(n.Signatures, func(s Signature) bool { return compareKeys(s.Key, k) == 0 })
}
