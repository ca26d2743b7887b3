package ledger

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"sandi.internal/gateway/consensus/procedure"
)

// Summary is what lists and filters need of a record. It is derived: Verify
// computes it again from the record.
type Summary struct {
	ID        string
	Procedure string
	Version   int
	State     string
	Owner     string   // region
	Regions   []string // that take or took part, ascending: those that may see the record
	Created   uint64   // leaf index of its first statement
	Updated   uint64   // leaf index of its latest statement
	Dues      []Due    // running deadlines, the earliest first
}

// Due is a running deadline.
type Due struct {
	At     int64  // unix s: the last second in time
	Name   string // of the deadline
	Record string
	Region string // that owes it, or whose window it is; empty when not known yet, or outside the network
	Owed   bool   // overdue when ledger time is later; else a window that closes or opens
}

// dues are the deadlines of a record that run and are not paused.
func dues(law *Law, f procedure.Facts, r *procedure.Record, now int64) []Due {
	var list []Due
	for _, d := range law.Procedure.Running(f, r, now) {
		list = append(list, Due{At: d.Due, Name: d.Name, Record: r.ID, Region: d.Region, Owed: d.Owed})
	}
	slices.SortFunc(list, func(a, b Due) int {
		if a.At != b.At {
			return int(min(max(a.At-b.At, -1), 1))
		}
		return strings.Compare(a.Name, b.Name)
	})
	return list
}

func summarise(r *procedure.Record, due []Due) Summary {
	return Summary{
		ID: r.ID, Procedure: r.Procedure, Version: r.Version, State: r.State, Owner: r.Owner,
		Regions: r.Regions(), Created: r.Acts[0].Seq, Updated: r.Acts[len(r.Acts)-1].Seq, Dues: due,
	}
}

func (s *Summary) marshal() []byte {
	dst := append(make([]byte, 0, 192), rowVersion)
	for _, text := range [...]string{s.ID, s.Procedure, s.State, s.Owner} {
		dst = appendText(dst, text)
	}
	for _, n := range [...]uint64{uint64(s.Version), s.Created, s.Updated} {
		dst = binary.AppendUvarint(dst, n)
	}
	dst = appendTexts(dst, s.Regions)
	dst = binary.AppendUvarint(dst, uint64(len(s.Dues)))
	for _, d := range s.Dues {
		dst = binary.AppendUvarint(dst, uint64(d.At))
		dst = appendText(appendText(dst, d.Name), d.Region)
		dst = binary.AppendUvarint(dst, owedFlag(d.Owed))
	}
	return dst
}

func parseSummary(row []byte) (*Summary, error) {
	d := newDecoder(row)
	s := &Summary{ID: d.text(), Procedure: d.text(), State: d.text(), Owner: d.text()}
	s.Version, s.Created, s.Updated, s.Regions = int(d.uvarint()), d.uvarint(), d.uvarint(), d.texts()
	n := d.uvarint()
	for i := uint64(0); i < n && !d.bad; i++ {
		s.Dues = append(s.Dues, Due{At: int64(d.uvarint()), Name: d.text(), Record: s.ID, Region: d.text(), Owed: d.uvarint() == 1})
	}
	return s, d.done("a record summary")
}

// derive computes what is derived from a record after an act.
func (l *Ledger) derive(f *facts, e *entry, now int64) error {
	if l.bare {
		return nil
	}
	law := l.law.Load().version(e.record.Procedure, e.record.Version)
	e.dues = dues(law, f, e.record, now/1000)
	if f.err != nil {
		return fmt.Errorf("couldn't read a fact: %w", f.err)
	}
	s := summarise(e.record, e.dues)
	e.summary = s.marshal()
	return nil
}

func parseRecordRow(row []byte) (*procedure.Record, error) {
	record, err := procedure.ParseRecord(row)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", corrupt("a record"), err)
	}
	if len(record.Acts) == 0 {
		return nil, corrupt("a record without acts")
	}
	return record, nil
}

// parseExtractRow is parseRecordRow for what a reader asks for most.
func parseExtractRow(row []byte) (*procedure.Extract, error) {
	extract, err := procedure.ParseExtract(row)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", corrupt("a record"), err)
	}
	if extract.Seq == 0 {
		return nil, corrupt("a record without acts")
	}
	return extract, nil
}

// readEntry makes an entry of a stored record.
func (l *Ledger) readEntry(r Reader, row []byte) (*entry, error) {
	record, err := parseRecordRow(row)
	if err != nil {
		return nil, err
	}
	e := &entry{record: record, row: row, last: record.Acts[len(record.Acts)-1].Seq}
	if l.bare {
		return e, nil
	}
	if e.summary, err = r.Get(updatedKey(e.last)); err != nil {
		return nil, err
	}
	s, err := parseSummary(e.summary)
	if err != nil {
		return nil, err
	}
	e.dues = s.Dues
	return e, nil
}

// writeEntry replaces what is derived from a record. The record itself is among
// the decision's changes.
func (l *Ledger) writeEntry(tx Tx, d *decision) error {
	e := d.entry
	if d.replaces != nil {
		// A record that was opened waits for days, as a rule. Kept from its opening
		// on, the newest thousands would fill the cache with what nobody asks for.
		l.records.put(e.record.ID, e)
	}
	if l.bare {
		return nil
	}
	var old []Due
	if d.replaces != nil {
		old = d.replaces.dues
		if err := tx.Delete(updatedKey(d.replaces.last)); err != nil {
			return err
		}
	}
	if err := tx.Set(updatedKey(e.last), e.summary); err != nil {
		return err
	}
	for _, due := range old {
		if !slices.Contains(e.dues, due) {
			if err := tx.Delete(dueKey(due.At, due.Record, due.Name)); err != nil {
				return err
			}
		}
	}
	for _, due := range e.dues {
		if !slices.Contains(old, due) {
			if err := tx.Set(dueKey(due.At, due.Record, due.Name), dueRow(due)); err != nil {
				return err
			}
		}
	}
	return nil
}

// dueRow is the value of a due key: what the key does not say.
func dueRow(d Due) []byte {
	return binary.AppendUvarint(appendText([]byte{rowVersion}, d.Region), owedFlag(d.Owed))
}

func owedFlag(owed bool) uint64 {
	if owed {
		return 1
	}
	return 0
}

func parseDue(key, value []byte) (Due, error) {
	const head = 9
	if len(key) < head {
		return Due{}, corrupt("a deadline")
	}
	record, name, ok := strings.Cut(string(key[head:]), string(rune(separator)))
	d := newDecoder(value)
	due := Due{At: int64(binary.BigEndian.Uint64(key[1:])), Name: name, Record: record, Region: d.text(), Owed: d.uvarint() == 1}
	if !ok {
		return Due{}, corrupt("a deadline")
	}
	return due, d.done("a deadline")
}
