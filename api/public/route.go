package public

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"sandi.internal/gateway/api/v1"
)

// routes registers everything under /v1. Order here is the order of reading in
// the description.
func (a *API) routes() {
	a.plain(huma.Operation{
		OperationID: "open-record", Method: http.MethodPost, Path: "/v1/records", Tags: []string{"records"},
		Summary: "Open a record", DefaultStatus: http.StatusCreated,
		Description: "Signs and submits the opening statement in the bureau's name and waits for the ledger's answer. " + promiseText,
		Parameters:  []*huma.Param{keyParam},
		RequestBody: a.jsonBody(v1.OpenRequest{}, "OpenRequest"),
		Responses:   a.written("201", "opened"), Errors: writeErrors,
	}, a.guarded(a.openRecord))
	get(a, huma.Operation{
		OperationID: "list-records", Path: "/v1/records", Tags: []string{"records"}, Summary: "List records",
		Description: "The records that the caller's region is or was a party to. A page may hold fewer items than its limit and still have a next.",
	}, a.records)
	a.plain(huma.Operation{
		OperationID: "get-record", Method: http.MethodGet, Path: "/v1/records/{id}", Tags: []string{"records"},
		Summary:     "Read a record, with what may be done next and by whom",
		Description: "ETag is the record's version; an act names it in If-Match. With details=false only what the acts added up to, and If-None-Match is honoured.",
		Parameters:  append([]*huma.Param{idParam, detailsParam}, readParams...),
		Responses:   a.recordAnswers(),
	}, a.guarded(a.recordByID))
	a.plain(huma.Operation{
		OperationID: "act-on-record", Method: http.MethodPost, Path: "/v1/records/{id}/events", Tags: []string{"records"},
		Summary:     "Make an event happen to a record",
		Description: "Signs and submits the act in the bureau's name and waits for the ledger's answer. " + promiseText,
		Parameters:  []*huma.Param{idParam, keyParam, matchParam},
		RequestBody: a.jsonBody(v1.ActRequest{}, "ActRequest"),
		Responses:   a.written("200", "done"), Errors: append([]int{http.StatusPreconditionFailed, http.StatusPreconditionRequired}, writeErrors...),
	}, a.guarded(a.actOnRecord))
	get(a, huma.Operation{
		OperationID: "get-history", Path: "/v1/records/{id}/history", Tags: []string{"records"}, Summary: "A record's acts, oldest first",
	}, a.history)
	get(a, huma.Operation{
		OperationID: "get-deadlines", Path: "/v1/records/{id}/deadlines", Tags: []string{"records"}, Summary: "A record's deadlines, with their counts",
	}, a.deadlines)
	get(a, huma.Operation{
		OperationID: "get-private", Path: "/v1/records/{id}/private", Tags: []string{"records"}, Summary: "What a record keeps at home",
		Description: "The values of fields that the law declares home or commit, for people of the bureau whose vault holds them, in the roles that the law names. With `because`, the home values of another bureau's record, asked of that bureau: given when the record named there has selected this one. Every answer is logged by both.",
	}, a.private)
	get(a, huma.Operation{
		OperationID: "get-private-log", Path: "/v1/records/{id}/private/log", Tags: []string{"records"}, Summary: "Who has read what a record keeps at home, newest first",
	}, a.readings)
	get(a, huma.Operation{
		OperationID: "search-experts", Path: "/v1/experts", Tags: []string{"experts"}, Summary: "Who of the expert pool may be chosen",
		Description: "By field, region and days, without those who must stay away from a party: same employer or group, a unit they named, consulting, the host's own region, a visit in the rounds before, a declaration. What the fields of the pool mean, and the reasons, the law document says (section `pool`). Who served least comes first.",
	}, a.experts)
	a.paperRoutes()
	a.importRoutes()
	a.dataRoutes()
	a.statementRoutes()
	a.proofRoutes()
	a.entryRoutes()
	a.logRoutes()
	a.reportRoutes()
	a.lawRoutes()
	a.materialRoutes()
	a.drawRoutes()
	if a.cfg.Auditing != nil {
		a.accessRoutes()
	}
	a.plain(huma.Operation{
		OperationID: "get-events", Method: http.MethodGet, Path: "/v1/events", Tags: []string{"events"},
		Summary:     "The ledger as CloudEvents, from any point, for ever",
		Description: eventsText, Parameters: eventParams, Responses: a.eventAnswers(),
	}, a.stream(a.events))
	a.backupRoutes()
	if a.cfg.Practice != nil {
		a.practiceRoutes()
	}
	a.docs()
}

func (a *API) statementRoutes() {
	a.plain(huma.Operation{
		OperationID: "submit-statement", Method: http.MethodPost, Path: "/v1/statements", Tags: []string{"statements"},
		Summary:     "Submit a statement signed elsewhere",
		Description: "The exact bytes of a compact JWS, e.g. signed with a region's offline governance key. Its signature is the authority; the token only opens the door. " + promiseText,
		Parameters:  []*huma.Param{keyParam}, RequestBody: josBody, Responses: a.written("200", "committed"), Errors: writeErrors,
	}, a.guarded(a.submitStatement))
	get(a, huma.Operation{
		OperationID: "get-statement", Path: "/v1/statements/{id}", Tags: []string{"statements"},
		Summary: "What became of a statement", Description: "Answers for ever: unknown, pending, committed or refused. Ids are those of the caller's region.",
	}, a.statementByID)
}

func (a *API) lawRoutes() {
	get(a, huma.Operation{
		OperationID: "list-procedures", Path: "/v1/procedures", Tags: []string{"law"}, Summary: "The procedures in force",
	}, a.procedures)
	get(a, huma.Operation{
		OperationID: "get-procedure", Path: "/v1/procedures/{name}", Tags: []string{"law"}, Summary: "A procedure: what a form is built from",
	}, a.procedureByName)
	get(a, huma.Operation{
		OperationID: "list-orgs", Path: "/v1/orgs", Tags: []string{"law"}, Summary: "The organisations of the member regions",
	}, a.orgs)
	get(a, huma.Operation{
		OperationID: "list-rules", Path: "/v1/rules", Tags: []string{"law"}, Summary: "The deadline rules in force",
	}, a.rules)
	get(a, huma.Operation{
		OperationID: "get-calendar", Path: "/v1/calendar", Tags: []string{"law"}, Summary: "The working-day calendar in force",
	}, a.calendar)
	get(a, huma.Operation{
		OperationID: "list-proposals", Path: "/v1/proposals", Tags: []string{"law"}, Summary: "What regions have proposed as law",
	}, a.proposals)
	get(a, huma.Operation{
		OperationID: "get-proposal", Path: "/v1/proposals/{region}/{id}", Tags: []string{"law"}, Summary: "A proposal with the text to vote on",
	}, a.proposalByID)
	get(a, huma.Operation{
		OperationID: "get-status", Path: "/v1/status", Tags: []string{"status"}, Summary: "Where this node and its ledger stand",
	}, a.status)
	get(a, huma.Operation{
		OperationID: "list-nodes", Path: "/v1/nodes", Tags: []string{"status"}, Summary: "Which nodes the network has",
		Description: "Those of genesis and those that regions have added since (node.add), the removed ones too (node.remove), with what each is in Raft's configuration, what the leader is about to change in it, and what it waits for.",
	}, a.nodes)
}

func (a *API) materialRoutes() {
	a.plain(huma.Operation{
		OperationID: "put-material", Method: http.MethodPut, Path: "/v1/materials", Tags: []string{"materials"},
		Summary:     "Put a file into the bureau's vault",
		Description: "The bytes are encrypted at rest and never leave the bureau by this. Content-Length is required, at most 4 GiB. The answer's commitment is what a record names the file by. Sent again under the same Idempotency-Key it gets the first answer.",
		Parameters: []*huma.Param{
			keyParam,
			{Name: "Content-Disposition", In: "header", Description: "attachment; filename*=UTF-8''... : the file's name at home", Schema: text("")},
			{Name: "Content-Digest", In: "header", Description: "sha-256=:base64: (RFC 9530); other bytes are refused", Schema: text("")},
		},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{mediaBytes: {}}},
		Responses: map[string]*huma.Response{"201": a.jsonAnswer("kept", v1.Material{}, "Material", map[string]*huma.Param{
			"Location": header("where the bureau's own people can fetch it"),
		})},
		Errors: append([]int{http.StatusRequestTimeout, http.StatusInsufficientStorage}, writeErrors...),
	}, a.transfer(a.putMaterial))
	a.plain(huma.Operation{
		OperationID: "get-material", Method: http.MethodGet, Path: "/v1/materials/{commitment}", Tags: []string{"materials"},
		Summary:     "Fetch a file from the bureau's vault",
		Description: "The bureau's own people only: those of the organisation that put it there, the bureau itself, or, with record, those whose region is a party to a record that names it. Served as an attachment.",
		Parameters: []*huma.Param{
			commitmentParam,
			{Name: "record", In: "query", Description: "a record that names the file", Schema: text("")},
		},
		Responses: map[string]*huma.Response{"200": {Description: "the bytes", Content: map[string]*huma.MediaType{mediaBytes: {}}}},
	}, a.transfer(a.getMaterial))
	a.keepingRoutes()
	a.offerRoutes()
}

func (a *API) keepingRoutes() {
	get(a, huma.Operation{
		OperationID: "list-materials", Path: "/v1/materials", Tags: []string{"materials"}, Summary: "The files of the caller's organisation in the bureau's vault, with how they are kept",
	}, a.materials)
	get(a, huma.Operation{
		OperationID: "get-keeping", Path: "/v1/materials/{commitment}/keeping", Tags: []string{"materials"}, Summary: "How long a file is kept",
	}, a.aboutOne)
	a.plain(huma.Operation{
		OperationID: "keep-material", Method: http.MethodPost, Path: "/v1/materials/{commitment}/keeping", Tags: []string{"materials"},
		Summary:     "Retain, hold, lift a hold, or purge",
		Description: "retain sets the class and the time before which the file is not purged, and never shortens it; hold and lift set and end a legal hold; purge destroys a file whose time has come: its commitment and the reason stay.",
		Parameters:  []*huma.Param{commitmentParam}, RequestBody: a.jsonBody(v1.KeepRequest{}, "KeepRequest"),
		Responses: map[string]*huma.Response{"200": a.jsonAnswer("as it is kept now", v1.MaterialAbout{}, "MaterialAbout", nil), "204": {Description: "purged"}},
		Errors:    writeErrors,
	}, a.guarded(a.keep))
	a.plain(huma.Operation{
		OperationID: "scrub-materials", Method: http.MethodPost, Path: "/v1/materials/scrub", Tags: []string{"materials"},
		Summary:   "Read the whole vault and name what is damaged",
		Responses: map[string]*huma.Response{"200": a.jsonAnswer("what was found", v1.Scrubbed{}, "Scrubbed", nil)}, Errors: writeErrors,
	}, a.transfer(a.scrub))
}

func (a *API) offerRoutes() {
	a.plain(huma.Operation{
		OperationID: "make-offer", Method: http.MethodPost, Path: "/v1/offers", Tags: []string{"offers"},
		Summary:     "Offer files of the bureau's vault to another bureau",
		Description: "Commitments, sizes, purpose and legal basis go onto the ledger; the recipient's node fetches the bytes from this node, verifies them and signs a receipt. Only then can its people open them. " + promiseText,
		Parameters:  []*huma.Param{keyParam}, RequestBody: a.jsonBody(v1.OfferRequest{}, "OfferRequest"),
		Responses: map[string]*huma.Response{
			"201": a.jsonAnswer("offered", v1.OfferAnswer{}, "OfferAnswer", map[string]*huma.Param{"Location": header("the offer")}),
			"202": a.jsonAnswer("promised: the answer will be at Location", v1.OfferAnswer{}, "OfferAnswer", nil),
		},
		Errors: writeErrors,
	}, a.guarded(a.makeOffer))
	get(a, huma.Operation{
		OperationID: "list-offers", Path: "/v1/offers", Tags: []string{"offers"}, Summary: "Offers that the caller's region made or may fetch",
		Description: "A page may hold fewer items than its limit and still have a next.",
	}, a.offers)
	get(a, huma.Operation{
		OperationID: "get-offer", Path: "/v1/offers/{region}/{id}", Tags: []string{"offers"}, Summary: "An offer, with its files and how far fetching has come",
	}, a.offerByID)
	a.plain(huma.Operation{
		OperationID: "withdraw-offer", Method: http.MethodPost, Path: "/v1/offers/{region}/{id}/withdrawal", Tags: []string{"offers"},
		Summary:    "Withdraw an offer that nobody has received",
		Parameters: []*huma.Param{offerRegionParam, offerIDParam, keyParam}, RequestBody: a.jsonBody(v1.WithdrawRequest{}, "WithdrawRequest"),
		Responses: a.written("200", "withdrawn"), Errors: writeErrors,
	}, a.guarded(a.withdrawOffer))
}

var (
	commitmentParam  = &huma.Param{Name: "commitment", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString, Pattern: "^sc1\\.[A-Za-z0-9_-]{43}$"}}
	offerRegionParam = &huma.Param{Name: "region", In: "path", Required: true, Description: "that made the offer", Schema: text("120000")}
	offerIDParam     = &huma.Param{Name: "id", In: "path", Required: true, Description: "of the statement that made it", Schema: text("")}
)

func (a *API) practiceRoutes() {
	get(a, huma.Operation{
		OperationID: "get-practice-clock", Path: "/v1/practice/clock", Tags: []string{"practice"}, Summary: "This node's scenario clock",
	}, a.practiceClock)
	get(a, huma.Operation{
		OperationID: "set-practice-clock", Method: http.MethodPut, Path: "/v1/practice/clock", Tags: []string{"practice"},
		Summary: "Move this node's scenario clock forward", MaxBodyBytes: 1 << 10,
	}, a.setPracticeClock)
	get(a, huma.Operation{
		OperationID: "list-exercises", Path: "/v1/practice/exercises", Tags: []string{"practice"}, Summary: "Synthetic scenarios to practise on, step by step",
	}, a.exercises)
}
