package checkpoint

import (
	"fmt"
	"strconv"
	"strings"

	"sandi.internal/gateway/consensus/merkle"
)

// Checkpoint is what a log says about itself: under this origin there is a tree
// of this size with this root (C2SP tlog-checkpoint).
type Checkpoint struct {
	Origin string // e.g. "sandi.internal/ledger": printable ASCII without space and plus, at most 200 bytes
	Size   uint64 // number of leaves, at most 2^63-1
	Root   merkle.Hash
}

// Body is the text that is signed: origin, decimal size and base64 root, each
// with its newline.
func (c Checkpoint) Body() []byte {
	out := make([]byte, 0, len(c.Origin)+70)
	out = append(append(out, c.Origin...), '\n')
	out = append(strconv.AppendUint(out, c.Size, 10), '\n')
	return append(b64.AppendEncode(out, c.Root[:]), '\n')
}

// ParseBody accepts exactly what Body writes: no extension lines, which no
// monitor could audit. The error wraps ErrNote, or ErrEmptyRoot for a size of
// zero with another root than that of the empty tree.
func ParseBody(body []byte) (Checkpoint, error) {
	c, ok := parseBody(string(body))
	if !ok {
		return Checkpoint{}, fmt.Errorf("couldn't read a checkpoint: %w", ErrNote)
	}
	return c, c.checkEmpty()
}

func parseBody(body string) (c Checkpoint, ok bool) {
	origin, rest, _ := strings.Cut(body, "\n")
	size, rest, _ := strings.Cut(rest, "\n")
	root, rest, ended := strings.Cut(rest, "\n")
	if !ended || rest != "" || !isOrigin(origin) {
		return Checkpoint{}, false
	}
	c.Origin = origin
	if c.Size, ok = parseNumber(size); !ok {
		return Checkpoint{}, false
	}
	if c.Root, ok = parseHash(root); !ok {
		return Checkpoint{}, false
	}
	return c, true
}

// checkEmpty: only one tree has no leaves.
func (c Checkpoint) checkEmpty() error {
	if c.Size == 0 && c.Root != merkle.EmptyRoot {
		return fmt.Errorf("couldn't accept a checkpoint of %s: %w", c.Origin, ErrEmptyRoot)
	}
	return nil
}

// check: a checkpoint that Body writes and ParseBody reads again.
func (c Checkpoint) check() error {
	if !isOrigin(c.Origin) || c.Size > maxSize {
		return fmt.Errorf("couldn't use a checkpoint of %q at size %d: %w", c.Origin, c.Size, ErrNote)
	}
	return c.checkEmpty()
}
