package strict

import "strconv"

// Codes of refusals. They are part of the interface: clients and tests match
// them, and the ledger's verdicts contain them.
const (
	TooLarge      = "too_large"      // more bytes or names than allowed
	TooDeep       = "too_deep"       // nested deeper than allowed
	DuplicateName = "duplicate_name" // the same name twice in one object
	InvalidUTF8   = "invalid_utf8"   // includes lone surrogates in escapes
	Syntax        = "syntax"         // not JSON, or not an object
	UnknownField  = "unknown_field"  // a member that the type does not have
	WrongType     = "wrong_type"     // a value of another type, null included
	TrailingData  = "trailing_data"  // anything but white space after the object
)

// Error says why bytes were refused. Offset is the byte position at which it
// was noticed, or -1 when it has none. It holds nothing of the input.
type Error struct {
	Code   string
	Offset int64
}

func (e *Error) Error() string {
	if e.Offset < 0 {
		return "strict: " + e.Code
	}
	return "strict: " + e.Code + " at byte " + strconv.FormatInt(e.Offset, 10)
}

func refuse(code string, offset int) *Error { return &Error{Code: code, Offset: int64(offset)} }
