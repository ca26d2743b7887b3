package procedure

import (
	"slices"

	"sandi.internal/gateway/consensus/procedure/lawtext"
)

// Shares says that the records of a procedure have to do with shared data sets, and
// what their fields mean then. With Columns a record is an entry of the catalogue; with
// Of it is an agreement by which one region asks another's data set. Nothing of it is
// read when statements are applied: the two nodes that ask and answer read it.
type Shares struct {
	States []string `json:"states"` // in which rows are loaded and given, or may be asked for
	Roles  []string `json:"roles"`  // office roles that may load at home; or that may ask

	Title    string `json:"title,omitempty"`    // entry: the field with its title
	Columns  string `json:"columns,omitempty"`  // entry: list of objects, each a column
	Key      string `json:"key,omitempty"`      // entry: list of names of columns
	Personal string `json:"personal,omitempty"` // entry: enumeration, how personal the columns are at most

	Of       string `json:"of,omitempty"`       // agreement: the record of the entry
	Purposes string `json:"purposes,omitempty"` // agreement: list of enumerated values
	Fields   string `json:"fields,omitempty"`   // agreement: list of names of columns
	Rows     string `json:"rows,omitempty"`     // agreement: text, CEL over the columns
	Until    string `json:"until,omitempty"`    // agreement: date, the last day
	Line     int    `json:"-"`
}

// Members that a column of an entry has.
const (
	ColumnName  = "name"
	ColumnType  = "type"
	ColumnClass = "class"
)

func readShares(n *lawtext.Node) *Shares {
	if n == nil {
		return nil
	}
	m := n.Map()
	s := &Shares{States: names(m.Need("states")), Roles: names(m.Need("roles")), Line: n.Line}
	if s.Columns = optionalName(m, "columns"); s.Columns != "" {
		s.Title, s.Key, s.Personal = name(m.Need("title")), name(m.Need("key")), name(m.Need("personal"))
	} else {
		s.Of, s.Purposes, s.Fields = name(m.Need("of")), name(m.Need("purposes")), name(m.Need("fields"))
		s.Rows, s.Until = name(m.Need("rows")), name(m.Need("until"))
	}
	m.Done()
	return s
}

// checkShares holds the section to the document's own states and clear fields.
func checkShares(ix *index) error {
	s := ix.doc.Shares
	if s == nil {
		return nil
	}
	if len(s.States) == 0 {
		return lawtext.Errorf(s.Line, "shares: no state is named")
	}
	for _, state := range s.States {
		if !ix.states[state] {
			return lawtext.Errorf(s.Line, "shares: no state %q", state)
		}
	}
	if err := checkOffices(s.Line, s.Roles); err != nil {
		return err
	}
	isString := func(f *Field) bool { return f.Type == TypeString }
	listOf := func(types ...FieldType) func(*Field) bool {
		return func(f *Field) bool { return f.Type == TypeList && slices.Contains(types, f.Of.Type) }
	}
	type want struct {
		field, what string
		is          func(*Field) bool
	}
	wanted := []want{
		{s.Title, "text", isString},
		{s.Columns, "list of objects with " + ColumnName + ", " + ColumnType + " and " + ColumnClass, isColumns},
		{s.Key, "list of texts", listOf(TypeString)},
		{s.Personal, "enumeration", func(f *Field) bool { return f.Type == TypeEnum }},
	}
	if s.Columns == "" {
		wanted = []want{
			{s.Of, "record", func(f *Field) bool { return f.Type == TypeRecord }},
			{s.Purposes, "list of enumerated values", listOf(TypeEnum)},
			{s.Fields, "list of texts", listOf(TypeString)},
			{s.Rows, "text", isString},
			{s.Until, "date", func(f *Field) bool { return f.Type == TypeDate }},
		}
	}
	for _, w := range wanted {
		if f := ix.field(w.field); f == nil || f.See != SeeClear || !w.is(f) {
			return lawtext.Errorf(s.Line, "shares: %q is not a clear %s", w.field, w.what)
		}
	}
	return nil
}

func isColumns(f *Field) bool {
	if f.Type != TypeList || f.Of.Type != TypeObject {
		return false
	}
	for _, name := range []string{ColumnName, ColumnType, ColumnClass} {
		if !slices.ContainsFunc(f.Of.Members, func(m Field) bool { return m.Name == name && !m.Optional }) {
			return false
		}
	}
	return true
}
