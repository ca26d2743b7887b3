package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"sandi.internal/gateway/consensus/procedure"
)

// Bounds of one page.
const (
	DefaultLimit = 50
	MaxLimit     = 500
	maxText      = 100 // runes of a text filter
	// scanBudget bounds the work of one page: looking at a summary costs 1, at a
	// record recordCost. A page that runs out ends early, with a cursor.
	scanBudget = 50_000
	recordCost = 25
)

// ErrFilter is returned for a filter or a cursor that cannot be followed.
var ErrFilter = errors.New("not a valid filter or cursor")

// Sort is the order of a page.
type Sort string

// Orders of records.
const (
	ByUpdate Sort = "-updated" // latest change first; the default
	ByOldest Sort = "updated"  // longest without a change first
	ByDue    Sort = "due"      // earliest running deadline first; records without one are left out
)

// Filter selects records. Zero members select all.
type Filter struct {
	Region      string // takes or took part
	Counterpart string // takes or took part, too
	Owner       string // region that opened it
	Procedure   string
	State       string
	Owes        string   // region that owes a running deadline
	Box         Box      // how Region stands to it
	Overdue     bool     // a running deadline (of Owes, when given) has passed, by ledger time or AsOf
	Running     bool     // it has not ended
	Offices     []string // of Region: one of them may do something now, as far as can be said without trying
	Text        string   // in the record's id, parties or clear fields; ASCII letters in either case
	Sort        Sort
	Cursor      string // of the page before
	Limit       int    // 0: DefaultLimit; at most MaxLimit
}

// Box is how a region stands to a record: the trays of a desk.
type Box string

const (
	BoxIn   Box = "in"   // another region opened it
	BoxOut  Box = "out"  // the region opened it
	BoxTodo Box = "todo" // the region owes a running deadline
	BoxDone Box = "done" // the region owes nothing now
)

// holds reports whether a box of a region holds a record.
func (b Box) holds(region string, s *Summary) bool {
	owes := func(d Due) bool { return d.Owed && d.Region == region }
	switch b {
	case BoxIn:
		return s.Owner != region
	case BoxOut:
		return s.Owner == region
	case BoxTodo:
		return slices.ContainsFunc(s.Dues, owes)
	case BoxDone:
		return !slices.ContainsFunc(s.Dues, owes)
	}
	return b == ""
}

// Row is a record in a list.
type Row struct {
	Summary
	Record *procedure.Record
}

// Page is one page of a list. A page may hold fewer rows than its limit and
// still have a Next: the search went through as many records as one page may.
type Page struct {
	Rows       []Row
	Next       string // cursor of the next page; empty at the end
	LedgerTime int64  // unix ms
}

// Records lists the records that a filter selects. The error wraps ErrFilter
// when the filter or its cursor is at fault.
func (b *Books) Records(f Filter) (Page, error) {
	q, err := newQuery(f)
	if err != nil {
		return Page{}, err
	}
	h, err := b.head()
	if err != nil {
		return Page{}, err
	}
	q.now = b.now(h)
	q.books = b
	lower, upper := tableSpan(q.table)
	switch {
	case q.after != nil && q.reverse:
		upper = q.after // exclusive
	case q.after != nil:
		lower = append(bytes.Clone(q.after), 0) // the next key after it
	}
	err = b.r.Scan(lower, upper, q.reverse, q.visit)
	return Page{Rows: q.rows, Next: q.next, LedgerTime: h.time}, err
}

// query is one page in the making.
type query struct {
	Filter
	table   byte
	reverse bool
	after   []byte // key of the last row of the page before
	needle  string // Text in lower case
	digest  [8]byte
	books   *Books
	now     int64 // ledger time, unix s
	spent   int
	last    []byte // key that was looked at last
	rows    []Row
	next    string
}

func newQuery(f Filter) (*query, error) {
	if f.Limit == 0 {
		f.Limit = DefaultLimit
	}
	if f.Sort == "" {
		f.Sort = ByUpdate
	}
	if f.Limit < 1 || f.Limit > MaxLimit || !utf8.ValidString(f.Text) || utf8.RuneCountInString(f.Text) > maxText {
		return nil, fmt.Errorf("couldn't list records: %w: limit or text", ErrFilter)
	}
	q := &query{Filter: f, table: tableUpdated, needle: foldASCII(f.Text), digest: f.fingerprint()}
	switch f.Sort {
	case ByUpdate:
		q.reverse = true
	case ByOldest:
	case ByDue:
		q.table = tableDue
	default:
		return nil, fmt.Errorf("couldn't list records: %w: sort", ErrFilter)
	}
	if f.Cursor != "" {
		position, ok := readCursor(f.Cursor, q.digest)
		if !ok || len(position) == 0 || position[0] != q.table {
			return nil, fmt.Errorf("couldn't list records: %w: cursor", ErrFilter)
		}
		q.after = position
	}
	return q, nil
}

// visit looks at one key of the order that the query follows.
func (q *query) visit(key, value []byte) (bool, error) {
	if len(q.rows) == q.Limit || q.spent >= scanBudget {
		q.next = writeCursor(q.digest, q.last)
		return false, nil
	}
	q.last = append(q.last[:0], key...)
	q.spent++
	if q.Overdue && q.table == tableDue && int64(binary.BigEndian.Uint64(key[1:])) >= q.now {
		return false, nil // the rest is not overdue
	}
	summary, err := q.summary(key, value)
	if err != nil || summary == nil || !q.selects(summary) {
		return err == nil, err
	}
	record, err := q.read(summary.ID)
	if err != nil || record == nil {
		return err == nil, err
	}
	q.rows = append(q.rows, Row{Summary: *summary, Record: record})
	return true, nil
}

// summary reads the summary that a key stands for; nil when another key of the
// same record stands for it.
func (q *query) summary(key, value []byte) (*Summary, error) {
	if q.table == tableUpdated {
		return parseSummary(value)
	}
	due, err := parseDue(key, value)
	if err != nil {
		return nil, err
	}
	q.spent += recordCost
	record, err := q.books.Record(due.Record)
	if err != nil {
		return nil, err
	}
	if record == nil {
		return nil, corrupt("a deadline without a record")
	}
	data, err := q.books.r.Get(updatedKey(record.Acts[len(record.Acts)-1].Seq))
	if err != nil {
		return nil, err
	}
	s, err := parseSummary(data)
	if err != nil || len(s.Dues) == 0 || s.Dues[0] != due {
		return nil, err
	}
	return s, nil
}

func (q *query) selects(s *Summary) bool {
	switch {
	case q.Region != "" && !slices.Contains(s.Regions, q.Region),
		q.Counterpart != "" && !slices.Contains(s.Regions, q.Counterpart),
		q.Owner != "" && s.Owner != q.Owner,
		q.Procedure != "" && s.Procedure != q.Procedure,
		q.State != "" && s.State != q.State,
		!q.Box.holds(q.Region, s):
		return false
	case q.Owes == "" && !q.Overdue:
		return true
	}
	return slices.ContainsFunc(s.Dues, func(d Due) bool {
		return d.Owed && (q.Owes == "" || d.Region == q.Owes) && (!q.Overdue || d.At < q.now)
	})
}

// read reads a selected record; nil when it does not hold the text.
func (q *query) read(id string) (*procedure.Record, error) {
	row, err := q.books.r.Get(recordKey(id))
	if err != nil {
		return nil, err
	}
	if q.needle != "" {
		q.spent += recordCost
		if !mayHold(row, q.needle) {
			return nil, nil
		}
	}
	record, err := parseRecordRow(row)
	if err != nil || (q.needle != "" && !holds(record, q.needle)) {
		return nil, err
	}
	if !q.Running && q.Offices == nil {
		return record, nil
	}
	q.spent += recordCost
	if wanted, err := q.waits(record); err != nil || !wanted {
		return nil, err
	}
	return record, nil
}

// waits reports whether a record is still running, for one of the offices if any are
// asked for.
func (q *query) waits(record *procedure.Record) (bool, error) {
	law := q.books.law.version(record.Procedure, record.Version)
	if law == nil {
		return false, corrupt("record " + record.ID + ": unknown procedure version")
	}
	if slices.Contains(law.Document.Terminal, record.State) {
		return false, nil
	}
	if q.Offices == nil {
		return true, nil
	}
	options, _, err := q.books.Outlook(record)
	return slices.ContainsFunc(options, func(o procedure.Option) bool {
		return o.Auto == "" && o.Blocked == nil && o.IsFor(q.Region, func(role string) bool { return slices.Contains(q.Offices, role) })
	}), err
}

// fingerprint binds a cursor to what it pages through. The limit may change
// between pages.
func (f Filter) fingerprint() [8]byte {
	var dst []byte
	for _, s := range [...]string{f.Region, f.Counterpart, f.Owner, f.Procedure, f.State, f.Owes, f.Text, string(f.Sort), string(f.Box)} {
		dst = appendText(dst, s)
	}
	for _, office := range f.Offices {
		dst = appendText(dst, office)
	}
	for i, given := range []bool{f.Overdue, f.Running, f.Offices != nil} {
		if given {
			dst = append(dst, byte(i+1))
		}
	}
	sum := sha256.Sum256(dst)
	return [8]byte(sum[:])
}

const cursorVersion = 1

var cursorText = base64.RawURLEncoding.Strict()

// writeCursor makes an opaque cursor: version, fingerprint, length and key.
func writeCursor(fingerprint [8]byte, position []byte) string {
	dst := append([]byte{cursorVersion}, fingerprint[:]...)
	dst = binary.AppendUvarint(dst, uint64(len(position)))
	return cursorText.EncodeToString(append(dst, position...))
}

// maxCursor is far above what writeCursor makes.
const maxCursor = 512

func readCursor(text string, fingerprint [8]byte) ([]byte, bool) {
	if len(text) > maxCursor {
		return nil, false
	}
	data, err := cursorText.DecodeString(text)
	if err != nil || len(data) < 9 || data[0] != cursorVersion || [8]byte(data[1:9]) != fingerprint {
		return nil, false
	}
	n, rest, ok := takeUvarint(data[9:], maxCursor)
	if !ok || n != uint64(len(rest)) {
		return nil, false
	}
	return rest, true
}
