package vault

import (
	"bytes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"io"
)

// An object at rest, in a file or inside its entry:
//
//	header   "SVO1", suite, 3 zero bytes, u32 chunk size, object id (16 bytes)
//	chunk …  chunkSize bytes sealed, tagSize longer; the last one 1 to chunkSize
//
// A chunk's nonce is its number (u64), three zero bytes and 1 for the last
// chunk, else 0; the header is additional data. The key is the object's alone,
// so no nonce is used twice, and a chunk opens in its own place, in its own
// object, and the last one as the last one only. (The construction is STREAM:
// Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015.)
const (
	chunkSize  = 1 << 20
	headerSize = 4 + 1 + 3 + 4 + idSize
	idSize     = 16

	markMiddle  = 0
	markLast    = 1
	markDetails = 2 // the entry's details, sealed with the same key
)

type objectID [idSize]byte

func header(suite byte, id objectID) []byte {
	h := append(make([]byte, 0, headerSize), 'S', 'V', 'O', '1', suite, 0, 0, 0)
	h = binary.BigEndian.AppendUint32(h, chunkSize)
	return append(h, id[:]...)
}

func nonce(number uint64, mark byte) []byte {
	n := binary.BigEndian.AppendUint64(make([]byte, 0, nonceSize), number)
	return append(n, 0, 0, 0, mark)
}

// storedSize is the size at rest of an object of n > 0 bytes.
func storedSize(n int64) int64 {
	return headerSize + n + chunks(n)*tagSize
}

func chunks(n int64) int64 { return (n + chunkSize - 1) / chunkSize }

// newBuffer has room for a chunk and its tag, so that it is sealed in place.
func newBuffer() []byte { return make([]byte, chunkSize, chunkSize+tagSize) }

// sealer writes an object chunk by chunk.
type sealer struct {
	aead   cipher.AEAD
	header []byte
	out    io.Writer
	number uint64
}

func (s *sealer) begin() error {
	// A vfs.File may change what it is given to write; the header is needed
	// again with every chunk.
	_, err := s.out.Write(bytes.Clone(s.header))
	return err
}

// chunk seals plain in place (it must have room for the tag) and writes it.
func (s *sealer) chunk(plain []byte, last bool) error {
	mark := byte(markMiddle)
	if last {
		mark = markLast
	}
	sealed := s.aead.Seal(plain[:0], nonce(s.number, mark), plain, s.header)
	s.number++
	_, err := s.out.Write(sealed)
	return err
}

// opener reads an object of a known size chunk by chunk.
type opener struct {
	aead   cipher.AEAD
	header []byte
	in     io.ReaderAt
	size   int64 // of the content
}

// begin checks that in holds the object and nothing else.
func (o *opener) begin(stored int64) error {
	if stored != storedSize(o.size) {
		return fmt.Errorf("%w: it has %d bytes at rest, not %d", ErrCorrupt, stored, storedSize(o.size))
	}
	got := make([]byte, headerSize)
	if _, err := o.in.ReadAt(got, 0); err != nil {
		return fmt.Errorf("couldn't read an object: %w", err)
	}
	if !bytes.Equal(got, o.header) {
		return fmt.Errorf("%w: another object's header", ErrCorrupt)
	}
	return nil
}

// chunk opens chunk number into buf, which has room for it and its tag.
func (o *opener) chunk(number int64, buf []byte) ([]byte, error) {
	from := number * chunkSize
	n := min(o.size-from, chunkSize)
	mark := byte(markMiddle)
	if from+n == o.size {
		mark = markLast
	}
	sealed := buf[:n+tagSize]
	if _, err := o.in.ReadAt(sealed, headerSize+number*(chunkSize+tagSize)); err != nil {
		return nil, fmt.Errorf("couldn't read chunk %d of an object: %w", number, err)
	}
	plain, err := o.aead.Open(sealed[:0], nonce(uint64(number), mark), sealed, o.header)
	if err != nil {
		return nil, fmt.Errorf("%w: chunk %d was changed", ErrCorrupt, number)
	}
	return plain, nil
}
