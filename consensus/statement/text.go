package statement

import "unicode/utf8"

// CheckText reports whether s is text that shows what it holds: valid UTF-8
// without control characters (line feed and tab excepted), bidirectional
// controls, zero-width or other invisible characters. Ideographic variation
// selectors stay allowed: rare personal names need them.
func CheckText(s string) bool {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c < 0x20 && c != '\n' && c != '\t' || c == 0x7f {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || Forbidden(r) {
			return false
		}
		i += size
	}
	return true
}

// Forbidden reports whether a character may not stand in any string of a
// statement. The list is written out, not taken from Unicode tables, because
// tables change with the Go release and replicas must agree.
func Forbidden(r rune) bool {
	switch {
	case r < 0x20:
		return r != '\n' && r != '\t'
	case r < 0x7f:
		return false
	case r < 0xa0: // DEL and the C1 controls
		return true
	case r < 0x600:
		return r == 0x00ad || r == 0x034f // soft hyphen, combining grapheme joiner
	}
	switch {
	case r == 0x061c, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5, r == 0x180e, r == 0x3164, r == 0xffa0: // Arabic letter mark, fillers, inherent vowels, vowel separator
		return true
	case r >= 0x200b && r <= 0x200f: // zero-width space, joiners, direction marks
		return true
	case r >= 0x2028 && r <= 0x202e: // line and paragraph separator, embeddings and overrides
		return true
	case r >= 0x2060 && r <= 0x206f: // word joiner, invisible operators, isolates, deprecated controls
		return true
	case r >= 0xd800 && r <= 0xdfff, r == 0xfeff, r >= 0xfff0 && r <= 0xfffb, r == 0xfffe, r == 0xffff: // surrogates, BOM, interlinear and unassigned specials, noncharacters
		return true
	case r >= 0xfdd0 && r <= 0xfdef: // noncharacters
		return true
	case r >= 0xe0000 && r <= 0xe007f: // tags
		return true
	}
	return r > 0xffff && r&0xfffe == 0xfffe || r > utf8.MaxRune
}
