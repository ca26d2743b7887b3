package strict

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxNames bounds the object members of one document, at all depths together.
// The largest honest document is a genesis (about 20 names for each of some
// 500 organisations); the bound keeps the duplicate check from becoming work
// that an enemy can order.
const MaxNames = 1 << 16

// Object reports whether data is one JSON object within the limits: valid
// UTF-8, no duplicate names, nothing but white space after it. maxDepth counts
// the outer object as 1. The error is an *Error.
func Object(data []byte, maxBytes, maxDepth int) error {
	if err := bounds(data, maxBytes, maxDepth, false); err != nil {
		return err
	}
	return syntax(data)
}

// Decode is Object followed by decoding into a Go value. Members that the type
// does not have, names in another case, integers with a fraction or exponent,
// and null are refused. The error is an *Error.
func Decode(data []byte, maxBytes, maxDepth int, into any) error {
	if err := bounds(data, maxBytes, maxDepth, true); err != nil {
		return err
	}
	if err := syntax(data); err != nil {
		return err
	}
	err := json.Unmarshal(data, into, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	code, offset := WrongType, int64(-1)
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		offset = semantic.ByteOffset
		if errors.Is(semantic.Err, json.ErrUnknownName) {
			code = UnknownField
		}
	}
	return &Error{Code: code, Offset: offset}
}

// bounds checks size, depth and number of names in one pass that understands
// nothing but strings and brackets, so that hostile nesting never reaches a
// parser. With noNull it also refuses null: outside strings no other JSON
// literal contains the letter n.
func bounds(data []byte, maxBytes, maxDepth int, noNull bool) error {
	if len(data) > maxBytes {
		return refuse(TooLarge, maxBytes)
	}
	depth, names, quoted := 0, 0, false
	for i := 0; i < len(data); i++ {
		c := data[i]
		if quoted {
			switch c {
			case '\\':
				i++
			case '"':
				quoted = false
			}
			continue
		}
		switch c {
		case '"':
			quoted = true
		case '{', '[':
			if depth++; depth > maxDepth {
				return refuse(TooDeep, i)
			}
		case '}', ']':
			depth--
		case ':':
			if names++; names > MaxNames {
				return refuse(TooLarge, i)
			}
		case 'n':
			if noNull {
				return refuse(WrongType, i)
			}
		}
	}
	return nil
}

// syntax checks that data is exactly one JSON object as RFC 7493 has it.
func syntax(data []byte) error {
	start := len(data) - len(bytes.TrimLeft(data, " \t\r\n"))
	if start == len(data) || data[start] != '{' {
		return refuse(Syntax, start)
	}
	if jsontext.Value(data).IsValid() {
		return nil
	}
	return explain(data)
}

// explain finds out which rule broke. It runs only for refused input.
func explain(data []byte) error {
	if !utf8.Valid(data) {
		return refuse(InvalidUTF8, invalidAt(data))
	}
	d := jsontext.NewDecoder(bytes.NewReader(data))
	err := d.SkipValue()
	if err == nil {
		// The object itself is sound, so what follows it is not.
		return &Error{Code: TrailingData, Offset: d.InputOffset()}
	}
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		return &Error{Code: DuplicateName, Offset: d.InputOffset()}
	case errors.As(err, &syntactic):
		if loneSurrogate(data, syntactic.ByteOffset) {
			return &Error{Code: InvalidUTF8, Offset: syntactic.ByteOffset}
		}
		return &Error{Code: Syntax, Offset: syntactic.ByteOffset}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return refuse(Syntax, len(data))
	}
	return &Error{Code: Syntax, Offset: d.InputOffset()}
}

func invalidAt(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// loneSurrogate reports whether the syntax error at offset is an escaped UTF-16
// surrogate without its other half (RFC 7493 section 2.1).
func loneSurrogate(data []byte, offset int64) bool {
	if offset < 0 || int(offset)+4 > len(data) {
		return false
	}
	at := data[offset:]
	return at[0] == '\\' && at[1] == 'u' && (at[2] == 'd' || at[2] == 'D') &&
		bytes.IndexByte([]byte("89abcdefABCDEF"), at[3]) >= 0
}
