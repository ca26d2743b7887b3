package procedure

import (
	"strings"
	"unicode/utf8"
)

// isHan is frozen: the Han of planes 0, 2 and 3 up to Unicode 15, and the two
// signs that stand for Han in names and numbers.
func isHan(r rune) bool {
	return r >= 0x4e00 && r <= 0x9fff || r >= 0x3400 && r <= 0x4dbf || r == 0x3005 || r == 0x3007 ||
		r >= 0x20000 && r <= 0x2a6df || r >= 0x2a700 && r <= 0x2ebe0 || r >= 0x30000 && r <= 0x323af
}

// isDocNo: a document number of GB/T 9704-2012 7.2.5, agency code in 2 to 24
// Han, year in 〔〕, optional letters as in use, sequence without leading zero,
// 号. Normalising other brackets is the API's task; the ledger takes one form.
func isDocNo(s string) bool {
	agency, rest, ok := strings.Cut(s, "〔")
	if !ok || !allHan(agency, 2, 24) {
		return false
	}
	year, rest, ok := strings.Cut(rest, "〕")
	if !ok || !allDigits(year, 4) || year[:2] != "20" {
		return false
	}
	seq, ok := strings.CutSuffix(rest, "号")
	if !ok {
		return false
	}
	digits := strings.TrimLeft(seq, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	return len(seq)-len(digits) <= 3 && len(digits) >= 1 && len(digits) <= 7 &&
		digits[0] != '0' && allDigits(digits, len(digits))
}

func allHan(s string, min, max int) bool {
	n := 0
	for _, r := range s {
		if !isHan(r) {
			return false
		}
		n++
	}
	return n >= min && n <= max
}

// isCaseFileNo: a bureau's own filing number. Bureaus number freely, so only
// the characters are held: Han, capitals and digits, 〔〕, hyphen, slash; 2 to
// 60 of them, at least one digit.
func isCaseFileNo(s string) bool {
	if n := utf8.RuneCountInString(s); n < 2 || n > 60 {
		return false
	}
	digit := false
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digit = true
		case isHan(r), r >= 'A' && r <= 'Z', r == '〔', r == '〕', r == '-', r == '/':
		default:
			return false
		}
	}
	return digit
}
