package home

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"sync"
)

// Local is the node's own keyspace: in no snapshot, untouched by a restore.
type Local interface {
	Get(key []byte) ([]byte, error)
	Set(key, value []byte, sync bool) error
	Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (more bool, err error)) error
}

// Kind says what was done with values.
type Kind string

// Kinds of entries.
const (
	Read  Kind = "read"  // read at home
	Given Kind = "given" // to another region
	Asked Kind = "asked" // of another region, for one of ours
)

// Entry is one line of the log.
type Entry struct {
	At      int64    `json:"at"` // unix s
	Kind    Kind     `json:"kind"`
	Refused bool     `json:"refused,omitempty"`
	Record  string   `json:"record"`
	Because string   `json:"because,omitempty"`
	Region  string   `json:"region"` // of who reads
	Person  string   `json:"person"` // pseudonym
	Org     string   `json:"org"`
	Role    string   `json:"role"`
	Fields  []string `json:"fields,omitempty"`
}

// logPrefix is the first byte of the log's keys: record id, zero, number -> entry.
const logPrefix = 0x98

// maxListed bounds what is listed of one record.
const maxListed = 1000

type log struct {
	local Local
	mu    sync.Mutex // orders the numbers of one record
}

// append writes an entry; it is on disk when append returns.
func (l *log) append(e Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	lower, upper := logSpan(e.Record)
	next := uint64(0)
	err := l.local.Scan(lower, upper, true, func(key, _ []byte) (bool, error) {
		next = binary.BigEndian.Uint64(key[len(key)-8:]) + 1
		return false, nil
	})
	if err != nil {
		return fmt.Errorf("couldn't read the log of readings: %w", err)
	}
	row, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("couldn't write a line of the log of readings: %w", err)
	}
	if err := l.local.Set(binary.BigEndian.AppendUint64(lower, next), row, true); err != nil {
		return fmt.Errorf("couldn't write the log of readings: %w", err)
	}
	return nil
}

func (l *log) of(record string) ([]Entry, error) {
	lower, upper := logSpan(record)
	list := []Entry{}
	err := l.local.Scan(lower, upper, true, func(_, value []byte) (bool, error) {
		var e Entry
		if err := json.Unmarshal(value, &e); err != nil {
			return false, fmt.Errorf("couldn't read a line of the log of readings: %w", err)
		}
		list = append(list, e)
		return len(list) < maxListed, nil
	})
	return list, err
}

// logSpan is where the entries of a record lie.
func logSpan(record string) (lower, upper []byte) {
	head := append([]byte{logPrefix}, record...)
	return append(head[:len(head):len(head)], 0), append(head[:len(head):len(head)], 1)
}
