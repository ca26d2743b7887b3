package public

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"sandi.internal/gateway/api/audit"
	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/sleep"
	"sandi.internal/gateway/consensus/statement"
)

// receiptQuery is how a receipt is asked for.
type receiptQuery struct {
	id     string
	region string // of the statement; empty: the caller's
	asked  bool   // for a region
	fresh  desk.Fresh
	final  bool
	tlog   bool // as a .tlog-proof
	wait   time.Duration
}

// ledgerReceipt is GET /v1/statements/{id}/receipt: the entry of a statement of
// the caller's region, and for auditors of any, with its proof. It is a plain handler: this is how an
// entry is read by whoever wants it proven.
func (a *API) ledgerReceipt(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
	if err := c.MayRead(); err != nil {
		return err
	}
	q, err := receiptQueryOf(r)
	if err != nil {
		return err
	}
	if q.region == "" {
		q.region = c.Region
	}
	if q.region != c.Region {
		// Entries are the whole ledger's, and auditors may read all of them (mayAudit);
		// to others a statement of another region is told by /v1/events only.
		if err := mayAudit(c); err != nil {
			return err
		}
	}
	if statement.CheckID(q.id) != nil {
		return problem.New(problem.NotFound)
	}
	answer, err := a.proveOnce(r.Context(), q)
	if err != nil || answer.proof != nil || q.wait == 0 {
		return answer.send(w, q, err)
	}
	pause, ok := a.subscribers.Enter(c.Region)
	if !ok {
		return problem.New(problem.TooManyListeners).Retry(max(pause, retrySoon))
	}
	defer a.subscribers.Leave(c.Region)
	serve.Streamed(w)
	wait, cancel := context.WithTimeout(r.Context(), q.wait)
	defer cancel()
	for err == nil && answer.proof == nil && wait.Err() == nil {
		a.awaitCover(wait, answer, q.final)
		answer, err = a.proveOnce(r.Context(), q)
	}
	return answer.send(w, q, err)
}

func receiptQueryOf(r *http.Request) (receiptQuery, error) {
	out := receiptQuery{id: r.PathValue("id"), tlog: acceptsOnly(r, v1.TlogProofMedia)}
	q, err := query(r, "consistency", "at", "format", "grade", "wait", "region")
	if err != nil {
		return out, err
	}
	if out.fresh, err = readingOf(q); err != nil {
		return out, err
	}
	var wrong []problem.Field
	out.asked = q.Has("region")
	if out.region = q.Get("region"); out.region != "" && !statement.IsRegion(out.region) {
		wrong = append(wrong, problem.At("query.region", problem.BadFormat))
	}
	switch checkpoint.Grade(q.Get("grade")) {
	case "", checkpoint.GradePublished:
	case checkpoint.GradeFinal:
		out.final = true
	default:
		wrong = append(wrong, problem.At("query.grade", problem.NotOneOf))
	}
	switch format := q.Get("format"); format {
	case "":
	case v1.FormatJSON, v1.FormatTlogProof:
		out.tlog = format == v1.FormatTlogProof
	default:
		wrong = append(wrong, problem.At("query.format", problem.NotOneOf))
	}
	if q.Has("wait") {
		out.wait, err = time.ParseDuration(q.Get("wait"))
		if err != nil || out.wait < 0 || out.wait > pollWaitMax {
			wrong = append(wrong, problem.At("query.wait", problem.OutOfRange))
		}
	}
	if wrong != nil {
		return out, problem.Invalid(wrong...)
	}
	return out, nil
}

// location is where to ask again.
func (q receiptQuery) location() string {
	ask := url.Values{}
	if q.final {
		ask.Set("grade", string(checkpoint.GradeFinal))
	}
	if q.asked {
		ask.Set("region", q.region)
	}
	at := url.URL{Path: "/v1/statements/" + q.id + "/receipt", RawQuery: ask.Encode()}
	return at.String()
}

// acceptsOnly reports whether a request names this media type and not JSON.
func acceptsOnly(r *http.Request, media string) bool {
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, media) && !strings.Contains(accept, mediaJSON)
}

// receiptAnswer is a proof, or what is known so far.
type receiptAnswer struct {
	proof *audit.Proof
	known v1.Receipt // without a proof
	stamp Stamp
	size  uint64 // leaves when it was looked at
}

// proveOnce looks once: at the checkpoints first, so that the ledger that is
// read afterwards holds their trees.
func (a *API) proveOnce(ctx context.Context, q receiptQuery) (receiptAnswer, error) {
	var out receiptAnswer
	pending := q.region == a.cfg.Region && a.cfg.Desk.Pending(q.id)
	shown, err := a.cfg.Log.Shown()
	if err != nil {
		return out, err
	}
	view, books, err := a.look(ctx, q.fresh)
	if err != nil {
		return out, err
	}
	defer view.Close()
	out.stamp, out.size = stampOf(view), view.Size()
	leaf, entry, err := books.Entry(q.region, q.id)
	if err != nil {
		return out, err
	}
	if entry != nil && shown.Covers(leaf.Seq, q.final) {
		out.proof, err = shown.Prove(books, leaf, entry, q.final)
		return out, err
	}
	outcome, err := books.Statement(q.region, q.id)
	switch {
	case err != nil:
		return out, err
	case outcome.Committed != nil:
		out.known = receiptOf(desk.Receipt{Result: desk.ResultOf(q.region, q.id, outcome)})
		return out, nil
	case pending:
		out.known = v1.Receipt{ID: q.id, Status: v1.Pending}
		return out, nil
	case outcome.Refused != nil:
		return out, problem.New(problem.NoReceipt)
	}
	return out, problem.New(problem.NotFound)
}

// awaitCover waits until a checkpoint may cover the entry, or wait ends.
func (a *API) awaitCover(wait context.Context, answer receiptAnswer, final bool) {
	if answer.known.Index == nil { // not committed yet
		_, _ = a.cfg.Ledger.WaitSize(wait, answer.size) // its error is the end of wait
		_ = sleep.For(wait, gather)
		return
	}
	note, err := a.cfg.Log.Wait(wait, *answer.known.Index+1, final)
	if err != nil {
		return
	}
	_, _ = a.cfg.Ledger.WaitSize(wait, note.Size-1) // a note may be here before the entries
	if shown, err := a.cfg.Log.Shown(); err != nil || !shown.Covers(*answer.known.Index, final) {
		_ = sleep.For(wait, retrySoon) // a note that this node does not show
	}
}

// send answers with a proof, or with 202 and what is known.
func (p receiptAnswer) send(w http.ResponseWriter, q receiptQuery, err error) error {
	if err != nil {
		return err
	}
	h := w.Header()
	p.stamp.set(h)
	h["Vary"] = []string{"Accept"}
	switch {
	case p.proof == nil:
		h["Location"] = []string{q.location()}
		h["Retry-After"] = []string{"1"}
		return writeJSON(w, http.StatusAccepted, p.known)
	case q.tlog:
		body := p.proof.TlogProof()
		h["Content-Type"] = []string{v1.TlogProofMedia + "; charset=utf-8"}
		h["Content-Length"] = []string{formatInt(int64(len(body)))}
		h["Cache-Control"] = []string{"no-store"}
		_, _ = w.Write(body) // a reader that left
		return nil
	}
	buffer := receipts.Get().(*[]byte)
	*buffer = p.proof.AppendReceipt((*buffer)[:0])
	sendJSON(w, http.StatusOK, *buffer)
	receipts.Put(buffer)
	return nil
}

// receipts are buffers to write receipts in: most take 6 KiB, one of the largest
// statement 150.
var receipts = sync.Pool{New: func() any { return new([]byte) }}
