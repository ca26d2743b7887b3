package procedure

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"sandi.internal/gateway/consensus/procedure/lawtext"
)

// checkText validates free text: length in runes, no hidden characters, NFC,
// line feeds only in texts of several lines, not only spaces.
func checkText(s string, min, max int64, lines bool) reason {
	// Bytes bound runes from above, so most texts need no second count.
	n := int64(len(s))
	if n > max {
		if n = int64(utf8.RuneCountInString(s)); n > max {
			return badTooLong
		}
	}
	if n < min || (min > 1 && int64(utf8.RuneCountInString(s)) < min) {
		if s == "" {
			return badEmpty
		}
		return badTooShort
	}
	blank, plain := true, true
	for _, r := range s {
		if r == '\n' || r == '\t' {
			if !lines || r == '\t' {
				return badHidden
			}
			continue
		}
		if r != ' ' && r != 0x3000 {
			blank = false
		}
		if inert(r) {
			continue
		}
		plain = false
		if lawtext.Hidden(r) {
			return badHidden
		}
	}
	if blank && min > 0 {
		return badEmpty
	}
	if !plain && !norm.NFC.IsNormalString(s) {
		return badNFC
	}
	return valid
}

// inert: ASCII, the Han of every day, Chinese punctuation and full-width forms
// neither hide nor compose, so texts of them need no tables.
func inert(r rune) bool {
	return r < 0x7f && r >= 0x20 || r >= 0x4e00 && r <= 0x9fff ||
		r >= 0x3001 && r <= 0x3029 || r >= 0xff01 && r <= 0xff5e || r >= 0x2010 && r <= 0x2027
}

// checkDecimal holds a decimal to its one spelling: exactly the declared
// places, "12.50" and not "12.5".
func checkDecimal(f *Field, s string) reason {
	v, ok := decimalUnits(s, f.Places)
	if !ok || len(s) <= f.Places || s[len(s)-f.Places-1] != '.' {
		return badPlaces
	}
	if f.Min != nil && v < *f.Min {
		return badTooSmall
	}
	if f.Max != nil && v > *f.Max {
		return badTooLarge
	}
	return valid
}
