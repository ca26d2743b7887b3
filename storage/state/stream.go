package state

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
)

// A snapshot stream, the same bytes for the same pairs:
//
//	magic
//	block …   u32 length of the payload (not 0), payload, u32 CRC32C of it
//	end       u32 0, u64 number of pairs, SHA-256 of all bytes before it
//
// Numbers are big endian. A payload is whole frames: uvarint length and key,
// uvarint length and value. Keys rise strictly; the first is Meta's. A block
// ends with the frame that brings its payload to blockTarget or beyond.
const (
	streamMagic = "sandi-state/1\n"
	blockTarget = 64 << 10
	blockExtra  = 4 + 4 // length and checksum
	endSize     = 4 + 8 + sha256.Size

	// maxBlock is what a reader believes a length field at most.
	maxBlock = blockTarget + 2*binary.MaxVarintLen64 + MaxKey + MaxValue

	// readStep bounds the memory that a false length field costs.
	readStep = 1 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// streamSize adds up what streamWriter will write.
type streamSize struct {
	total   int64
	payload int
}

func newStreamSize() *streamSize { return &streamSize{total: int64(len(streamMagic)) + endSize} }

func (s *streamSize) add(keyLen, valueLen int) {
	n := uvarintSize(keyLen) + keyLen + uvarintSize(valueLen) + valueLen
	if s.payload == 0 {
		s.total += blockExtra
	}
	s.total += int64(n)
	if s.payload += n; s.payload >= blockTarget {
		s.payload = 0
	}
}

func uvarintSize(n int) int {
	size := 1
	for n >= 0x80 {
		n >>= 7
		size++
	}
	return size
}

// streamWriter writes the format; the caller gives sorted pairs.
type streamWriter struct {
	out     io.Writer
	sum     hash.Hash
	written int64
	pairs   uint64
	block   []byte // room for the length, then the payload so far
}

func newStreamWriter(w io.Writer) *streamWriter {
	return &streamWriter{out: w, sum: sha256.New(), block: make([]byte, 4, blockTarget+blockExtra+MaxKey)}
}

func (w *streamWriter) write(b []byte) error {
	w.sum.Write(b)
	n, err := w.out.Write(b)
	w.written += int64(n)
	return err
}

func (w *streamWriter) begin() error { return w.write([]byte(streamMagic)) }

func (w *streamWriter) pair(key, value []byte) error {
	w.pairs++
	w.block = binary.AppendUvarint(w.block, uint64(len(key)))
	w.block = append(w.block, key...)
	w.block = binary.AppendUvarint(w.block, uint64(len(value)))
	w.block = append(w.block, value...)
	if len(w.block)-4 >= blockTarget {
		return w.flush()
	}
	return nil
}

func (w *streamWriter) flush() error {
	payload := w.block[4:]
	if len(payload) == 0 {
		return nil
	}
	binary.BigEndian.PutUint32(w.block, uint32(len(payload)))
	err := w.write(binary.BigEndian.AppendUint32(w.block, crc32.Checksum(payload, castagnoli)))
	w.block = w.block[:4]
	return err
}

func (w *streamWriter) end() error {
	if err := w.flush(); err != nil {
		return err
	}
	if err := w.write(binary.BigEndian.AppendUint64(make([]byte, 4), w.pairs)); err != nil {
		return err
	}
	return w.write(w.sum.Sum(nil))
}

// streamReader reads the format and believes nothing: every error about the
// content wraps ErrCorrupt.
type streamReader struct {
	in      io.Reader
	sum     hash.Hash
	pairs   uint64
	block   []byte // reused; holds the current payload
	rest    []byte // of block, not yet given out
	lastKey []byte
}

func newStreamReader(r io.Reader) (*streamReader, error) {
	s := &streamReader{in: r, sum: sha256.New()}
	magic, err := s.read(len(streamMagic))
	if err != nil {
		return nil, err
	}
	if string(magic) != streamMagic {
		return nil, fmt.Errorf("%w: not a snapshot stream of this version", ErrCorrupt)
	}
	return s, nil
}

// read returns the next n bytes in s.block.
func (s *streamReader) read(n int) ([]byte, error) {
	s.block = s.block[:0]
	for len(s.block) < n {
		step := min(n-len(s.block), readStep)
		from := len(s.block)
		s.block = append(s.block, make([]byte, step)...)
		if _, err := io.ReadFull(s.in, s.block[from:]); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return nil, fmt.Errorf("%w: the stream ends early", ErrCorrupt)
			}
			return nil, fmt.Errorf("couldn't read the snapshot stream: %w", err)
		}
	}
	s.sum.Write(s.block)
	return s.block, nil
}

// next returns the next pair, valid until the call after; io.EOF after the
// last one, once the end has been checked.
func (s *streamReader) next() (key, value []byte, err error) {
	if len(s.rest) == 0 {
		if err := s.nextBlock(); err != nil {
			return nil, nil, err
		}
	}
	if key, err = s.field(MaxKey); err != nil {
		return nil, nil, err
	}
	if value, err = s.field(MaxValue); err != nil {
		return nil, nil, err
	}
	if err := s.checkKey(key); err != nil {
		return nil, nil, err
	}
	s.lastKey = append(s.lastKey[:0], key...)
	s.pairs++
	return key, value, nil
}

func (s *streamReader) nextBlock() error {
	head, err := s.read(4)
	if err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(head)
	switch {
	case n == 0:
		return s.readEnd()
	case n > maxBlock:
		return fmt.Errorf("%w: a block of %d bytes", ErrCorrupt, n)
	}
	block, err := s.read(int(n) + 4)
	if err != nil {
		return err
	}
	payload := block[:n]
	if binary.BigEndian.Uint32(block[n:]) != crc32.Checksum(payload, castagnoli) {
		return fmt.Errorf("%w: a block fails its checksum", ErrCorrupt)
	}
	s.rest = payload
	return nil
}

func (s *streamReader) readEnd() error {
	count, err := s.read(8)
	if err != nil {
		return err
	}
	if binary.BigEndian.Uint64(count) != s.pairs {
		return fmt.Errorf("%w: the stream has other pairs than it says", ErrCorrupt)
	}
	want := s.sum.Sum(nil)
	got, err := s.read(len(want))
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%w: the stream fails its digest", ErrCorrupt)
	}
	// Whoever sends the stream must also have finished it properly.
	var one [1]byte
	switch _, err := io.ReadFull(s.in, one[:]); {
	case err == nil:
		return fmt.Errorf("%w: bytes after the end of the stream", ErrCorrupt)
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("couldn't read the end of the snapshot stream: %w", err)
	}
	return io.EOF
}

func (s *streamReader) field(limit int) ([]byte, error) {
	n, size := binary.Uvarint(s.rest)
	if size <= 0 || n > uint64(limit) || n > uint64(len(s.rest)-size) || size != uvarintSize(int(n)) {
		return nil, fmt.Errorf("%w: a frame with a false length", ErrCorrupt)
	}
	field := s.rest[size : size+int(n)]
	s.rest = s.rest[size+int(n):]
	return field, nil
}

func (s *streamReader) checkKey(key []byte) error {
	switch {
	case s.pairs == 0 && !bytes.Equal(key, metaKey):
		return fmt.Errorf("%w: the stream does not say where it stands in the raft log", ErrCorrupt)
	case s.pairs > 0 && bytes.Compare(s.lastKey, key) >= 0:
		return fmt.Errorf("%w: keys out of order", ErrCorrupt)
	case s.pairs > 0 && (key[0] == reserved || key[0] >= localFirst):
		return fmt.Errorf("%w: a key outside the ledger span", ErrCorrupt)
	}
	return nil
}
