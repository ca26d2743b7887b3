package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"runtime"
	"strings"
	"testing"
)

// The parts that every workbook has.
var bookParts = map[string]string{
	"[Content_Types].xml": `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
		`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>` +
		`<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>`,
	"_rels/.rels":     `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
	"xl/workbook.xml": `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`,
	"xl/_rels/workbook.xml.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
	"xl/sharedStrings.xml":     `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>a</t></si></sst>`,
	"xl/worksheets/sheet1.xml": `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>0</v></c></row></sheetData></worksheet>`,
}

// craft makes a workbook by hand, with one part changed.
func craft(t *testing.T, part, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, usual := range bookParts {
		if name == part {
			usual = text
		}
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(usual))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, listed := bookParts[part]; !listed && part != "" {
		w, err := z.Create(part)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Ensure a small workbook made to take gigabytes is refused before it takes them: by its
// texts, its cells, its styles, or what lies beside them.
func TestBookBombs(t *testing.T) {
	if testing.Short() {
		t.Skip("millions of marks, one after the other")
	}
	if table, err := Read(craft(t, "", "")); err != nil || len(table.Rows) != 1 || table.Rows[0].Cells[0] != "a" {
		t.Fatalf("an honest one: %+v, %v", table, err)
	}
	many := func(head, one, tail string, marks int) string {
		return head + strings.Repeat(one, marks/strings.Count(one, "<")+1) + tail
	}
	const ns = ` xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">`
	for name, c := range map[string]struct {
		part, text string
		streams    bool // tried row by row, too, and refused
	}{
		"texts":         {"xl/sharedStrings.xml", many("<sst"+ns, "<si><t/></si>", "</sst>", maxBookMarks), true},
		"texts, spelt":  {`XL\SHAREDSTRINGS.XML`, many("<sst"+ns, "<si><t/></si>", "</sst>", maxMarks), false},
		"styles":        {"xl/styles.xml", many("<styleSheet"+ns+"<cellXfs>", "<xf/>", "</cellXfs></styleSheet>", maxMarks), false},
		"names":         {"xl/workbook.xml", many("<workbook"+ns+"<definedNames>", `<definedName name="x">1</definedName>`, "</definedNames></workbook>", maxMarks), false},
		"cells":         {"xl/worksheets/sheet1.xml", many("<worksheet"+ns+"<sheetData><row>", "<c/>", "</row></sheetData></worksheet>", maxMarks), false},
		"what is aside": {"xl/media/a.png", strings.Repeat("x", maxAside+1), false},
	} {
		data := craft(t, c.part, c.text)
		if len(data) > 1<<20 {
			t.Fatalf("%s: %d bytes are no bomb", name, len(data))
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Read(data)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, ErrSize) {
			t.Errorf("%s: %v", name, err)
		}
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 64 {
			t.Errorf("%s: %d MiB were taken to refuse %d bytes", name, took, len(data))
		}
		if !c.streams {
			continue
		}
		if _, err := Stream(bytes.NewReader(data), nothing); !errors.Is(err, ErrSize) {
			t.Errorf("%s: streamed: %v", name, err)
		}
	}
	rows := craft(t, "xl/worksheets/sheet1.xml", many("<worksheet"+ns+"<sheetData>", "<row/>", "</sheetData></worksheet>", maxNumber))
	if _, err := Stream(bytes.NewReader(rows), nothing); !errors.Is(err, ErrSize) {
		t.Errorf("more rows than a workbook has: %v", err)
	}
}

func nothing(int, []string) error { return nil }
