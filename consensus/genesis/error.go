package genesis

// Code says which rule a genesis broke.
type Code string

const (
	CodeFormat    Code = "format"            // not a genesis file, or JSON that is not strict
	CodeForm      Code = "field_form"        // a member does not have its form
	CodeDuplicate Code = "duplicate"         // an identity stands in it twice
	CodeOrder     Code = "order"             // a list is not sorted
	CodeLimit     Code = "limit"             // more than a bound allows
	CodeKey       Code = "key"               // a key is malformed, weak or of another use
	CodeQuorum    Code = "quorum"            // a region without a voter, or with a quorum
	CodeSignature Code = "signature"         // a signature is unknown or does not verify
	CodeMissing   Code = "missing_signature" // a region has not signed
)

// Error is why a genesis is not acceptable. Where is a path for people, e.g.
// "region 120000 node 120000-a".
type Error struct {
	Code  Code
	Where string
	What  string
}

func (e *Error) Error() string {
	text := "genesis: " + string(e.Code)
	if e.Where != "" {
		text += ": " + e.Where
	}
	if e.What != "" {
		text += ": " + e.What
	}
	return text
}

func refuse(code Code, where, what string) error {
	return &Error{Code: code, Where: where, What: what}
}
