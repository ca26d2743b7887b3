package client

import (
	"encoding/binary"

	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/merkle"
)

// Of a zip's local file header (APPNOTE 4.3.7): its mark, its fixed length, and
// where the packed size and the lengths of name and extra field stand.
const (
	zipMark   = 0x04034b50
	zipFixed  = 30
	zipPacked = 18
	zipName   = 26
	zipExtra  = 28
)

// meter counts the entries in a bundle while it passes: every file's header says
// its size, so the next header is found without looking at what lies between.
// It stops counting at what it doesn't understand: it only shows progress.
type meter struct {
	size   uint64
	report func(bytes int64, entries, size uint64)

	bytes   int64
	entries uint64
	head    []byte // of the file that begins
	skip    uint64 // bytes of the file under way
	lost    bool   // the directory, or something else, has begun
}

func (m *meter) Write(p []byte) (int, error) {
	m.bytes += int64(len(p))
	for rest := p; len(rest) > 0 && !m.lost; {
		if m.skip > 0 {
			n := min(m.skip, uint64(len(rest)))
			m.skip -= n
			rest = rest[n:]
			continue
		}
		n := min(m.missing(), len(rest))
		m.head = append(m.head, rest[:n]...)
		rest = rest[n:]
		if m.missing() == 0 {
			m.file()
		}
	}
	if m.report != nil {
		m.report(m.bytes, m.entries, m.size)
	}
	return len(p), nil
}

// missing is how many bytes of the header have not come yet.
func (m *meter) missing() int {
	if len(m.head) < zipFixed {
		return zipFixed - len(m.head)
	}
	return zipFixed + int(binary.LittleEndian.Uint16(m.head[zipName:])) + int(binary.LittleEndian.Uint16(m.head[zipExtra:])) - len(m.head)
}

// file takes a complete header.
func (m *meter) file() {
	if binary.LittleEndian.Uint32(m.head) != zipMark {
		m.lost = true
		return
	}
	name := string(m.head[zipFixed:][:binary.LittleEndian.Uint16(m.head[zipName:])])
	switch class, _ := bundle.Classify(name); class {
	case bundle.ClassBundle:
		tile, _ := merkle.ParseTilePath(name) // Classify has read it
		m.entries += uint64(tile.Width)
	case bundle.ClassEntry:
		m.entries++
	}
	m.skip = uint64(binary.LittleEndian.Uint32(m.head[zipPacked:]))
	m.head = m.head[:0]
}
