package dataset

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"sandi.internal/gateway/consensus/procedure"
)

// Bounds of a schema and its rows.
const (
	MaxColumns = 64
	maxKeys    = 4
	maxText    = 1000     // runes of a text
	defText    = 200      // when the column names no bound
	maxSchema  = 60 << 10 // bytes: a statement is not longer
	// MaxRow bounds a row as it is stored; 64 texts of ordinary length take 8 KiB.
	MaxRow = 32 << 10
	// MaxKey bounds a row's key; Pebble likes short ones.
	MaxKey = 1 << 10
)

// ErrSchema says that the columns of an entry make no schema.
var ErrSchema = errors.New("the columns make no schema")

// Type is what a column holds.
type Type string

// The types of columns.
const (
	String  Type = "string"
	Integer Type = "integer"
	Decimal Type = "decimal" // a fixed number of places, kept as a whole number of the last
	Date    Type = "date"
	Enum    Type = "enum"
	USCC    Type = "uscc" // unified social credit code, check digit included
)

// Class is how sensitive a column is, in rising order.
type Class string

// The classes of columns.
const (
	Clear     Class = "clear"
	Personal  Class = "personal"
	Sensitive Class = "sensitive"
)

var classes = []Class{Clear, Personal, Sensitive}

// Column is one column as the entry declares it.
type Column struct {
	Name    string   `json:"name"`
	TitleZH string   `json:"title_zh"`
	TitleEN string   `json:"title_en"`
	Type    Type     `json:"type"`
	Class   Class    `json:"class"`
	Unit    string   `json:"unit,omitempty"`
	Max     int      `json:"max,omitempty"`     // string: runes
	Places  int      `json:"places,omitempty"`  // decimal
	Choices []string `json:"choices,omitempty"` // enum
	MayLack bool     `json:"may_lack,omitempty"`
}

// Schema is what the rows of a data set look like.
type Schema struct {
	Columns []Column
	Key     []int // positions of the key columns, in the order of the key
	form    *procedure.Document
}

// New makes a schema of the fields of an entry: the columns, the names of the key
// columns, and how personal the entry says that they are at most. The error wraps
// ErrSchema and names the column.
func New(columns, key []byte, personal string) (*Schema, error) {
	s := &Schema{}
	if len(columns) > maxSchema || json.Unmarshal(columns, &s.Columns) != nil {
		return nil, fmt.Errorf("%w: not a list of columns", ErrSchema)
	}
	var keys []string
	if err := json.Unmarshal(key, &keys); err != nil || len(keys) == 0 || len(keys) > maxKeys {
		return nil, fmt.Errorf("%w: the key has 1 to %d columns", ErrSchema, maxKeys)
	}
	if n := len(s.Columns); n == 0 || n > MaxColumns {
		return nil, fmt.Errorf("%w: 1 to %d columns, not %d", ErrSchema, MaxColumns, n)
	}
	most := slices.Index(classes, Class(personal)) // -1: the entry says that nothing is personal
	for i := range s.Columns {
		if err := s.Columns[i].check(most); err != nil {
			return nil, fmt.Errorf("%w: column %.40q: %w", ErrSchema, s.Columns[i].Name, err)
		}
		if s.At(s.Columns[i].Name) != i {
			return nil, fmt.Errorf("%w: column %q stands twice", ErrSchema, s.Columns[i].Name)
		}
	}
	for _, name := range keys {
		i := s.At(name)
		switch {
		case i < 0:
			return nil, fmt.Errorf("%w: there is no key column %.40q", ErrSchema, name)
		case slices.Contains(s.Key, i):
			return nil, fmt.Errorf("%w: key column %q stands twice", ErrSchema, name)
		case s.Columns[i].Class != Clear || s.Columns[i].MayLack:
			// The key is the order of the rows, in the clear on the disk.
			return nil, fmt.Errorf("%w: key column %q has to be clear and never absent", ErrSchema, name)
		}
		s.Key = append(s.Key, i)
	}
	s.form = s.document()
	return s, nil
}

var (
	errName   = errors.New("a name has a-z, 0-9 and _, a letter first, at most 40, and is no word of the filter language")
	errType   = errors.New("unknown type")
	errClass  = errors.New("unknown class")
	errAbove  = errors.New("more personal than the entry says")
	errPlaces = errors.New("decimals, and only they, have 1 to 6 places")
	errChoice = errors.New("enumerations, and only they, have choices")
	errMax    = errors.New("texts, and only they, have a greatest length, of 1 to 1000")
	errTitle  = errors.New("a column has titles in Chinese and English")
)

func (c *Column) check(most int) error {
	class := slices.Index(classes, c.Class)
	switch {
	case !procedure.IsPlainName(c.Name) || c.Name == knownPrefix:
		return errName
	case c.TitleZH == "" || c.TitleEN == "":
		return errTitle
	case !slices.Contains([]Type{String, Integer, Decimal, Date, Enum, USCC}, c.Type):
		return errType
	case class < 0:
		return errClass
	case class > max(most, 0):
		return errAbove
	case (c.Type == Decimal) != (c.Places != 0) || c.Places < 0 || c.Places > 6:
		return errPlaces
	case (c.Type == Enum) != (len(c.Choices) > 0) || len(c.Choices) > 60 || slices.Contains(c.Choices, ""):
		return errChoice
	case c.Max != 0 && c.Type != String || c.Max < 0 || c.Max > maxText:
		return errMax
	}
	return nil
}

// At is the position of a column; -1 when there is none of the name.
func (s *Schema) At(name string) int {
	return slices.IndexFunc(s.Columns, func(c Column) bool { return c.Name == name })
}

// field is the column as forms, sheets and checks know fields.
func (c *Column) field() procedure.Field {
	f := procedure.Field{Name: c.Name, See: procedure.SeeClear, Label: procedure.Label{ZH: c.TitleZH, EN: c.TitleEN}, Places: c.Places}
	if c.Unit != "" {
		f.ZH, f.EN = f.ZH+"（"+c.Unit+"）", f.EN+" ("+c.Unit+")"
	}
	switch c.Type {
	case Integer:
		f.Type = procedure.TypeInt
	case Decimal:
		f.Type = procedure.TypeDecimal
	case Date:
		f.Type = procedure.TypeDate
	case USCC:
		f.Type = procedure.TypeUSCC
	case Enum:
		f.Type = procedure.TypeEnum
		for _, v := range c.Choices {
			f.Values = append(f.Values, procedure.Value{Name: v, Label: procedure.Label{ZH: v, EN: v}})
		}
	default:
		f.Type = procedure.TypeString
		most := int64(c.most())
		f.Max = &most
	}
	return f
}

// most is how many runes a text of the column has at most.
func (c *Column) most() int {
	switch c.Type {
	case Integer, Decimal:
		return 24
	case Date:
		return len("2006-01-02")
	case USCC:
		return 18
	case Enum:
		return 40
	}
	if c.Max == 0 {
		return defText
	}
	return c.Max
}

// Form is the schema as a form of one step, so that sheets are made of it, read and
// marked as those of any procedure.
func (s *Schema) Form() *procedure.Document { return s.form }

func (s *Schema) document() *procedure.Document {
	d := &procedure.Document{Name: "rows", Version: 1, Open: procedure.Event{Name: procedure.OpenEvent}}
	d.Import = &procedure.Import{Title: procedure.Label{ZH: "数据行", EN: "Rows"}, Noun: "row", Steps: []string{procedure.OpenEvent}}
	for i := range s.Columns {
		c := &s.Columns[i]
		d.Fields = append(d.Fields, c.field())
		if c.MayLack {
			d.Open.Optional = append(d.Open.Optional, c.Name)
		} else {
			d.Open.Require = append(d.Open.Require, c.Name)
		}
	}
	for _, i := range s.Key {
		d.Import.Key = append(d.Import.Key, s.Columns[i].Name)
	}
	return d
}

// InKey reports whether a column is one of the key's.
func (s *Schema) InKey(i int) bool { return slices.Contains(s.Key, i) }
