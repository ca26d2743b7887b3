package procedure

import (
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// The fields of an act arrive as JSON bytes from another bureau. They are read
// by hand: it is the hot path, and the rules are narrower than JSON's. Only
// whole numbers, no duplicate names, bounded size, depth and count.
const (
	maxJSON     = 64 << 10 // a statement is at most 60 KiB
	maxJSONDeep = 8
	maxJSONKeys = 200 // names in one object; duplicates are found by comparing
	maxJSONVals = 8000
)

type jsonKind uint8

const (
	jsonNull jsonKind = iota
	jsonBool
	jsonInt
	jsonString
	jsonArray
	jsonObject
)

// jsonNode is one value in the flat list of a parsed text, in reading order.
// The children of node i are i+1, then list[i+1].next, and so on up to
// list[i].next.
type jsonNode struct {
	kind jsonKind
	key  string // name in the enclosing object
	text string // string: decoded; bool, int: as written
	num  int64
	next int32 // index after this value and all inside it
	n    int32 // children
}

type jsonScan struct {
	s    string
	pos  int
	list []jsonNode
}

// view is the text of bytes that are not written to any more, without a copy.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// parseJSON reads one JSON object into room, which may be nil. The texts are cut
// from data. ok is false for anything else; the list is the room to use again.
func parseJSON(room []jsonNode, data []byte) (list []jsonNode, ok bool) {
	if len(data) > maxJSON || !utf8.Valid(data) {
		return room[:0], false
	}
	sc := jsonScan{s: view(data), list: room[:0]}
	if !sc.value("", 0) || sc.list[0].kind != jsonObject {
		return sc.list, false
	}
	sc.space()
	return sc.list, sc.pos == len(sc.s)
}

// parseJSONValue reads any one JSON value. The texts are cut from data.
func parseJSONValue(data []byte) (list []jsonNode, ok bool) { return parseJSONText(view(data)) }

// parseJSONText is parseJSONValue for a string.
func parseJSONText(text string) (list []jsonNode, ok bool) {
	if len(text) > maxJSON || !utf8.ValidString(text) {
		return nil, false
	}
	sc := jsonScan{s: text, list: make([]jsonNode, 0, 1+len(text)/24)}
	if !sc.value("", 0) {
		return nil, false
	}
	sc.space()
	return sc.list, sc.pos == len(sc.s)
}

func (sc *jsonScan) space() {
	for sc.pos < len(sc.s) {
		switch sc.s[sc.pos] {
		case ' ', '\t', '\n', '\r':
			sc.pos++
		default:
			return
		}
	}
}

func (sc *jsonScan) value(key string, depth int) bool {
	sc.space()
	if depth > maxJSONDeep || len(sc.list) >= maxJSONVals || sc.pos >= len(sc.s) {
		return false
	}
	at := len(sc.list)
	sc.list = append(sc.list, jsonNode{key: key})
	ok := false
	switch c := sc.s[sc.pos]; {
	case c == '{':
		ok = sc.object(at, depth)
	case c == '[':
		ok = sc.array(at, depth)
	case c == '"':
		sc.list[at].kind = jsonString
		sc.list[at].text, ok = sc.str()
	case c == '-' || (c >= '0' && c <= '9'):
		ok = sc.number(&sc.list[at])
	default:
		ok = sc.word(&sc.list[at])
	}
	sc.list[at].next = int32(len(sc.list))
	return ok
}

func (sc *jsonScan) word(n *jsonNode) bool {
	for _, w := range [...]string{"true", "false", "null"} {
		if len(sc.s)-sc.pos >= len(w) && sc.s[sc.pos:sc.pos+len(w)] == w {
			sc.pos += len(w)
			n.text = w
			n.kind = jsonBool
			if w == "null" {
				n.kind = jsonNull
			}
			return true
		}
	}
	return false
}

// number reads a whole number that every JSON reader keeps exactly.
func (sc *jsonScan) number(n *jsonNode) bool {
	start := sc.pos
	neg := sc.s[sc.pos] == '-'
	if neg {
		sc.pos++
	}
	first := sc.pos
	var v int64
	for sc.pos < len(sc.s) && sc.s[sc.pos] >= '0' && sc.s[sc.pos] <= '9' {
		v = v*10 + int64(sc.s[sc.pos]-'0')
		if sc.pos++; sc.pos-first > 16 {
			return false
		}
	}
	digits := sc.pos - first
	if digits == 0 || (digits > 1 && sc.s[first] == '0') || v > maxSafe || (neg && v == 0) {
		return false
	}
	if sc.pos < len(sc.s) {
		if c := sc.s[sc.pos]; c == '.' || c == 'e' || c == 'E' {
			return false
		}
	}
	if neg {
		v = -v
	}
	n.kind, n.num, n.text = jsonInt, v, sc.s[start:sc.pos]
	return true
}

func (sc *jsonScan) object(at, depth int) bool {
	sc.list[at].kind = jsonObject
	sc.pos++
	for first := true; ; first = false {
		sc.space()
		if sc.pos >= len(sc.s) {
			return false
		}
		if sc.s[sc.pos] == '}' && first {
			sc.pos++
			return true
		}
		if sc.s[sc.pos] != '"' {
			return false
		}
		key, ok := sc.str()
		if !ok || sc.list[at].n >= maxJSONKeys || sc.repeated(at, key) {
			return false
		}
		sc.space()
		if sc.pos >= len(sc.s) || sc.s[sc.pos] != ':' {
			return false
		}
		sc.pos++
		if !sc.value(key, depth+1) {
			return false
		}
		sc.list[at].n++
		more, ok := sc.comma('}')
		if !ok || !more {
			return ok
		}
	}
}

func (sc *jsonScan) repeated(at int, key string) bool {
	for c := at + 1; c < len(sc.list); c = int(sc.list[c].next) {
		if sc.list[c].key == key {
			return true
		}
	}
	return false
}

func (sc *jsonScan) array(at, depth int) bool {
	sc.list[at].kind = jsonArray
	sc.pos++
	sc.space()
	if sc.pos < len(sc.s) && sc.s[sc.pos] == ']' {
		sc.pos++
		return true
	}
	for {
		if !sc.value("", depth+1) {
			return false
		}
		sc.list[at].n++
		more, ok := sc.comma(']')
		if !ok || !more {
			return ok
		}
	}
}

// comma reads what follows a member: a comma (more) or the closing bracket.
func (sc *jsonScan) comma(end byte) (more, ok bool) {
	sc.space()
	if sc.pos >= len(sc.s) {
		return false, false
	}
	c := sc.s[sc.pos]
	sc.pos++
	return c == ',', c == ',' || c == end
}

// str reads a string; without escapes it is a slice of the input.
func (sc *jsonScan) str() (string, bool) {
	sc.pos++
	start := sc.pos
	for sc.pos < len(sc.s) {
		c := sc.s[sc.pos]
		if !escapes[c] {
			sc.pos++
			continue
		}
		switch c {
		case '"':
			sc.pos++
			return sc.s[start : sc.pos-1], true
		case '\\':
			return sc.escaped(start)
		}
		return "", false
	}
	return "", false
}

func (sc *jsonScan) escaped(start int) (string, bool) {
	out := []byte(sc.s[start:sc.pos])
	for sc.pos < len(sc.s) {
		c := sc.s[sc.pos]
		sc.pos++
		switch {
		case c == '"':
			return string(out), true
		case c < 0x20:
			return "", false
		case c != '\\':
			out = append(out, c)
			continue
		}
		if sc.pos >= len(sc.s) {
			return "", false
		}
		c = sc.s[sc.pos]
		sc.pos++
		switch c {
		case '"', '\\', '/':
			out = append(out, c)
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, ok := sc.unicode()
			if !ok {
				return "", false
			}
			out = utf8.AppendRune(out, r)
		default:
			return "", false
		}
	}
	return "", false
}

// unicode reads the digits of \u and, for a surrogate, its other half.
func (sc *jsonScan) unicode() (rune, bool) {
	r, ok := sc.hex4()
	if !ok || !utf16.IsSurrogate(r) {
		return r, ok
	}
	if len(sc.s)-sc.pos < 6 || sc.s[sc.pos] != '\\' || sc.s[sc.pos+1] != 'u' {
		return 0, false
	}
	sc.pos += 2
	low, ok := sc.hex4()
	if !ok {
		return 0, false
	}
	r = utf16.DecodeRune(r, low)
	return r, r != utf8.RuneError
}

func (sc *jsonScan) hex4() (rune, bool) {
	if len(sc.s)-sc.pos < 4 {
		return 0, false
	}
	var r rune
	for range 4 {
		c := sc.s[sc.pos]
		sc.pos++
		switch {
		case c >= '0' && c <= '9':
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
