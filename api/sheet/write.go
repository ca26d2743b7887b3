package sheet

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"

	"sandi.internal/gateway/consensus/procedure"
)

// Choice is one entry of a drop-down that the law does not list: an organisation.
type Choice struct{ Code, Name string }

const (
	dataSheet    = "数据"
	optionsSheet = "选项"
	notesSheet   = "说明"
	templateRows = 1_000 // rows with drop-downs
	columnWidth  = 20
	noteWidth    = 44
)

// Template makes the sheet that people fill in: a header with notes, drop-downs, and a
// page that explains every column. orgs are offered where a field wants one.
func Template(d *procedure.Document, format Format, zh bool, orgs []Choice) ([]byte, error) {
	columns := d.ImportColumns()
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = headOf(c, zh)
	}
	if format == CSV {
		return writeCSV([][]string{head})
	}
	t := &template{book: excelize.NewFile(), zh: zh, orgs: orgs}
	defer t.book.Close()
	t.do(t.book.SetSheetName("Sheet1", dataSheet))
	for _, name := range []string{notesSheet, optionsSheet} {
		_, err := t.book.NewSheet(name)
		t.do(err)
	}
	t.do(t.book.SetSheetVisible(optionsSheet, false))
	t.do(t.book.SetDefinedName(&excelize.DefinedName{Name: aboutName, RefersTo: `"` + About(d) + `"`}))
	t.styles()
	for i, c := range columns {
		t.column(i+1, c, head[i])
	}
	t.explain(d, columns, head)
	t.do(t.book.SetPanes(dataSheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}))
	t.book.SetActiveSheet(0)
	if t.err != nil {
		return nil, fmt.Errorf("couldn't make a template: %w", t.err)
	}
	var b bytes.Buffer
	_, err := t.book.WriteTo(&b)
	return b.Bytes(), err
}

func headOf(c procedure.Column, zh bool) string {
	text := c.Field.EN
	if zh {
		text = c.Field.ZH
	}
	if c.Required {
		text += "*"
	}
	return text
}

// template is one in the making. The first error stops all writing.
type template struct {
	book    *excelize.File
	zh      bool
	orgs    []Choice
	options int // columns used of the hidden sheet
	head    int // style
	text    int
	err     error
}

func (t *template) do(err error) {
	if t.err == nil {
		t.err = err
	}
}

func (t *template) pick(zh, en string) string {
	if t.zh {
		return zh
	}
	return en
}

func (t *template) styles() {
	var err error
	t.head, err = t.book.NewStyle(&excelize.Style{
		Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"#DDEBF7"}},
		Alignment: &excelize.Alignment{WrapText: true, Vertical: "center"},
	})
	t.do(err)
	// Text, so that a credit code or telephone number keeps its digits.
	t.text, err = t.book.NewStyle(&excelize.Style{NumFmt: 49})
	t.do(err)
}

func (t *template) column(n int, c procedure.Column, head string) {
	name, err := excelize.ColumnNumberToName(n)
	t.do(err)
	t.do(t.book.SetColStyle(dataSheet, name, t.text))
	t.do(t.book.SetColWidth(dataSheet, name, name, columnWidth))
	t.do(t.book.SetCellStr(dataSheet, name+"1", head))
	t.do(t.book.SetCellStyle(dataSheet, name+"1", name+"1", t.head))
	kind := t.pick(kindOf(c.Field))
	note := head + "\n" + kind
	t.do(t.book.AddComment(dataSheet, excelize.Comment{Cell: name + "1", Author: "Sandi", Text: note, Width: 260, Height: 120}))
	if list := t.choices(c.Field); len(list) > 0 {
		t.dropDown(name, list)
	}
}

// choices are what a drop-down offers.
func (t *template) choices(f *procedure.Field) []string {
	var list []string
	switch f.Type {
	case procedure.TypeEnum:
		for _, v := range f.Values {
			list = append(list, t.pick(v.ZH, v.EN))
		}
	case procedure.TypeBool:
		list = []string{t.pick("是", "yes"), t.pick("否", "no")}
	case procedure.TypeOrg:
		for _, o := range t.orgs {
			list = append(list, o.Code+" "+o.Name)
		}
	}
	return list
}

// dropDown puts the choices on the hidden sheet, where their number is not bounded by
// what fits into a rule.
func (t *template) dropDown(column string, list []string) {
	t.options++
	at, err := excelize.ColumnNumberToName(t.options)
	t.do(err)
	for i, text := range list {
		t.do(t.book.SetCellStr(optionsSheet, fmt.Sprintf("%s%d", at, i+1), text))
	}
	rule := excelize.NewDataValidation(true)
	rule.Sqref = fmt.Sprintf("%s2:%s%d", column, column, templateRows+1)
	rule.SetSqrefDropList(fmt.Sprintf("%s!$%s$1:$%s$%d", optionsSheet, at, at, len(list)))
	rule.SetError(excelize.DataValidationErrorStyleStop, t.pick("不在列表中", "Not in the list"), t.pick("请从下拉列表中选择", "choose one of the list"))
	t.do(t.book.AddDataValidation(dataSheet, rule))
}

// explain writes the page about the columns.
func (t *template) explain(d *procedure.Document, columns []procedure.Column, head []string) {
	rows := [][]string{
		{t.pick(d.Import.Title.ZH, d.Import.Title.EN), About(d)},
		{t.pick("每行一件；带 * 的列必填。多项用分号隔开，一项之内用 | 隔开。", "One record a row; columns with * are required. Items by semicolons, parts of an item by |.")},
		{},
		{t.pick("列", "Column"), t.pick("字段", "Field"), t.pick("填写方法", "How"), t.pick("可选值", "Choices"), t.pick("保存位置", "Kept")},
	}
	for i, c := range columns {
		zh, en := kindOf(c.Field)
		rows = append(rows, []string{head[i], c.Field.Name, t.pick(zh, en), strings.Join(t.inner(c.Field), "；"), t.kept(c.Field)})
	}
	for i, row := range rows {
		for k, cell := range row {
			at, err := excelize.CoordinatesToCellName(k+1, i+1)
			t.do(err)
			t.do(t.book.SetCellStr(notesSheet, at, Disarm(cell)))
		}
	}
	t.do(t.book.SetColWidth(notesSheet, "A", "E", noteWidth))
}

// inner are the values that an enumeration anywhere inside a field takes.
func (t *template) inner(f *procedure.Field) []string {
	list := t.choices(f)
	if f.Of != nil {
		list = append(list, t.inner(f.Of)...)
	}
	for i := range f.Members {
		if inner := t.inner(&f.Members[i]); len(inner) > 0 {
			list = append(list, t.pick(f.Members[i].ZH, f.Members[i].EN)+" = "+strings.Join(inner, " / "))
		}
	}
	return list
}

func (t *template) kept(f *procedure.Field) string {
	switch f.See {
	case procedure.SeeHome:
		return t.pick("仅存本单位，不上账本", "stays at home, not on the ledger")
	case procedure.SeeCommit:
		return t.pick("仅存本单位，账本上只有承诺值", "stays at home, the ledger has a commitment")
	}
	return t.pick("账本，各成员可见", "on the ledger, for the parties to read")
}

// Note is what an answer adds to a row.
type Note struct {
	Row    int
	Error  string // red; empty: nothing is wrong
	Record string // that it became
}

// Annotate gives the same sheet back with a column of what is wrong, in red, and one
// of the records that rows became. It changes nothing else.
func Annotate(data []byte, t *Table, notes []Note, zh bool) ([]byte, error) {
	first := len(t.Header)
	for i, h := range t.Header { // a sheet that comes back again keeps its columns
		if h == added[0] || h == added[1] {
			first = i
			break
		}
	}
	titles := []string{added[1], added[3]}
	if zh {
		titles = []string{added[0], added[2]}
	}
	if t.Format == CSV {
		return annotateCSV(t, first, titles, notes)
	}
	book, err := openBook(data, true)
	if err != nil {
		return nil, err
	}
	defer book.Close()
	w := &template{book: book}
	red, err := book.NewStyle(&excelize.Style{Font: &excelize.Font{Color: "#C00000"}, Alignment: &excelize.Alignment{WrapText: true}})
	w.do(err)
	set := func(column, row int, text string, style int) {
		at, err := excelize.CoordinatesToCellName(column+1, row)
		w.do(err)
		w.do(book.SetCellStr(t.Name, at, Disarm(text)))
		w.do(book.SetCellStyle(t.Name, at, at, style))
	}
	set(first, t.Head, titles[0], red)
	set(first+1, t.Head, titles[1], 0)
	for _, n := range notes {
		set(first, n.Row, n.Error, red)
		set(first+1, n.Row, n.Record, 0)
	}
	name, err := excelize.ColumnNumberToName(first + 1)
	w.do(err)
	w.do(book.SetColWidth(t.Name, name, name, noteWidth))
	if w.err != nil {
		return nil, fmt.Errorf("couldn't write into the sheet: %w", w.err)
	}
	var b bytes.Buffer
	_, err = book.WriteTo(&b)
	return b.Bytes(), err
}

func annotateCSV(t *Table, first int, titles []string, notes []Note) ([]byte, error) {
	by := make(map[int]Note, len(notes))
	for _, n := range notes {
		by[n.Row] = n
	}
	fit := func(cells []string) []string {
		out := make([]string, first)
		copy(out, cells)
		return out
	}
	rows := [][]string{append(fit(t.Header), titles...)}
	for _, row := range t.Rows {
		n := by[row.Number]
		rows = append(rows, append(fit(row.Cells), n.Error, n.Record))
	}
	return writeCSV(rows)
}
