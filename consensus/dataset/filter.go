package dataset

import (
	"errors"
	"fmt"

	"sandi.internal/gateway/consensus/procedure"
)

// maxFilterCost bounds the worst case of a filter, in units of about 50 ns: 25 µs a
// row, so that a page that looks at its 10,000 rows in vain ends within 0.3 s for each
// of its two filters. Ordinary filters cost a tenth.
const maxFilterCost = 500

// knownPrefix is before the name of a column that may lack, for whether it does not.
const knownPrefix = "known"

// ErrFilter says that a text is no filter over the columns that it may look at.
var ErrFilter = errors.New("the filter is not one")

// Filter says which rows are given. Columns go by their names: text, dates, choices and
// codes as strings, whole numbers as such, decimals as whole numbers of their last
// place (12.50 is 1250); `known.x` is whether a column that may lack is there. A row is
// given only if the filter is true: what needs an absent value is not.
type Filter struct {
	schema *Schema
	plain  *procedure.Plain
	names  map[string]int // names of values to columns; known.x to -1-column
}

// Compile makes a filter that may look at some columns of the schema and no others.
// The error wraps ErrFilter.
func (s *Schema) Compile(text string, columns []int) (*Filter, error) {
	f := &Filter{schema: s, names: make(map[string]int, 2*len(columns))}
	var vars []procedure.PlainVar
	for _, i := range columns {
		c := &s.Columns[i]
		kind := procedure.KindText
		if c.numeric() {
			kind = procedure.KindInt
		}
		f.names[c.Name] = i
		vars = append(vars, procedure.PlainVar{Name: c.Name, Kind: kind, Most: int64(c.most())})
		if c.MayLack {
			name := knownPrefix + "." + c.Name
			f.names[name] = -1 - i
			vars = append(vars, procedure.PlainVar{Name: name, Kind: procedure.KindTruth})
		}
	}
	var err error
	if f.plain, err = procedure.CompilePlain(text, vars, maxFilterCost); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFilter, err)
	}
	return f, nil
}

// All are the positions of all columns.
func (s *Schema) All() []int {
	all := make([]int, len(s.Columns))
	for i := range all {
		all[i] = i
	}
	return all
}

// Takes reports whether a row is given.
func (f *Filter) Takes(row Row) bool {
	truth, err := f.plain.Truth(func(name string) any {
		i, ok := f.names[name]
		switch {
		case !ok:
			return nil
		case i < 0:
			return row[-1-i].Known
		case !row[i].Known:
			return nil
		case f.schema.Columns[i].numeric():
			return row[i].Int
		}
		return row[i].Text
	})
	return err == nil && truth // undecided is not given
}

// Both reports whether a row is given to an asker: the agreement's filter has to take
// it, and the asker's own, which is nil when there is none. They are never joined as
// text, so that nothing the asker writes can close a bracket of the other.
func Both(agreed, own *Filter, row Row) bool {
	return agreed.Takes(row) && (own == nil || own.Takes(row))
}
