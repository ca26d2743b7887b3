package checkpoint

import (
	"fmt"
	"strconv"
	"strings"

	"sandi.internal/gateway/consensus/merkle"
)

// MaxRequest bounds the body of an add-checkpoint request.
const MaxRequest = maxHead + maxPath*hashLine + 1 + MaxNote

// AddRequest is the body of `POST <prefix>/add-checkpoint` (C2SP tlog-witness):
// the size that the witness signed last, as far as the caller knows, the
// consistency proof from there, and the signed note to cosign.
type AddRequest struct {
	Old   uint64
	Proof []merkle.Hash // at most 63
	Note  []byte
}

// Marshal is the body's bytes.
func (r AddRequest) Marshal() []byte {
	out := append(strconv.AppendUint([]byte("old "), r.Old, 10), '\n')
	return append(appendPath(out, r.Proof), r.Note...)
}

// ParseAddRequest reads what Marshal writes. The note is not looked at, but for
// its size, and Old not held against it. The error wraps ErrRequest.
func ParseAddRequest(body []byte) (*AddRequest, error) {
	r := &AddRequest{}
	first, rest, _ := strings.Cut(bounded(body, MaxRequest), "\n")
	digits, ok := strings.CutPrefix(first, "old ")
	if !ok {
		return nil, fmt.Errorf("couldn't read an add-checkpoint request: %w", ErrRequest)
	}
	if r.Old, ok = parseNumber(digits); !ok {
		return nil, fmt.Errorf("couldn't read the old size of an add-checkpoint request: %w", ErrRequest)
	}
	if r.Proof, r.Note, ok = parsePath(rest); !ok {
		return nil, fmt.Errorf("couldn't read the proof of an add-checkpoint request: %w", ErrRequest)
	}
	return r, nil
}
