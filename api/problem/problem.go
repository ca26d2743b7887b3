package problem

import (
	"errors"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"
)

// TypePrefix starts the `type` member; the code follows it.
const TypePrefix = "urn:sandi:problem:"

// ContentType is the media type of RFC 9457 section 3.
const ContentType = "application/problem+json"

// Problem is one refusal as a caller sees it, and an error in Go. The texts are
// filled in for one language when it is written.
type Problem struct {
	Type   string            `json:"type"`             // "urn:sandi:problem:<code>"
	Title  string            `json:"title"`            // what went wrong, one sentence, in the caller's language
	Status int               `json:"status"`           // the HTTP status
	Code   string            `json:"code"`             // machine code; never translated
	Detail string            `json:"detail,omitempty"` // more about this occurrence
	Cite   string            `json:"cite,omitempty"`   // article of the law that forbids it
	Params map[string]string `json:"params,omitempty"` // what the text speaks of, for clients that translate themselves
	Errors []Field           `json:"errors,omitempty"` // every field that is wrong, sorted by place

	zh, en     string // texts that come with the refusal (the law's own) and win over the table
	retryAfter time.Duration
	header     http.Header
	cause      error
}

// Field is one wrong field. Location is a path such as "body.fields.doc_no" or
// "query.limit".
type Field struct {
	Location string            `json:"location"`
	Code     string            `json:"code"`
	Message  string            `json:"message"`
	Params   map[string]string `json:"params,omitempty"`

	ZH string `json:"-"` // texts that come with the refusal and win over the table
	EN string `json:"-"`
}

func (f *Field) text(lang Language) string {
	own := f.ZH
	if lang == English {
		own = f.EN
	}
	if own != "" {
		return own
	}
	return textOf(f.Code, f.Params, lang)
}

// New makes the problem of a code of the table. Params are pairs of name and
// value. An unknown code is a mistake of ours and reads as `internal`.
func New(code string, params ...string) *Problem {
	e, ok := table[code]
	if !ok {
		code, e = Internal, table[Internal]
	}
	p := &Problem{Type: TypePrefix + code, Status: e.status, Code: code}
	for i := 0; i+1 < len(params); i += 2 {
		if p.Params == nil {
			p.Params = make(map[string]string, len(params)/2)
		}
		p.Params[params[i]] = params[i+1]
	}
	return p
}

// FromLaw makes a problem of a refusal by the ledger's rules: the code, status,
// article and both texts come with it.
func FromLaw(status int, code, cite, zh, en string, params map[string]string) *Problem {
	return &Problem{Type: TypePrefix + code, Status: status, Code: code, Cite: cite, Params: params, zh: zh, en: en}
}

// Invalid makes the problem that lists field errors. All of them, or the
// caller mends one per attempt.
func Invalid(fields ...Field) *Problem {
	p := New(ValidationFailed)
	p.Errors = fields
	return p
}

// At makes one field error.
func At(location, code string, params ...string) Field {
	p := New(code, params...)
	return Field{Location: location, Code: p.Code, Params: p.Params}
}

// Retry asks the caller to come back after d (header Retry-After, rounded up
// to whole seconds).
func (p *Problem) Retry(d time.Duration) *Problem {
	p.retryAfter = d
	return p
}

// RetryAfter is what Retry set, or zero.
func (p *Problem) RetryAfter() time.Duration { return p.retryAfter }

// Because keeps the inner error for the log. It never reaches the caller.
func (p *Problem) Because(err error) *Problem {
	p.cause = err
	return p
}

// With adds a header to the answer.
func (p *Problem) With(name, value string) *Problem {
	if p.header == nil {
		p.header = http.Header{}
	}
	p.header.Set(name, value)
	return p
}

// Unwrap gives the inner error.
func (p *Problem) Unwrap() error { return p.cause }

// Error is for logs and command lines: code, text and the fields.
func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.Code)
	if t := p.Title; t != "" {
		b.WriteString(": " + t)
	} else if t := p.text(English); t != "" {
		b.WriteString(": " + t)
	}
	for _, f := range p.Errors {
		b.WriteString("; " + f.Location + ": " + f.Code)
		if f.Message != "" { // as the node said it
			b.WriteString(", " + f.Message)
		}
	}
	if p.cause != nil {
		b.WriteString(": " + p.cause.Error())
	}
	return b.String()
}

// GetStatus and GetHeaders let a Problem pass through huma as it is.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders gives the headers of the answer besides the content type.
func (p *Problem) GetHeaders() http.Header {
	h := p.header.Clone()
	if h == nil {
		h = http.Header{}
	}
	if p.retryAfter > 0 {
		seconds := int64((p.retryAfter + time.Second - 1) / time.Second)
		h.Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	return h
}

// ContentType keeps the media type when huma writes the body.
func (p *Problem) ContentType(string) string { return ContentType }

// Of turns any error into a Problem. What is not one is internal: its text is
// kept for the log only.
func Of(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	return New(Internal).Because(err)
}

// In gives a copy with the texts of one language filled in.
func (p *Problem) In(lang Language) *Problem {
	out := *p
	out.Title = p.text(lang)
	if len(p.Errors) > 0 {
		out.Errors = make([]Field, len(p.Errors))
		copy(out.Errors, p.Errors)
		for i := range out.Errors {
			if out.Errors[i].Message == "" {
				out.Errors[i].Message = out.Errors[i].text(lang)
			}
		}
		sort.SliceStable(out.Errors, func(i, j int) bool { return out.Errors[i].Location < out.Errors[j].Location })
	}
	return &out
}

func (p *Problem) text(lang Language) string {
	own := p.zh
	if lang == English {
		own = p.en
	}
	if own != "" {
		return own
	}
	return textOf(p.Code, p.Params, lang)
}

// textOf looks a code up and puts the params into its {places}.
func textOf(code string, params map[string]string, lang Language) string {
	e, ok := table[code]
	if !ok {
		return code
	}
	text := e.zh
	if lang == English {
		text = e.en
	}
	if len(params) == 0 || !strings.Contains(text, "{") {
		return text
	}
	pairs := make([]string, 0, 2*len(params))
	for _, name := range sortedNames(params) {
		pairs = append(pairs, "{"+name+"}", params[name])
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

func sortedNames(m map[string]string) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Texts are both texts of a problem, for answers that carry them side by side.
func (p *Problem) Texts() (zh, en string) { return p.text(Chinese), p.text(English) }

// Texts are both texts of a wrong field.
func (f *Field) Texts() (zh, en string) { return f.text(Chinese), f.text(English) }
