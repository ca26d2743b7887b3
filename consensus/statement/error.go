package statement

import (
	"strconv"

	"sandi.internal/gateway/certs/strict"
)

// Code says which rule of form was broken. Codes are part of the interface:
// they stand in the ledger's refusals, and tests and clients match them.
type Code string

// Codes that mean the same as in certs/strict have the same spelling.
const (
	CodeTooLarge  Code = strict.TooLarge      // over MaxBytes
	CodeTooDeep   Code = strict.TooDeep       // payload nested deeper than MaxDepth
	CodeDuplicate Code = strict.DuplicateName // a name twice in one object
	CodeUTF8      Code = strict.InvalidUTF8   // lone surrogates included
	CodeSyntax    Code = strict.Syntax        // not JSON
	CodeUnknown   Code = strict.UnknownField  // a member that does not belong there
	CodeWrongType Code = strict.WrongType     // another JSON type, null included
	CodeTrailing  Code = strict.TrailingData  // something after the object

	CodeSegments  Code = "segments"            // not three segments
	CodeBase64    Code = "base64"              // a segment is not canonical base64url
	CodeMissing   Code = "missing_field"       // a member that must be there is not
	CodeTooMany   Code = "too_many_names"      // an object with more than MaxNames members
	CodeName      Code = "name_form"           // a member name that is not 1 to 64 plain ASCII characters
	CodeNumber    Code = "number_form"         // not an integer within 2^53-1
	CodeCharacter Code = "forbidden_character" // control, bidirectional or invisible character
	CodeType      Code = "wrong_typ"           // header typ is not Type
	CodeAlg       Code = "unknown_alg"         // header alg is none of ours
	CodeForm      Code = "field_form"          // Field says which member
	CodeRegion    Code = "region_mismatch"     // payload region is not the kid's region
	CodeSignature Code = "signature_form"      // not 64 bytes
	CodeOverlap   Code = "field_overlap"       // one field is in two of fields, commits and home
	CodeProof     Code = "proof_of_possession" // the added key did not sign for itself
)

// Error says why bytes are no statement. It holds nothing of the input: Field
// is one of our own member names, Offset a byte position in the JSON or -1.
type Error struct {
	Code   Code
	Field  string
	Offset int
}

func (e *Error) Error() string {
	text := "statement: " + string(e.Code)
	if e.Field != "" {
		text += " in " + e.Field
	}
	if e.Offset >= 0 {
		text += " at byte " + strconv.Itoa(e.Offset)
	}
	return text
}

func refuse(code Code) *Error { return &Error{Code: code, Offset: -1} }

func refuseField(code Code, field string) *Error { return &Error{Code: code, Field: field, Offset: -1} }

func refuseAt(code Code, offset int) *Error { return &Error{Code: code, Offset: offset} }
