package dataset

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"sandi.internal/gateway/consensus/dataset"
)

// keptPrefix is the first byte of the keys of notes that were received: agreement, zero,
// unix s, first bytes of the note's digest -> note.
const keptPrefix = 0x9d

const (
	// maxListed bounds what is listed of one agreement.
	maxListed = 1000
	// maxKept bounds what is kept of one agreement, at most 40 MiB: then the oldest go. The
	// access log has a line of every page for ever.
	maxKept = 20_000
	// keptSpare is how many go at a time.
	keptSpare = 1000
)

// Kept is the note of a page that this bureau was given.
type Kept struct {
	*dataset.Evidence
	Note string
}

// keep stores a note, durably: in a dispute it says what the owner gave.
func (d *Sets) keep(agreement string, note []byte) error {
	sum := sha256.Sum256(note)
	key := binary.BigEndian.AppendUint64(keptSpan(agreement, 0), uint64(d.cfg.Clock().Unix()))
	if err := d.cfg.Local.Set(append(key, sum[:8]...), note, true); err != nil {
		return fmt.Errorf("couldn't keep the evidence of an answer: %w", err)
	}
	return d.thin(agreement)
}

// thin lets the oldest notes of an agreement go when there are too many.
func (d *Sets) thin(agreement string) error {
	d.keeping.Lock()
	defer d.keeping.Unlock()
	n, counted := d.kept[agreement]
	if n++; !counted {
		n = 0
		err := d.cfg.Local.Scan(keptSpan(agreement, 0), keptSpan(agreement, 1), false, func(_, _ []byte) (bool, error) { n++; return true, nil })
		if err != nil {
			return fmt.Errorf("couldn't count the evidence of answers: %w", err)
		}
	}
	if n > maxKept {
		var old [][]byte
		err := d.cfg.Local.Scan(keptSpan(agreement, 0), keptSpan(agreement, 1), false, func(key, _ []byte) (bool, error) {
			old = append(old, bytes.Clone(key))
			return len(old) < n-maxKept+keptSpare, nil
		})
		for _, key := range old {
			err = errors.Join(err, d.cfg.Local.Delete(key))
		}
		if err != nil {
			return fmt.Errorf("couldn't let old evidence of answers go: %w", err)
		}
		n -= len(old)
	}
	d.kept[agreement] = n
	return nil
}

func keptSpan(agreement string, end byte) []byte {
	return append(append([]byte{keptPrefix}, agreement...), end)
}

// Kept lists the notes of answers under an agreement, the newest first, verified again.
func (d *Sets) Kept(agreement string) ([]Kept, error) {
	list := []Kept{}
	keys := d.cfg.Keys()
	err := d.cfg.Local.Scan(keptSpan(agreement, 0), keptSpan(agreement, 1), true, func(_, note []byte) (bool, error) {
		e, err := dataset.Open(keys, note)
		if err != nil {
			return false, err
		}
		list = append(list, Kept{e, string(note)})
		return len(list) < maxListed, nil
	})
	if err != nil {
		return nil, fmt.Errorf("couldn't list the evidence of answers: %w", err)
	}
	return list, nil
}
