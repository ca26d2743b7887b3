package sheet_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"sandi.internal/gateway/api/sheet"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/law"
)

func document(t testing.TB, name string) *procedure.Document {
	t.Helper()
	for _, text := range law.Texts() {
		if text.Name == name {
			d, err := procedure.Parse([]byte(text.Text))
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
	}
	t.Fatal("no document " + name)
	return nil
}

// Ensure a template offers what the law document says, and that what people fill in
// comes back as fields of the right steps.
func TestTemplateRoundTrip(t *testing.T) {
	d := document(t, "expert")
	data, err := sheet.Template(d, sheet.XLSX, true, []sheet.Choice{{Code: "120000-SJ", Name: "天津市市场监督管理委员会"}})
	if err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	heads, _ := book.GetRows("数据")
	lists, _ := book.GetDataValidations("数据")
	notes, _ := book.GetComments("数据")
	if len(heads) != 1 || heads[0][0] != "姓名*" || len(lists) != 2 || len(notes) != len(heads[0]) {
		t.Fatalf("heads %v, %d lists, %d notes", heads, len(lists), len(notes))
	}
	if visible, _ := book.GetSheetVisible("选项"); visible {
		t.Error("the sheet of options is in sight")
	}
	about, _ := book.GetRows("说明")
	if text := strings.Join(about[4], "|"); !strings.Contains(text, "仅存本单位，不上账本") {
		t.Errorf("the page about the columns: %v", about[4])
	}
	at := map[string]string{}
	for i, h := range heads[0] {
		at[strings.TrimRight(h, "*")], _ = excelize.ColumnNumberToName(i + 1)
	}
	for head, value := range map[string]any{
		"姓名": "合成专家甲", "联系电话": "'-1 分机 8", "工作单位信用代码": "91350100M000100Y43", "共享单位": "120000-SJ；110000-SJ", "职称": "正高级",
		"专业领域": "食品检验|9；Cable|2", "应当回避的单位（无则填空表）": "无", "个人信息使用目的（已告知）": "三地检查", "同意日期": 45931, "本人同意三地共享": "是", "同意三地共享": "是",
	} {
		if at[head] != "" {
			if err := book.SetCellValue("数据", at[head]+"3", value); err != nil {
				t.Fatal(err)
			}
		}
	}
	var filled bytes.Buffer
	if _, err := book.WriteTo(&filled); err != nil {
		t.Fatal(err)
	}
	table, err := sheet.Read(filled.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	bound, err := sheet.Bind(d, table)
	if err != nil || len(bound.Entries) != 1 || len(bound.Entries[0].Faults) != 0 || bound.Entries[0].Number != 3 {
		t.Fatalf("%+v, %v", bound, err)
	}
	e := bound.Entries[0]
	for _, want := range []struct{ step, field, value string }{
		{"open", "expert_name", `"合成专家甲"`},
		{"open", "phone", `"-1 分机 8"`},
		{"open", "shared_with", `["120000-SJ","110000-SJ"]`},
		{"submit", "specialities", `[{"field":"food","years":9},{"field":"cable","years":2}]`},
		{"submit", "recusal_units", `[]`},
		{"submit", "consent_date", `"2025-10-01"`},
		{"submit", "consent_shared", `true`},
		{"submit", "professional_title", `"senior"`},
	} {
		if got := string(e.Fields[want.step][want.field]); got != want.value {
			t.Errorf("%s of %s: %s, want %s", want.field, want.step, got, want.value)
		}
	}
	if _, err := sheet.Bind(document(t, "lead_transfer"), table); !errors.Is(err, sheet.ErrHeader) {
		t.Errorf("the template of another procedure: %v", err)
	}

	// The same sheet back, and again.
	for range 2 {
		back, err := sheet.Annotate(filled.Bytes(), table, []sheet.Note{{Row: 3, Error: "=有误", Record: "EX-1"}}, true)
		if err != nil {
			t.Fatal(err)
		}
		if table, err = sheet.Read(back); err != nil {
			t.Fatal(err)
		}
		n := len(table.Header)
		if table.Header[n-2] != "错误原因" || table.Header[n-1] != "记录编号" || table.Rows[0].Cells[n-2] != "=有误" {
			t.Fatalf("%v %v", table.Header, table.Rows)
		}
		if _, err := sheet.Bind(d, table); err != nil {
			t.Errorf("the annotated sheet does not bind: %v", err)
		}
		filled.Reset()
		filled.Write(back)
		raw, _ := excelize.OpenReader(bytes.NewReader(back))
		cell, _ := excelize.CoordinatesToCellName(n-1, 3)
		if text, _ := raw.GetCellValue("数据", cell); text != "'=有误" {
			t.Errorf("a formula was written: %q", text)
		}
	}
}

// Ensure CSV is read in both encodings of bureau desktops and written so that
// spreadsheets read it.
func TestCSV(t *testing.T) {
	text := "线索编号*,涉嫌案由*,主体名称（自然人须遮蔽，如“张*”）\r\nX-1,其他,\"'=HYPERLINK(1)\"\r\n\r\nX-2,other,合成店铺\r\n"
	encoded, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"UTF-8": text, "with a byte order mark": "\xef\xbb\xbf" + text, "GB18030": encoded} {
		table, err := sheet.Read([]byte(data))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if table.Header[0] != "线索编号*" || len(table.Rows) != 2 || table.Rows[0].Cells[2] != "=HYPERLINK(1)" || table.Rows[1].Number != 4 {
			t.Errorf("%s: %+v", name, table)
		}
		back, err := sheet.Annotate(nil, table, []sheet.Note{{Row: 4, Error: "有误"}}, true)
		if err != nil || !bytes.HasPrefix(back, []byte("\xef\xbb\xbf线索编号*")) || !strings.Contains(string(back), "'=HYPERLINK(1)") || !strings.Contains(string(back), "合成店铺,有误") {
			t.Errorf("%s: %v %q", name, err, back)
		}
	}
	template, err := sheet.Template(document(t, "lead_transfer"), sheet.CSV, false, nil)
	if err != nil || !bytes.HasPrefix(template, []byte("\xef\xbb\xbfLead number*,")) {
		t.Errorf("%v %q", err, template)
	}
}

// bomb is a workbook whose sheet unpacks to many times its size.
func bomb(t *testing.T, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, n := range map[string]int{"[Content_Types].xml": 10, "xl/workbook.xml": 10, "xl/worksheets/sheet1.xml": size} {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(bytes.Repeat([]byte(" "), n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Ensure what is no sheet, or too much of one, is refused.
func TestRefused(t *testing.T) {
	long := "A\n" + strings.Repeat("x", 8_001) + "\n"
	many := "A\n" + strings.Repeat("x\n", sheet.MaxRows+1)
	for name, c := range map[string]struct {
		data string
		want error
	}{
		"nothing":       {"", sheet.ErrEmpty},
		"a header only": {"A,B\n", sheet.ErrEmpty},
		"bytes":         {"\xff\xfe\x00\x01\x80", sheet.ErrFormat},
		"a broken zip":  {"PK\x03\x04 and then nothing", sheet.ErrFormat},
		"a bomb":        {string(bomb(t, 100<<20)), sheet.ErrFormat},
		"a long cell":   {long, sheet.ErrSize},
		"many rows":     {many, sheet.ErrSize},
		"many columns":  {strings.Repeat("a,", 250) + "\n1\n", sheet.ErrSize},
		"a large file":  {strings.Repeat("x", sheet.MaxFile+1), sheet.ErrSize},
	} {
		if _, err := sheet.Read([]byte(c.data)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	table, err := sheet.Read([]byte("Lead number,Colour\n1,2\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = sheet.Bind(document(t, "lead_transfer"), table)
	if !errors.Is(err, sheet.ErrHeader) || !strings.Contains(err.Error(), "Colour") || !strings.Contains(err.Error(), "涉嫌案由") {
		t.Errorf("a foreign header: %v", err)
	}
}

// Ensure cells are read as people write them, and nothing is guessed.
func TestValue(t *testing.T) {
	kind := func(k procedure.FieldType) procedure.Field { return procedure.Field{Type: k, Places: 2} }
	for _, c := range []struct {
		f          procedure.Field
		cell, want string
	}{
		{kind(procedure.TypeInt), "12", "12"},
		{kind(procedure.TypeInt), "12.0", "12"},
		{kind(procedure.TypeInt), "12.5", ""},
		{kind(procedure.TypeInt), "1e3", ""},
		{kind(procedure.TypeDecimal), "12.5", `"12.50"`},
		{kind(procedure.TypeDecimal), "-3", `"-3.00"`},
		{kind(procedure.TypeDecimal), "1.234", `"1.234"`}, // the field says that it has too many places
		{kind(procedure.TypeDecimal), "abc", ""},
		{kind(procedure.TypeBool), "否", "false"},
		{kind(procedure.TypeBool), "maybe", ""},
		{kind(procedure.TypeDate), "2025/9/5", `"2025-09-05"`},
		{kind(procedure.TypeDate), "2025年9月5日", `"2025-09-05"`},
		{kind(procedure.TypeDate), "45905", `"2025-09-05"`},
		{kind(procedure.TypeDate), "2025-02-30", ""},
		{kind(procedure.TypeDate), "5", ""},
		{kind(procedure.TypeTime), "2025-09-25 15:02", `"2025-09-25T15:02:00+08:00"`},
		{kind(procedure.TypeTime), "noon", ""},
		{kind(procedure.TypeOrg), "120000-SJ 天津市", `"120000-SJ"`},
		{kind(procedure.TypeOfficer), "津W-0203|周*", `{"cert_no":"津W-0203","person":"周*"}`},
		{kind(procedure.TypeOfficer), "a|b|c", ""},
		{kind(procedure.TypeString), `say "hi"`, `"say \"hi\""`},
	} {
		got, ok := sheet.Value(&c.f, c.cell)
		if string(got) != c.want || ok != (c.want != "") {
			t.Errorf("%s %q: %s %v, want %s", c.f.Type, c.cell, got, ok, c.want)
		}
	}
}

// Ensure nothing that a spreadsheet would run is written, and numbers stay numbers.
func TestDisarm(t *testing.T) {
	for text, want := range map[string]string{"=1+1": "'=1+1", "+86": "'+86", "@SUM": "'@SUM", "-x": "'-x", "-1.5": "-1.5", "plain": "plain", "": "", "\tx": "'\tx"} {
		if got := sheet.Disarm(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("A,B\n1,2\n"))
	f.Add([]byte("PK\x03\x04"))
	if data, err := sheet.Template(document(f, "expert"), sheet.XLSX, true, nil); err == nil {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := sheet.Read(data)
		if err == nil && (table.Header == nil || len(table.Rows) == 0 || len(table.Rows) > sheet.MaxRows) {
			t.Fatalf("an empty or endless table: %+v", table)
		}
	})
}
