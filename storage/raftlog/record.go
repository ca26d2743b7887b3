package raftlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"time"

	"github.com/hashicorp/raft"
)

// A record is one log entry as it lies under its index:
//
//	offset size
//	0      1    record format, recordFormat
//	1      1    raft.LogType
//	2      8    term, big endian
//	10     8    AppendedAt, ns since 1970, noTime when zero
//	18     4    length of the extensions
//	22     …    extensions, then data up to the checksum
//	end-4  4    CRC32C of the index (8 bytes, big endian) and all before it
//
// The index stands in the key only; the checksum covers it, so that a record
// under a wrong index is found out.
const (
	recordFormat = 1
	headerSize   = 22
	trailerSize  = 4
	noTime       = math.MinInt64 // no clock shows the year 1677

	// maxEntry bounds data and extensions together. Replicas propose at most
	// 512 KiB at once; what is larger comes from no honest leader.
	maxEntry = 8 << 20
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)

	// ErrCorrupt: the disk returned something else than was stored.
	ErrCorrupt = errors.New("corrupt raft log record")
)

func recordSize(l *raft.Log) int {
	return headerSize + len(l.Extensions) + len(l.Data) + trailerSize
}

// encodeRecord fills dst, which has recordSize(l) bytes.
func encodeRecord(dst []byte, l *raft.Log) {
	at := int64(noTime)
	if !l.AppendedAt.IsZero() {
		at = l.AppendedAt.UnixNano()
	}
	dst[0] = recordFormat
	dst[1] = byte(l.Type)
	binary.BigEndian.PutUint64(dst[2:], l.Term)
	binary.BigEndian.PutUint64(dst[10:], uint64(at))
	binary.BigEndian.PutUint32(dst[18:], uint32(len(l.Extensions)))
	n := headerSize
	n += copy(dst[n:], l.Extensions)
	n += copy(dst[n:], l.Data)
	binary.BigEndian.PutUint32(dst[n:], checksum(l.Index, dst[:n]))
}

// decodeRecord fills l from a record stored under index. It keeps no
// reference to src. Every error wraps ErrCorrupt; l is then unchanged.
func decodeRecord(src []byte, index uint64, l *raft.Log) error {
	if len(src) < headerSize+trailerSize {
		return fmt.Errorf("%w: entry %d has %d bytes", ErrCorrupt, index, len(src))
	}
	body := src[:len(src)-trailerSize]
	if sum := binary.BigEndian.Uint32(src[len(body):]); sum != checksum(index, body) {
		return fmt.Errorf("%w: entry %d fails its checksum", ErrCorrupt, index)
	}
	if body[0] != recordFormat {
		return fmt.Errorf("%w: entry %d has record format %d, this program reads %d", ErrCorrupt, index, body[0], recordFormat)
	}
	extensions := uint64(binary.BigEndian.Uint32(body[18:]))
	if extensions > uint64(len(body)-headerSize) {
		return fmt.Errorf("%w: entry %d claims %d bytes of extensions", ErrCorrupt, index, extensions)
	}
	payload := append([]byte(nil), body[headerSize:]...)
	*l = raft.Log{
		Index: index,
		Term:  binary.BigEndian.Uint64(body[2:]),
		Type:  raft.LogType(body[1]),
		Data:  payload[extensions:],
	}
	if extensions > 0 {
		l.Extensions = payload[:extensions:extensions]
	}
	if at := int64(binary.BigEndian.Uint64(body[10:])); at != noTime {
		l.AppendedAt = time.Unix(0, at)
	}
	return nil
}

func checksum(index uint64, body []byte) uint32 {
	var key [8]byte
	binary.BigEndian.PutUint64(key[:], index)
	return crc32.Update(crc32.Update(0, castagnoli, key[:]), castagnoli, body)
}
