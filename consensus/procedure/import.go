package procedure

import (
	"slices"

	"sandi.internal/gateway/consensus/procedure/lawtext"
)

// Import says that records of a procedure may come from a sheet, one a row. Nothing of
// it is read when statements are applied: each row is statements like any others.
type Import struct {
	Title    Label    `json:"title"`
	Noun     string   `json:"noun"`               // what people call it on a command line
	Steps    []string `json:"steps"`              // events that a row makes happen, creation first
	Key      []string `json:"key"`                // fields that make two rows the same record
	Material string   `json:"material,omitempty"` // field of materials: the row itself becomes one
	Kind     string   `json:"kind,omitempty"`     // of that material
	List     string   `json:"list,omitempty"`     // commitment field: the list of the materials
	Letter   *Letter  `json:"letter,omitempty"`   // what is printed for each row
	Line     int      `json:"-"`
}

// Letter is what a printed letter needs of a record.
type Letter struct {
	Title  Label  `json:"title"`
	Number string `json:"number"` // field with the document number
	To     string `json:"to"`     // field with the organisation addressed
	Ending Label  `json:"ending"` // the sentence before the signature
}

// maxSteps bounds what one row makes happen.
const maxSteps = 4

func readImport(n *lawtext.Node) *Import {
	if n == nil {
		return nil
	}
	m := n.Map()
	i := &Import{
		Title: title(m.Need("title")), Noun: name(m.Need("noun")), Steps: names(m.Need("steps")), Key: names(m.Need("key")),
		Material: optionalName(m, "material"), Kind: optionalName(m, "kind"), List: optionalName(m, "list"), Line: n.Line,
	}
	if l := m.Find("letter"); l != nil {
		lm := l.Map()
		i.Letter = &Letter{Title: title(lm.Need("title")), Number: name(lm.Need("number")), To: name(lm.Need("to"))}
		cm := lm.Need("ending").Map()
		i.Letter.Ending = label(cm, maxMessage)
		cm.Done()
		lm.Done()
	}
	m.Done()
	return i
}

// checkImport wants every step to exist and everything that a step requires to have a
// column, or to be made of the row.
func checkImport(ix *index) error {
	i := ix.doc.Import
	if i == nil {
		return nil
	}
	if len(i.Steps) == 0 || len(i.Steps) > maxSteps || i.Steps[0] != OpenEvent {
		return lawtext.Errorf(i.Line, "import: 1 to %d steps, of which the first is %s", maxSteps, OpenEvent)
	}
	for _, step := range i.Steps {
		if !ix.events[step] {
			return lawtext.Errorf(i.Line, "import: no event %q", step)
		}
	}
	if i.Material != "" {
		f := ix.field(i.Material)
		if f == nil || f.Type != TypeMaterials || !slices.ContainsFunc(f.Values, func(v Value) bool { return v.Name == i.Kind }) {
			return lawtext.Errorf(i.Line, "import: %q is not a field of materials of kind %q", i.Material, i.Kind)
		}
	}
	if f := ix.field(i.List); i.List != "" && (f == nil || f.Type != TypeCommitment) {
		return lawtext.Errorf(i.Line, "import: list: %q is not a commitment", i.List)
	}
	if l := i.Letter; l != nil {
		if f := ix.field(l.Number); f == nil || f.Type != TypeDocNo {
			return lawtext.Errorf(i.Line, "import: letter: %q is not a document number", l.Number)
		}
		if f := ix.field(l.To); f == nil || f.Type != TypeOrg {
			return lawtext.Errorf(i.Line, "import: letter: %q is not an organisation", l.To)
		}
	}
	columns := ix.doc.ImportColumns()
	for _, step := range i.Steps {
		for _, field := range ix.doc.Event(step, "").Require {
			if field != i.Material && field != i.List && !hasColumn(columns, field) {
				return lawtext.Errorf(i.Line, "import: %q requires %q, which cannot stand in a sheet", step, field)
			}
		}
	}
	for _, field := range i.Key {
		if !hasColumn(columns, field) {
			return lawtext.Errorf(i.Line, "import: key: no column %q", field)
		}
	}
	if len(i.Key) == 0 {
		return lawtext.Errorf(i.Line, "import: key: at least one field makes a row the same row")
	}
	return nil
}

func hasColumn(columns []Column, field string) bool {
	return slices.ContainsFunc(columns, func(c Column) bool { return c.Field.Name == field })
}

// Column is a column of a sheet that records are imported from.
type Column struct {
	Field    *Field
	Step     string // the first that takes it
	Required bool
}

// ImportColumns are the columns of a sheet: what the steps take, in the order of the
// steps, required fields first, as far as it can stand in a cell.
func (d *Document) ImportColumns() []Column {
	var out []Column
	if d.Import == nil {
		return nil
	}
	add := func(step, field string, required bool) {
		f := d.Field(field)
		if f != nil && f.inSheet() && field != d.Import.Material && field != d.Import.List && !hasColumn(out, field) {
			out = append(out, Column{Field: f, Step: step, Required: required})
		}
	}
	for _, required := range []bool{true, false} {
		for _, step := range d.Import.Steps {
			e := d.Event(step, "")
			if e == nil {
				continue
			}
			fields := e.Optional
			if required {
				fields = e.Require
			}
			for _, field := range fields {
				add(step, field, required)
			}
		}
	}
	return out
}

// inSheet reports whether a value of the field can be typed into a cell.
func (f *Field) inSheet() bool {
	switch f.Type {
	case TypeMaterials, TypeIntervals, TypeCollection, TypeCommitment, TypeHash:
		return false
	case TypeList:
		return f.Of != nil && f.Of.Type != TypeList && f.Of.inSheet()
	case TypeObject:
		for i := range f.Members {
			if m := &f.Members[i]; m.Type == TypeList || m.Type == TypeObject || !m.inSheet() {
				return false
			}
		}
	}
	return true
}
