package desk

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/unicode/norm"

	"sandi.internal/gateway/consensus/procedure"
)

// What people type in many ways is put into its one form before it is checked
// and signed; the ledger takes no other.
var brackets = strings.NewReplacer(
	"[", "〔", "]", "〕", "(", "〔", ")", "〕", "（", "〔", "）", "〕",
	"【", "〔", "】", "〕", "［", "〔", "］", "〕",
)

// normalise rewrites document and case file numbers (brackets, GB/T 9704-2012
// 7.2.5), credit codes (spaces, full-width and lower-case letters) and text
// (Unicode normal form C), at any depth of a field. value is strict JSON; a
// value of another type than the field's passes as it is and fails its check.
func normalise(f *procedure.Field, value string) string {
	if !norm.NFC.IsNormalString(value) {
		// JSON's own characters are in normal form with whatever follows them.
		value = norm.NFC.String(value)
	}
	switch f.Type {
	case procedure.TypeDocNo, procedure.TypeCaseFileNo:
		return rewrite(value, func(s string) string { return brackets.Replace(strings.TrimSpace(s)) })
	case procedure.TypeUSCC:
		return rewrite(value, creditCode)
	}
	if !typed(f) || value[0] != '[' && value[0] != '{' {
		return value
	}
	return normaliseInside(f, value)
}

// creditCode undoes input methods: full-width forms (U+FF01 to U+FF5E), spaces
// and small letters.
func creditCode(s string) string {
	return strings.ToUpper(strings.Map(func(r rune) rune {
		switch {
		case r >= 0xff01 && r <= 0xff5e:
			return r - 0xff01 + '!'
		case r == ' ' || r == 0x3000:
			return -1
		}
		return r
	}, s))
}

// typed reports whether anything inside a field is of a type that normalise
// rewrites.
func typed(f *procedure.Field) bool {
	switch f.Type {
	case procedure.TypeDocNo, procedure.TypeCaseFileNo, procedure.TypeUSCC:
		return true
	case procedure.TypeList:
		return f.Of != nil && typed(f.Of)
	case procedure.TypeObject:
		for i := range f.Members {
			if typed(&f.Members[i]) {
				return true
			}
		}
	}
	return false
}

// rewrite changes a JSON string. Strings with escapes are left to the check.
func rewrite(value string, change func(string) string) string {
	if value[0] != '"' || strings.IndexByte(value, '\\') >= 0 {
		return value
	}
	before := value[1 : len(value)-1]
	after := change(before)
	if after == before {
		return value
	}
	out, err := jsontext.AppendQuote(make([]byte, 0, len(after)+2), after)
	if err != nil {
		return value
	}
	return string(out)
}

// normaliseInside rewrites the items of a list or the members of an object.
func normaliseInside(f *procedure.Field, value string) string {
	switch {
	case f.Type == procedure.TypeList && value[0] == '[':
		out := []byte{'['}
		for item := range items(value) {
			if len(out) > 1 {
				out = append(out, ',')
			}
			out = append(out, normalise(f.Of, item)...)
		}
		return string(append(out, ']'))
	case f.Type == procedure.TypeObject && value[0] == '{':
		list := slices.Collect(Object{value}.Members())
		for i := range list {
			for j := range f.Members {
				if f.Members[j].Name == list[i].Name {
					list[i].Value = normalise(&f.Members[j], list[i].Value)
				}
			}
		}
		return string(object(list))
	}
	return value
}
