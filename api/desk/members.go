package desk

import (
	"iter"
	"strings"

	"sandi.internal/gateway/certs/strict"
)

// Bounds of a draft's fields: what they become must fit a statement; fields
// for the vault may be larger.
const (
	MaxFields      = 256 << 10
	maxFieldsDepth = 8
)

// Object is a JSON object that has been checked strictly, so that cutting it
// up can be simple. The zero Object is empty. Its text is a string, so that all
// names and values cut from it share the one copy.
type Object struct{ text string }

// ParseObject checks that data is one JSON object: bounded, valid UTF-8, no
// name twice at any depth. The error is a *strict.Error.
func ParseObject(data []byte, maxBytes, maxDepth int) (Object, error) {
	if err := strict.Object(data, maxBytes, maxDepth); err != nil {
		return Object{}, err
	}
	return Object{string(data)}, nil
}

// ParseFields is ParseObject with the bounds of a draft's fields.
func ParseFields(data []byte) (Object, error) { return ParseObject(data, MaxFields, maxFieldsDepth) }

// Member is one top-level name of an Object, with its value's exact text.
type Member struct {
	Name  string // as written: a name with an escape in it stays so
	Value string
}

// Text reads a string without escapes: identifiers and codes never need one.
func (m Member) Text() (string, bool) {
	if m.Value[0] != '"' || strings.IndexByte(m.Value, '\\') >= 0 {
		return "", false
	}
	return m.Value[1 : len(m.Value)-1], true
}

// Object gives the value if it is one.
func (m Member) Object() (Object, bool) { return Object{m.Value}, m.Value[0] == '{' }

// Members gives the object's top-level members, in order.
func (o Object) Members() iter.Seq[Member] {
	return func(yield func(Member) bool) {
		if o.text == "" {
			return
		}
		i := skipSpace(o.text, 0) + 1 // past {
		for {
			i = skipSpace(o.text, i)
			if o.text[i] == '}' {
				return
			}
			if o.text[i] == ',' {
				i = skipSpace(o.text, i+1)
			}
			end := skipString(o.text, i)
			name := o.text[i+1 : end-1]
			i = skipSpace(o.text, skipSpace(o.text, end)+1) // past :
			end = skipValue(o.text, i)
			if !yield(Member{name, o.text[i:end]}) {
				return
			}
			i = end
		}
	}
}

// items gives the items of a strict JSON array.
func items(array string) iter.Seq[string] {
	return func(yield func(string) bool) {
		i := skipSpace(array, 0) + 1 // past [
		for {
			i = skipSpace(array, i)
			if array[i] == ']' {
				return
			}
			if array[i] == ',' {
				i = skipSpace(array, i+1)
			}
			end := skipValue(array, i)
			if !yield(array[i:end]) {
				return
			}
			i = end
		}
	}
}

func skipSpace(b string, i int) int {
	for b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r' {
		i++
	}
	return i
}

// skipString returns the position after the string that begins at i.
func skipString(b string, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i + 1
}

// skipValue returns the position after the value that begins at i.
func skipValue(b string, i int) int {
	depth := 0
	for {
		switch b[i] {
		case '"':
			i = skipString(b, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		default:
			if depth == 0 { // a number or literal ends where a delimiter stands
				for strings.IndexByte(",}] \t\r\n", b[i]) < 0 {
					i++
				}
				return i
			}
		}
		if i++; depth == 0 {
			return i
		}
	}
}

// object writes members as a JSON object.
func object(list []Member) []byte {
	size := 2
	for _, m := range list {
		size += len(m.Name) + len(m.Value) + 4
	}
	out := append(make([]byte, 0, size), '{')
	for i, m := range list {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, '"'), m.Name...), '"', ':')
		out = append(out, m.Value...)
	}
	return append(out, '}')
}
