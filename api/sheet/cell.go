package sheet

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"sandi.internal/gateway/consensus/procedure"
)

// Fault is what is wrong with a cell, in both languages.
type Fault struct {
	Column int // from 0; -1: the row as a whole
	Field  string
	ZH, EN string
}

// Value turns a cell into the JSON of a field. Only its kind is judged here; whether
// the field takes the value, its rules say. ok is false for text that no value of the
// kind is written as.
func Value(f *procedure.Field, cell string) (value json.RawMessage, ok bool) {
	switch f.Type {
	case procedure.TypeInt:
		return wholeNumber(cell)
	case procedure.TypeDecimal:
		return quoted(decimal(cell, f.Places))
	case procedure.TypeBool:
		return yesNo(cell)
	case procedure.TypeDate:
		return date(cell)
	case procedure.TypeTime:
		return instant(cell)
	case procedure.TypeEnum:
		for _, v := range f.Values {
			if strings.EqualFold(cell, v.Name) || cell == v.ZH || strings.EqualFold(cell, v.EN) {
				return quoted(v.Name, true)
			}
		}
		return nil, false
	case procedure.TypeOrg, procedure.TypeRegion, procedure.TypeDivision: // "120000-SJ 天津市…" of a drop-down
		code, _, _ := strings.Cut(cell, " ")
		return quoted(code, true)
	case procedure.TypeOfficer:
		return members(officer.Members, cell)
	case procedure.TypeObject:
		return members(f.Members, cell)
	case procedure.TypeList:
		return several(f, cell)
	}
	return quoted(cell, true)
}

// officer is how a cell has a licensed officer: certificate number, then the name.
var officer = procedure.Field{Members: []procedure.Field{{Name: "cert_no", Type: procedure.TypeString}, {Name: "person", Type: procedure.TypePerson}}}

func quoted(text string, ok bool) (json.RawMessage, bool) {
	if !ok {
		return nil, false
	}
	value, err := json.Marshal(text)
	return value, err == nil
}

var whole = regexp.MustCompile(`^-?\d{1,16}(\.0+)?$`)

func wholeNumber(cell string) (json.RawMessage, bool) {
	if !whole.MatchString(cell) {
		return nil, false
	}
	digits, _, _ := strings.Cut(cell, ".")
	n, err := strconv.ParseInt(digits, 10, 64)
	return json.RawMessage(strconv.FormatInt(n, 10)), err == nil
}

// decimal brings a number to its declared places: 12.5 is 12.50. A number with more
// places is not rounded.
func decimal(cell string, places int) (string, bool) {
	if !isNumber(cell) {
		return "", false
	}
	before, after, _ := strings.Cut(cell, ".")
	after = strings.TrimRight(after, "0")
	if before == "" || before == "-" || len(after) > places {
		return cell, true // the field says what is wrong
	}
	return before + "." + after + strings.Repeat("0", places-len(after)), true
}

func yesNo(cell string) (json.RawMessage, bool) {
	switch strings.ToLower(cell) {
	case "是", "有", "yes", "y", "true", "1":
		return json.RawMessage("true"), true
	case "否", "无", "no", "n", "false", "0":
		return json.RawMessage("false"), true
	}
	return nil, false
}

// dates are the forms in which people write one.
var dates = []string{time.DateOnly, "2006/1/2", "2006-1-2", "2006.1.2", "20060102", "2006年1月2日"}

func date(cell string) (json.RawMessage, bool) {
	day, _, _ := strings.Cut(cell, " ") // a time of day behind it is dropped
	for _, form := range dates {
		if t, err := time.Parse(form, day); err == nil {
			return quoted(t.Format(time.DateOnly), true)
		}
	}
	// A date that the spreadsheet knows as one comes as its serial number.
	if n, err := strconv.ParseFloat(cell, 64); err == nil && n >= 20_000 && n < 120_000 {
		if t, err := excelize.ExcelDateToTime(n, false); err == nil {
			return quoted(t.Format(time.DateOnly), true)
		}
	}
	return nil, false
}

var shanghai = time.FixedZone("", 8*3600)

func instant(cell string) (json.RawMessage, bool) {
	for _, form := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02 15:04", "2006/1/2 15:04:05", "2006/1/2 15:04"} {
		if t, err := time.ParseInLocation(form, cell, shanghai); err == nil {
			return quoted(t.In(shanghai).Format(time.RFC3339), true)
		}
	}
	if n, err := strconv.ParseFloat(cell, 64); err == nil && n >= 20_000 && n < 120_000 {
		if t, err := excelize.ExcelDateToTime(n, false); err == nil {
			t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, shanghai)
			return quoted(t.Format(time.RFC3339), true)
		}
	}
	return nil, false
}

// itemBreaks separate the items of a list, memberBreaks the members of an item.
var (
	itemBreaks   = strings.NewReplacer("；", "\n", ";", "\n")
	memberBreaks = strings.NewReplacer("｜", "|")
)

// several reads a list: items by semicolons or line breaks. 无, none and - are the
// empty list.
func several(f *procedure.Field, cell string) (json.RawMessage, bool) {
	items := []json.RawMessage{}
	if cell == "无" || strings.EqualFold(cell, "none") || cell == "-" {
		return json.RawMessage("[]"), true
	}
	for item := range strings.SplitSeq(itemBreaks.Replace(cell), "\n") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		value, ok := Value(f.Of, item)
		if !ok {
			return nil, false
		}
		items = append(items, value)
	}
	value, err := json.Marshal(items)
	return value, err == nil
}

// members reads an object: its members in their order, by upright strokes; an empty one
// is left out.
func members(declared []procedure.Field, cell string) (json.RawMessage, bool) {
	parts := strings.Split(memberBreaks.Replace(cell), "|")
	if len(parts) > len(declared) {
		return nil, false
	}
	out := []byte{'{'}
	for i, part := range parts {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		value, ok := Value(&declared[i], part)
		if !ok {
			return nil, false
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(strconv.AppendQuote(out, declared[i].Name), ':'), value...)
	}
	return append(out, '}'), true
}

// kindOf says how a value of the field is written in a cell, for people.
func kindOf(f *procedure.Field) (zh, en string) {
	switch f.Type {
	case procedure.TypeInt:
		return "整数", "a whole number"
	case procedure.TypeDecimal:
		return fmt.Sprintf("数字，最多 %d 位小数", f.Places), fmt.Sprintf("a number of at most %d places", f.Places)
	case procedure.TypeBool:
		return "是 或者 否", "yes or no"
	case procedure.TypeDate:
		return "日期，如 2025-09-25", "a date such as 2025-09-25"
	case procedure.TypeTime:
		return "时间，如 2025-09-25 15:02", "a time such as 2025-09-25 15:02"
	case procedure.TypeEnum:
		return "从下拉列表中选择", "one of the list"
	case procedure.TypeUSCC:
		return "18 位统一社会信用代码", "a credit code of 18 characters"
	case procedure.TypeOrg:
		return "单位代码，如 120000-SJ", "an organisation's code such as 120000-SJ"
	case procedure.TypeDivision:
		return "六位行政区划代码", "a division code of six digits"
	case procedure.TypeDocNo:
		return "文号，如 津市监〔2025〕18号", "a document number such as 津市监〔2025〕18号"
	case procedure.TypeOfficer:
		return "执法证号|姓名", "certificate number|name"
	case procedure.TypeObject:
		var z, e []string
		for i := range f.Members {
			z, e = append(z, f.Members[i].ZH), append(e, f.Members[i].EN)
		}
		return strings.Join(z, "|"), strings.Join(e, "|")
	case procedure.TypeList:
		zh, en = kindOf(f.Of)
		return zh + "；多项用分号隔开，没有的填“无”", en + "; several by semicolons, none when there are none"
	}
	return "文字", "text"
}
