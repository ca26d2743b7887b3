package public

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/statement"
)

// Materials is the bureau's vault as this door sees it.
type Materials interface {
	// Put takes in one object. The error of the reader aborts it; then nothing
	// stays behind.
	Put(ctx context.Context, about Holder, content io.Reader) (Stored, error)
	// About says what the vault holds under a commitment; ErrNoMaterial when it
	// holds nothing.
	About(ctx context.Context, commitment string) (Holder, Stored, error)
	// Get opens an object. What the reader gives is authenticated before it is
	// given.
	Get(ctx context.Context, commitment string) (io.ReadCloser, error)
}

// ErrNoMaterial says that the vault holds no such object.
var ErrNoMaterial = errors.New("no such material")

// Holder is who brought a material, and its name at home.
type Holder struct {
	Person string // pseudonym
	Org    string
	Name   string // file name; may be empty
	Fields bool   // values of a record's fields, no file
}

// Stored is what the vault says of an object.
type Stored struct {
	Commitment string
	Size       int64
	SHA256     [32]byte
}

const (
	// transfersMax bounds uploads and downloads at a time; each holds a
	// megabyte of buffers.
	transfersMax = 64
	// transferRate is how many a region may start a second.
	transferRate = 200
	// MaxMaterial is the largest material this door takes: 4 GiB, a day of
	// camera footage. Larger ones travel on a disk.
	MaxMaterial = 4 << 30
	// stall is how long a transfer may rest; slowest is the least average rate
	// in bytes a second, so that a trickle cannot hold a place for ever.
	stall   = 30 * time.Second
	slowest = 64 << 10

	mediaBytes = "application/octet-stream"
	maxName    = 240 // bytes of a file name; file systems take 255
)

// putMaterial is PUT /v1/materials: a file goes into the bureau's vault.
func (a *API) putMaterial(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
	if _, err := query(r); err != nil {
		return err
	}
	if c.Region != a.cfg.Region {
		return problem.New(problem.ForeignBody)
	}
	if err := c.MayWrite(); err != nil {
		return err
	}
	if !statement.IsOrg(c.Org) {
		return problem.New(problem.Forbidden)
	}
	id, err := key(r)
	if err != nil {
		return err
	}
	about := Holder{Person: a.cfg.Desk.Pseudonym(c.Issuer, c.Subject), Org: c.Org}
	want, err := uploadHead(r, &about)
	if err != nil {
		return err
	}
	if first, err := a.uploaded(about, id); err != nil || first != nil {
		return a.settleUpload(w, first, want, err)
	}
	body := newBodyReader(w, r, want)
	stored, err := a.cfg.Materials.Put(r.Context(), about, body)
	if body.problem != nil {
		return body.problem
	}
	if err != nil {
		return err
	}
	http.NewResponseController(w).SetReadDeadline(time.Time{})
	if err := a.rememberUpload(about, id, stored); err != nil {
		return err
	}
	return a.settleUpload(w, &stored, digest{}, nil)
}

func (a *API) settleUpload(w http.ResponseWriter, s *Stored, want digest, err error) error {
	switch {
	case err != nil:
		return err
	case want.given && want.sum != s.SHA256:
		return problem.New(problem.KeyReused)
	}
	w.Header().Set("Location", "/v1/materials/"+s.Commitment)
	return writeJSON(w, http.StatusCreated, v1.Material{Commitment: s.Commitment, Size: s.Size, SHA256: strict.B64(s.SHA256[:])})
}

// getMaterial is GET /v1/materials/{commitment}: the bureau's own people only,
// and of those only whose organisation brought it, or whose region is a party
// to a record that names it. Knowing a commitment opens nothing.
func (a *API) getMaterial(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
	started := time.Now()
	q, err := query(r, "record")
	if err != nil {
		return err
	}
	commitment := r.PathValue("commitment")
	if !statement.IsCommitment(commitment) {
		return notFound(r.Context(), started)
	}
	look := access.Entry{Action: access.Read, What: []string{commitment}, Record: recordID(q.Get("record"))}
	if err := mayReadRecords(c); err != nil {
		return a.barred(r.Context(), c, look, err)
	}
	allowed := false
	about, stored, err := a.cfg.Materials.About(r.Context(), commitment)
	switch {
	case errors.Is(err, ErrNoMaterial), err == nil && about.Fields: // fields are read through the record, by the roles that its law names
	case err != nil:
		return err
	case c.Region == a.cfg.Region:
		if allowed, err = a.mayOpen(r.Context(), c, about, commitment, q.Get("record")); err != nil {
			return err
		}
	}
	if !allowed { // who only tries is not told whether there is such a file
		return a.missed(r.Context(), c, look, started)
	}
	if err := a.looked(r.Context(), c, look); err != nil {
		return err
	}
	content, err := a.cfg.Materials.Get(r.Context(), commitment)
	if err != nil {
		return a.failed(r.Context(), c, look, err)
	}
	defer content.Close()
	return send(w, content, about, stored)
}

// mayOpen reports whether a caller of this region may open a material.
func (a *API) mayOpen(ctx context.Context, c *auth.Caller, about Holder, commitment, record string) (bool, error) {
	if record == "" {
		return c.Org != "" && (c.Org == about.Org || c.Org == a.cfg.Region+"-SJ"), nil
	}
	view, books, err := a.lookLocal(ctx, c)
	if err != nil {
		return false, err
	}
	defer view.Close()
	rec, err := visible(books, record, c)
	if err != nil || rec == nil {
		return false, err
	}
	return names(rec, commitment), nil
}

// names reports whether a record names a commitment, anywhere. A commitment is
// 256 bits: it stands in no value by chance.
func names(rec *procedure.Record, commitment string) bool {
	for _, c := range rec.Commits {
		if c == commitment {
			return true
		}
	}
	for _, c := range rec.Home {
		if c == commitment {
			return true
		}
	}
	for _, value := range rec.Fields {
		if strings.Contains(string(value), `"`+commitment+`"`) {
			return true
		}
	}
	return false
}

// send gives a file as what it is to us: bytes that no browser may act on.
func send(w http.ResponseWriter, content io.Reader, about Holder, s Stored) error {
	h := w.Header()
	h.Set("Content-Type", mediaBytes)
	h.Set("Content-Disposition", disposition(about.Name))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", formatInt(s.Size))
	h.Set("ETag", `"`+s.Commitment+`"`)
	serve.Streamed(w)
	out := http.NewResponseController(w)
	buffer := make([]byte, 64<<10)
	for {
		n, err := content.Read(buffer)
		if n > 0 {
			out.SetWriteDeadline(time.Now().Add(stall))
			if _, err := w.Write(buffer[:n]); err != nil {
				return nil // the reader left
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			// The answer has begun: break it off, so that nobody takes the part
			// for the whole.
			panic(http.ErrAbortHandler)
		}
	}
}

// disposition names a file for saving (RFC 6266, RFC 8187).
func disposition(name string) string {
	if name == "" {
		return "attachment"
	}
	return "attachment; filename*=UTF-8''" + url.PathEscape(name)
}
