package statement

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"
)

// MaxLawText bounds a text of law in plain, in bytes.
const MaxLawText = 256 << 10

// What a text of law is.
const (
	LawProcedure = "procedure" // one document of consensus/procedure
	LawRules     = "rules"     // the table of deadline rules
	LawCalendar  = "calendar"  // the table of working days
)

var lawForms = [...]string{LawCalendar, LawProcedure, LawRules}

// IsLawForm reports whether s says what a text of law is.
func IsLawForm(s string) bool { return slices.Contains(lawForms[:], s) }

// ProposeBody is the body of law.propose: the next version of a text of law. The
// region that proposes it approves of it.
type ProposeBody struct {
	Form    string // procedure, rules or calendar
	Name    string // of the procedure; rules and calendar are called so
	Version int    // the next one
	From    int64  // unix s: adopted not before
	Text    []byte // UTF-8, at most MaxLawText; compressed in the bytes (RFC 1951)
}

// ProposalBody names a proposal: law.vote and law.adopt.
type ProposalBody struct {
	Region   string // that proposed it
	Proposal string // id of its statement
	Approve  bool   // law.vote only
}

// Marshal gives the body's bytes.
func (b ProposeBody) Marshal() []byte {
	dst := appendString([]byte(`{"form":`), b.Form)
	dst = appendString(append(dst, `,"name":`...), b.Name)
	dst = strconv.AppendInt(append(dst, `,"version":`...), int64(b.Version), 10)
	dst = strconv.AppendInt(append(dst, `,"from":`...), b.From, 10)
	dst = url64.AppendEncode(append(dst, `,"text":"`...), Deflate(b.Text))
	return append(dst, '"', '}')
}

// ParsePropose reads the body of law.propose. Whether the text is law is for the
// ledger. The error is an *Error.
func ParsePropose(body []byte) (ProposeBody, error) {
	var b ProposeBody
	s := bodyScanner(body)
	err := s.body(func(name string) (ok bool) {
		switch name {
		case "form":
			b.Form, ok = s.formed(name, IsLawForm)
		case "name":
			b.Name, ok = s.formed(name, IsField)
		case "version":
			var n int64
			if n, ok = s.integer(); ok && (n < 1 || n > 1<<20) {
				return s.failField(CodeForm, name)
			}
			b.Version = int(n)
		case "from":
			if b.From, ok = s.integer(); ok && b.From < 1 {
				return s.failField(CodeForm, name)
			}
		case "text":
			b.Text, ok = s.lawText(name)
		default:
			ok = s.failField(CodeUnknown, "body")
		}
		return ok
	})
	if err != nil {
		return ProposeBody{}, err
	}
	err = missing(member{"form", b.Form != ""}, member{"name", b.Name != ""}, member{"version", b.Version != 0}, member{"from", b.From != 0}, member{"text", b.Text != nil})
	if err != nil {
		return ProposeBody{}, err
	}
	if b.Form != LawProcedure && b.Name != b.Form {
		return ProposeBody{}, refuseField(CodeForm, "name")
	}
	return b, nil
}

func (s *scanner) lawText(field string) ([]byte, bool) {
	packed, ok := s.plain(field)
	if !ok {
		return nil, false
	}
	raw, err := url64.DecodeString(packed)
	if err != nil {
		return nil, s.failField(CodeBase64, field)
	}
	text, err := Inflate(raw)
	if err != nil || len(text) == 0 || !utf8.Valid(text) {
		return nil, s.failField(CodeForm, field)
	}
	return text, true
}

// Deflate compresses a text of law (RFC 1951). Only what comes out of Inflate
// counts: another compressor may give other bytes.
func Deflate(text []byte) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err == nil {
		_, err = w.Write(text)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		panic(err) // neither the level nor a buffer can fail
	}
	return b.Bytes()
}

// ErrLawText: not a compressed text of at most MaxLawText bytes.
var ErrLawText = errors.New("statement: not a compressed text of law")

// Inflate undoes Deflate. It never gives more than MaxLawText bytes, whatever is
// packed, and takes the whole of packed.
func Inflate(packed []byte) ([]byte, error) {
	in := bytes.NewReader(packed)
	text, err := io.ReadAll(io.LimitReader(flate.NewReader(in), MaxLawText+1))
	if err != nil || len(text) > MaxLawText || in.Len() != 0 {
		return nil, ErrLawText
	}
	return text, nil
}

// Marshal gives the body's bytes for a kind: law.vote or law.adopt.
func (b ProposalBody) Marshal(kind string) []byte {
	dst := appendString([]byte(`{"region":`), b.Region)
	dst = appendString(append(dst, `,"proposal":`...), b.Proposal)
	if kind == KindLawVote {
		dst = strconv.AppendBool(append(dst, `,"approve":`...), b.Approve)
	}
	return append(dst, '}')
}

// ParseProposal reads the body of law.vote or law.adopt. The error is an *Error.
func ParseProposal(kind string, body []byte) (ProposalBody, error) {
	var b ProposalBody
	var voted bool
	s := bodyScanner(body)
	err := s.body(func(name string) (ok bool) {
		switch {
		case name == "region":
			b.Region, ok = s.formed(name, IsRegion)
		case name == "proposal":
			b.Proposal, ok = s.formed(name, isULID)
		case name == "approve" && kind == KindLawVote:
			voted = true
			b.Approve, ok = s.boolean(name)
		default:
			ok = s.failField(CodeUnknown, "body")
		}
		return ok
	})
	if err == nil {
		err = missing(member{"region", b.Region != ""}, member{"proposal", b.Proposal != ""}, member{"approve", voted || kind != KindLawVote})
	}
	if err != nil {
		return ProposalBody{}, err
	}
	return b, nil
}
