package sheet

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"sandi.internal/gateway/consensus/procedure"
)

const (
	// MaxBook bounds a workbook that is streamed: it is held in memory as it came,
	// its rows are not.
	MaxBook = 32 << 20
	// maxUnzipBook bounds what it may unpack to; a worksheet or a table of texts beyond
	// maxHeld is unpacked into a temporary file.
	maxUnzipBook = 512 << 20
	maxHeld      = 4 << 20
	// maxNumber is the last row that a workbook can have.
	maxNumber = 1 << 20
	// sniffed is how much of a file is looked at to tell its encoding, from the first
	// byte that is not ASCII on.
	sniffed = 32 << 10
)

// Stream reads a sheet of any number of rows and gives those with anything in them, the
// header first, as take wants them; an error of take ends it. cells are take's to keep.
// A CSV file takes constant memory, a workbook its own size, at most MaxBook.
func Stream(r io.Reader, take func(number int, cells []string) error) (Format, error) {
	in := bufio.NewReaderSize(r, sniffed)
	if head, _ := in.Peek(4); string(head) == "PK\x03\x04" {
		return XLSX, streamBook(in, take)
	}
	return CSV, streamCSV(in, take)
}

// tell gives a row to take, cleaned, unless it is empty.
func tell(number int, cells []string, take func(int, []string) error) error {
	empty, err := clean(number, cells)
	if err != nil || empty {
		return err
	}
	return take(number, cells)
}

func streamBook(r io.Reader, take func(int, []string) error) (err error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxBook+1))
	if err != nil {
		return err
	}
	if len(data) > MaxBook {
		return fmt.Errorf("%w: a workbook of more than %d MiB; save it as CSV", ErrSize, MaxBook>>20)
	}
	defer func() { // a workbook made to break its reader is a bad workbook
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: the workbook cannot be read", ErrFormat)
		}
	}()
	book, err := openBook(data, false)
	if err != nil {
		return err
	}
	defer book.Close()
	return bookRows(book, visibleSheet(book), take)
}

// bookRows gives the rows of a worksheet to take.
func bookRows(book *excelize.File, name string, take func(int, []string) error) error {
	rows, err := book.Rows(name)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	defer rows.Close()
	for number := 1; rows.Next(); number++ {
		if number > maxNumber {
			return fmt.Errorf("%w: more rows than a workbook has", ErrSize)
		}
		cells, err := rows.Columns()
		if err != nil {
			return fmt.Errorf("%w: %w", ErrFormat, err)
		}
		if err := tell(number, cells, take); err != nil {
			return err
		}
	}
	return rows.Error()
}

func streamCSV(in *bufio.Reader, take func(int, []string) error) error {
	if head, _ := in.Peek(3); string(head) == "\xef\xbb\xbf" {
		_, _ = in.Discard(3)
	}
	r := csv.NewReader(&decoder{in: in})
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var form *csv.ParseError
		if errors.As(err, &form) {
			return fmt.Errorf("%w: %w", ErrFormat, err)
		}
		if err != nil {
			return err
		}
		number, _ := r.FieldPos(0)
		for _, c := range cells {
			if !utf8.ValidString(c) || strings.ContainsRune(c, 0) || strings.ContainsRune(c, utf8.RuneError) {
				return fmt.Errorf("%w: row %d", ErrFormat, number)
			}
		}
		if err := tell(number, cells, take); err != nil {
			return err
		}
	}
}

// decoder gives UTF-8. ASCII is the same in both encodings, so it decides at the first
// other byte, by what follows it.
type decoder struct {
	in   *bufio.Reader
	rest io.Reader // once it is decided
}

func (d *decoder) Read(p []byte) (int, error) {
	if d.rest != nil {
		return d.rest.Read(p)
	}
	window, err := d.in.Peek(sniffed)
	if len(window) == 0 {
		return 0, err
	}
	ascii := bytes.IndexFunc(window, func(r rune) bool { return r >= utf8.RuneSelf })
	if ascii != 0 {
		if ascii < 0 {
			ascii = len(window)
		}
		return d.in.Read(p[:min(len(p), ascii)])
	}
	d.rest = d.in
	if !utf8.Valid(wholeRunes(window)) {
		d.rest = simplifiedchinese.GB18030.NewDecoder().Reader(d.in)
	}
	return d.rest.Read(p)
}

// wholeRunes leaves out a rune that the end of the window cuts.
func wholeRunes(b []byte) []byte {
	for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
		if last := b[len(b)-i]; utf8.RuneStart(last) {
			if last >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-i:]) {
				return b[:len(b)-i]
			}
			break
		}
	}
	return b
}

// Head finds the columns of a document in a header row; Row then reads rows one by one.
// The error is ErrHeader, with every column that is missing, unknown or doubled.
func Head(d *procedure.Document, header []string) (*Bound, error) {
	return Bind(d, &Table{Header: header})
}

// Row reads one row of the sheet.
func (b *Bound) Row(d *procedure.Document, number int, cells []string) Entry {
	return b.entry(d, Row{number, cells})
}

// Mend is a sheet of the rows that are wrong alone, each with its number and what is
// wrong with it, as CSV: what somebody mends who has loaded a long file.
type Mend struct {
	rows [][]string
	wide int
}

// NewMend begins the sheet with the header of the file.
func NewMend(header []string, zh bool) *Mend {
	number, why := "Line", added[1]
	if zh {
		number, why = "行号", added[0]
	}
	return &Mend{rows: [][]string{append(append([]string{number}, header...), why)}, wide: len(header)}
}

// Add adds a row.
func (m *Mend) Add(number int, cells []string, why string) {
	row := append([]string{fmt.Sprint(number)}, cells[:min(len(cells), m.wide)]...)
	for len(row) < m.wide+1 {
		row = append(row, "")
	}
	m.rows = append(m.rows, append(row, why))
}

// Bytes is the sheet, UTF-8 with a byte order mark.
func (m *Mend) Bytes() ([]byte, error) { return writeCSV(m.rows) }
