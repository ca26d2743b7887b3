package ledger

import (
	"encoding/binary"

	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// Seal is a sealed day as it is stored.
type Seal struct {
	Day   string // Beijing date
	Index uint64 // leaf of the seal's statement
	Size  uint64 // of the sealed checkpoint
}

// seal judges ledger.seal: any region's node may submit it, so everything it
// says is checked against this replica's own tree. A day is sealed once it has
// ended by ledger time, in order, with a final checkpoint of this ledger that
// covers no less than the seal before.
func (l *Ledger) seal(r Reader, st *statement.Statement, now int64) (decision, *Refusal, error) {
	body, err := statement.ParseSeal(st.Body)
	if err != nil {
		return decision{}, malformed(err), nil
	}
	if today := calendar.DayOf(now / 1000).String(); body.Day >= today {
		return decision{}, refuse(CodeSealEarly, "day", body.Day, "today", today), nil
	}
	last, err := lastSeal(r)
	if err != nil {
		return decision{}, nil, err
	}
	if body.Day <= last.Day {
		return decision{}, refuse(CodeSealed, "day", body.Day, "last", last.Day), nil
	}
	if refusal := l.inForce(body); refusal != nil {
		return decision{}, refusal, nil
	}
	note, refusal := l.finalNote(body.Checkpoint)
	if refusal != nil {
		return decision{}, refusal, nil
	}
	if note.Size < max(last.Size, 1) || note.Size > l.tree.Size() {
		return decision{}, refuse(CodeSealTree), nil
	}
	books := l.Books(r)
	root, err := merkle.RootAt(books, note.Size)
	if err != nil {
		return decision{}, nil, err
	}
	if root != note.Root {
		return decision{}, refuse(CodeSealTree), nil
	}
	entry, err := r.Get(leafKey(note.Size - 1))
	if err != nil {
		return decision{}, nil, err
	}
	leaf, err := merkle.ParseLeaf(entry)
	if err != nil {
		return decision{}, nil, corrupt("a leaf")
	}
	if statement.Hash(leaf.State).String() != body.State {
		return decision{}, refuse(CodeSealState), nil
	}
	row := sealRow(Seal{Day: body.Day, Index: l.tree.Size(), Size: note.Size})
	latest := change{key: lastSealKey(), after: row}
	if last.Day != "" {
		latest.before = sealRow(last)
	}
	return decision{changes: []change{{key: sealKey(body.Day), after: row}, latest}}, nil, nil
}

// inForce holds the versions that a seal names against the law book.
func (l *Ledger) inForce(body statement.SealBody) *Refusal {
	if law := l.law.Load(); body.Calendar != law.calendar.Version || body.Rules != law.rules.Version {
		return refuse(CodeSealLaw)
	}
	return nil
}

// finalNote opens a note under the log and cosigner keys that are registered and
// were not revoked, and demands the grade final.
func (l *Ledger) finalNote(raw []byte) (*checkpoint.Note, *Refusal) {
	roster := l.Roster()
	note, err := roster.Keys.Open(raw)
	if err != nil || checkpoint.PolicyOf(roster.Genesis).Grade(note) != checkpoint.GradeFinal {
		return nil, refuse(CodeSealNote)
	}
	return note, nil
}

func sealRow(s Seal) []byte {
	row := binary.AppendUvarint(appendText([]byte{rowVersion}, s.Day), s.Index)
	return binary.AppendUvarint(row, s.Size)
}

func parseSeal(row []byte) (Seal, error) {
	d := newDecoder(row)
	s := Seal{Day: d.text(), Index: d.uvarint(), Size: d.uvarint()}
	return s, d.done("a seal")
}

// lastSeal is the latest seal; its Day is empty before the first.
func lastSeal(r Reader) (Seal, error) {
	row, err := r.Get(lastSealKey())
	if err != nil || row == nil {
		return Seal{}, err
	}
	return parseSeal(row)
}

// LastSeal is the latest seal; its Day is empty before the first.
func (b *Books) LastSeal() (Seal, error) { return lastSeal(b.r) }

// Seals lists the seals, the earliest first.
func (b *Books) Seals() ([]Seal, error) {
	var list []Seal
	lower, upper := tableSpan(tableSeal)
	err := b.r.Scan(lower, upper, false, func(k, v []byte) (bool, error) {
		if string(k) == string(lastSealKey()) {
			return true, nil
		}
		s, err := parseSeal(v)
		list = append(list, s)
		return true, err
	})
	return list, err
}
