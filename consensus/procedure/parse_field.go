package procedure

import (
	"math"

	"sandi.internal/gateway/consensus/procedure/lawtext"
)

// readFields reads a mapping of field declarations in the order of the text.
func readFields(n *lawtext.Node, bound, depth int, top bool) []Field {
	n.Map()
	if len(n.Pairs) > bound {
		n.Failf("more than %d fields", bound)
		return nil
	}
	out := make([]Field, 0, len(n.Pairs))
	for _, p := range n.Pairs {
		f := readField(p.Value, depth, top, true)
		f.Name, f.Line = keyName(p), p.Line
		if reserved(f.Name) {
			p.Value.Failf("%q is a word of the guard language", f.Name)
		}
		out = append(out, f)
	}
	return out
}

// reserved reports the words that CEL keeps for itself; a field of that name
// could not be used in a guard.
func reserved(name string) bool {
	switch name {
	case "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let",
		"loop", "namespace", "null", "package", "return", "true", "var", "void", "while":
		return true
	}
	return false
}

// readField reads one declaration. Top-level fields say who may see them;
// items of lists need no label.
func readField(n *lawtext.Node, depth int, top, named bool) Field {
	if depth > maxNesting {
		n.Failf("lists and objects nested deeper than %d", maxNesting)
		return Field{}
	}
	m := n.Map()
	f := Field{Line: n.Line, Type: FieldType(m.NeedString("type", 20))}
	spec, known := fieldTypes[f.Type]
	if !known {
		m.Need("type").Failf("unknown field type %q", f.Type)
		return f
	}
	if named {
		f.Label = label(m, maxLabel)
	} else {
		m.Find("zh")
		m.Find("en")
	}
	if top {
		s := m.Need("see")
		f.See = See(s.String(10))
		if f.See != SeeClear && f.See != SeeCommit && f.See != SeeHome {
			s.Failf("see is clear, commit or home")
		}
	} else if named {
		f.Optional = m.Bool("optional")
	}
	readDetails(m, &f, spec, depth)
	m.Done()
	return f
}

// readDetails reads the keys that only some types take; keys of other types
// stay unread, so Done refuses them.
func readDetails(m *lawtext.Map, f *Field, spec typeSpec, depth int) {
	if f.Type == TypeDecimal {
		f.Places = integer(m.Need("places"), 1, 6)
	}
	if spec.bounds {
		f.Min = readBound(m.Find("min"), f)
		f.Max = readBound(m.Find("max"), f)
		if f.Min != nil && f.Max != nil && *f.Min > *f.Max {
			m.Node.Failf("min is greater than max")
		}
	}
	switch f.Type {
	case TypeEnum:
		f.Values = readValues(m.Need("values"))
	case TypeIntervals, TypeMaterials:
		if v := m.Find("values"); v != nil {
			f.Values = readValues(v)
		}
	case TypeOrg:
		f.Known = m.Bool("known")
	case TypeObject:
		f.Members = readFields(m.Need("fields"), maxNames, depth+1, false)
		for _, a := range readAssign(m.Find("ordered")) {
			f.Ordered = append(f.Ordered, Pair{a.Party, a.Field})
		}
		for _, a := range readAssign(m.Find("differ")) {
			f.Differ = append(f.Differ, Pair{a.Party, a.Field})
		}
	case TypeCollection:
		f.Item = name(m.Need("item"))
	case TypeList:
		of := readField(m.Need("of"), depth+1, false, false)
		f.Of = &of
		if u := m.Find("distinct"); u != nil {
			f.Distinct = u.String(40)
		}
	}
	checkBounds(m, f, spec)
}

// readBound reads min or max; a decimal's is written as a decimal.
func readBound(n *lawtext.Node, f *Field) *int64 {
	if n == nil {
		return nil
	}
	if f.Type != TypeDecimal {
		v := n.Int()
		return &v
	}
	v, ok := decimalUnits(n.Text, f.Places)
	if n.Kind != lawtext.Scalar || !ok {
		n.Failf("expected a decimal number with at most %d places", f.Places)
	}
	return &v
}

// checkBounds holds declared bounds within what the type can take, so that the
// cost of guards and the size of records stay bounded.
func checkBounds(m *lawtext.Map, f *Field, spec typeSpec) {
	if f.Min != nil && *f.Min < spec.lo || f.Max != nil && *f.Max > spec.hi {
		if spec.lo != math.MinInt64 {
			m.Node.Failf("bounds of type %s lie between %d and %d", f.Type, spec.lo, spec.hi)
		}
	}
}

func readValues(n *lawtext.Node) []Value {
	n.Map()
	if len(n.Pairs) == 0 || len(n.Pairs) > maxNames {
		n.Failf("expected 1 to %d values", maxNames)
		return nil
	}
	out := make([]Value, 0, len(n.Pairs))
	for _, p := range n.Pairs {
		out = append(out, Value{Name: keyName(p), Label: title(p.Value)})
	}
	return out
}
