package dataset

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"sandi.internal/gateway/consensus/procedure"
)

// Value is one value of a row. Whole numbers and decimals have Int, a decimal in units
// of its last place; everything else has Text.
type Value struct {
	Known bool
	Int   int64
	Text  string
}

// Row is the values of a row in the order of the columns.
type Row []Value

// Fault is what is wrong with a value, in both languages.
type Fault struct {
	Column int
	Reason string // procedure's reason, or one of this package
	ZH, EN string
}

// Reasons of this package.
const (
	ReasonAbsent = "absent"
	ReasonLong   = "row_too_long"
)

// ErrRow says that stored bytes are no row of the schema.
var ErrRow = errors.New("not a row of the schema")

// Row checks the values of a row, JSON by the name of the column, and gives all that
// is wrong with them.
func (s *Schema) Row(values map[string]json.RawMessage) (Row, []Fault) {
	row := make(Row, len(s.Columns))
	var faults []Fault
	for i := range s.Columns {
		f := &s.form.Fields[i]
		raw, given := values[f.Name]
		if !given {
			if !s.Columns[i].MayLack {
				faults = append(faults, Fault{i, ReasonAbsent, f.ZH + "：必填", f.EN + ": required"})
			}
			continue
		}
		if err := s.Columns[i].read(&row[i], f, raw); err != nil {
			faults = append(faults, faultOf(i, f, err))
		}
	}
	if faults == nil && (len(s.Encode(nil, row)) > MaxRow || len(s.KeyOf(row)) > MaxKey) {
		faults = append(faults, Fault{0, ReasonLong, "整行过长", "the row is too long"})
	}
	return row, faults
}

func faultOf(i int, f *procedure.Field, err error) Fault {
	var r *procedure.Refusal
	if errors.As(err, &r) {
		return Fault{i, r.Params["reason"], r.ZH, r.EN}
	}
	return Fault{i, "too_large", f.ZH + "：过大", f.EN + ": too large"}
}

// read takes a checked JSON value.
func (c *Column) read(v *Value, f *procedure.Field, raw json.RawMessage) error {
	if err := f.Check(string(raw)); err != nil {
		return err
	}
	v.Known = true
	if c.Type == Integer {
		return json.Unmarshal(raw, &v.Int)
	}
	if err := json.Unmarshal(raw, &v.Text); err != nil || c.Type != Decimal {
		return err
	}
	digits := strings.Replace(v.Text, ".", "", 1)
	v.Text = ""
	var err error
	v.Int, err = strconv.ParseInt(digits, 10, 64)
	return err
}

// numeric reports whether values of the column are whole numbers.
func (c *Column) numeric() bool { return c.Type == Integer || c.Type == Decimal }

// KeyOf is the key of a row: what makes it this row, in bytes that sort as the key
// columns do.
func (s *Schema) KeyOf(row Row) []byte {
	var key []byte
	for _, i := range s.Key {
		if s.Columns[i].numeric() {
			key = binary.BigEndian.AppendUint64(key, uint64(row[i].Int)^1<<63) // negative numbers first
			continue
		}
		key = append(append(key, row[i].Text...), 0) // texts hold no control characters
	}
	return key
}

// Encode appends the row as it is stored: for every column 0 when it is absent, else a
// length or a sign-folded number, plus one, and the text.
func (s *Schema) Encode(dst []byte, row Row) []byte {
	for i := range s.Columns {
		v := &row[i]
		switch {
		case !v.Known:
			dst = append(dst, 0)
		case s.Columns[i].numeric():
			dst = binary.AppendVarint(append(dst, 1), v.Int)
		default:
			dst = binary.AppendUvarint(dst, uint64(len(v.Text))+1)
			dst = append(dst, v.Text...)
		}
	}
	return dst
}

// Decode reads what Encode wrote into row, which has a value for every column. The
// error wraps ErrRow.
func (s *Schema) Decode(b []byte, row Row) error {
	for i := range s.Columns {
		n, size := binary.Uvarint(b)
		if size <= 0 {
			return fmt.Errorf("column %d: %w", i, ErrRow)
		}
		b = b[size:]
		v := &row[i]
		*v = Value{Known: n != 0}
		switch {
		case n == 0:
		case s.Columns[i].numeric():
			if v.Int, size = binary.Varint(b); size <= 0 || n != 1 {
				return fmt.Errorf("column %d: %w", i, ErrRow)
			}
			b = b[size:]
		case n-1 > uint64(len(b)):
			return fmt.Errorf("column %d: %w", i, ErrRow)
		default:
			v.Text, b = string(b[:n-1]), b[n-1:]
		}
	}
	if len(b) > 0 {
		return fmt.Errorf("%d bytes are left: %w", len(b), ErrRow)
	}
	return nil
}

// JSON appends the values of some columns as an array, the one spelling in which rows
// are given and hashed: texts, dates, choices, codes and decimals as strings, whole
// numbers as numbers, null for what is absent.
func (s *Schema) JSON(dst []byte, row Row, columns []int) []byte {
	dst = append(dst, '[')
	for n, i := range columns {
		if n > 0 {
			dst = append(dst, ',')
		}
		v, c := &row[i], &s.Columns[i]
		switch {
		case !v.Known:
			dst = append(dst, "null"...)
		case c.Type == Integer:
			dst = strconv.AppendInt(dst, v.Int, 10)
		case c.Type == Decimal:
			dst = append(appendDecimal(append(dst, '"'), v.Int, c.Places), '"')
		default:
			dst = appendText(dst, v.Text)
		}
	}
	return append(dst, ']')
}

// appendDecimal writes units of the last place with their point.
func appendDecimal(dst []byte, units int64, places int) []byte {
	digits := strconv.FormatInt(units, 10)
	digits, negative := strings.CutPrefix(digits, "-")
	if missing := places + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	if negative {
		dst = append(dst, '-')
	}
	at := len(digits) - places
	return append(append(append(dst, digits[:at]...), '.'), digits[at:]...)
}

// appendText writes a JSON string without escaping what only HTML would mind.
func appendText(dst []byte, text string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(text) // a string has always a spelling
	return append(dst, b.Bytes()[:b.Len()-1]...)
}
