package public

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/v1"
)

// logRoutes mounts the transparency log at this door. Its paths and bytes are
// C2SP's, not /v1's: they are in no API description.
func (a *API) logRoutes() {
	if a.cfg.Log == nil {
		return
	}
	for _, route := range a.cfg.Log.Routes() {
		h := a.unguarded(route.Handle)
		if route.Auditor {
			h = a.guarded(func(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
				if err := mayAudit(c); err != nil {
					return err
				}
				return route.Handle(w, r)
			})
		}
		a.router.HandleFunc(route.Pattern, h)
	}
}

// unguarded is a handler for everybody. The log bounds what it works on.
func (a *API) unguarded(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			a.router.Fail(w, r, err)
		}
	}
}

// patient is a guarded handler that may wait: it gives its place among the
// requests in flight back before it begins.
func (a *API) patient(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		caller, err := a.admit(r)
		if err == nil {
			a.leave(caller)
			err = h(w, r, caller)
		}
		if err != nil {
			a.router.Fail(w, r, err)
		}
	}
}

// mayAudit asks for the right to read and the auditor's role: entries are the
// whole ledger, also where the caller's region is no party.
func mayAudit(c *auth.Caller) error {
	if err := c.MayRead(); err != nil {
		return err
	}
	if !c.HasRole(auth.RoleAuditor) {
		return problem.New(problem.Forbidden)
	}
	return nil
}

// mayExport asks for the auditor's role and the scope of bulk exports; the gate
// takes a token with that scope only over the client certificate that it is
// bound to. A synthetic network has nothing to lose and may be served in the
// clear on loopback, where no certificate can be shown: there the right to read
// will do. Genesis says which networks are synthetic, signed by all regions.
func (a *API) mayExport(c *auth.Caller) error {
	if !c.HasRole(auth.RoleAuditor) {
		return problem.New(problem.Forbidden)
	}
	if a.cfg.Genesis.Synthetic {
		return c.MayRead()
	}
	return c.MayExport()
}

// proofRoutes registers what of /v1 proves something.
func (a *API) proofRoutes() {
	a.plain(huma.Operation{
		OperationID: "get-receipt", Method: http.MethodGet, Path: "/v1/statements/{id}/receipt", Tags: []string{"proof"},
		Summary: "An entry with its proof",
		Description: "The receipt of a statement of the caller's region, for auditors also of another one (region): the entry, its inclusion proof and a signed checkpoint, to be verified without any node. " +
			"As long as no checkpoint of the wanted grade covers the entry the answer is 202 with what is known of the statement and a Location to ask again. 409 no_receipt: it was refused and left no entry.",
		Parameters: append([]*huma.Param{
			{Name: "id", In: "path", Required: true, Description: "the statement's id", Example: "01K9Z8Q6X5W4V3T2S1R0QPNMKJ", Schema: &huma.Schema{Type: huma.TypeString, MaxLength: length(64)}},
			{Name: "region", In: "query", Description: "whose statement it is; another region's for auditors only", Example: "120000", Schema: text("")},
			{
				Name: "grade", In: "query", Description: "published: cosigned by two regions or more; final: by as many as genesis demands",
				Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"published", "final"}, Default: "published"},
			},
			{Name: "wait", In: "query", Description: "how long to wait for such a checkpoint, at most 30s", Example: "10s", Schema: text("")},
			{
				Name: "format", In: "query", Description: "tlog-proof: the proof alone as c2sp.org/tlog-proof@v1; so does Accept: text/plain",
				Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{v1.FormatJSON, v1.FormatTlogProof}, Default: v1.FormatJSON},
			},
		}, readParams...),
		Responses: a.receiptAnswers(), Errors: append([]int{http.StatusConflict}, readErrors...),
	}, a.patient(a.ledgerReceipt))
	a.plain(huma.Operation{
		OperationID: "get-bundle", Method: http.MethodGet, Path: "/v1/audit/bundle", Tags: []string{"proof"},
		Summary: "Export an audit bundle",
		Description: "One zip to be verified without any node, on the newest final checkpoint: the whole log (all), the statements of records (record), or a range (from, to). For auditors, with the scope bulk:export: " +
			"a token with that scope is taken only over the client certificate that it is bound to; on synthetic networks records:read will do. " +
			"The answer is a stream; it is whole only if the trailer Content-Digest came and is right.",
		Parameters: bundleParams,
		Responses: map[string]*huma.Response{"200": {
			Description: "the bundle", Content: map[string]*huma.MediaType{v1.BundleMedia: {}},
			Headers: map[string]*huma.Param{v1.HeaderBundleSize: header("leaves under the checkpoint that the bundle stands on")},
		}},
	}, a.stream(a.bundle))
}

func (a *API) receiptAnswers() map[string]*huma.Response {
	answer := a.jsonAnswer("the receipt", v1.LedgerReceipt{}, "LedgerReceipt", stampHeaders(map[string]*huma.Param{}))
	answer.Content[v1.TlogProofMedia] = &huma.MediaType{Schema: text("the proof as c2sp.org/tlog-proof@v1")}
	return map[string]*huma.Response{
		"200": answer,
		"202": a.jsonAnswer("not yet", v1.Receipt{}, "Receipt", map[string]*huma.Param{"Location": header("where the receipt will be"), "Retry-After": header("seconds")}),
	}
}

var bundleParams = []*huma.Param{
	{Name: "all", In: "query", Description: "the whole log", Schema: &huma.Schema{Type: huma.TypeBoolean}},
	{Name: "record", In: "query", Description: "record ids, comma-separated, at most 100", Example: "CT-120000-2025-000018", Schema: text("")},
	{Name: "from", In: "query", Description: "first entry of a range, or a date of ledger time in +08:00", Example: "2025-11-10", Schema: text("")},
	{Name: "to", In: "query", Description: "one past its last entry, or its last day; absent: up to the checkpoint", Example: "2025-11-30", Schema: text("")},
}
