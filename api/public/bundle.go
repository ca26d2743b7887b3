package public

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sandi.internal/gateway/api/audit"
	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/statement"
)

// maxRecords bounds the records of one extract: a case and what hangs on it.
const maxRecords = 100

// bundle is GET /v1/audit/bundle: the ledger, or a part of it, as one file for an
// auditor. It is written as it is read, so its length is not known beforehand;
// whether it came whole, the digest in the trailer says.
func (a *API) bundle(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
	if err := a.mayExport(c); err != nil {
		return err
	}
	part, err := bundleRange(r)
	if err != nil {
		return err
	}
	e, err := a.cfg.Log.Prepare(r.Context(), part)
	if err != nil {
		return err
	}
	defer e.Close()
	h := w.Header()
	out := &bundleWriter{w: w, out: http.NewResponseController(w), sum: sha256.New(), begin: func() {
		h.Set("Content-Type", v1.BundleMedia)
		h.Set("Content-Disposition", `attachment; filename="audit-`+strconv.FormatUint(e.Size, 10)+`.zip"`)
		h.Set("Cache-Control", "no-store")
		h.Set("Trailer", v1.TrailerDigest)
		h.Set(v1.HeaderBundleSize, strconv.FormatUint(e.Size, 10))
	}}
	err = e.Write(out, nil)
	switch {
	case err != nil && !out.begun:
		return err
	case err != nil:
		if !errors.Is(err, errReaderLeft) {
			a.cfg.Logger.Error("couldn't finish an audit bundle", "size", e.Size, "err", err)
		}
		panic(http.ErrAbortHandler) // nobody takes the part for the whole
	}
	a.cfg.Logger.Info("an audit bundle was exported", "size", e.Size, "query", r.URL.RawQuery, "region", c.Region, "subject", c.Subject, "token", c.TokenID)
	h.Set(v1.TrailerDigest, "sha-256=:"+base64.StdEncoding.EncodeToString(out.sum.Sum(nil))+":")
	return nil
}

// bundleRange reads which part is wanted: exactly one of all, record, and from
// with or without to.
func bundleRange(r *http.Request) (audit.Range, error) {
	q, err := query(r, "all", "record", "from", "to")
	if err != nil {
		return audit.Range{}, err
	}
	var part audit.Range
	isAll, isRecords, isRange, hasEnd := q.Has("all"), q.Has("record"), q.Has("from"), q.Has("to")
	var wrong []problem.Field
	refuse := func(name, code string) { wrong = append(wrong, problem.At("query."+name, code)) }
	switch {
	case !isAll && !isRecords && !isRange:
		refuse("all", problem.Missing)
	case isAll && (isRecords || isRange || hasEnd), isRecords && (isRange || hasEnd):
		refuse("all", problem.OneOfThese)
	case isAll && q.Get("all") != "" && q.Get("all") != "true":
		refuse("all", problem.NotOneOf)
	case isRecords:
		part.Records = strings.Split(q.Get("record"), ",")
		for _, id := range part.Records {
			if !statement.IsRecordID(id) {
				refuse("record", problem.BadFormat)
				break
			}
		}
		if len(part.Records) > maxRecords {
			refuse("record", problem.TooLong)
		}
	case isRange:
		if part.From = bound(q.Get("from"), 0); part.From == nil {
			refuse("from", problem.BadFormat)
		}
		if part.To = bound(q.Get("to"), 1); part.To == nil && hasEnd {
			refuse("to", problem.BadFormat)
		}
	}
	if wrong != nil {
		return part, problem.Invalid(wrong...)
	}
	return part, nil
}

// bound reads an index, or a day and goes on by some days; nil for neither.
func bound(text string, days int) *audit.Bound {
	if n, err := strconv.ParseUint(text, 10, 62); err == nil {
		return &audit.Bound{Index: n}
	}
	day, err := time.ParseInLocation(time.DateOnly, text, beijing)
	if err != nil {
		return nil
	}
	return &audit.Bound{MS: max(day.AddDate(0, 0, days).UnixMilli(), 1)}
}

// errReaderLeft ends an export that nobody reads any more.
var errReaderLeft = errors.New("the reader left or stood still")

// bundleWriter passes a bundle on, slowly if need be, and sums it up.
type bundleWriter struct {
	w     http.ResponseWriter
	out   *http.ResponseController
	sum   hash.Hash
	begin func() // sets the headers, before the first byte
	begun bool
}

func (b *bundleWriter) Write(p []byte) (int, error) {
	if !b.begun {
		b.begun = true
		b.begin()
	}
	_ = b.out.SetWriteDeadline(time.Now().Add(stall)) // test recorders have none
	n, err := b.w.Write(p)
	b.sum.Write(p[:n])
	if err != nil {
		return n, errReaderLeft
	}
	return n, nil
}
