package witness

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"sandi.internal/gateway/consensus/checkpoint"
)

// ErrRetired: a return to a final checkpoint has ended the keys that this node holds.
var ErrRetired = errors.New("this node's log or cosigner key was ended by a return to a final checkpoint: it may have signed trees that were given up, and signs no other of their sizes; " +
	"name the new keys in sandi.yaml (OPERATIONS.md, \"A proven fork\")")

// Homecoming is what a store has to know of a return to a final checkpoint.
type Homecoming struct {
	Final   *checkpoint.Note // that is returned to
	Index   uint64           // Raft's position from which the node goes on
	Term    uint64
	Retired [][]byte // public halves of the log and cosigner keys that signed before
}

// Returned makes a store ready to go on after a return. The promises of the keys that
// signed before are kept for ever, and these keys sign nothing more here, whatever the
// configuration says: a cosigner that has signed a tree must never sign another one of
// that size. The new keys have promised nothing; they go on from the final checkpoint.
// What was forgotten before matters no more, and no vote is given up to the present term.
// Returned may be repeated.
func Returned(store Store, h Homecoming) error {
	own, err := readState(store, rowKey(rowOwn, ""))
	if err != nil {
		return err
	}
	p, err := openProbation(store, false)
	if err != nil {
		return err
	}
	set := func(key, value []byte) {
		if err == nil {
			err = store.Set(key, value, true)
		}
	}
	for _, key := range h.Retired {
		if had, e := store.Get(rowKey(rowRetired, string(key))); e != nil || had != nil { // the first time counts
			err = errors.Join(err, e)
			continue
		}
		set(rowKey(rowRetired, string(key)), own.marshal())
	}
	note := h.Final.Marshal()
	set(rowKey(rowOwn, ""), State{Size: h.Final.Size, Root: h.Final.Root, At: own.At, Index: h.Index, Term: h.Term}.marshal())
	set(rowKey(rowFinal, ""), note)
	set(rowKey(rowPublished, ""), note)
	set(rowKey(rowFloor, ""), binary.BigEndian.AppendUint64(nil, max(p.floor, h.Term)))
	set(rowKey(rowClaim, ""), nil)
	if err == nil {
		err = dropAbove(store, h.Final.Size)
	}
	if err != nil {
		return fmt.Errorf("couldn't keep that the ledger was returned to a final checkpoint: %w", err)
	}
	return nil
}

// dropAbove forgets the notes of others' cosignatures above a size.
func dropAbove(store Store, size uint64) error {
	var drop [][]byte
	err := store.Scan(rowKey(rowDropped, ""), rowKey(rowDropped+1, ""), false, func(key, row []byte) (bool, error) {
		body, _, _ := bytes.Cut(row, []byte("\n\n"))
		if c, err := checkpoint.ParseBody(append(bytes.Clone(body), '\n')); err != nil || c.Size > size {
			drop = append(drop, bytes.Clone(key))
		}
		return true, nil
	})
	for _, key := range drop {
		if err == nil {
			err = store.Delete(key)
		}
	}
	return err
}

// checkRetired finds out whether a return has ended one of this node's keys.
func (w *Witness) checkRetired() error {
	for _, key := range [][]byte{w.logKey.Public, w.own.self.Public} {
		row, err := w.cfg.Store.Get(rowKey(rowRetired, string(key)))
		if err != nil {
			return fmt.Errorf("couldn't read which keys were ended: %w", err)
		}
		if row != nil {
			w.retired = ErrRetired
			w.log.Error(ErrRetired.Error())
		}
	}
	return nil
}

// settled reports whether a return in force explains a note: it is of a history that was
// given up, under keys that count no more, and accuses nobody.
func (w *Witness) settled(n *checkpoint.Note) bool { return w.cfg.Settled != nil && w.cfg.Settled(n) }

// explained is the same of evidence: one half that is explained contradicts nothing.
func (w *Witness) explained(e Evidence) bool {
	if w.cfg.Settled == nil {
		return false
	}
	ever := w.group.Load().Ever
	for _, raw := range [][]byte{e.First, e.Second} {
		if n, err := ever.Open(raw); err == nil && w.settled(n) {
			return true
		}
	}
	return false
}

// bygone looks at a note under keys that count no more: one of this ledger's own past, or
// of a history that a return has given up, is nothing to worry about.
func (w *Witness) bygone(n *checkpoint.Note) bool {
	if w.settled(n) {
		return true
	}
	if n.Size > w.cfg.Ledger.Size() {
		return false
	}
	p, err := w.point(w.life, n.Size)
	return err == nil && p.root == n.Root
}

// ReadEvidence is the forks that a stopped node's store knows of, the oldest first. keys
// are all that the network ever had.
func ReadEvidence(store Store, keys *checkpoint.Keys) ([]Evidence, error) {
	c, err := openCases(store, keys, nil)
	if err != nil {
		return nil, err
	}
	return c.all(), nil
}
