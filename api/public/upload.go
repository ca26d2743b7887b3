package public

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/consensus/statement"
)

// digest is a declared SHA-256.
type digest struct {
	given bool
	sum   [sha256.Size]byte
}

// uploadHead reads what an upload says of itself before its bytes.
func uploadHead(r *http.Request, about *Holder) (digest, error) {
	if err := serve.Media(r, mediaBytes); err != nil {
		return digest{}, err
	}
	switch {
	case r.ContentLength < 0:
		return digest{}, problem.New(problem.LengthRequired)
	case r.ContentLength == 0:
		return digest{}, problem.New(problem.EmptyMaterial)
	case r.ContentLength > MaxMaterial:
		return digest{}, serve.TooLarge(MaxMaterial)
	}
	if text := r.Header.Get("Content-Disposition"); text != "" {
		_, params, err := mime.ParseMediaType(text)
		about.Name = params["filename"]
		if err != nil || !IsFileName(about.Name) {
			return digest{}, problem.Invalid(problem.At("header.Content-Disposition", problem.BadText))
		}
	}
	return declared(r.Header.Get("Content-Digest"))
}

// IsFileName reports whether a name is one file's name that shows what it is: no
// path, no controls, nothing invisible or reversing.
func IsFileName(name string) bool {
	return name != "" && name != "." && name != ".." && len(name) <= maxName && utf8.ValidString(name) &&
		statement.CheckText(name) && !strings.ContainsAny(name, "/\\\n\t")
}

// declared reads Content-Digest (RFC 9530): the sha-256 member, if there is one.
func declared(text string) (digest, error) {
	for item := range strings.SplitSeq(text, ",") {
		value, ok := strings.CutPrefix(strings.TrimSpace(item), "sha-256=:")
		if !ok {
			continue
		}
		value, closed := strings.CutSuffix(value, ":")
		sum, err := base64.StdEncoding.Strict().DecodeString(value)
		if err != nil || !closed || len(sum) != sha256.Size {
			return digest{}, problem.Invalid(problem.At("header.Content-Digest", problem.BadFormat))
		}
		return digest{given: true, sum: [sha256.Size]byte(sum)}, nil
	}
	return digest{}, nil
}

// bodyReader passes an upload on while it keeps moving. What is wrong with it
// ends up in problem; the vault sees an error and keeps nothing.
type bodyReader struct {
	body     io.Reader
	deadline interface{ SetReadDeadline(time.Time) error }
	end      time.Time // of the slowest acceptable upload
	left     int64
	hash     hash.Hash
	want     digest
	problem  *problem.Problem
}

func newBodyReader(w http.ResponseWriter, r *http.Request, want digest) *bodyReader {
	slow := time.Duration(r.ContentLength/slowest) * time.Second
	return &bodyReader{
		body: r.Body, deadline: http.NewResponseController(w), end: time.Now().Add(stall + slow),
		left: r.ContentLength, hash: sha256.New(), want: want,
	}
}

// Read implements io.Reader. It gives io.EOF only for a complete body with the
// declared digest.
func (b *bodyReader) Read(p []byte) (int, error) {
	if b.problem != nil {
		return 0, b.problem
	}
	if b.left == 0 {
		if b.want.given && [sha256.Size]byte(b.hash.Sum(nil)) != b.want.sum {
			b.problem = problem.New(problem.DigestMismatch)
			return 0, b.problem
		}
		return 0, io.EOF
	}
	until := time.Now().Add(stall)
	if until.After(b.end) {
		until = b.end
	}
	b.deadline.SetReadDeadline(until)
	n, err := b.body.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	b.hash.Write(p[:n])
	if err != nil && b.left > 0 {
		b.problem = problem.Of(serve.ReadError(err))
		return n, b.problem
	}
	return n, nil
}

// uploadPrefix is the first byte of the node-local keys that remember uploads:
// organisation and Idempotency-Key -> what came of it. A retried upload gets
// the first object instead of a second one under another salt.
const uploadPrefix = 0x91

func uploadKey(about Holder, id string) []byte {
	return append([]byte{uploadPrefix}, about.Org+"/"+about.Person+"/"+id...)
}

func (a *API) uploaded(about Holder, id string) (*Stored, error) {
	data, err := a.cfg.Local.Get(uploadKey(about, id))
	if err != nil || data == nil {
		return nil, err
	}
	var s Stored
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("couldn't read what came of an upload: %w", err)
	}
	return &s, nil
}

func (a *API) rememberUpload(about Holder, id string, s Stored) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return a.cfg.Local.Set(uploadKey(about, id), data, true)
}

func formatInt(n int64) string { return strconv.FormatInt(n, 10) }
