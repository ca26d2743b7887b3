package sheet

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sandi.internal/gateway/consensus/procedure"
)

// Names of the columns that answers add; a sheet that comes back with them is read
// without.
var added = []string{"错误原因", "Errors", "记录编号", "Record"}

// Entry is one row as fields of the steps.
type Entry struct {
	Row
	Fields map[string]map[string]json.RawMessage // by step
	Key    []string                              // what makes it the same row
	Faults []Fault                               // cells that are no values
}

// Bound is a table whose columns have been found.
type Bound struct {
	*Table
	Columns []procedure.Column // of the document
	at      []int              // position of each in a row; -1: the sheet has none
	Entries []Entry
}

// Bind finds the columns of a document in a table and reads its rows. The error is
// ErrHeader, with every column that is missing, unknown or doubled.
func Bind(d *procedure.Document, t *Table) (*Bound, error) {
	if about := About(d); t.About != "" && !strings.HasPrefix(t.About, d.Name+"/") {
		return nil, fmt.Errorf("%w: it is the template %s, not %s", ErrHeader, t.About, about)
	}
	b := &Bound{Table: t, Columns: d.ImportColumns()}
	var wrong []string
	taken := make(map[int]bool)
	for _, c := range b.Columns {
		at := slices.IndexFunc(t.Header, func(h string) bool { return heads(h, c.Field) })
		if at < 0 && c.Required {
			wrong = append(wrong, "缺少 / missing: "+c.Field.ZH)
		}
		if at >= 0 && taken[at] {
			wrong = append(wrong, "重名 / ambiguous: "+t.Header[at])
		}
		taken[at] = true
		b.at = append(b.at, at)
	}
	for i, h := range t.Header {
		if h != "" && !taken[i] && !slices.Contains(added, h) {
			wrong = append(wrong, "未知 / unknown: "+h)
		}
	}
	if wrong != nil {
		return nil, fmt.Errorf("%w: %s", ErrHeader, strings.Join(wrong[:min(len(wrong), 20)], "; "))
	}
	for _, row := range t.Rows {
		b.Entries = append(b.Entries, b.entry(d, row))
	}
	return b, nil
}

// heads reports whether a column's head is that of a field, in either language or by
// its name; the star of required columns aside.
func heads(head string, f *procedure.Field) bool {
	head = strings.TrimSpace(strings.TrimRight(head, "*＊"))
	return head == f.ZH || strings.EqualFold(head, f.EN) || head == f.Name
}

func (b *Bound) entry(d *procedure.Document, row Row) Entry {
	e := Entry{Row: row, Fields: map[string]map[string]json.RawMessage{}}
	for _, step := range d.Import.Steps {
		e.Fields[step] = map[string]json.RawMessage{}
	}
	for i, c := range b.Columns {
		cell := b.cell(row, i)
		if slices.Contains(d.Import.Key, c.Field.Name) {
			e.Key = append(e.Key, c.Field.Name+"="+cell)
		}
		if cell == "" {
			continue
		}
		value, ok := Value(c.Field, cell)
		if !ok {
			zh, en := kindOf(c.Field)
			e.Faults = append(e.Faults, Fault{Column: b.at[i], Field: c.Field.Name, ZH: c.Field.ZH + "：应为" + zh, EN: c.Field.EN + ": has to be " + en})
			continue
		}
		e.Fields[c.Step][c.Field.Name] = value
	}
	return e
}

// cell is what a row has in a column of the document.
func (b *Bound) cell(row Row, column int) string {
	if at := b.at[column]; at >= 0 && at < len(row.Cells) {
		return row.Cells[at]
	}
	return ""
}

// Text is a row as words, for the material that it becomes.
func (b *Bound) Text(e *Entry) string {
	var out strings.Builder
	for i, c := range b.Columns {
		if cell := b.cell(e.Row, i); cell != "" {
			fmt.Fprintf(&out, "%s：%s\n", c.Field.ZH, cell)
		}
	}
	return out.String()
}

// ColumnOf is where a field stands in the sheet; -1 when it has no column.
func (b *Bound) ColumnOf(field string) int {
	for i, c := range b.Columns {
		if c.Field.Name == field {
			return b.at[i]
		}
	}
	return -1
}

// About is what a template says of itself.
func About(d *procedure.Document) string { return fmt.Sprintf("%s/%d", d.Name, d.Version) }
