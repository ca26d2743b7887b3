package checkpoint

import (
	"fmt"
	"strconv"
	"strings"

	"sandi.internal/gateway/consensus/merkle"
)

const (
	proofHeader = "c2sp.org/tlog-proof@v1"
	// maxPath is the length of the longest proof of either kind in a tree of at
	// most 2^63-1 leaves; C2SP names the same number.
	maxPath = 63
	// maxHead bounds the header and index lines of what carries a proof.
	maxHead = 64
	// hashLine is the length of a hash in base64 with its newline.
	hashLine = 45
	maxProof = maxHead + maxPath*hashLine + 1 + MaxNote
)

// Proof says that an entry stands at Index of the tree of a checkpoint: a
// .tlog-proof file (c2sp.org/tlog-proof@v1). It does not hold the entry, and
// proves nothing before Checkpoint was opened under known keys.
type Proof struct {
	Index      uint64
	Path       []merkle.Hash // audit path, lowest node first; at most 63
	Checkpoint []byte        // signed note
}

// Marshal is the file's bytes.
func (p Proof) Marshal() []byte {
	out := []byte(proofHeader + "\nindex ")
	out = append(strconv.AppendUint(out, p.Index, 10), '\n')
	return append(appendPath(out, p.Path), p.Checkpoint...)
}

// ParseProof reads what Marshal writes: without the optional extra line, which
// nothing authenticates. The checkpoint is not looked at, but for its size. The
// error wraps ErrProof.
func ParseProof(data []byte) (*Proof, error) {
	p := &Proof{}
	head, rest, _ := strings.Cut(bounded(data, maxProof), "\n")
	index, rest, _ := strings.Cut(rest, "\n")
	digits, ok := strings.CutPrefix(index, "index ")
	if !ok || head != proofHeader {
		return nil, fmt.Errorf("couldn't read a tlog-proof: %w", ErrProof)
	}
	if p.Index, ok = parseNumber(digits); !ok {
		return nil, fmt.Errorf("couldn't read the index of a tlog-proof: %w", ErrProof)
	}
	if p.Path, p.Checkpoint, ok = parsePath(rest); !ok {
		return nil, fmt.Errorf("couldn't read the hashes of a tlog-proof: %w", ErrProof)
	}
	return p, nil
}

// Verify opens the checkpoint and checks that the entry with this leaf hash is
// in its tree. Errors are those of Keys.Open, and ErrInclusion.
func (p *Proof) Verify(leaf merkle.Hash, keys *Keys) (*Note, error) {
	n, err := keys.Open(p.Checkpoint)
	if err != nil {
		return nil, err
	}
	if err := verifyInclusion(leaf, p.Index, p.Path, n); err != nil {
		return nil, err
	}
	return n, nil
}

func verifyInclusion(leaf merkle.Hash, index uint64, path []merkle.Hash, n *Note) error {
	if err := merkle.VerifyInclusion(leaf, index, n.Size, path, n.Root); err != nil {
		return fmt.Errorf("couldn't prove entry %d in the tree of size %d: %w: %w", index, n.Size, err, ErrInclusion)
	}
	return nil
}

// bounded is data as text, or nothing when it is too long.
func bounded(data []byte, most int) string {
	if len(data) > most {
		return ""
	}
	return string(data)
}

// appendPath writes one hash a line, then the empty line before the note.
func appendPath(dst []byte, path []merkle.Hash) []byte {
	for _, h := range path {
		dst = append(b64.AppendEncode(dst, h[:]), '\n')
	}
	return append(dst, '\n')
}

// parsePath reads what appendPath writes, and gives what follows, which must
// not be empty nor longer than a note may be.
func parsePath(text string) (path []merkle.Hash, rest []byte, ok bool) {
	for {
		line, after, found := strings.Cut(text, "\n")
		if !found {
			return nil, nil, false
		}
		text = after
		if line == "" {
			return path, []byte(text), text != "" && len(text) <= MaxNote
		}
		h, good := parseHash(line)
		if !good || len(path) == maxPath {
			return nil, nil, false
		}
		path = append(path, h)
	}
}
