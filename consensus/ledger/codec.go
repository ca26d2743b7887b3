package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The rows of the digested tables have a hand-made binary form: their bytes are
// part of the state digest, so they must not move with a library. Every row
// begins with rowVersion; integers are uvarints in shortest form, strings and
// byte strings have their length before them.
const rowVersion = 1

// ErrCorrupt is wrapped by every error about stored bytes that this package
// cannot have written. The storage is damaged: the node must stop.
var ErrCorrupt = errors.New("stored ledger data are damaged")

func corrupt(what string) error { return fmt.Errorf("couldn't read %s: %w", what, ErrCorrupt) }

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// decoder reads a row. After the first wrong byte it returns zeros and done
// reports the error.
type decoder struct {
	rest []byte
	bad  bool
}

func newDecoder(row []byte) *decoder {
	d := &decoder{rest: row}
	if len(row) == 0 || row[0] != rowVersion {
		d.bad = true
		return d
	}
	d.rest = row[1:]
	return d
}

func (d *decoder) uvarint() uint64 {
	if d.bad {
		return 0
	}
	v, rest, ok := takeUvarint(d.rest, 1<<63-1)
	if !ok {
		d.bad = true
		return 0
	}
	d.rest = rest
	return v
}

// bytes returns a slice of the row, not a copy.
func (d *decoder) bytes() []byte {
	n := d.uvarint()
	if d.bad || n > uint64(len(d.rest)) {
		d.bad = true
		return nil
	}
	out := d.rest[:n:n]
	d.rest = d.rest[n:]
	return out
}

func (d *decoder) text() string { return string(d.bytes()) }

// texts reads a list with its length before it.
func (d *decoder) texts() []string {
	n := d.uvarint()
	if d.bad || n > uint64(len(d.rest)) {
		d.bad = true
		return nil
	}
	out := make([]string, 0, n)
	for range n {
		out = append(out, d.text())
	}
	return out
}

func appendTexts(dst []byte, list []string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(list)))
	for _, s := range list {
		dst = appendText(dst, s)
	}
	return dst
}

func (d *decoder) done(what string) error {
	if d.bad || len(d.rest) != 0 {
		return corrupt(what)
	}
	return nil
}
