package statement

import "unicode/utf8"

const (
	// MaxNames bounds the members of one object: no law document declares so
	// many fields, and the check for duplicates compares each with each.
	MaxNames = 256
	// maxNameBytes bounds one member name; IsField is narrower still.
	maxNameBytes = 64
	// maxInteger is the largest integer that a double holds exactly (RFC 7493
	// section 2.2): auditors' tools in other languages read the same number.
	maxInteger = 1<<53 - 1
)

// scanner reads the JSON profile of a statement: one pass, no reflection, no
// allocation. Its methods return false once err is set.
type scanner struct {
	text  string // what is read; strings of the statement are cut from it
	i     int    // next byte
	names names  // of the objects that are open
	err   *Error
}

// span is a part of the text. MaxBytes fits 16 bits.
type span struct{ from, to uint16 }

var _ = [1]struct{}{}[MaxBytes>>16]

func (s *scanner) cut(at span) string { return s.text[at.from:at.to] }

// names is a stack of member names. The first lie in the scanner itself: a slice
// of an array beside it would be an allocation for every object that is read.
type names struct {
	n     int
	first [48]span
	more  []span
}

func (m *names) at(i int) span {
	if i < len(m.first) {
		return m.first[i]
	}
	return m.more[i-len(m.first)]
}

func (m *names) push(name span) {
	if m.n < len(m.first) {
		m.first[m.n] = name
	} else {
		m.more = append(m.more, name)
	}
	m.n++
}

// cut leaves the lowest n.
func (m *names) cut(n int) { m.n, m.more = n, m.more[:max(min(len(m.more), n-len(m.first)), 0)] }

func (s *scanner) fail(code Code) bool {
	if s.err == nil {
		s.err = refuseAt(code, s.i)
	}
	return false
}

func (s *scanner) failField(code Code, field string) bool {
	if s.err == nil {
		s.err = &Error{Code: code, Field: field, Offset: s.i}
	}
	return false
}

// end requires that nothing but white space is left.
func (s *scanner) end() bool {
	s.space()
	if s.i != len(s.text) {
		return s.fail(CodeTrailing)
	}
	return true
}

func (s *scanner) space() {
	for s.i < len(s.text) {
		switch s.text[s.i] {
		case ' ', '\n', '\t', '\r':
			s.i++
		default:
			return
		}
	}
}

// peek skips white space and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	s.space()
	if s.i >= len(s.text) {
		return 0
	}
	return s.text[s.i]
}

func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		return s.fail(CodeSyntax)
	}
	s.i++
	return true
}

// members reads an object and calls each for every member, with the scanner
// standing before the value, which each must consume. depth is the object's
// own: 1 for the outermost.
func (s *scanner) members(depth int, each func(name string) bool) bool {
	switch s.peek() {
	case '{':
	case '"', '[', 't', 'f', 'n', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return s.fail(CodeWrongType)
	default:
		return s.fail(CodeSyntax)
	}
	if depth > MaxDepth {
		return s.fail(CodeTooDeep)
	}
	s.i++
	base := s.names.n
	defer s.names.cut(base)
	if s.peek() == '}' {
		s.i++
		return true
	}
	for {
		if !s.name(base) || !s.take(':') || !each(s.cut(s.names.at(s.names.n-1))) {
			return false
		}
		switch s.peek() {
		case ',':
			s.i++
		case '}':
			s.i++
			return true
		default:
			return s.fail(CodeSyntax)
		}
	}
}

// name reads a member name: 1 to 64 printable ASCII characters without escapes,
// so that names are equal exactly when their bytes are. The names from base on are
// those of this object so far.
func (s *scanner) name(base int) bool {
	if !s.take('"') {
		return false
	}
	start := s.i
	for s.i < len(s.text) && s.text[s.i] != '"' {
		if c := s.text[s.i]; c < 0x20 || c >= 0x7f || c == '\\' {
			return s.fail(CodeName)
		}
		s.i++
	}
	if s.i >= len(s.text) {
		return s.fail(CodeSyntax)
	}
	name := s.text[start:s.i]
	if len(name) == 0 || len(name) > maxNameBytes {
		return s.fail(CodeName)
	}
	for i := base; i < s.names.n; i++ {
		if s.cut(s.names.at(i)) == name {
			return s.fail(CodeDuplicate)
		}
	}
	if s.names.n-base >= MaxNames {
		return s.fail(CodeTooMany)
	}
	s.names.push(span{uint16(start), uint16(s.i)})
	s.i++
	return true
}

// value checks any value. A container there would stand at the given depth.
func (s *scanner) value(depth int) bool {
	switch s.peek() {
	case '{':
		return s.members(depth, func(string) bool { return s.value(depth + 1) })
	case '[':
		return s.elements(depth, func() bool { return s.value(depth + 1) })
	case '"':
		return s.str()
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		if s.literal("null") {
			return s.fail(CodeWrongType)
		}
		return false
	}
	_, ok := s.integer()
	return ok
}

// elements reads an array and calls each before every element.
func (s *scanner) elements(depth int, each func() bool) bool {
	if s.peek() != '[' {
		return s.fail(CodeWrongType)
	}
	if depth > MaxDepth {
		return s.fail(CodeTooDeep)
	}
	s.i++
	if s.peek() == ']' {
		s.i++
		return true
	}
	for {
		if !each() {
			return false
		}
		switch s.peek() {
		case ',':
			s.i++
		case ']':
			s.i++
			return true
		default:
			return s.fail(CodeSyntax)
		}
	}
}

func (s *scanner) literal(word string) bool {
	if len(s.text)-s.i < len(word) || s.text[s.i:s.i+len(word)] != word {
		return s.fail(CodeSyntax)
	}
	s.i += len(word)
	return true
}

// integer reads an integer within ±maxInteger: no fraction, no exponent, no
// leading zero, no minus zero.
func (s *scanner) integer() (int64, bool) {
	s.space()
	start := s.i
	if s.i < len(s.text) && s.text[s.i] == '-' {
		s.i++
	}
	first := s.i
	var n int64
	for s.i < len(s.text) && digit(s.text[s.i]) {
		if n = 10*n + int64(s.text[s.i]-'0'); n > maxInteger {
			return 0, s.fail(CodeNumber)
		}
		s.i++
	}
	switch {
	case s.i == first:
		return 0, s.fail(CodeSyntax)
	case s.text[first] == '0' && (s.i-first > 1 || first != start):
		return 0, s.fail(CodeNumber)
	case s.i < len(s.text) && (s.text[s.i] == '.' || s.text[s.i] == 'e' || s.text[s.i] == 'E'):
		return 0, s.fail(CodeNumber)
	}
	if first != start {
		n = -n
	}
	return n, true
}

// plain reads a string of printable ASCII without escapes, as all members of
// the envelope are. field names it in the error.
func (s *scanner) plain(field string) (string, bool) {
	if s.peek() != '"' {
		return "", s.failField(CodeWrongType, field)
	}
	start := s.i + 1
	for i := start; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			s.i = i + 1
			return s.text[start:i], true
		case c < 0x20 || c >= 0x7f || c == '\\':
			s.i = i
			return "", s.failField(CodeForm, field)
		}
	}
	return "", s.fail(CodeSyntax)
}

// str checks a string of any text: valid UTF-8 and escapes, and no character
// that Forbidden names, written or escaped.
func (s *scanner) str() bool {
	s.i++
	for s.i < len(s.text) {
		c := s.text[s.i]
		switch {
		case c == '"':
			s.i++
			return true
		case c == '\\':
			if !s.escape() {
				return false
			}
		case c < 0x20:
			return s.fail(CodeSyntax) // RFC 8259 section 7: must be escaped
		case c < 0x7f:
			s.i++
		default:
			r, size := utf8.DecodeRuneInString(s.text[s.i:])
			if r == utf8.RuneError && size <= 1 {
				return s.fail(CodeUTF8)
			}
			if Forbidden(r) {
				return s.fail(CodeCharacter)
			}
			s.i += size
		}
	}
	return s.fail(CodeSyntax)
}

// escape checks the escape sequence at the scanner's position.
func (s *scanner) escape() bool {
	if s.i+1 >= len(s.text) {
		return s.fail(CodeSyntax)
	}
	switch s.text[s.i+1] {
	case '"', '\\', '/', 'n', 't':
		s.i += 2
		return true
	case 'b', 'f', 'r':
		return s.fail(CodeCharacter)
	case 'u':
	default:
		return s.fail(CodeSyntax)
	}
	r, ok := s.hex4(s.i + 2)
	if !ok {
		return s.fail(CodeSyntax)
	}
	width := 6
	if r >= 0xd800 && r <= 0xdfff {
		if r >= 0xdc00 || s.i+7 >= len(s.text) || s.text[s.i+6:s.i+8] != `\u` {
			return s.fail(CodeUTF8)
		}
		low, ok := s.hex4(s.i + 8)
		if !ok {
			return s.fail(CodeSyntax)
		}
		if low < 0xdc00 || low > 0xdfff {
			return s.fail(CodeUTF8)
		}
		r, width = 0x10000+(r-0xd800)<<10+(low-0xdc00), 12
	}
	if Forbidden(r) {
		return s.fail(CodeCharacter)
	}
	s.i += width
	return true
}

func (s *scanner) hex4(at int) (rune, bool) {
	if at+4 > len(s.text) {
		return 0, false
	}
	var r rune
	for _, c := range []byte(s.text[at : at+4]) {
		switch {
		case digit(c):
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
