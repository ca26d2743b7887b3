package ledger

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"sandi.internal/gateway/consensus/procedure"
)

// foldASCII lowers the ASCII letters and leaves all else: document numbers and
// credit codes have Latin letters, names are Chinese.
func foldASCII(s string) string {
	return string(foldBytes([]byte(s)))
}

func foldBytes(b []byte) []byte {
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return b
}

// mayHold is a quick look at a record's bytes, which it changes to lower case in
// a copy: false means that no value in it contains needle.
func mayHold(row []byte, needle string) bool {
	if strings.ContainsAny(needle, "\"\\\n\t<>&") {
		return true // may be written with escapes
	}
	return bytes.Contains(foldBytes(bytes.Clone(row)), []byte(needle))
}

// holds reports whether the record's id, an organisation among its parties, or
// a string in its clear fields contains needle.
func holds(r *procedure.Record, needle string) bool {
	if strings.Contains(foldASCII(r.ID), needle) {
		return true
	}
	for _, p := range r.Parties {
		if strings.Contains(foldASCII(p.Org), needle) {
			return true
		}
	}
	for _, value := range r.Fields {
		if valueHolds(value, needle) {
			return true
		}
	}
	return false
}

// valueHolds looks through the strings of one JSON value, at any depth; the
// names of members do not count.
func valueHolds(value []byte, needle string) bool {
	for i := 0; i < len(value); i++ {
		if value[i] != '"' {
			continue
		}
		end, escaped := i+1, false
		for end < len(value) && value[end] != '"' {
			if value[end] == '\\' {
				escaped = true
				end++
			}
			end++
		}
		if end >= len(value) {
			return false
		}
		token := value[i : end+1]
		i = end
		if isName(value[end+1:]) {
			continue
		}
		text := bytes.Clone(token[1 : len(token)-1])
		if escaped {
			plain, err := jsontext.AppendUnquote(nil, token)
			if err != nil {
				continue
			}
			text = plain
		}
		if bytes.Contains(foldBytes(text), []byte(needle)) {
			return true
		}
	}
	return false
}

// isName reports whether what follows a string makes it a member's name.
func isName(rest []byte) bool {
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return len(rest) > 0 && rest[0] == ':'
}
