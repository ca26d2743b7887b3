package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"sandi.internal/gateway/api/sheet"
	"sandi.internal/gateway/consensus/dataset"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/storage/tables"
)

const (
	// MaxLoad bounds a file in bytes: five million short rows.
	MaxLoad = 1 << 30
	// maxFaults bounds what a report lists; the count goes on.
	maxFaults = 1000
)

// Refusals of a load.
var (
	ErrForeign = errors.New("the data set is another bureau's")
	ErrRole    = errors.New("the role may not load rows of this data set")
	ErrEnded   = errors.New("the data set was withdrawn")
)

// Load is what somebody wants loaded.
type Load struct {
	Set   string
	Role  string
	Check bool // only say what is wrong
	ZH    bool // language of the sheet of what is wrong
}

// Fault is one wrong cell, or row.
type Fault struct {
	Row    int // as people see it
	Column int // from 1; 0: the row as a whole
	Field  string
	Reason string
	ZH, EN string
}

// Report is what came of a load.
type Report struct {
	Rows      uint64 // that are right
	Wrong     uint64 // rows that are not
	Faults    []Fault
	Head      *tables.Head // what is visible afterwards; nil: nothing
	Loaded    bool
	Unchanged bool // this very file was loaded before
	Mend      *sheet.Mend
	Format    sheet.Format
}

// Load reads a sheet of rows. They become visible together if none is wrong; else
// nothing changes. Errors: ErrNone, ErrForeign, ErrRole, ErrEnded, *dataset.Refusal for
// an entry without a schema, tables.ErrBusy, tables.ErrFull, those of sheet and of r.
func (d *Sets) Load(ctx context.Context, l Load, r io.Reader) (*Report, error) {
	schema, err := d.loadable(l)
	if err != nil {
		return nil, err
	}
	batch, err := d.cfg.Tables.Begin(l.Set)
	if err != nil {
		return nil, err
	}
	in := &intake{schema: schema, load: batch, ctx: ctx, zh: l.ZH}
	hash := sha256.New()
	in.report.Format, err = sheet.Stream(io.TeeReader(io.LimitReader(r, MaxLoad+1), hash), in.take)
	if err == nil && in.bound == nil || err == nil && in.report.Rows+in.report.Wrong == 0 {
		err = sheet.ErrEmpty
	}
	if err == nil {
		err = in.end(d, l, hex.EncodeToString(hash.Sum(nil)))
	}
	if err = errors.Join(err, batch.Abort()); err != nil {
		return nil, err
	}
	return &in.report, nil
}

// loadable finds the schema of a data set that this bureau may load.
func (d *Sets) loadable(l Load) (*dataset.Schema, error) {
	books, done, err := d.cfg.Books()
	if err != nil {
		return nil, err
	}
	defer done()
	e, rec, err := entry(books, l.Set, d.cfg.Region)
	switch {
	case err != nil:
		return nil, err
	case e == nil:
		return nil, ErrNone
	case e.Owner != d.cfg.Region:
		return nil, ErrForeign
	case slices.Contains(books.Law(rec.Procedure, rec.Version).Document.Terminal, rec.State):
		return nil, ErrEnded
	case !e.MayLoad(l.Role):
		return nil, ErrRole
	case e.Schema == nil:
		return nil, &dataset.Refusal{Code: dataset.Unusable, Detail: e.Fault.Error()}
	}
	return e.Schema, nil
}

// intake is one load on its way.
type intake struct {
	schema *dataset.Schema
	load   *tables.Load
	ctx    context.Context //nolint:containedctx // of this one load, for take
	zh     bool
	header []string
	bound  *sheet.Bound
	report Report
	stored []byte
}

// take reads a row of the sheet, the header first.
func (in *intake) take(number int, cells []string) error {
	if in.bound == nil {
		var err error
		in.header = cells
		in.bound, err = sheet.Head(in.schema.Form(), cells)
		return err
	}
	if err := in.ctx.Err(); err != nil {
		return err
	}
	faults, err := in.row(number, cells)
	if err != nil {
		return err
	}
	if faults == nil {
		in.report.Rows++
		return nil
	}
	in.report.Wrong++
	if in.report.Mend == nil {
		in.report.Mend = sheet.NewMend(in.header, in.zh)
	}
	if room := maxFaults - len(in.report.Faults); room > 0 {
		in.report.Faults = append(in.report.Faults, faults[:min(len(faults), room)]...)
		in.report.Mend.Add(number, cells, in.words(faults))
	}
	return nil
}

// row checks a row and stores it; what is wrong with it comes back.
func (in *intake) row(number int, cells []string) ([]Fault, error) {
	var faults []Fault
	e := in.bound.Row(in.schema.Form(), number, cells)
	for _, f := range e.Faults {
		faults = append(faults, Fault{Row: number, Column: f.Column + 1, Field: f.Field, Reason: "type", ZH: f.ZH, EN: f.EN})
	}
	row, wrong := in.schema.Row(e.Fields[procedure.OpenEvent])
	for _, f := range wrong {
		field := in.schema.Columns[f.Column].Name
		told := slices.ContainsFunc(faults, func(known Fault) bool { return known.Field == field })
		if !told { // a cell that is no value is absent only because of that
			faults = append(faults, Fault{Row: number, Column: in.bound.ColumnOf(field) + 1, Field: field, Reason: f.Reason, ZH: f.ZH, EN: f.EN})
		}
	}
	if faults != nil {
		return faults, nil
	}
	in.stored = in.schema.Encode(in.stored[:0], row)
	err := in.load.Put(in.ctx, in.schema.KeyOf(row), in.stored)
	if errors.Is(err, tables.ErrDouble) {
		return []Fault{{Row: number, Reason: "repeated", ZH: "主键与前面的行重复", EN: "the key columns are those of an earlier row"}}, nil
	}
	return nil, err
}

func (in *intake) words(faults []Fault) string {
	var list []string
	for _, f := range faults {
		if in.zh {
			list = append(list, f.ZH)
		} else {
			list = append(list, f.EN)
		}
	}
	return strings.Join(list, "；")
}

// end makes the rows visible, if they are all right and new.
func (in *intake) end(d *Sets, l Load, digest string) error {
	form := formOf(in.schema)
	before, err := d.cfg.Tables.Head(l.Set)
	if err != nil && !errors.Is(err, tables.ErrNone) {
		return err
	}
	in.report.Head = before
	in.report.Unchanged = before != nil && before.Digest == digest && before.Form == form
	if in.report.Wrong > 0 || l.Check || in.report.Unchanged {
		return nil
	}
	in.report.Head, err = in.load.Commit(digest, form, d.cfg.Clock().Unix())
	in.report.Loaded = err == nil
	return err
}

// formOf is the digest of a schema: rows are read under the columns they were loaded
// under and no others.
func formOf(s *dataset.Schema) string {
	text, err := json.Marshal(struct {
		Columns []dataset.Column
		Key     []int
	}{s.Columns, s.Key})
	if err != nil {
		panic(fmt.Sprintf("a schema has always a spelling: %v", err))
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
