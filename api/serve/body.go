package serve

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"sandi.internal/gateway/api/problem"
)

// Body reads a request's whole body: of the wanted media type, at most max
// bytes. It clears the deadline that Guard set, so that a handler may then wait
// for a commit without its context being cancelled.
func Body(w http.ResponseWriter, r *http.Request, max int, want string) ([]byte, error) {
	if err := Media(r, want); err != nil {
		return nil, err
	}
	if r.ContentLength > int64(max) {
		return nil, TooLarge(int64(max))
	}
	body, err := read(r, max)
	if err != nil {
		return nil, ReadError(err)
	}
	if len(body) > max {
		return nil, TooLarge(int64(max))
	}
	http.NewResponseController(w).SetReadDeadline(time.Time{})
	return body, nil
}

// read makes one exact allocation when the length is declared.
func read(r *http.Request, max int) ([]byte, error) {
	if r.ContentLength >= 0 {
		body := make([]byte, r.ContentLength)
		_, err := io.ReadFull(r.Body, body)
		return body, err
	}
	return io.ReadAll(io.LimitReader(r.Body, int64(max)+1))
}

// TooLarge is the refusal of a body above limit bytes.
func TooLarge(limit int64) *problem.Problem {
	return problem.New(problem.BodyTooLarge, "limit", strconv.FormatInt(limit, 10))
}

// ReadError says what went wrong while a body arrived.
func ReadError(err error) *problem.Problem {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return problem.New(problem.Timeout).With("Connection", "close").Because(err)
	}
	return problem.New(problem.BadRequest).With("Connection", "close").Because(err)
}

// Media checks a request's content type. Parameters other than charset=utf-8
// are refused: we would not honour them.
func Media(r *http.Request, want string) error {
	values := r.Header["Content-Type"]
	if len(values) == 1 && values[0] == want {
		return nil
	}
	refusal := problem.New(problem.MediaType, "want", want)
	if len(values) != 1 {
		return refusal
	}
	got, params, err := mime.ParseMediaType(values[0])
	if err != nil || !strings.EqualFold(got, want) {
		return refusal
	}
	for name, value := range params {
		if name != "charset" || !strings.EqualFold(value, "utf-8") {
			return refusal
		}
	}
	return nil
}
