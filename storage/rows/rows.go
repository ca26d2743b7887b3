// Package rows writes pairs of a keyspace as a stream and reads them back: what a
// backup holds of the node-local keys and of the vault's index. The ledger itself
// has a stream of its own (storage/state), which replicas compare byte by byte.
//
//	row …   uvarint length of the key (not 0), key, uvarint length of the value, value
//	end     one byte 0, uvarint number of rows
//
// Keys rise strictly. A reader believes no length and finds a cut end; whether the
// bytes are the ones that were written, whoever carries the stream proves (a backup's
// manifest).
package rows

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrForm is a stream that is none, or was cut.
var ErrForm = errors.New("not a whole stream of rows")

// Writer writes the format. The caller gives sorted pairs.
type Writer struct {
	out     io.Writer
	head    []byte
	rows    uint64
	written int64
}

// NewWriter writes to w.
func NewWriter(w io.Writer) *Writer { return &Writer{out: w} }

// Row adds a pair; the key is not empty.
func (w *Writer) Row(key, value []byte) error {
	w.rows++
	w.head = append(binary.AppendUvarint(w.head[:0], uint64(len(key))), key...)
	w.head = binary.AppendUvarint(w.head, uint64(len(value)))
	return errors.Join(w.write(w.head), w.write(value))
}

// End writes the end.
func (w *Writer) End() error { return w.write(binary.AppendUvarint([]byte{0}, w.rows)) }

// Written is how many bytes were written.
func (w *Writer) Written() int64 { return w.written }

func (w *Writer) write(b []byte) error {
	n, err := w.out.Write(b)
	w.written += int64(n)
	return err
}

// readStep bounds the memory that a false length costs.
const readStep = 1 << 20

// Read calls fn for each row until the end, which must be the end of r too. Keys are
// at most maxKey bytes, values maxValue. What fn is given is valid during the call.
// An error about the content wraps ErrForm.
func Read(r io.Reader, maxKey, maxValue int, fn func(key, value []byte) error) error {
	in := bufio.NewReaderSize(r, 64<<10)
	var key, value, last []byte
	for rows := uint64(0); ; rows++ {
		n, err := length(in, maxKey)
		if err != nil {
			return err
		}
		if n == 0 {
			return readEnd(in, rows)
		}
		if key, err = field(in, key, n); err != nil {
			return err
		}
		if rows > 0 && bytes.Compare(last, key) >= 0 {
			return fmt.Errorf("%w: keys out of order", ErrForm)
		}
		last = append(last[:0], key...)
		if n, err = length(in, maxValue); err != nil {
			return err
		}
		if value, err = field(in, value, n); err != nil {
			return err
		}
		if err := fn(key, value); err != nil {
			return err
		}
	}
}

func readEnd(in *bufio.Reader, rows uint64) error {
	switch said, err := binary.ReadUvarint(in); {
	case err != nil:
		return cut(err)
	case said != rows:
		return fmt.Errorf("%w: it has other rows than it says", ErrForm)
	}
	if _, err := in.ReadByte(); err == nil {
		return fmt.Errorf("%w: bytes after its end", ErrForm)
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func length(in *bufio.Reader, most int) (int, error) {
	n, err := binary.ReadUvarint(in)
	if err != nil {
		return 0, cut(err)
	}
	if n > uint64(most) {
		return 0, fmt.Errorf("%w: a length of %d, at most %d", ErrForm, n, most)
	}
	return int(n), nil
}

func field(in *bufio.Reader, buf []byte, n int) ([]byte, error) {
	buf = buf[:0]
	for len(buf) < n {
		from, step := len(buf), min(n-len(buf), readStep)
		buf = append(buf, make([]byte, step)...)
		if _, err := io.ReadFull(in, buf[from:]); err != nil {
			return nil, cut(err)
		}
	}
	return buf, nil
}

func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends early", ErrForm)
	}
	return err
}
