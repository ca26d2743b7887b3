package procedure

import (
	"sort"
	"strconv"
)

// appendJSON writes value i of a parsed text in the one canonical form: no
// spaces, names sorted, the fewest escapes.
func appendJSON(dst []byte, list []jsonNode, i int) []byte {
	n := &list[i]
	switch n.kind {
	case jsonString:
		return appendString(dst, n.text)
	case jsonArray:
		dst = append(dst, '[')
		for c := i + 1; c < int(n.next); c = int(list[c].next) {
			if c > i+1 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, list, c)
		}
		return append(dst, ']')
	case jsonObject:
		return appendObject(dst, list, i)
	}
	return append(dst, n.text...)
}

func appendObject(dst []byte, list []jsonNode, i int) []byte {
	var small [16]int
	members := small[:0]
	for c := i + 1; c < int(list[i].next); c = int(list[c].next) {
		// Insertion: members are few, and our own nodes send them in order.
		k := len(members)
		members = append(members, c)
		for ; k > 0 && list[members[k-1]].key > list[c].key; k-- {
			members[k] = members[k-1]
		}
		members[k] = c
	}
	dst = append(dst, '{')
	for k, c := range members {
		if k > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, list[c].key)
		dst = append(dst, ':')
		dst = appendJSON(dst, list, c)
	}
	return append(dst, '}')
}

// escapes are the bytes that cannot stand in a JSON string as they are.
var escapes = func() (t [256]bool) {
	for c := range 0x20 {
		t[c] = true
	}
	t['"'], t['\\'] = true, true
	return t
}()

// appendString writes a JSON string with the fewest escapes (RFC 8785's form).
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if !escapes[c] {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, `\b`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = append(dst, `\u00`...)
			dst = append(dst, hex[c>>4], hex[c&15])
		}
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// jsonWriter writes an object's members in the order of the calls; members
// with a zero value are left out.
type jsonWriter struct {
	b []byte
}

func (w *jsonWriter) open(c byte)  { w.b = append(w.b, c) }
func (w *jsonWriter) close(c byte) { w.b = append(w.b, c) }

// key writes a member's name, with the comma that parts it from the one before.
func (w *jsonWriter) key(k string) {
	w.sep()
	w.b = append(w.b, '"')
	w.b = append(w.b, k...)
	w.b = append(w.b, '"', ':')
}

func (w *jsonWriter) sep() {
	if c := w.b[len(w.b)-1]; c != '{' && c != '[' {
		w.b = append(w.b, ',')
	}
}

func (w *jsonWriter) str(k, v string) {
	if v != "" {
		w.key(k)
		w.b = appendString(w.b, v)
	}
}

func (w *jsonWriter) int(k string, v int64) {
	if v != 0 {
		w.key(k)
		w.b = strconv.AppendInt(w.b, v, 10)
	}
}

func (w *jsonWriter) uint(k string, v uint64) {
	if v != 0 {
		w.key(k)
		w.b = strconv.AppendUint(w.b, v, 10)
	}
}

func (w *jsonWriter) bool(k string, v bool) {
	if v {
		w.key(k)
		w.b = append(w.b, "true"...)
	}
}

func (w *jsonWriter) strs(k string, v []string) {
	if len(v) == 0 {
		return
	}
	w.key(k)
	w.b = append(w.b, '[')
	for i, s := range v {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = appendString(w.b, s)
	}
	w.b = append(w.b, ']')
}

// sortedKeys returns the keys of a map in order, in buf when they fit.
func sortedKeys[V any](m map[string]V, buf []string) []string {
	buf = buf[:0]
	for k := range m {
		buf = append(buf, k)
	}
	sort.Strings(buf)
	return buf
}

func writeMap[V any](w *jsonWriter, k string, m map[string]V, write func(dst []byte, v V) []byte) {
	if len(m) == 0 {
		return
	}
	var small [24]string
	w.key(k)
	w.b = append(w.b, '{')
	for i, name := range sortedKeys(m, small[:]) {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = appendString(w.b, name)
		w.b = append(w.b, ':')
		w.b = write(w.b, m[name])
	}
	w.b = append(w.b, '}')
}
