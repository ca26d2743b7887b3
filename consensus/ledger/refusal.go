package ledger

import (
	"fmt"

	"github.com/go-json-experiment/json"

	"sandi.internal/gateway/consensus/statement"
)

// refusalsKept is how many refusals are kept per region; the oldest gives way.
// A refusal that has given way is forgotten: its bytes would be judged afresh.
const refusalsKept = 1024

// refusalRow is a refusal as it is kept. Only statements whose signature holds
// are kept, under the region that signed them: otherwise a forger could wash
// out another bureau's answers.
type refusalRow struct {
	Seq     uint64  `json:"seq"` // counts the region's refusals from 0; slot = Seq mod refusalsKept
	ID      string  `json:"id"`
	Hash    string  `json:"hash"`
	Record  string  `json:"record,omitzero"`
	Size    uint64  `json:"size"` // leaves in the ledger when it was refused
	At      int64   `json:"at"`   // ledger time, unix ms
	Refusal Refusal `json:"refusal"`
}

func (r *refusalRow) marshal() ([]byte, error) {
	out, err := json.Marshal(r, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("couldn't write a refusal: %w", err)
	}
	return out, nil
}

func parseRefusal(data []byte) (*refusalRow, error) {
	var r refusalRow
	if err := json.Unmarshal(data, &r, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("couldn't read a refusal: %w", err)
	}
	return &r, nil
}

func (r *refusalRow) result(region string) Result {
	hash, err := statement.ParseHash(r.Hash)
	if err != nil {
		hash = statement.Hash{}
	}
	refusal := r.Refusal
	return Result{Region: region, ID: r.ID, Hash: hash, Status: Refused, Record: r.Record, Refusal: &refusal, Duplicate: true}
}

// ring is the memory of one region's refusals: which bytes were refused, and
// in which slot the answer lies.
type ring struct {
	next   uint64
	slots  [refusalsKept]statement.Hash
	byHash map[statement.Hash]uint16
}

func newRing() *ring { return &ring{byHash: make(map[statement.Hash]uint16)} }

// put notes the refusal with sequence number seq.
func (g *ring) put(seq uint64, hash statement.Hash) {
	slot := uint16(seq % refusalsKept)
	if old, ok := g.byHash[g.slots[slot]]; ok && old == slot {
		delete(g.byHash, g.slots[slot])
	}
	g.slots[slot] = hash
	g.byHash[hash] = slot
	g.next = max(g.next, seq+1)
}

// keepRefusal stores a refusal in its region's ring, with an entry that finds
// it by statement id.
func (l *Ledger) keepRefusal(tx Tx, st *statement.Statement, refusal *Refusal) error {
	if l.bare {
		return nil
	}
	g := l.rings[st.Region]
	slot := uint16(g.next % refusalsKept)
	key := refusalKey(st.Region, slot)
	if g.next >= refusalsKept {
		if err := l.forgetRefusal(tx, st.Region, key, slot); err != nil {
			return err
		}
	}
	row := refusalRow{
		Seq: g.next, ID: st.ID, Hash: st.Hash.String(), Record: st.Record,
		Size: l.tree.Size(), At: l.time, Refusal: *refusal,
	}
	value, err := row.marshal()
	if err != nil {
		return err
	}
	if err := tx.Set(key, value); err != nil {
		return err
	}
	if err := tx.Set(refusedKey(st.Region, st.ID), slotValue(slot)); err != nil {
		return err
	}
	g.put(g.next, st.Hash)
	return nil
}

// forgetRefusal removes the way to a refusal whose slot is needed, unless a
// later refusal of the same id has taken that way over.
func (l *Ledger) forgetRefusal(tx Tx, region string, key []byte, slot uint16) error {
	old, err := tx.Get(key)
	if err != nil || old == nil {
		return err
	}
	row, err := parseRefusal(old)
	if err != nil {
		return err
	}
	way := refusedKey(region, row.ID)
	at, err := tx.Get(way)
	if err != nil || string(at) != string(slotValue(slot)) {
		return err
	}
	return tx.Delete(way)
}

// refusedBefore returns the kept answer for bytes that were refused already.
func (l *Ledger) refusedBefore(r Reader, st *statement.Statement) (*refusalRow, error) {
	slot, ok := l.rings[st.Region].byHash[st.Hash]
	if !ok {
		return nil, nil
	}
	value, err := r.Get(refusalKey(st.Region, slot))
	if err != nil {
		return nil, err
	}
	return parseRefusal(value)
}

// loadRing rebuilds the memory of one region's ring.
func loadRing(r Reader, region string) (*ring, error) {
	g := newRing()
	prefix := appendTable(nil, tableRefusal, region, "/")
	lower, upper := prefixSpan(prefix)
	err := r.Scan(lower, upper, false, func(_, v []byte) (bool, error) {
		row, err := parseRefusal(v)
		if err != nil {
			return false, err
		}
		hash, err := statement.ParseHash(row.Hash)
		if err != nil {
			return false, fmt.Errorf("couldn't read a refusal: %w", err)
		}
		g.put(row.Seq, hash)
		return true, nil
	})
	return g, err
}
