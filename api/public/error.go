package public

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/certs/strict"
)

// newError turns huma's own refusals into problems. huma's English text becomes
// a code; the offending value is dropped: it may be personal data.
func newError(_ huma.Context, status int, _ string, errs ...error) huma.StatusError {
	if status == http.StatusBadRequest && len(errs) > 0 {
		return problem.New(problem.MalformedBody, "reason", strict.Syntax)
	}
	if status == http.StatusUnprocessableEntity {
		fields := make([]problem.Field, 0, len(errs))
		for _, err := range errs {
			if d, ok := err.(huma.ErrorDetailer); ok && len(fields) < maxFieldErrors {
				detail := d.ErrorDetail()
				fields = append(fields, problem.At(location(detail.Location), detailCode(detail.Message)))
			}
		}
		return problem.Invalid(fields...)
	}
	code, ok := statusCodes[status]
	if !ok {
		code = problem.Internal
	}
	return problem.New(code)
}

// statusCodes are the codes of what huma refuses by status.
var statusCodes = map[int]string{
	http.StatusBadRequest:            problem.BadRequest,
	http.StatusRequestTimeout:        problem.Timeout,
	http.StatusRequestEntityTooLarge: problem.BodyTooLarge,
	http.StatusUnsupportedMediaType:  problem.MediaType,
	http.StatusNotFound:              problem.NotFound,
}

// detailCodes map the beginnings of huma's validation messages.
var detailCodes = []struct{ text, code string }{
	{"unknown query parameter", problem.UnknownParameter},
	{"unexpected property", problem.UnknownField},
	{"repeated query parameter", problem.RepeatedParam},
	{"required", problem.Missing},
	{"expected required property", problem.Missing},
	{"expected value to be one of", problem.NotOneOf},
	{"expected number", problem.OutOfRange},
	{"expected length <=", problem.TooLong},
	{"expected length", problem.OutOfRange},
	{"expected string to match pattern", problem.BadFormat},
	{"expected string to be", problem.BadFormat},
	{"expected", problem.WrongType},
	{"invalid", problem.WrongType},
}

func detailCode(message string) string {
	for _, d := range detailCodes {
		if strings.HasPrefix(message, d.text) {
			return d.code
		}
	}
	return problem.BadFormat
}

// maxLocation bounds how much of a place is repeated: the name of an unknown
// parameter is the caller's own.
const maxLocation = 80

func location(text string) string {
	text = strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f && r != '<' && r != '>' && r != '"' {
			return r
		}
		return '?'
	}, text)
	return text[:min(len(text), maxLocation)]
}
