package witness

import (
	"encoding/binary"
	"fmt"
	"strings"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/ledger"
)

// Known is what a stopped node's store says of checkpoints: the notes that it showed or
// was shown, and what it signed itself. A recovery may lose none of them.
type Known struct {
	Notes  []*checkpoint.Note
	Signed []ledger.Point // by this node, the last cosignature and a forgotten one
}

// ReadKnown reads it. keys are all that the network ever had.
func ReadKnown(store Store, keys *checkpoint.Keys) (Known, error) {
	var k Known
	own, err := readState(store, rowKey(rowOwn, ""))
	if err != nil {
		return k, err
	}
	k.Signed = append(k.Signed, ledger.Point{Size: own.Size, Root: own.Root})
	p, err := openProbation(store, false)
	if err != nil {
		return k, err
	}
	if p.claim != nil {
		k.Signed = append(k.Signed, ledger.Point{Size: p.claim.Size, Root: p.claim.Root})
	}
	for _, row := range []byte{rowPublished, rowFinal, rowEarlier, rowDropped} {
		err := store.Scan(rowKey(row, ""), rowKey(row+1, ""), false, func(_, value []byte) (bool, error) {
			text := string(value)
			if row == rowEarlier { // behind its hour
				_, text, _ = strings.Cut(text, "\n")
			}
			n, err := keys.Open([]byte(text))
			if err == nil {
				k.Notes = append(k.Notes, n)
			}
			return true, err
		})
		if err != nil {
			return k, fmt.Errorf("couldn't read a stored note: %w", err)
		}
	}
	return k, nil
}

// Recovered makes a store ready to go on after a recovery of the network: its voters
// have nobody else to ask, so the node neither waits for an answer nor stays on
// probation. Everything that it may have forgotten is settled by the order that two
// regions signed; it votes in no term up to the present one.
func Recovered(store Store, term uint64) error {
	p, err := openProbation(store, false)
	if err != nil {
		return err
	}
	for _, row := range []struct {
		key   byte
		value []byte
	}{{rowFloor, binary.BigEndian.AppendUint64(nil, max(p.floor, term))}, {rowClaim, nil}, {rowAlone, []byte{1}}} {
		if err := store.Set(rowKey(row.key, ""), row.value, true); err != nil {
			return fmt.Errorf("couldn't keep that the network was recovered: %w", err)
		}
	}
	return nil
}
