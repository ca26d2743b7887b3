package sheet_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"sandi.internal/gateway/api/sheet"
)

// streamed reads a sheet into rows.
func streamed(t *testing.T, r io.Reader) (sheet.Format, []string) {
	t.Helper()
	var rows []string
	format, err := sheet.Stream(r, func(number int, cells []string) error {
		rows = append(rows, fmt.Sprint(number, " ", strings.Join(cells, "|")))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return format, rows
}

// Ensure CSV is read in both encodings wherever the first Chinese character stands, also
// when bytes come one by one, and that formulas are disarmed text again.
func TestStreamCSV(t *testing.T) {
	for _, ascii := range []int{0, 1, 1000, 40_000} {
		text := "a,b\r\n" + strings.Repeat("1,2\r\n", ascii) + "甲,'=乙\r\n\r\n丙,\"x\ny\"\r\n"
		gb, err := simplifiedchinese.GB18030.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{fmt.Sprint(ascii+2, " 甲|=乙"), fmt.Sprint(ascii+4, " 丙|x\ny")}
		for name, in := range map[string]io.Reader{
			"UTF-8": strings.NewReader(text), "with a mark": strings.NewReader("\xef\xbb\xbf" + text), "GB18030": strings.NewReader(gb),
			"byte by byte": iotest.OneByteReader(strings.NewReader(gb)),
		} {
			format, rows := streamed(t, in)
			if format != sheet.CSV || len(rows) != ascii+3 || rows[0] != "1 a|b" || rows[len(rows)-2] != want[0] || rows[len(rows)-1] != want[1] {
				t.Errorf("%s after %d rows: %q", name, ascii, rows[max(0, len(rows)-3):])
			}
		}
	}
}

// Ensure what is no sheet is refused, and that the reader's and take's errors come out.
func TestStreamRefuses(t *testing.T) {
	broken := errors.New("broken")
	nothing := func(int, []string) error { return nil }
	for name, c := range map[string]struct {
		in   io.Reader
		take func(int, []string) error
		want error
	}{
		"zeros":           {strings.NewReader("a\x00b,c\n"), nothing, sheet.ErrFormat},
		"neither":         {strings.NewReader("甲,\xff\xff\xff\n"), nothing, sheet.ErrFormat},
		"a broken book":   {strings.NewReader("PK\x03\x04 no book"), nothing, sheet.ErrFormat},
		"a long cell":     {strings.NewReader(strings.Repeat("x", 9000) + "\n"), nothing, sheet.ErrSize},
		"many columns":    {strings.NewReader(strings.Repeat("x,", 300) + "\n"), nothing, sheet.ErrSize},
		"a broken line":   {iotest.ErrReader(broken), nothing, broken},
		"take has enough": {strings.NewReader("a\nb\n"), func(int, []string) error { return broken }, broken},
	} {
		if _, err := sheet.Stream(c.in, c.take); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// Ensure a workbook is read row by row.
func TestStreamBook(t *testing.T) {
	book := excelize.NewFile()
	for i := range 3 {
		if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", 2*i+1), &[]any{"甲", i}); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if _, err := book.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	format, rows := streamed(t, &b)
	if format != sheet.XLSX || strings.Join(rows, ",") != "1 甲|0,3 甲|1,5 甲|2" {
		t.Errorf("%s %q", format, rows)
	}
}
