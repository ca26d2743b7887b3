package accesslog

import (
	"encoding/binary"
	"fmt"

	"sandi.internal/gateway/consensus/merkle"
)

// Keys in the store: one byte, the log's number, then as the byte says.
const (
	kindNumber = 'n' // -> number of the log that is written now
	kindEdge   = 'f' // log -> edge of its tree
	kindEntry  = 'e' // log index -> entry
	kindHash   = 'h' // log level index -> hash
	kindTag    = 't' // log tag index -> nothing
)

func numberKey() []byte { return []byte{kindNumber} }

func logKey(kind byte, log uint64) []byte {
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, 32), kind), log)
}

func edgeKey(log uint64) []byte { return logKey(kindEdge, log) }

func entryKey(log, index uint64) []byte {
	return binary.BigEndian.AppendUint64(logKey(kindEntry, log), index)
}

// entrySpan is where the entries of a log lie, from an index on.
func entrySpan(log, from uint64) (lower, upper []byte) {
	return entryKey(log, from), logKey(kindEntry, log+1)
}

func hashKey(log uint64, level uint8, index uint64) []byte {
	return binary.BigEndian.AppendUint64(append(logKey(kindHash, log), level), index)
}

// tagKey leads from a subject's tag (access.Tag, of one length) to an entry.
func tagKey(log uint64, tag string, index uint64) []byte {
	return binary.BigEndian.AppendUint64(append(logKey(kindTag, log), tag...), index)
}

// indexOf is the index at the end of a key.
func indexOf(key []byte) uint64 { return binary.BigEndian.Uint64(key[len(key)-8:]) }

// hashes reads a log's stored hashes.
type hashes struct {
	store Store
	log   uint64
}

func (l *Log) hashes(log uint64) hashes { return hashes{l.cfg.Store, log} }

var _ merkle.Reader = hashes{}

// StoredHashes implements merkle.Reader.
func (h hashes) StoredHashes(level uint8, first uint64, count int) ([]merkle.Hash, error) {
	list := make([]merkle.Hash, 0, count)
	err := h.store.Scan(hashKey(h.log, level, first), hashKey(h.log, level, first+uint64(count)), false, func(_, value []byte) (bool, error) {
		if len(value) != len(merkle.Hash{}) {
			return false, fmt.Errorf("%w: a hash has %d bytes", ErrDamaged, len(value))
		}
		list = append(list, merkle.Hash(value))
		return true, nil
	})
	if err == nil && len(list) != count {
		err = fmt.Errorf("%w: %d of %d hashes are there", ErrDamaged, len(list), count)
	}
	return list, err
}
