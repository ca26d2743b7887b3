package audit

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"slices"
)

// Bounds of a store's memory. What does not fit lies in a temporary file.
const (
	// youngBytes is how much is kept as it was written. A record is written anew
	// with every act; as long as it is young its old forms cost nothing.
	youngBytes = 48 << 20
	// youngEntry is what a pair takes in the map besides its bytes.
	youngEntry = 96
	// tailBytes is how much of the log of older pairs is in memory: the part not
	// written yet.
	tailBytes = 4 << 20
	// slotsMin is the size of the smallest index.
	slotsMin = 1 << 12
)

// store holds the pairs that judging entries again may ask for: the latest value
// of each key, in an append-only file that only an index in memory makes sense
// of, twelve bytes a slot. It belongs to one goroutine.
type store struct {
	young map[string][]byte // written lately; nil: deleted
	fresh int               // bytes in young

	file *os.File // nil until tail runs over
	dir  string   // where to make it
	size uint64   // bytes of the log, in file and tail
	tail []byte   // its end

	// index, open addressing with linear probing: places[i] is the offset of a
	// pair in the log plus one, 0 for a free slot; prints[i] a part of its hash.
	seed   maphash.Seed
	prints []uint32
	places []uint64
	used   int

	buf []byte // what was read last
}

func newStore(dir string) *store {
	return &store{
		young: make(map[string][]byte), dir: dir, seed: maphash.MakeSeed(),
		prints: make([]uint32, slotsMin), places: make([]uint64, slotsMin),
	}
}

// Close removes the file.
func (s *store) Close() error {
	if s.file == nil {
		return nil
	}
	name := s.file.Name()
	err := s.file.Close()
	if gone := os.Remove(name); err == nil {
		err = gone
	}
	s.file = nil
	return err
}

// get returns the value of a key, nil when there is none. The caller must not
// write to it, and may keep it.
func (s *store) get(key []byte) ([]byte, error) {
	if value, ok := s.young[string(key)]; ok {
		return value, nil
	}
	_, value, err := s.find(key)
	return value, err
}

func (s *store) set(key, value []byte) error {
	kept := make([]byte, len(value)) // not nil, also when empty
	copy(kept, value)
	return s.put(key, kept)
}

// remove deletes a key.
func (s *store) remove(key []byte) error { return s.put(key, nil) }

func (s *store) put(key, value []byte) error {
	before, known := s.young[string(key)]
	if !known {
		s.fresh += len(key) + youngEntry
	}
	s.fresh += cap(value) - cap(before)
	s.young[string(key)] = value
	if s.fresh < youngBytes {
		return nil
	}
	return s.flush()
}

// flush moves the young pairs to the log.
func (s *store) flush() error {
	for key, value := range s.young {
		if err := s.settle([]byte(key), value); err != nil {
			return err
		}
	}
	clear(s.young)
	s.fresh = 0
	return nil
}

// settle appends one pair to the log and points the index to it.
func (s *store) settle(key, value []byte) error {
	slot, old, err := s.find(key)
	if err != nil {
		return err
	}
	at := s.size
	if value == nil {
		// The slot stays, so that keys behind it are still found.
		if old != nil {
			return s.write(slot, key, nil, at)
		}
		return nil
	}
	if s.places[slot] == 0 {
		if s.used++; 4*s.used > 3*len(s.places) {
			s.grow()
			if slot, _, err = s.find(key); err != nil {
				return err
			}
		}
	}
	return s.write(slot, key, value, at)
}

// write appends a pair: uvarint of twice the key's length, plus one for a deleted
// key; uvarint of the value's length; key; value.
func (s *store) write(slot int, key, value []byte, at uint64) error {
	head := uint64(2 * len(key))
	if value == nil {
		head++
	}
	start := len(s.tail)
	s.tail = binary.AppendUvarint(s.tail, head)
	s.tail = binary.AppendUvarint(s.tail, uint64(len(value)))
	s.tail = append(append(s.tail, key...), value...)
	s.size += uint64(len(s.tail) - start)
	s.prints[slot], s.places[slot] = s.print(key), at+1
	if len(s.tail) < tailBytes {
		return nil
	}
	return s.spill()
}

// spill writes the tail to the file.
func (s *store) spill() error {
	if s.file == nil {
		file, err := os.CreateTemp(s.dir, "sandi-audit-")
		if err != nil {
			return fmt.Errorf("couldn't make a temporary file (TMPDIR says where): %w", err)
		}
		s.file = file
	}
	if _, err := s.file.WriteAt(s.tail, int64(s.size)-int64(len(s.tail))); err != nil {
		return fmt.Errorf("couldn't write the temporary file %s: %w", s.file.Name(), err)
	}
	s.tail = s.tail[:0]
	return nil
}

func (s *store) print(key []byte) uint32 { return uint32(maphash.Bytes(s.seed, key) >> 32) }

// find gives the slot of a key, or the free one where it belongs, and its value.
func (s *store) find(key []byte) (slot int, value []byte, err error) {
	print := s.print(key)
	mask := len(s.places) - 1
	for slot = int(print) & mask; s.places[slot] != 0; slot = (slot + 1) & mask {
		if s.prints[slot] != print {
			continue
		}
		k, v, err := s.read(s.places[slot] - 1)
		if err != nil {
			return 0, nil, err
		}
		if string(k) == string(key) {
			return slot, v, nil
		}
	}
	return slot, nil, nil
}

// read reads the pair at a place of the log. The key is valid until the next
// read; the value, nil for a deleted key, is a copy.
func (s *store) read(at uint64) (key, value []byte, err error) {
	data := s.tail
	if spilled := s.size - uint64(len(s.tail)); at < spilled {
		if data, err = s.readFile(at, spilled); err != nil {
			return nil, nil, err
		}
	} else {
		data = data[at-spilled:]
	}
	head, n := binary.Uvarint(data)
	length, m := binary.Uvarint(data[max(n, 0):])
	from := n + m
	if n <= 0 || m <= 0 || uint64(len(data)-from) < head/2+length {
		return nil, nil, fmt.Errorf("couldn't read the temporary file %s: it was changed", s.file.Name())
	}
	key = data[from : from+int(head/2)]
	if head%2 == 0 {
		value = make([]byte, length)
		copy(value, data[from+int(head/2):])
	}
	return key, value, nil
}

// guess is what is read of the file at first: most pairs fit.
const guess = 2 << 10

// readFile gives the bytes of the file from a place on, at least one whole pair.
func (s *store) readFile(at, end uint64) ([]byte, error) {
	for want := uint64(guess); ; {
		want = min(want, end-at)
		if uint64(cap(s.buf)) < want {
			s.buf = make([]byte, want)
		}
		data := s.buf[:want]
		if _, err := s.file.ReadAt(data, int64(at)); err != nil {
			return nil, fmt.Errorf("couldn't read the temporary file %s: %w", s.file.Name(), err)
		}
		head, n := binary.Uvarint(data)
		length, m := binary.Uvarint(data[max(n, 0):])
		need := uint64(n) + uint64(m) + head/2 + length
		if n <= 0 || m <= 0 || need <= want || want == end-at {
			return data, nil
		}
		want = need
	}
}

// grow doubles the index.
func (s *store) grow() {
	prints, places := s.prints, s.places
	s.prints, s.places = make([]uint32, 2*len(prints)), make([]uint64, 2*len(places))
	mask := len(s.places) - 1
	for i, place := range places {
		if place == 0 {
			continue
		}
		slot := int(prints[i]) & mask
		for s.places[slot] != 0 {
			slot = (slot + 1) & mask
		}
		s.prints[slot], s.places[slot] = prints[i], place
	}
}

// each calls fn for every pair, in the order in which they were last written. Key
// and value are valid during the call, which must not use the store.
func (s *store) each(fn func(key, value []byte) error) error {
	if err := s.flush(); err != nil {
		return err
	}
	log := bufio.NewReaderSize(s.log(), 1<<20)
	var buf []byte
	for at := uint64(0); at < s.size; {
		head, err := binary.ReadUvarint(log)
		if err != nil {
			return fmt.Errorf("couldn't read the temporary file: %w", err)
		}
		length, err := binary.ReadUvarint(log)
		if err != nil {
			return fmt.Errorf("couldn't read the temporary file: %w", err)
		}
		keyed := int(head / 2)
		buf = slices.Grow(buf[:0], keyed+int(length))[:keyed+int(length)]
		if _, err := io.ReadFull(log, buf); err != nil {
			return fmt.Errorf("couldn't read the temporary file: %w", err)
		}
		if head%2 == 0 && s.isLatest(buf[:keyed], at) {
			if err := fn(buf[:keyed], buf[keyed:]); err != nil {
				return err
			}
		}
		at += uint64(uvarintSize(head) + uvarintSize(length) + len(buf))
	}
	return nil
}

func (s *store) log() io.Reader {
	if s.file == nil {
		return bytes.NewReader(s.tail)
	}
	return io.MultiReader(io.NewSectionReader(s.file, 0, int64(s.size)-int64(len(s.tail))), bytes.NewReader(s.tail))
}

// isLatest reports whether the index points a key to this place.
func (s *store) isLatest(key []byte, at uint64) bool {
	mask := len(s.places) - 1
	for slot := int(s.print(key)) & mask; s.places[slot] != 0; slot = (slot + 1) & mask {
		if s.places[slot] == at+1 {
			return true
		}
	}
	return false
}

func uvarintSize(v uint64) int {
	n := 1
	for ; v >= 0x80; v >>= 7 {
		n++
	}
	return n
}
