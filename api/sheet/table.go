package sheet

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// Bounds of what is read.
const (
	MaxFile    = 8 << 20  // bytes of a file: 5,000 rows of a page each are 3 MiB
	maxUnzip   = 64 << 20 // bytes that a workbook may unpack to
	MaxRows    = 5_000    // rows with data
	maxColumns = 200
	maxCell    = 8_000 // runes, as the longest text field
)

// Refusals; each is wrapped with what is wrong.
var (
	ErrFormat = errors.New("neither a workbook (xlsx) nor CSV in UTF-8 or GB18030")
	ErrSize   = errors.New("the sheet is larger than may be imported")
	ErrHeader = errors.New("the header row is not that of the template")
	ErrEmpty  = errors.New("the sheet has no rows")
)

// Format is how a sheet is stored.
type Format string

// The formats.
const (
	XLSX Format = "xlsx"
	CSV  Format = "csv"
)

// Table is a sheet as text.
type Table struct {
	Format Format
	Name   string   // of the worksheet
	About  string   // what the template said of itself; empty: not from a template
	Header []string // trimmed
	Head   int      // its row
	Rows   []Row    // those with anything in them
}

// Row is one row, with its number as people see it.
type Row struct {
	Number int
	Cells  []string
}

// aboutName is the hidden name by which a template says what it is for.
const aboutName = "sandi_template"

// Read reads a sheet: the first visible worksheet of a workbook, or CSV.
func Read(data []byte) (*Table, error) {
	if len(data) > MaxFile {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrSize, len(data), MaxFile)
	}
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return readBook(data)
	}
	return readCSV(data)
}

// openBook opens a workbook to be read whole, or row by row, where it may be larger and
// large parts are unpacked into temporary files.
func openBook(data []byte, whole bool) (*excelize.File, error) {
	if err := weigh(data, whole); err != nil {
		return nil, err
	}
	most, held := int64(maxUnzip), int64(maxUnzip)
	if !whole {
		most, held = maxUnzipBook, maxHeld
	}
	book, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: most, UnzipXMLSizeLimit: held, RawCellValue: true})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return book, nil
}

func readBook(data []byte) (t *Table, err error) {
	defer func() { // a workbook made to break its reader is a bad workbook
		if p := recover(); p != nil {
			t, err = nil, fmt.Errorf("%w: the workbook cannot be read", ErrFormat)
		}
	}()
	book, err := openBook(data, true)
	if err != nil {
		return nil, err
	}
	defer book.Close()
	t = &Table{Format: XLSX, Name: visibleSheet(book)}
	for _, n := range book.GetDefinedName() {
		if n.Name == aboutName {
			t.About = strings.Trim(n.RefersTo, `"`)
		}
	}
	if err := bookRows(book, t.Name, t.add); err != nil {
		return nil, err
	}
	return t.checked()
}

// visibleSheet is the first worksheet that people see.
func visibleSheet(book *excelize.File) string {
	for _, name := range book.GetSheetList() {
		if visible, err := book.GetSheetVisible(name); err == nil && visible {
			return name
		}
	}
	return ""
}

func readCSV(data []byte) (*Table, error) {
	t := &Table{Format: CSV}
	if err := streamCSV(bufio.NewReaderSize(bytes.NewReader(data), sniffed), t.add); err != nil {
		return nil, err
	}
	return t.checked()
}

// add takes the next row that has anything in it; the first is the header.
func (t *Table) add(number int, cells []string) error {
	switch {
	case t.Header == nil:
		t.Header, t.Head = cells, number
	case len(t.Rows) == MaxRows:
		return fmt.Errorf("%w: more than %d rows", ErrSize, MaxRows)
	default:
		t.Rows = append(t.Rows, Row{number, cells})
	}
	return nil
}

// clean trims the cells of a row, within the bounds.
func clean(number int, cells []string) (empty bool, err error) {
	if len(cells) > maxColumns {
		return false, fmt.Errorf("%w: %d columns in row %d, at most %d", ErrSize, len(cells), number, maxColumns)
	}
	empty = true
	for i, c := range cells {
		if len(c) > 4*maxCell || utf8.RuneCountInString(c) > maxCell {
			return false, fmt.Errorf("%w: a cell of row %d has more than %d characters", ErrSize, number, maxCell)
		}
		cells[i] = armed(strings.TrimSpace(c))
		empty = empty && cells[i] == ""
	}
	return empty, nil
}

func (t *Table) checked() (*Table, error) {
	if t.Header == nil || len(t.Rows) == 0 {
		return nil, ErrEmpty
	}
	return t, nil
}

// Disarm makes text harmless that a spreadsheet would take for a formula: an
// apostrophe before = + - @, tabs and carriage returns. Plain numbers stay.
func Disarm(text string) string {
	if text == "" || !strings.ContainsRune("=+-@\t\r", rune(text[0])) || isNumber(text) {
		return text
	}
	return "'" + text
}

// armed undoes Disarm.
func armed(text string) string {
	if rest, ok := strings.CutPrefix(text, "'"); ok && Disarm(rest) == text {
		return rest
	}
	return text
}

func isNumber(text string) bool {
	digits, point := 0, 0
	for i, c := range text {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '.':
			point++
		case c == '-' && i == 0:
		default:
			return false
		}
	}
	return digits > 0 && point <= 1
}

// writeCSV writes rows with a byte order mark, so that spreadsheets read them as
// UTF-8.
func writeCSV(rows [][]string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\xef\xbb\xbf")
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	for _, row := range rows {
		safe := make([]string, len(row))
		for i, cell := range row {
			safe[i] = Disarm(cell)
		}
		if err := w.Write(safe); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}
