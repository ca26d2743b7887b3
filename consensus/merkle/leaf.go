package merkle

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strconv"
)

// Leaf is the envelope of a statement that took effect. Its bytes are frozen:
//
//	{"v":1,"seq":<n>,"ts":<ms>,"proposed_at":<ms>,"stmt":"<jws>","state":"<base64url>"}
//
// in this order, without white space, numbers in decimal without leading zeros.
type Leaf struct {
	Seq        uint64 // position in the ledger; the first leaf is 0
	TS         int64  // ledger time after this leaf, unix milliseconds
	ProposedAt int64  // the proposing leader's clock, unix milliseconds
	Stmt       []byte // the compact JWS as submitted
	State      Hash   // Digest.Sum of the ledger's keys after this leaf
}

// leafOverhead is the most that the envelope adds: three numbers of 20, 19 and
// 19 digits, the state, and the fixed text. A statement of 60 KiB fits an entry
// of 65,535 bytes with room to spare.
const leafOverhead = 180

const (
	leafSeq      = `{"v":1,"seq":`
	leafTS       = `,"ts":`
	leafProposed = `,"proposed_at":`
	leafStmt     = `,"stmt":"`
	leafState    = `","state":"`
	leafEnd      = `"}`
)

var (
	url64   = base64.RawURLEncoding.Strict()
	errLeaf = errors.New("merkle: not a leaf")
)

// AppendLeaf appends the leaf's bytes to dst. Stmt must have passed
// statement.Parse: its characters need no escape.
func AppendLeaf(dst []byte, l Leaf) []byte {
	dst = append(dst, leafSeq...)
	dst = strconv.AppendUint(dst, l.Seq, 10)
	dst = append(dst, leafTS...)
	dst = strconv.AppendInt(dst, l.TS, 10)
	dst = append(dst, leafProposed...)
	dst = strconv.AppendInt(dst, l.ProposedAt, 10)
	dst = append(dst, leafStmt...)
	dst = append(dst, l.Stmt...)
	dst = append(dst, leafState...)
	dst = url64.AppendEncode(dst, l.State[:])
	return append(dst, leafEnd...)
}

// ParseLeaf reads what AppendLeaf writes and nothing else: whatever it accepts,
// AppendLeaf gives back byte for byte. Stmt aliases entry.
func ParseLeaf(entry []byte) (Leaf, error) {
	var l Leaf
	if len(entry) > MaxEntry {
		return l, errLeaf
	}
	r := leafReader{rest: entry}
	r.text(leafSeq)
	l.Seq = r.number(1<<64 - 1)
	r.text(leafTS)
	l.TS = int64(r.number(1<<63 - 1))
	r.text(leafProposed)
	l.ProposedAt = int64(r.number(1<<63 - 1))
	r.text(leafStmt)
	l.Stmt = r.statement()
	r.text(leafState)
	r.digest(&l.State)
	r.text(leafEnd)
	if r.bad || len(r.rest) != 0 {
		return Leaf{}, errLeaf
	}
	return l, nil
}

// leafReader takes the parts of a leaf one by one; bad sticks.
type leafReader struct {
	rest []byte
	bad  bool
}

func (r *leafReader) text(want string) {
	if r.bad || len(r.rest) < len(want) || string(r.rest[:len(want)]) != want {
		r.bad = true
		return
	}
	r.rest = r.rest[len(want):]
}

func (r *leafReader) number(most uint64) uint64 {
	n := 0
	for n < len(r.rest) && r.rest[n] >= '0' && r.rest[n] <= '9' {
		n++
	}
	v, err := strconv.ParseUint(string(r.rest[:n]), 10, 64)
	if err != nil || v > most || n > 1 && r.rest[0] == '0' {
		r.bad = true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// outside is 1 for the bytes that no statement has.
var outside = func() (t [256]byte) {
	for c := range t {
		switch c := byte(c); {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			t[c] = 1
		}
	}
	return t
}()

// statement takes base64url characters and dots up to the closing quote.
func (r *leafReader) statement() []byte {
	n := bytes.IndexByte(r.rest, '"')
	if r.bad || n <= 0 {
		r.bad = true
		return nil
	}
	wrong := byte(0)
	for _, c := range r.rest[:n] {
		wrong |= outside[c]
	}
	if wrong != 0 {
		r.bad = true
		return nil
	}
	stmt := r.rest[:n:n]
	r.rest = r.rest[n:]
	return stmt
}

func (r *leafReader) digest(out *Hash) {
	size := url64.EncodedLen(len(out))
	if r.bad || len(r.rest) < size {
		r.bad = true
		return
	}
	n, err := url64.Decode(out[:], r.rest[:size])
	r.bad = err != nil || n != len(out)
	r.rest = r.rest[size:]
}
