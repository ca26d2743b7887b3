package dataset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const testColumns = `[
 {"name":"uscc","title_zh":"信用代码","title_en":"Code","type":"uscc","class":"clear"},
 {"name":"no","title_zh":"编号","title_en":"No","type":"integer","class":"clear"},
 {"name":"city","title_zh":"市","title_en":"City","type":"enum","class":"clear","choices":["保定市","石家庄市"]},
 {"name":"output","title_zh":"产值","title_en":"Output","type":"decimal","class":"clear","places":2,"unit":"万元","may_lack":true},
 {"name":"since","title_zh":"成立","title_en":"Since","type":"date","class":"clear","may_lack":true},
 {"name":"phone","title_zh":"电话","title_en":"Phone","type":"string","class":"personal","max":20,"may_lack":true}]`

func testSchema(t testing.TB) *Schema {
	t.Helper()
	s, err := New([]byte(testColumns), []byte(`["city","no"]`), "personal")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func values(t testing.TB, text string) map[string]json.RawMessage {
	t.Helper()
	var m map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// Ensure every mistake of a schema is found.
func TestSchemaRefusals(t *testing.T) {
	column := func(more string) string {
		return `[{"name":"a","title_zh":"甲","title_en":"A","type":"string","class":"clear"` + more + `}]`
	}
	many := make([]string, MaxColumns+1)
	for i := range many {
		many[i] = fmt.Sprintf(`{"name":"c%d","title_zh":"甲","title_en":"A","type":"integer","class":"clear"}`, i)
	}
	for _, c := range []struct{ name, columns, key, personal, want string }{
		{"no list", `{}`, `["a"]`, "none", "not a list"},
		{"empty", `[]`, `["a"]`, "none", "columns, not 0"},
		{"too many", "[" + strings.Join(many, ",") + "]", `["c0"]`, "none", "columns, not 65"},
		{"name", strings.Replace(column(""), `"a"`, `"A b"`, 1), `["A b"]`, "none", "a name has"},
		{"word of CEL", strings.Replace(column(""), `"a"`, `"in"`, 1), `["in"]`, "none", "a name has"},
		{"known", strings.Replace(column(""), `"a"`, `"known"`, 1), `["known"]`, "none", "a name has"},
		{"twice", strings.TrimSuffix(column(""), "]") + "," + column("")[1:], `["a"]`, "none", "stands twice"},
		{"type", strings.Replace(column(""), `"string"`, `"float"`, 1), `["a"]`, "none", "unknown type"},
		{"class", strings.Replace(column(""), `"clear"`, `"secret"`, 1), `["a"]`, "none", "unknown class"},
		{"title", strings.Replace(column(""), `"甲"`, `""`, 1), `["a"]`, "none", "titles"},
		{"places of a text", column(`,"places":2`), `["a"]`, "none", "decimals"},
		{"choices of a text", column(`,"choices":["x"]`), `["a"]`, "none", "choices"},
		{"longest", column(`,"max":1001`), `["a"]`, "none", "greatest length"},
		{"decimal", strings.Replace(column(""), `"string"`, `"decimal"`, 1), `["a"]`, "none", "decimals"},
		{"enum", strings.Replace(column(""), `"string"`, `"enum"`, 1), `["a"]`, "none", "choices"},
		{"no key", column(""), `[]`, "none", "the key has"},
		{"strange key", column(""), `["b"]`, "none", "no key column"},
		{"key twice", column(""), `["a","a"]`, "none", "stands twice"},
		{"key may lack", column(`,"may_lack":true`), `["a"]`, "none", "never absent"},
		{"personal key", strings.Replace(column(""), `"clear"`, `"personal"`, 1), `["a"]`, "personal", "has to be clear"},
		{"more personal than said", testColumns, `["no"]`, "none", "more personal"},
	} {
		if _, err := New([]byte(c.columns), []byte(c.key), c.personal); !errors.Is(err, ErrSchema) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// Ensure every value of the wrong kind is named with its column.
func TestRowFaults(t *testing.T) {
	s := testSchema(t)
	good := `{"uscc":"91130605MA00000001","no":7,"city":"保定市","output":"12.50","since":"2020-01-02","phone":"0312"}`
	row, faults := s.Row(values(t, good))
	if faults != nil {
		t.Fatalf("a good row: %+v", faults)
	}
	if got, want := string(s.JSON(nil, row, s.All())), `["91130605MA00000001",7,"保定市","12.50","2020-01-02","0312"]`; got != want {
		t.Errorf("as JSON %s, want %s", got, want)
	}
	for _, c := range []struct{ old, new, reason string }{
		{`"91130605MA00000001"`, `"91130605MA00000009"`, "check_digit"},
		{`"no":7`, `"no":7.5`, "type"},
		{`"no":7,`, ``, ReasonAbsent},
		{`"保定市"`, `"北京市"`, "not_a_choice"},
		{`"12.50"`, `"12.5"`, "decimal_places"},
		{`"12.50"`, `"1234567890123456789012.50"`, "decimal_places"},
		{`"2020-01-02"`, `"2020-02-30"`, "form"},
		{`"0312"`, `"` + strings.Repeat("1", 21) + `"`, "too_long"},
		{`"0312"`, `"a\u0000b"`, "hidden_character"},
	} {
		_, faults := s.Row(values(t, strings.Replace(good, c.old, c.new, 1)))
		if len(faults) != 1 || faults[0].Reason != c.reason || faults[0].ZH == "" || faults[0].EN == "" {
			t.Errorf("%s: %+v, want %s", c.new, faults, c.reason)
		}
	}
}

// drawRow draws a row that fits the schema.
func drawRow(t *rapid.T) Row {
	text := rapid.StringMatching(`[a-z甲乙丙]{1,20}`)
	row := Row{
		{Known: true, Text: "91130605MA00000001"},
		{Known: true, Int: rapid.Int64Range(-1<<52, 1<<52).Draw(t, "no")},
		{Known: true, Text: rapid.SampledFrom([]string{"保定市", "石家庄市"}).Draw(t, "city")},
		{},
		{},
		{},
	}
	if rapid.Bool().Draw(t, "output") {
		row[3] = Value{Known: true, Int: rapid.Int64Range(-1<<40, 1<<40).Draw(t, "units")}
	}
	if rapid.Bool().Draw(t, "phone") {
		row[5] = Value{Known: true, Text: text.Draw(t, "text")}
	}
	return row
}

// Ensure a row comes back as it was stored, has one spelling, and is accepted again
// from that spelling; every cut of its bytes is refused.
func TestRowsRoundTrip(t *testing.T) {
	s := testSchema(t)
	rapid.Check(t, func(rt *rapid.T) {
		row := drawRow(rt)
		stored := s.Encode(nil, row)
		back := make(Row, len(s.Columns))
		if err := s.Decode(stored, back); err != nil || !slices.Equal(back, row) {
			rt.Fatalf("%v came back as %v, %v", row, back, err)
		}
		for cut := range stored {
			if err := s.Decode(stored[:cut], back); !errors.Is(err, ErrRow) {
				rt.Fatalf("%d of %d bytes were taken: %v", cut, len(stored), err)
			}
		}
		var given []json.RawMessage
		if err := json.Unmarshal(s.JSON(nil, row, s.All()), &given); err != nil {
			rt.Fatal(err)
		}
		again := map[string]json.RawMessage{}
		for i, v := range given {
			if string(v) != "null" {
				again[s.Columns[i].Name] = v
			}
		}
		read, faults := s.Row(again)
		if faults != nil || !slices.Equal(read, row) {
			rt.Fatalf("%v was read again as %v, %+v", row, read, faults)
		}
	})
}

// Ensure keys sort as the key columns do, and are equal only for equal ones.
func TestKeysSort(t *testing.T) {
	s := testSchema(t)
	rapid.Check(t, func(rt *rapid.T) {
		a, b := drawRow(rt), drawRow(rt)
		want := strings.Compare(a[2].Text, b[2].Text)
		if want == 0 && a[1].Int != b[1].Int {
			want = 1
			if a[1].Int < b[1].Int {
				want = -1
			}
		}
		if got := bytes.Compare(s.KeyOf(a), s.KeyOf(b)); got != want {
			rt.Fatalf("%v against %v: %d, want %d", a, b, got, want)
		}
	})
}

// Ensure decoders of stored rows stand any bytes.
func FuzzDecode(f *testing.F) {
	s := testSchema(f)
	f.Add([]byte{0, 1, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		row := make(Row, len(s.Columns))
		if err := s.Decode(b, row); err == nil && len(s.Encode(nil, row)) > len(b)+len(s.Columns)*10 {
			t.Fatal("grew")
		}
	})
}
