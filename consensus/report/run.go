package report

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"

	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/procedure"
)

// Bounds of one report.
const (
	// MaxRecords is how many records one report reads: at some 20 µs each, twenty
	// seconds of one processor.
	MaxRecords = 1_000_000
	// MaxKeys bounds the distinct values, groups and rows held back, at some 100
	// bytes each.
	MaxKeys = 1_000_000
	// MaxListed bounds the rows that are listed on request, of either kind.
	MaxListed = 20_000
	// MaxDays bounds the period: ten years.
	MaxDays = 3660
)

// ErrTooMuch says that a report would go beyond its bounds; a shorter period or
// one region makes it smaller.
var ErrTooMuch = errors.New("the report reads more than one report may")

// Source is the ledger as a report reads it.
type Source interface {
	// Records passes on the records of a procedure, or of AnyProcedure, in the
	// order of their ids.
	Records(procedure string, visit func(*procedure.Record) error) error
	// Procedure is the version that a record follows.
	Procedure(name string, version int) *procedure.Procedure
	Stated(seq uint64) (event string, fields []byte, err error)
	Deadlines(*procedure.Record) ([]procedure.Deadline, error)
	Facts() procedure.Facts
	Now() int64 // ledger time, unix s
}

// Request says what to count.
type Request struct {
	From, To calendar.Day // both included; To 0: no end
	Region   string       // only rows of this region; empty: of all
	Sees     string       // the reader's region: only records that it may see; empty: all
	List     string       // figure whose rows are listed, and what is left out beside it; empty: none
}

// run is one report in the making.
type run struct {
	d       *Definition
	src     Source
	req     Request
	tallies []*counting // by figure; nil for those made of others
	sets    []doubles   // by row set
	out     *Result
	left    map[string]int // "rows\x00code" -> position in out.LeftOut
	listed  int            // figure whose rows are listed; -1: none
	keys    int
}

// doubles tells the rows of a set apart.
type doubles struct {
	seen map[[16]byte]struct{}
	held map[[16]byte]*line // Last: the latest so far
	keys [][16]byte         // of held, in the order of their first
}

// Compute counts a report. The errors that wrap ErrTooMuch are the reader's to
// mend; all others are the source's, or ctx's.
func (d *Definition) Compute(ctx context.Context, src Source, req Request) (*Result, error) {
	r := &run{d: d, src: src, req: req, out: &Result{Definition: d, listed: -1}, left: map[string]int{}, listed: -1, sets: make([]doubles, len(d.Rows))}
	r.prepare()
	sources := d.sources()
	for _, name := range sources {
		err := src.Records(name, func(rec *procedure.Record) error { return r.record(ctx, name, rec) })
		if err != nil {
			return nil, err
		}
	}
	for i := range r.sets {
		for _, key := range r.sets[i].keys {
			if err := r.count(i, r.sets[i].held[key]); err != nil {
				return nil, err
			}
		}
	}
	r.finish()
	return r.out, nil
}

// sources are the procedures that the report reads, each once, in order.
func (d *Definition) sources() []string {
	var out []string
	for i := range d.Rows {
		for k := range d.Rows[i].Takes {
			if name := d.Rows[i].Takes[k].Of; !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// record counts the rows of one record.
func (r *run) record(ctx context.Context, source string, rec *procedure.Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if r.req.Sees != "" && !slices.Contains(rec.Regions(), r.req.Sees) {
		return nil
	}
	if r.out.Records++; r.out.Records > MaxRecords {
		return ErrTooMuch
	}
	for i := range r.d.Rows {
		for k := range r.d.Rows[i].Takes {
			if r.d.Rows[i].Takes[k].Of != source {
				continue
			}
			if err := r.read(i, k, rec, func(l *line) error { return r.row(i, l) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// row judges one row: whether it belongs to the period and region, is left out,
// or is a double.
func (r *run) row(rows int, l *line) error {
	s := &r.d.Rows[rows]
	if l.date < r.req.From || r.req.To != 0 && l.date > r.req.To {
		return nil
	}
	if at := s.column(regionColumn); r.req.Region != "" && at >= 0 && l.values != nil && l.values[at].text != r.req.Region {
		return nil
	}
	if l.code != "" {
		r.omit(rows, l)
		return nil
	}
	if len(s.Distinct) == 0 {
		return r.count(rows, l)
	}
	key := l.key(s.Distinct)
	set := &r.sets[rows]
	if s.Last {
		return r.hold(rows, set, key, l)
	}
	if _, double := set.seen[key]; double {
		l.code, l.reason = leftDouble, reasons[leftDouble]
		r.omit(rows, l)
		return nil
	}
	if set.seen == nil {
		set.seen = map[[16]byte]struct{}{}
	}
	set.seen[key] = struct{}{}
	if err := r.keep(); err != nil {
		return err
	}
	return r.count(rows, l)
}

// hold keeps the latest of the rows that are the same.
func (r *run) hold(rows int, set *doubles, key [16]byte, l *line) error {
	if set.held == nil {
		set.held = map[[16]byte]*line{}
	}
	old := set.held[key]
	if old == nil {
		set.keys = append(set.keys, key)
		set.held[key] = l
		return r.keep()
	}
	if old.seq > l.seq {
		old, l = l, old
	}
	set.held[key] = l
	old.code, old.reason = leftSuperseded, reasons[leftSuperseded]
	r.omit(rows, old)
	return nil
}

// keep accounts for one more value that is remembered.
func (r *run) keep() error {
	if r.keys++; r.keys > MaxKeys {
		return ErrTooMuch
	}
	return nil
}

// key identifies a row by some of its columns.
func (l *line) key(columns []int) [16]byte {
	var b strings.Builder
	for _, c := range columns {
		b.WriteString(l.values[c].text)
		b.WriteByte(0)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return [16]byte(sum[:])
}

// omit accounts for a row that does not count.
func (r *run) omit(rows int, l *line) {
	name, title := r.d.Rows[rows].Name, r.d.Rows[rows].Title
	at, ok := r.left[name+"\x00"+l.code]
	if !ok {
		at = len(r.out.LeftOut)
		r.left[name+"\x00"+l.code] = at
		r.out.LeftOut = append(r.out.LeftOut, LeftOut{Rows: name, Title: title, Code: l.code, Reason: l.reason})
	}
	r.out.LeftOut[at].Count++
	if r.listed >= 0 && r.d.Figures[r.listed].Rows == rows {
		r.out.Omitted = r.list(r.out.Omitted, rows, l, "")
	}
}

// list adds a row to those listed, as long as there is room.
func (r *run) list(to []Row, rows int, l *line, amount string) []Row {
	if len(to) == MaxListed {
		r.out.Truncated = true
		return to
	}
	row := Row{Record: l.record, Index: l.seq, Item: l.item, Date: l.date.String(), Amount: amount, Code: l.code}
	for i := range l.values {
		row.Values = append(row.Values, r.d.Rows[rows].cell(l, i))
	}
	return append(to, row)
}

// cell is a value with what it is called.
func (s *RowSet) cell(l *line, column int) Cell {
	c := &s.Columns[column]
	v := &l.values[column]
	cell := Cell{Code: v.text, Name: v.name}
	if name, ok := c.Names[v.text]; ok {
		cell.Name = name
	}
	if c.Label >= 0 {
		cell.Name = procedure.Label{ZH: l.values[c.Label].text, EN: l.values[c.Label].text}
	}
	return cell
}
