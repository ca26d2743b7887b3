package public

import (
	"net/http"
	"reflect"
	"strconv"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/v1"
)

// This file describes what plain handlers do, in the terms of the API
// description. What huma registers describes itself.

const apiDescription = `The public API of one bureau's node in the federated data-exchange gateway of market-supervision bureaus.

Writes become signed statements on a shared, replicated ledger; every write carries an Idempotency-Key, a ULID that becomes the statement's id, and is taken once however often it is sent. Reads are linearizable unless consistency=local is asked for. Refusals are problems (RFC 9457) with a machine code, in Chinese or English by Accept-Language. Requests with a transfer coding, a content coding, an unknown query parameter or an unknown member are refused.`

const promiseText = `When the ledger's answer takes too long, the answer is 202 with status pending and a Location that will have it: the signed statement is then on disk and is submitted until it is answered. 503 means that nothing was written.`

const eventsText = `One CloudEvent per leaf that the caller's region may see: acts on records it is or was a party to, and what governs the federation. The cursor is the position in the ledger. Without after, the feed starts at the first leaf. With Accept: text/event-stream the same events come as a stream that resumes by Last-Event-ID; it ends when the token does.`

var apiTags = []*huma.Tag{
	{Name: "records", Description: "what the bureaus do with each other: case and lead transfers, assistance, notices"},
	{Name: "statements", Description: "the signed units of the ledger, by id"},
	{Name: "proof", Description: "what convinces somebody who trusts no node: receipts and audit bundles. The log itself is under /log (C2SP tlog-tiles)"},
	{Name: "reports", Description: "what the records add up to, exactly, with what was left out"},
	{Name: "law", Description: "procedures, deadline rules and the working-day calendar, as adopted"},
	{Name: "draws", Description: "verifiable draws: what they are made from, and all that it takes to draw again"},
	{Name: "materials", Description: "private files in the bureau's own vault"},
	{Name: "offers", Description: "private files on their way to another bureau: offered and receipted on the ledger, carried from node to node"},
	{Name: "data", Description: "shared data sets: the catalogue, the bureau's own rows, and questions to another bureau under an agreement"},
	{Name: "events", Description: "what happened, in order"},
	{Name: "status", Description: "this node and its ledger"},
	{Name: "practice", Description: "the scenario clock of practice networks"},
	{Name: "description", Description: "this document"},
}

// writeErrors are the refusals of every write.
var writeErrors = []int{
	http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict,
	http.StatusLengthRequired, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity,
	http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable,
}

// readErrors are the refusals of every read.
var readErrors = []int{
	http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity,
	http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable,
}

func length(n int) *int { return &n }

func text(description string) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Description: description}
}

var (
	idParam = &huma.Param{
		Name: "id", In: "path", Required: true, Description: "the record's id", Example: "CT-120000-2025-000018",
		Schema: &huma.Schema{Type: huma.TypeString, MaxLength: length(64)},
	}
	keyParam = &huma.Param{
		Name: "Idempotency-Key", In: "header", Required: true, Example: "01K9Z8Q6X5W4V3T2S1R0QPNMKJ",
		Description: "a ULID of the caller's making: the id of the statement. Sent again with the same request it gets the first answer; with another request it is refused (422).",
		Schema:      &huma.Schema{Type: huma.TypeString, Pattern: "^[0-7][0-9A-HJKMNP-TV-Z]{25}$"},
	}
	matchParam = &huma.Param{
		Name: "If-Match", In: "header", Required: true, Example: `"qL8R4QIcQ_ZsRqOAbeRfcZhilN_MksRtDaErMA7JzAc"`,
		Description: "ETag of the record that the decision was made on. Absent 428, overtaken 412.",
		Schema:      &huma.Schema{Type: huma.TypeString},
	}
	detailsParam = &huma.Param{
		Name: "details", In: "query", Description: "with options and running deadlines",
		Schema: &huma.Schema{Type: huma.TypeBoolean, Default: true},
	}
	readParams = []*huma.Param{
		{
			Name: "consistency", In: "query",
			Description: "linearizable: nothing acknowledged before the request is missing; local: what this node has applied, also without a majority",
			Schema:      &huma.Schema{Type: huma.TypeString, Enum: []any{"linearizable", "local"}, Default: "linearizable"},
		},
		{Name: "at", In: "query", Description: "wait until the ledger has this many leaves: Ledger-Index of an earlier answer", Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64"}},
	}
	eventParams = []*huma.Param{
		{Name: "after", In: "query", Description: "position of the last event seen", Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64"}},
		{Name: "wait", In: "query", Description: "how long to wait for an event, at most 30s", Example: "30s", Schema: text("")},
		{Name: "limit", In: "query", Schema: &huma.Schema{Type: huma.TypeInteger, Default: pollLimit, Description: "1 to 500"}},
		{Name: "Last-Event-ID", In: "header", Description: "where a stream resumes; wins over after", Schema: text("")},
	}
	josBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		v1.StatementMedia: {Schema: text("a compact JWS of typ sandi-statement+jws, at most 60 KiB")},
	}}
)

// prepare adds what every operation has.
func (a *API) prepare(op *huma.Operation) {
	if op.Errors == nil && op.Method == http.MethodGet {
		op.Errors = readErrors
	}
	if op.Errors == nil {
		op.Errors = writeErrors
	}
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	problemSchema := a.schema(problem.Problem{}, "Problem")
	for _, status := range op.Errors {
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: http.StatusText(status),
			Content:     map[string]*huma.MediaType{problem.ContentType: {Schema: problemSchema}},
		}
	}
	op.Errors = nil
}

func (a *API) schema(v any, name string) *huma.Schema {
	return a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(v), true, name)
}

func (a *API) jsonBody(v any, name string) *huma.RequestBody {
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{mediaJSON: {Schema: a.schema(v, name)}}}
}

func (a *API) jsonAnswer(description string, v any, name string, headers map[string]*huma.Param) *huma.Response {
	return &huma.Response{Description: description, Headers: headers, Content: map[string]*huma.MediaType{mediaJSON: {Schema: a.schema(v, name)}}}
}

func header(description string) *huma.Param {
	return &huma.Param{Description: description, Schema: text("")}
}

// written are the good answers of a write.
func (a *API) written(status, description string) map[string]*huma.Response {
	return map[string]*huma.Response{
		status: a.jsonAnswer(description, v1.Receipt{}, "Receipt", map[string]*huma.Param{
			"ETag": header("version of the record after this act"), "Location": header("the record, when it was opened"),
			headerIndex: header("leaves up to and with this one"),
		}),
		"202": a.jsonAnswer("promised: the answer will be at Location", v1.Receipt{}, "Receipt", map[string]*huma.Param{"Location": header("where the answer will be")}),
	}
}

func stampHeaders(more map[string]*huma.Param) map[string]*huma.Param {
	more[headerIndex] = header("leaves in the ledger that was read")
	more[headerAge] = header("milliseconds since this node last knew that it was up to date")
	return more
}

func (a *API) recordAnswers() map[string]*huma.Response {
	return map[string]*huma.Response{
		"200": a.jsonAnswer("the record", v1.Record{}, "Record", stampHeaders(map[string]*huma.Param{"ETag": header("the record's version")})),
		"304": {Description: "not changed"},
	}
}

func (a *API) eventAnswers() map[string]*huma.Response {
	answer := a.jsonAnswer("events, possibly none", v1.EventPage{}, "EventPage", map[string]*huma.Param{headerIndex: header("leaves in the ledger that was read")})
	answer.Content["text/event-stream"] = &huma.MediaType{Schema: text("the same events, one per message, id = position")}
	return map[string]*huma.Response{"200": answer}
}

// describe finishes the description. It is rendered when somebody asks for it the first
// time: a node starts without.
func (a *API) describe() {
	api := a.huma.OpenAPI()
	for _, request := range []string{"OpenRequest", "ActRequest"} {
		s := api.Components.Schemas.Map()[request]
		s.Properties["fields"].Type = huma.TypeObject
	}
	a.description = sync.OnceValues(func() ([]byte, error) { return indented(api.MarshalJSON()) })
	a.older = sync.OnceValues(func() ([]byte, error) { return indented(api.Downgrade()) })
}
