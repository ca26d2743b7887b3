package ledger

import (
	"bytes"

	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/statement"
)

// Reading is the books as a report reads them: every record in the order of its
// id, what acts stated, the limits as they stand. For one goroutine.
type Reading struct {
	b   *Books
	f   *facts
	now int64
}

// Reading starts a report. It judges limits by the books' time.
func (b *Books) Reading() (*Reading, error) {
	h, err := b.head()
	if err != nil {
		return nil, err
	}
	return &Reading{b: b, f: b.facts(), now: b.now(h)}, nil
}

// Now is the time by which limits are judged, unix s.
func (r *Reading) Now() int64 { return r.now }

// Facts are the ledger's, as they stand.
func (r *Reading) Facts() procedure.Facts { return r.f }

// Procedure is the version that a record follows.
func (r *Reading) Procedure(name string, version int) *procedure.Procedure {
	if law := r.b.law.version(name, version); law != nil {
		return law.Procedure
	}
	return nil
}

// allProcedures is what reports call every procedure.
const allProcedures = "any"

// Records passes on the records of a procedure, or of allProcedures, in the
// order of their ids; none when there is no such procedure.
func (r *Reading) Records(name string, visit func(*procedure.Record) error) error {
	prefix := ""
	if name != allProcedures {
		law := r.b.law.current(name)
		if law == nil {
			return nil
		}
		prefix = law.Prefix + "-"
	}
	lower, upper := prefixSpan(recordKey(prefix))
	return r.b.r.Scan(lower, upper, false, func(_, value []byte) (bool, error) {
		record, err := parseRecordRow(bytes.Clone(value))
		if err != nil {
			return false, err
		}
		if err := visit(record); err != nil {
			return false, err
		}
		return true, r.f.err
	})
}

// Stated is what the statement at a leaf stated about a record: the event, or
// procedure.OpenEvent, and its clear fields.
func (r *Reading) Stated(seq uint64) (event string, fields []byte, err error) {
	c, err := readLeaf(r.b.r, seq)
	if err != nil {
		return "", nil, err
	}
	if c == nil {
		return "", nil, corrupt("the leaf of an act")
	}
	if c.Statement.Kind == statement.KindRecordOpen {
		body, err := statement.ParseOpen(c.Statement.Body)
		return procedure.OpenEvent, body.Fields, err
	}
	body, err := statement.ParseAct(c.Statement.Body)
	return body.Event, body.Fields, err
}

// Deadlines are the runs of a record's time limits.
func (r *Reading) Deadlines(record *procedure.Record) ([]procedure.Deadline, error) {
	return r.b.DeadlinesOf(record, r.now)
}
