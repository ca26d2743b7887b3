package public

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/statement"
)

const (
	mediaJSON = "application/json"
	// maxBody bounds the body of a write: the fields and the few members
	// around them.
	maxBody  = desk.MaxFields + 4<<10
	maxDepth = 10
)

// order is a write as the body has it: {procedure|event, role?, fields?}.
type order struct {
	name   string // of the procedure or event
	role   string
	fields desk.Object
}

// readOrder reads the body of a write. what is the member that names the
// procedure or the event. All errors come at once.
func readOrder(w http.ResponseWriter, r *http.Request, what string) (order, error) {
	body, err := serve.Body(w, r, maxBody, mediaJSON)
	if err != nil {
		return order{}, err
	}
	o, err := desk.ParseObject(body, maxBody, maxDepth)
	if err != nil {
		return order{}, malformed(err)
	}
	var out order
	var wrong []problem.Field
	for m := range o.Members() {
		ok := true
		switch m.Name {
		case what:
			out.name, ok = m.Text()
		case "role":
			out.role, ok = m.Text()
		case "fields":
			out.fields, ok = m.Object()
		default:
			wrong = append(wrong, problem.At("body."+desk.Printable(m.Name), problem.UnknownField))
			continue
		}
		if !ok {
			wrong = append(wrong, problem.At("body."+m.Name, problem.WrongType))
		}
	}
	if out.name == "" && len(wrong) == 0 {
		wrong = append(wrong, problem.At("body."+what, problem.Missing))
	}
	if len(wrong) > 0 {
		return order{}, problem.Invalid(wrong[:min(len(wrong), maxFieldErrors)]...)
	}
	return out, nil
}

// malformed says that a body is not one strict JSON object, and in which way.
func malformed(err error) error {
	var e *strict.Error
	if errors.As(err, &e) {
		return problem.New(problem.MalformedBody, "reason", e.Code)
	}
	return err
}

// key reads the Idempotency-Key: the id of the statement to be.
func key(r *http.Request) (string, error) {
	values := r.Header["Idempotency-Key"]
	if len(values) == 0 {
		return "", problem.New(problem.KeyRequired)
	}
	if len(values) > 1 || statement.CheckID(values[0]) != nil {
		return "", problem.New(problem.KeyMalformed)
	}
	return values[0], nil
}

// etagSize is the length of a record's ETag: a quoted base64url SHA-256.
const etagSize = 45

// match reads If-Match: the version of the record that the decision was made
// on. Exactly one strong tag; "any version" is no basis for an act of law.
func match(r *http.Request) (string, error) {
	values := r.Header["If-Match"]
	if len(values) == 0 {
		return "", problem.New(problem.MatchRequired)
	}
	tag := values[0]
	if len(values) > 1 || len(tag) != etagSize || tag[0] != '"' || tag[etagSize-1] != '"' || !statement.IsDigest(tag[1:etagSize-1]) {
		return "", problem.New(problem.MatchMalformed)
	}
	return tag[1 : etagSize-1], nil
}

func etag(head string) string { return `"` + head + `"` }

// draft begins a draft in the caller's name.
func (a *API) draft(r *http.Request, c *auth.Caller, role string) (desk.Draft, error) {
	if c.Region != a.cfg.Region {
		return desk.Draft{}, problem.New(problem.ForeignBody)
	}
	id, err := key(r)
	if err != nil {
		return desk.Draft{}, err
	}
	if role, err = acting(c, role); err != nil {
		return desk.Draft{}, err
	}
	if !statement.IsOrg(c.Org) {
		return desk.Draft{}, problem.New(problem.Forbidden)
	}
	return desk.Draft{ID: id, Role: role, Org: c.Org, Person: a.cfg.Desk.Pseudonym(c.Issuer, c.Subject)}, nil
}

// settle answers a write: the committed receipt, the promise, or the refusal.
func (a *API) settle(w http.ResponseWriter, receipt desk.Receipt, created string) error {
	h := w.Header()
	if receipt.Pending {
		h["Location"] = []string{"/v1/statements/" + receipt.ID}
		h["Retry-After"] = []string{"1"}
		out := receiptOf(receipt)
		out.Promises = a.promises(receipt.Region, receipt.ID)
		return writeJSON(w, http.StatusAccepted, out)
	}
	if receipt.Status == ledger.Refused {
		return refused(receipt.Refusal)
	}
	h[headerIndex] = []string{strconv.FormatUint(receipt.Index+1, 10)}
	if receipt.RecordHead != "" {
		h["Etag"] = []string{etag(receipt.RecordHead)}
	}
	status := http.StatusOK
	if created != "" {
		h["Location"] = []string{created + receipt.Record}
		status = http.StatusCreated
	}
	return writeJSON(w, status, receiptOf(receipt))
}

// receiptOf is a receipt as the API says it.
func receiptOf(r desk.Receipt) v1.Receipt {
	out := v1.Receipt{ID: r.ID, Status: v1.Status(r.Status), Hash: r.Hash.String(), Record: r.Record}
	switch {
	case r.Pending:
		out.Status = v1.Pending
	case r.Status == ledger.Committed:
		index := r.Index
		out.Index, out.LeafHash, out.Head = &index, strict.B64(r.LeafHash[:]), r.RecordHead
	case r.Refusal != nil:
		out.Refusal = &v1.Refusal{Code: string(r.Refusal.Code), Cite: r.Refusal.Cite, ZH: r.Refusal.ZH, EN: r.Refusal.EN, Params: safeParams(r.Refusal.Params)}
	}
	return out
}

// refused turns a refusal by the ledger's rules into a problem.
func refused(r *ledger.Refusal) *problem.Problem {
	return problem.FromLaw(statusOf(r.Code), string(r.Code), r.Cite, r.ZH, r.EN, safeParams(r.Params))
}

// statusOf is the HTTP status of a refusal: the ledger's own table, except that
// an act by somebody who has already acted (four eyes) conflicts with the
// record's past; another person of the same role may do it.
func statusOf(code ledger.Code) int {
	if string(code) == procedure.CodeFourEyes {
		return http.StatusConflict
	}
	return code.Status()
}

// safeParams leaves key ids out: they are nobody's business but the operator's,
// who finds them in the log.
func safeParams(params map[string]string) map[string]string {
	if _, has := params["key"]; !has {
		return params
	}
	out := make(map[string]string, len(params))
	for name, value := range params {
		if name != "key" {
			out[name] = value
		}
	}
	return out
}

// writeJSON sends an answer whole, so that its length is known.
func writeJSON(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	sendJSON(w, status, body)
	return nil
}

// Header values that all answers share; net/http only reads them.
var (
	typeJSON = []string{mediaJSON}
	noStore  = []string{"no-store"}
)

func sendJSON(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h["Content-Type"] = typeJSON
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	h["Cache-Control"] = noStore
	w.WriteHeader(status)
	w.Write(body)
}

// civil writes an instant (unix s) as the API does.
func civil(unix int64) string {
	if unix == 0 {
		return ""
	}
	return statement.FormatAt(unix)
}

// retrySoon is what callers are told who met a bound.
const retrySoon = time.Second

// readJSON reads a body of at most most bytes into a struct, one reading only.
func readJSON(w http.ResponseWriter, r *http.Request, most int, into any) error {
	if _, err := query(r); err != nil {
		return err
	}
	body, err := serve.Body(w, r, most, mediaJSON)
	if err != nil {
		return err
	}
	if err := strict.Object(body, most, maxDepth); err != nil {
		return malformed(err)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return problem.Invalid(problem.At("body."+wrong.Field, problem.WrongType))
		}
		return problem.Invalid(problem.At("body", problem.UnknownField))
	}
	return nil
}
