package draw

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// linesOf are the lines of a file behind its first, which names the format.
// Every line ends with a newline; there are at most most of them.
func linesOf(data []byte, format string, most int) ([]string, error) {
	if len(data) > MaxFile {
		return nil, fmt.Errorf("longer than %d bytes", MaxFile)
	}
	text, ok := strings.CutSuffix(string(data), "\n")
	if !ok {
		return nil, errors.New("the last line doesn't end")
	}
	first, rest, more := strings.Cut(text, "\n")
	if first != format {
		return nil, fmt.Errorf("the first line isn't %s", format)
	}
	if !more {
		return nil, nil
	}
	if strings.Count(rest, "\n") >= most {
		return nil, fmt.Errorf("more than %d lines", most)
	}
	return strings.Split(rest, "\n"), nil
}

// isStratum reports whether s may name a stratum: a word of letters, digits and
// . _ - in any script of the basic plane, where UTF-8, code points and a browser's
// strings sort alike.
func isStratum(s string) bool {
	for _, c := range s {
		plain := c == '.' || c == '_' || c == '-' || unicode.IsLetter(c) || unicode.IsDigit(c)
		if !plain || c > 0xffff || c == utf8.RuneError {
			return false
		}
	}
	return s != "" && len(s) <= maxStratum
}

// isName reports whether s may name a candidate or reason.
func isName(s string) bool {
	if s == "" || len(s) > maxName {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}
