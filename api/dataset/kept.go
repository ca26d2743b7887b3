package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"sandi.internal/gateway/consensus/dataset"
)

// keptPrefix is the first byte of the keys of notes that were received: agreement, zero,
// unix s, first bytes of the note's digest -> note.
const keptPrefix = 0x9d

// maxKept bounds what is listed of one agreement.
const maxKept = 1000

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
		return len(list) < maxKept, nil
	})
	if err != nil {
		return nil, fmt.Errorf("couldn't list the evidence of answers: %w", err)
	}
	return list, nil
}
