package lawtext

import (
	"strconv"
	"unicode/utf8"
)

// MaxText is the longest scalar a reader accepts, in runes: a guard expression
// or a note for the reader; labels are held shorter by those who read them.
const MaxText = 1000

// Map reads a mapping key by key. Done refuses the keys nobody asked for.
type Map struct {
	Node *Node
	read []bool
}

// Map starts reading a mapping; on another kind of node the error is recorded
// and every read yields the zero value.
func (n *Node) Map() *Map {
	if n.Kind != Mapping {
		n.Failf("expected a mapping, found %s", n.Kind)
	}
	return &Map{Node: n, read: make([]bool, len(n.Pairs))}
}

// Find returns the value of a key, nil when absent.
func (m *Map) Find(key string) *Node {
	for i := range m.Node.Pairs {
		if m.Node.Pairs[i].Key == key {
			m.read[i] = true
			return m.Node.Pairs[i].Value
		}
	}
	return nil
}

// Need returns the value of a key that has to be there. When it is missing the
// error is recorded and an empty node returned, so reading may go on.
func (m *Map) Need(key string) *Node {
	if n := m.Find(key); n != nil {
		return n
	}
	m.Node.Failf("%q is missing", key)
	return &Node{Line: m.Node.Line, file: m.Node.file}
}

// Done refuses keys that nobody read.
func (m *Map) Done() {
	for i, p := range m.Node.Pairs {
		if !m.read[i] {
			if m.Node.file.err == nil {
				m.Node.file.err = Errorf(p.Line, "unknown key %q", p.Key)
			}
			return
		}
	}
}

// String reads a scalar of 1 to max runes; "" when the key is absent.
func (m *Map) String(key string, max int) string {
	if n := m.Find(key); n != nil {
		return n.String(max)
	}
	return ""
}

// NeedString is String for a key that has to be there.
func (m *Map) NeedString(key string, max int) string { return m.Need(key).String(max) }

// Int reads a decimal integer; def when the key is absent.
func (m *Map) Int(key string, def int64) int64 {
	if n := m.Find(key); n != nil {
		return n.Int()
	}
	return def
}

// Bool reads true or false; false when the key is absent.
func (m *Map) Bool(key string) bool {
	if n := m.Find(key); n != nil {
		return n.Bool()
	}
	return false
}

// Strings reads a list of scalars; nil when the key is absent.
func (m *Map) Strings(key string, max int) []string {
	n := m.Find(key)
	if n == nil {
		return nil
	}
	return n.Strings(max)
}

// String reads a scalar of 1 to max runes.
func (n *Node) String(max int) string {
	if n.Kind != Scalar {
		n.Failf("expected a value, found %s", n.Kind)
		return ""
	}
	if n.Text == "" {
		n.Failf("empty value")
		return ""
	}
	if c := utf8.RuneCountInString(n.Text); c > max {
		n.Failf("value of %d characters, at most %d are allowed", c, max)
		return ""
	}
	return n.Text
}

// Int reads a decimal integer: an optional minus, no plus, no leading zeros.
func (n *Node) Int() int64 {
	v, err := strconv.ParseInt(n.Text, 10, 64)
	if n.Kind != Scalar || !n.Plain || err != nil || strconv.FormatInt(v, 10) != n.Text {
		n.Failf("expected a whole number")
		return 0
	}
	return v
}

// Bool reads true or false, nothing else.
func (n *Node) Bool() bool {
	if n.Kind != Scalar || !n.Plain || (n.Text != "true" && n.Text != "false") {
		n.Failf("expected true or false")
		return false
	}
	return n.Text == "true"
}

// List returns the items of a sequence.
func (n *Node) List() []*Node {
	if n.Kind != Sequence {
		n.Failf("expected a list, found %s", n.Kind)
		return nil
	}
	return n.Items
}

// Strings reads a list of scalars.
func (n *Node) Strings(max int) []string {
	items := n.List()
	out := make([]string, 0, len(items))
	for _, it := range items {
		out = append(out, it.String(max))
	}
	return out
}
