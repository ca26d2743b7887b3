package public

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/xuri/excelize/v2"

	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/sheet"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/storage/commitment"
)

// intake is one sheet on its way to the ledger.
type intake struct {
	data          []byte
	law           *ledger.Law
	bound         *sheet.Bound
	role          string
	org, person   string
	asSheet, good bool
	rows          []v1.ImportRow // as bound.Entries
}

// importers is how many rows of one sheet are on their way at a time: statements that
// arrive together share an entry of Raft's log, and one sheet shall not fill the desk.
const importers = 16

// judge tries every row on a view of the ledger. Rows see what earlier rows would set.
func (a *API) judge(ctx context.Context, in *intake) error {
	view, books, err := a.look(ctx, desk.Fresh{})
	if err != nil {
		return err
	}
	defer view.Close()
	trial, err := books.Trial(a.cfg.Clock().UnixMilli())
	if err != nil {
		return err
	}
	first := map[string]int{} // row by key
	in.rows = make([]v1.ImportRow, len(in.bound.Entries))
	for i := range in.bound.Entries {
		e := &in.bound.Entries[i]
		row := &in.rows[i]
		row.Row, row.Status = e.Number, v1.RowReady
		key := strings.Join(e.Key, "\n")
		if before, twice := first[key]; twice {
			in.wrong(row, -1, "", problem.RowRepeated, "row", fmt.Sprint(before))
			continue
		}
		first[key] = e.Number
		fork := trial.Fork()
		if err := a.try(ctx, in, books, fork, e, row); err != nil {
			return err
		}
		if row.Status == v1.RowReady || row.Status == v1.RowPart {
			trial.Join(fork)
		}
	}
	return nil
}

// try judges the steps of one row. What it says of the row is in row; the error is a
// failure of ours.
func (a *API) try(ctx context.Context, in *intake, books *ledger.Books, trial *ledger.Trial, e *sheet.Entry, row *v1.ImportRow) error {
	for _, f := range e.Faults {
		row.Status = v1.RowWrong
		row.Errors = append(row.Errors, v1.ImportError{Column: columnOf(f.Column), Field: f.Field, Code: problem.CellInvalid, ZH: f.ZH, EN: f.EN})
	}
	record, stood := "", 0
	steps := in.law.Document.Import.Steps
	for i, step := range steps {
		draft, err := a.rowDraft(ctx, in, e, step, false)
		if err != nil {
			return err
		}
		known, err := a.cfg.Desk.Known(books, record, draft)
		switch {
		case isReused(err):
			in.wrong(row, -1, "", problem.RowDiffers, "record", recordOfStatement(books, a.cfg.Region, draft.ID))
			return nil
		case err != nil:
			return err
		case known != nil:
			record, row.Record = known.Record, known.Record
			stood++
			continue
		}
		id, refusal, err := a.cfg.Desk.Rehearse(books, trial, record, draft)
		if done, err := in.refused(row, e, refusal, err); done || err != nil {
			// Wrong cells of the later steps are told too.
			return errors.Join(err, a.form(ctx, in, e, row, steps[i+1:]))
		}
		record = id
	}
	switch {
	case row.Status == v1.RowWrong:
	case stood == len(steps):
		row.Status = v1.RowDone
	case stood > 0:
		row.Status = v1.RowPart
	}
	return nil
}

// form adds what is wrong with the cells of steps that could not be tried, because an
// earlier step is wrong.
func (a *API) form(ctx context.Context, in *intake, e *sheet.Entry, row *v1.ImportRow, steps []string) error {
	for _, step := range steps {
		draft, err := a.rowDraft(ctx, in, e, step, false)
		if err != nil {
			return err
		}
		var p *problem.Problem
		if err := desk.CheckForm(in.law, in.law.Document.Event(step, ""), draft); errors.As(err, &p) {
			in.fields(row, e, p)
		}
	}
	return nil
}

// refused notes what speaks against a row; false when nothing does.
func (in *intake) refused(row *v1.ImportRow, e *sheet.Entry, refusal *ledger.Refusal, err error) (bool, error) {
	var p *problem.Problem
	switch {
	case errors.As(err, &p) && len(p.Errors) > 0:
		in.fields(row, e, p)
	case errors.As(err, &p) && p.Code != problem.Internal: // no majority, too: nothing was written
		zh, en := p.Texts()
		row.Errors = append(row.Errors, v1.ImportError{Code: p.Code, ZH: zh, EN: en})
	case err != nil:
		return false, err
	case refusal != nil:
		row.Errors = append(row.Errors, v1.ImportError{Code: string(refusal.Code), Field: refusal.Params["field"], Column: columnOf(in.bound.ColumnOf(refusal.Params["field"])), ZH: refusal.ZH, EN: refusal.EN})
	default:
		return false, nil
	}
	row.Status = v1.RowWrong
	return true, nil
}

// fields notes the wrong fields of a problem, each once.
func (in *intake) fields(row *v1.ImportRow, e *sheet.Entry, p *problem.Problem) {
	for _, f := range p.Errors {
		name, _, _ := strings.Cut(strings.TrimPrefix(f.Location, "body.fields."), "[")
		name, _, _ = strings.Cut(name, ".")
		told := func(known v1.ImportError) bool { return known.Field == name }
		if slices.ContainsFunc(row.Errors, told) || slices.ContainsFunc(e.Faults, func(known sheet.Fault) bool { return known.Field == name }) {
			continue
		}
		zh, en := f.Texts()
		if field := in.law.Document.Field(name); field != nil && !strings.HasPrefix(zh, field.ZH) {
			zh, en = field.ZH+"："+zh, field.EN+": "+en
		}
		row.Errors = append(row.Errors, v1.ImportError{Column: columnOf(in.bound.ColumnOf(name)), Field: name, Code: f.Code, ZH: zh, EN: en})
	}
	row.Status = v1.RowWrong
}

func (in *intake) wrong(row *v1.ImportRow, column int, field, code string, params ...string) {
	zh, en := problem.New(code, params...).Texts()
	row.Status = v1.RowWrong
	row.Errors = append(row.Errors, v1.ImportError{Column: columnOf(column), Field: field, Code: code, ZH: zh, EN: en})
}

// run brings the rows that are ready to the ledger. A row that fails says so; the
// others go on.
func (a *API) run(ctx context.Context, in *intake) {
	todo := make(chan int)
	var wg sync.WaitGroup
	for range importers {
		wg.Go(func() {
			for i := range todo {
				a.bring(ctx, in, &in.bound.Entries[i], &in.rows[i])
			}
		})
	}
	for i := range in.rows {
		if in.rows[i].Status == v1.RowReady || in.rows[i].Status == v1.RowPart {
			todo <- i
		}
	}
	close(todo)
	wg.Wait()
}

// bring makes the steps of one row happen.
func (a *API) bring(ctx context.Context, in *intake, e *sheet.Entry, row *v1.ImportRow) {
	record, head := "", ""
	for _, step := range in.law.Document.Import.Steps {
		draft, err := a.rowDraft(ctx, in, e, step, true)
		var receipt desk.Receipt
		switch {
		case err != nil:
		case record == "":
			receipt, err = a.cfg.Desk.Open(ctx, draft)
		default:
			draft.Prev = head
			receipt, err = a.cfg.Desk.Act(ctx, record, draft)
		}
		if err == nil && receipt.Pending {
			row.Status = v1.RowPending
			return
		}
		done, err := in.refused(row, e, receipt.Refusal, err)
		if err != nil {
			a.cfg.Logger.Error("couldn't import a row", "procedure", in.law.Name, "row", row.Row, "err", err)
			in.wrong(row, -1, "", problem.Internal)
			done = true
		}
		if done {
			return
		}
		record, head = receipt.Record, receipt.RecordHead
		row.Record, row.Status = record, v1.RowPart
	}
	row.Status = v1.RowDone
}

// rowDraft is what one step of a row says. With keep the row's own material is put into
// the vault; without, an unmade one stands for it.
func (a *API) rowDraft(ctx context.Context, in *intake, e *sheet.Entry, step string, keep bool) (desk.Draft, error) {
	i := in.law.Document.Import
	words := append([]string{"import", in.law.Name, in.org, step}, e.Key...)
	d := desk.Draft{ID: a.cfg.Desk.Key(words...), Role: in.role, Org: in.org, Person: in.person}
	if step == procedure.OpenEvent {
		d.Procedure = in.law.Name
	} else {
		d.Event = step
	}
	fields := maps.Clone(e.Fields[step])
	event := in.law.Document.Event(step, "")
	text := in.bound.Text(e)
	if takes(event, i.Material) {
		s, err := a.rowObject(ctx, in, append(words, "material"), text, keep)
		if err != nil {
			return d, err
		}
		item, err := json.Marshal([]map[string]any{{"kind": i.Kind, "pages": 1, "commitment": s.Commitment, "size": s.Size}})
		if err != nil {
			return d, err
		}
		fields[i.Material] = item
	}
	if takes(event, i.List) {
		s, err := a.rowObject(ctx, in, append(words, "list"), "1. "+i.Kind+"\n"+text, keep)
		if err != nil {
			return d, err
		}
		if fields[i.List], err = json.Marshal(s.Commitment); err != nil {
			return d, err
		}
	}
	data, err := json.Marshal(fields)
	if err != nil {
		return d, err
	}
	d.Fields, err = desk.ParseFields(data)
	return d, err
}

func takes(e *procedure.Event, field string) bool {
	return field != "" && (slices.Contains(e.Require, field) || slices.Contains(e.Optional, field))
}

// rowObject is the object that a row becomes in the vault: the same one however often
// the row comes in.
func (a *API) rowObject(ctx context.Context, in *intake, words []string, text string, keep bool) (Stored, error) {
	about := Holder{Person: in.person, Org: in.org, Name: "行.txt"}
	id := a.cfg.Desk.Key(append(words, text)...)
	if s, err := a.uploaded(about, id); err != nil || s != nil {
		return deref(s), err
	}
	if !keep {
		return Stored{Commitment: commitment.Commitment{}.String(), Size: int64(len(text))}, nil
	}
	s, err := a.cfg.Materials.Put(ctx, about, strings.NewReader(text))
	if err == nil {
		err = a.rememberUpload(about, id, s)
	}
	return s, err
}

func deref(s *Stored) Stored {
	if s == nil {
		return Stored{}
	}
	return *s
}

// answer says what came of the sheet.
func (in *intake) answer(w http.ResponseWriter, r *http.Request) error {
	if in.asSheet {
		zh := inChinese(r)
		data, err := sheet.Annotate(in.data, in.bound.Table, in.notes(zh), zh)
		if err != nil {
			return err
		}
		sendFile(w, data, in.bound.Format, in.law.Name+"-rows")
		return nil
	}
	out := v1.ImportReport{
		Procedure: in.law.Name, Rows: len(in.rows), Bad: in.count(v1.RowWrong), Done: in.count(v1.RowDone), Items: in.rows,
	}
	out.Good = out.Rows - out.Bad
	return writeJSON(w, http.StatusOK, out)
}

func (in *intake) notes(zh bool) []sheet.Note {
	notes := make([]sheet.Note, 0, len(in.rows))
	for _, row := range in.rows {
		var texts []string
		for _, e := range row.Errors {
			text := e.EN
			if zh {
				text = e.ZH
			}
			texts = append(texts, text)
		}
		notes = append(notes, sheet.Note{Row: row.Row, Error: strings.Join(texts, "\n"), Record: row.Record})
	}
	return notes
}

func (in *intake) count(status string) (n int) {
	for i := range in.rows {
		if in.rows[i].Status == status {
			n++
		}
	}
	return n
}

func inChinese(r *http.Request) bool {
	return problem.Choose(r.Header.Get("Accept-Language")) == problem.Chinese
}

func isReused(err error) bool {
	var p *problem.Problem
	return errors.As(err, &p) && p.Code == problem.KeyReused
}

// recordOfStatement is the record that a statement of this region opened or changed.
func recordOfStatement(books *ledger.Books, region, id string) string {
	outcome, err := books.Statement(region, id)
	if err != nil || outcome.Committed == nil {
		return ""
	}
	return outcome.Committed.Record
}

// columnOf are the letters of a column; empty for none.
func columnOf(at int) string {
	name, err := excelize.ColumnNumberToName(at + 1)
	if err != nil {
		return ""
	}
	return name
}
