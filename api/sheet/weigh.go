package sheet

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
)

// A workbook's parts become structures of the reader's: each element takes some hundred
// bytes, so that a file of a hundred kilobytes can take gigabytes (measured: 128 kB of
// empty strings, 62 MiB unpacked, 1.8 GiB and 14 s). What counts is how many elements
// there are, not how many bytes.
const (
	// maxMarks bounds the elements' tags of a workbook: 5,000 rows of 60 cells with text
	// have 1.6 million, and 2 million take some 250 MiB at worst.
	maxMarks = 2 << 20
	// maxBookMarks bounds those besides the worksheets, which are read row by row, in a
	// workbook that is streamed: two million different texts, 100 MiB.
	maxBookMarks = 6 << 20
	// maxAside bounds the bytes of all parts but worksheets: they are held in memory.
	maxAside = maxUnzip
)

// weigh refuses a workbook whose reading would take more than such workbooks take.
// With whole, its worksheets count too.
func weigh(data []byte, whole bool) error {
	book, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	most := maxBookMarks
	if whole {
		most = maxMarks
	}
	marks, aside := 0, uint64(0)
	for _, part := range book.File {
		name := strings.ToLower(strings.ReplaceAll(part.Name, `\`, "/"))
		sheet := strings.HasPrefix(name, "xl/worksheets/sheet")
		if !sheet {
			if aside += part.UncompressedSize64; aside > maxAside || part.UncompressedSize64 > maxAside {
				return fmt.Errorf("%w: the workbook holds more than %d MiB besides its rows; save it as CSV", ErrSize, maxAside>>20)
			}
		}
		if sheet && !whole {
			continue
		}
		n, err := tags(part, most-marks)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrFormat, err)
		}
		if marks += n; marks > most {
			return fmt.Errorf("%w: the workbook has too many cells, texts or styles, empty ones included; save it as CSV", ErrSize)
		}
	}
	return nil
}

// tags counts the tags of a part, up to more than most. archive/zip gives no more bytes
// than the part's header says.
func tags(part *zip.File, most int) (n int, err error) {
	r, err := part.Open()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	buffer := make([]byte, 64<<10)
	for {
		size, err := r.Read(buffer)
		if n += bytes.Count(buffer[:size], []byte("<")); n > most {
			return n, nil
		}
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}
