package public

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/dataset"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/api/sheet"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/access"
	terms "sandi.internal/gateway/consensus/dataset"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/storage/tables"
)

const (
	// maxDataQuestion bounds a question: 64 names, a filter, a cursor.
	maxDataQuestion = 16 << 10
	// maxDataListed bounds lists of data sets and agreements; three bureaus have dozens.
	maxDataListed = ledger.MaxLimit
)

var setParam = &huma.Param{Name: "id", In: "path", Required: true, Description: "record of the data set", Schema: text("DS-130000-2025-000001")}

func (a *API) dataRoutes() {
	get(a, huma.Operation{
		OperationID: "list-data-sets", Path: "/v1/data-sets", Tags: []string{"data"}, Summary: "The catalogue of shared data sets, with what this node keeps of each",
		Description: "Entries are records: they are opened, published, suspended and withdrawn as any record. The rows stay at the publisher's node.",
	}, a.dataSets)
	get(a, huma.Operation{
		OperationID: "get-data-set", Path: "/v1/data-sets/{id}", Tags: []string{"data"}, Summary: "One data set: its columns and the rows that are loaded here",
	}, a.dataSet)
	a.plain(huma.Operation{
		OperationID: "get-data-set-template", Method: http.MethodGet, Path: "/v1/data-sets/{id}/template", Tags: []string{"data"}, Summary: "The empty sheet of a data set's rows",
		Parameters: []*huma.Param{setParam, formatParam},
		Responses:  map[string]*huma.Response{"200": {Description: "the sheet, in the language of Accept-Language", Content: map[string]*huma.MediaType{v1.SheetMedia: {}, v1.CSVMedia: {}}}},
	}, a.guarded(a.dataTemplate))
	a.plain(huma.Operation{
		OperationID: "load-data-set", Method: http.MethodPost, Path: "/v1/data-sets/{id}/rows", Tags: []string{"data"}, Summary: "Load the rows of one of the bureau's own data sets",
		Description: "A workbook (at most 32 MiB) or CSV in UTF-8 or GB18030 (at most 1 GiB) takes the place of the rows before, all at once. Nothing changes while a row is wrong. The same file again is no new load. With as=sheet the wrong rows come back as CSV, with their line and what is wrong.",
		Parameters: []*huma.Param{
			setParam,
			{Name: "check", In: "query", Description: "only say what is wrong", Schema: &huma.Schema{Type: huma.TypeBoolean, Default: false}},
			{Name: "role", In: "query", Description: "office role to act in; needed when the token holds several", Schema: text("")},
			{Name: "as", In: "query", Description: "sheet: the wrong rows alone, to be mended", Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"report", "sheet"}, Default: "report"}},
		},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{mediaBytes: {Schema: text("a workbook (xlsx), or CSV in UTF-8 or GB18030")}}},
		Responses:   a.loadAnswers(), Errors: writeErrors,
	}, a.transfer(a.loadData))
	a.plain(huma.Operation{
		OperationID: "query-data-set", Method: http.MethodPost, Path: "/v1/data-sets/{id}/query", Tags: []string{"data"}, Summary: "Ask another bureau's data set under an agreement",
		Description: "This node asks the publisher's node, which gives agreed fields of rows that the agreement's filter takes, a page at a time, while the agreement is in force. Each page stands in the access log of both nodes before it is given, and comes with signed evidence. " +
			"A filter has columns by name: text, dates, choices and codes as strings, whole numbers as such, decimals as whole numbers of their last place. A row whose values the filter cannot decide is not given.",
		Parameters: []*huma.Param{setParam}, RequestBody: a.jsonBody(v1.DataQuestion{}, "DataQuestion"),
		Responses: map[string]*huma.Response{"200": a.jsonAnswer("a page", v1.DataPage{}, "DataPage", nil)}, Errors: append([]int{http.StatusBadGateway}, writeErrors...),
	}, a.stream(a.queryData))
	get(a, huma.Operation{
		OperationID: "list-data-agreements", Path: "/v1/data-agreements", Tags: []string{"data"}, Summary: "Agreements about data sets, and whether rows are given under them now",
		Description: "Agreements are records: they are opened, proposed, accepted and revoked as any record.",
	}, a.dataAgreements)
	get(a, huma.Operation{
		OperationID: "get-data-agreement", Path: "/v1/data-agreements/{id}", Tags: []string{"data"}, Summary: "One agreement",
	}, a.dataAgreement)
	get(a, huma.Operation{
		OperationID: "list-data-answers", Path: "/v1/data-agreements/{id}/answers", Tags: []string{"data"}, Summary: "The signed evidence of the pages that this node was given under an agreement, newest first",
	}, a.dataAnswers)
}

var formatParam = &huma.Param{Name: "format", In: "query", Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{string(sheet.XLSX), string(sheet.CSV)}, Default: string(sheet.XLSX)}}

func (a *API) loadAnswers() map[string]*huma.Response {
	r := a.jsonAnswer("what came of it", v1.DataLoadReport{}, "DataLoadReport", nil)
	r.Content[v1.CSVMedia] = &huma.MediaType{}
	return map[string]*huma.Response{"200": r}
}

type dataSetsOut struct {
	Stamp
	Body v1.DataSets
}

// dataSets is GET /v1/data-sets.
func (a *API) dataSets(ctx context.Context, c *auth.Caller, in *struct{ Reading }) (*dataSetsOut, error) {
	out := &dataSetsOut{Body: v1.DataSets{Items: []v1.DataSet{}}}
	err := a.shared(ctx, c, in.Reading, func(law *ledger.Law) bool { return law.Document.Shares.Columns != "" }, &out.Stamp, func(books *ledger.Books, id string) error {
		s, err := a.cfg.Data.Set(books, id)
		if err == nil && s != nil {
			out.Body.Items = append(out.Body.Items, setOf(s))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// shared visits the caller's records of the procedures about shared data sets that want
// takes.
func (a *API) shared(ctx context.Context, c *auth.Caller, in Reading, want func(*ledger.Law) bool, stamp *Stamp, visit func(books *ledger.Books, id string) error) error {
	if err := a.mayUseData(c); err != nil {
		return err
	}
	view, books, err := a.look(ctx, in.fresh())
	if err != nil {
		return err
	}
	defer view.Close()
	*stamp = stampOf(view)
	for _, law := range books.Procedures() {
		if law.Document.Shares == nil || !want(law) {
			continue
		}
		page, err := books.Records(ledger.Filter{Region: c.Region, Procedure: law.Name, Limit: maxDataListed})
		if err != nil {
			return err
		}
		for i := range page.Rows {
			if err := visit(books, page.Rows[i].ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// mayUseData: people of this bureau, in an office or as auditors.
func (a *API) mayUseData(c *auth.Caller) error {
	if err := mayReadRecords(c); err != nil {
		return err
	}
	if c.Region != a.cfg.Region || a.cfg.Data == nil {
		return problem.New(problem.Forbidden)
	}
	return nil
}

type dataSetIn struct {
	Reading
	ID string `path:"id" maxLength:"64"`
}

type dataSetOut struct {
	Stamp
	Body v1.DataSet
}

// dataSet is GET /v1/data-sets/{id}.
func (a *API) dataSet(ctx context.Context, c *auth.Caller, in *dataSetIn) (*dataSetOut, error) {
	started := time.Now()
	out := &dataSetOut{}
	s, err := a.findSet(ctx, c, in.fresh, in.ID, &out.Stamp)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return nil, notFound(ctx, started)
	}
	out.Body = setOf(s)
	return out, nil
}

func setOf(s *dataset.Shown) v1.DataSet {
	out := v1.DataSet{Record: s.ID, Owner: s.Owner, Title: s.Title, State: s.Record.State, Shared: s.Open, Columns: []v1.DataColumn{}, Loaded: loadedOf(s.Head)}
	if s.Schema == nil {
		out.Fault = s.Fault.Error()
		return out
	}
	for i := range s.Schema.Columns {
		out.Columns = append(out.Columns, dataColumn(s.Schema, i))
	}
	return out
}

func dataColumn(s *terms.Schema, i int) v1.DataColumn {
	c := &s.Columns[i]
	return v1.DataColumn{
		Name: c.Name, Title: v1.Label{ZH: c.TitleZH, EN: c.TitleEN}, Type: string(c.Type), Class: string(c.Class), Key: s.InKey(i),
		Unit: c.Unit, Max: c.Max, Places: c.Places, Choices: c.Choices, MayLack: c.MayLack,
	}
}

func loadedOf(h *tables.Head) *v1.DataLoaded {
	if h == nil {
		return nil
	}
	return &v1.DataLoaded{Generation: h.Generation.String(), Rows: h.Rows, SHA256: h.Digest, At: civil(h.LoadedAt)}
}

// dataTemplate is GET /v1/data-sets/{id}/template.
func (a *API) dataTemplate(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
	started := time.Now()
	q, err := query(r, "format")
	if err != nil {
		return err
	}
	format := sheet.Format(q.Get("format"))
	if format == "" {
		format = sheet.XLSX
	}
	if format != sheet.XLSX && format != sheet.CSV {
		return problem.Invalid(problem.At("query.format", problem.NotOneOf))
	}
	s, err := a.findSet(r.Context(), c, Reading{}.fresh, r.PathValue("id"), &Stamp{})
	if err != nil {
		return err
	}
	if s == nil {
		return notFound(r.Context(), started)
	}
	if s.Schema == nil {
		return dataProblem(&terms.Refusal{Code: terms.Unusable, Detail: s.Fault.Error()})
	}
	data, err := sheet.Template(s.Schema.Form(), format, inChinese(r), nil)
	if err != nil {
		return err
	}
	sendFile(w, data, format, s.ID+"-template")
	return nil
}

// loadData is POST /v1/data-sets/{id}/rows.
func (a *API) loadData(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
	started := time.Now()
	q, err := query(r, "check", "role", "as")
	if err != nil {
		return err
	}
	if err := a.mayUseData(c); err != nil {
		return err
	}
	role, err := acting(c, q.Get("role"))
	if err != nil {
		return err
	}
	switch {
	case r.ContentLength < 0:
		return problem.New(problem.LengthRequired)
	case r.ContentLength > dataset.MaxLoad:
		return serve.TooLarge(dataset.MaxLoad)
	}
	asSheet := q.Get("as") == "sheet"
	report, err := a.cfg.Data.Load(r.Context(), dataset.Load{Set: r.PathValue("id"), Role: role, Check: q.Get("check") == "true", ZH: inChinese(r)}, newBodyReader(w, r, digest{}))
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	if errors.Is(err, dataset.ErrNone) {
		return notFound(r.Context(), started)
	}
	if err != nil {
		return loadProblem(err)
	}
	if asSheet && report.Mend != nil {
		data, err := report.Mend.Bytes()
		if err != nil {
			return err
		}
		sendFile(w, data, sheet.CSV, r.PathValue("id")+"-errors")
		return nil
	}
	return writeJSON(w, http.StatusOK, loadReport(r.PathValue("id"), report))
}

func loadReport(set string, r *dataset.Report) v1.DataLoadReport {
	out := v1.DataLoadReport{DataSet: set, Rows: r.Rows, Wrong: r.Wrong, Done: r.Loaded, Unchanged: r.Unchanged, Faults: []v1.DataFault{}, Loaded: loadedOf(r.Head)}
	for _, f := range r.Faults {
		out.Faults = append(out.Faults, v1.DataFault{Row: f.Row, Column: f.Column, Field: f.Field, Reason: f.Reason, Text: v1.Label{ZH: f.ZH, EN: f.EN}})
	}
	return out
}

func loadProblem(err error) error {
	switch {
	case errors.Is(err, dataset.ErrForeign):
		return problem.New(problem.SetForeign)
	case errors.Is(err, dataset.ErrEnded):
		return problem.New(problem.SetEnded)
	case errors.Is(err, dataset.ErrRole):
		return problem.New(problem.Forbidden)
	case errors.Is(err, tables.ErrBusy):
		return problem.New(problem.SetBusy).Retry(retrySoon)
	case errors.Is(err, tables.ErrFull):
		return problem.New(problem.VaultFull).Because(err)
	}
	return dataProblem(sheetProblem(err))
}

// dataProblem turns what api/dataset says into a problem.
func dataProblem(err error) error {
	var r *terms.Refusal
	switch {
	case errors.Is(err, dataset.ErrUnlogged):
		return problem.New(problem.AccessUnlogged).Because(err)
	case errors.Is(err, dataset.ErrSilent):
		return problem.New(problem.PeerSilent).Retry(retrySoon).Because(err)
	case errors.Is(err, dataset.ErrUnproven):
		return problem.New(problem.AnswerUnproven).Because(err)
	case errors.As(err, &r):
		p := problem.New(string(r.Code))
		p.Detail = r.Detail
		return p
	}
	return err
}

// queryData is POST /v1/data-sets/{id}/query.
func (a *API) queryData(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
	var in v1.DataQuestion
	if err := readJSON(w, r, maxDataQuestion, &in); err != nil {
		return err
	}
	look := access.Entry{Record: recordID(in.Case), Because: recordID(in.Agreement)}
	if set := recordID(r.PathValue("id")); set != "" {
		look.What = []string{set}
	}
	if err := a.mayUseData(c); err != nil {
		return a.barred(r.Context(), c, look, err)
	}
	role, err := asking(c, in.Role)
	if err != nil {
		return a.barred(r.Context(), c, look, err)
	}
	if err := a.ownCase(r.Context(), c, in.Case); err != nil {
		return err
	}
	page, err := a.cfg.Data.Ask(r.Context(), r.PathValue("id"), dataset.Question{
		Question: terms.Question{
			Agreement: in.Agreement, Purpose: in.Purpose, Case: in.Case, Fields: in.Fields, Filter: in.Filter, Limit: in.Limit,
			Person: a.cfg.Desk.Pseudonym(c.Issuer, c.Subject), Org: c.Org, Role: role,
		},
		Cursor: in.Cursor,
	})
	if err != nil {
		return dataProblem(err)
	}
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false) // rows keep the bytes that their digest is of
	out := v1.DataPage{DataSet: page.Set, Columns: page.Columns, Rows: page.Rows, Next: page.Next, LoadedAt: civil(page.LoadedAt), Evidence: page.Note}
	if err := enc.Encode(out); err != nil {
		return err
	}
	sendJSON(w, http.StatusOK, body.Bytes())
	return nil
}

// ownCase wants the record in whose name somebody asks to be one of the caller's region.
func (a *API) ownCase(ctx context.Context, c *auth.Caller, id string) error {
	if id == "" {
		return nil
	}
	view, books, err := a.lookLocal(ctx, c)
	if err != nil {
		return err
	}
	defer view.Close()
	rec, err := visible(books, id, c)
	if err == nil && rec == nil {
		err = problem.Invalid(problem.At("body.case", problem.NotFound))
	}
	return err
}

// asking picks the office role in which somebody asks: the one that is named, or the
// only one. Asking writes nothing, so the right to read is enough.
func asking(c *auth.Caller, named string) (string, error) {
	offices := c.Offices()
	switch {
	case named != "" && !c.HoldsOffice(named):
		return "", problem.New(problem.RoleMissing)
	case named != "":
		return named, nil
	case len(offices) == 0:
		return "", problem.New(problem.Forbidden)
	case len(offices) > 1:
		return "", problem.Invalid(problem.At("body.role", problem.RoleNeeded))
	}
	return offices[0], nil
}

// findSet finds a data set that the caller's region may see; nil when there is none.
func (a *API) findSet(ctx context.Context, c *auth.Caller, fresh func() desk.Fresh, id string, stamp *Stamp) (*dataset.Shown, error) {
	if err := a.mayUseData(c); err != nil {
		return nil, err
	}
	view, books, err := a.look(ctx, fresh())
	if err != nil {
		return nil, err
	}
	defer view.Close()
	*stamp = stampOf(view)
	return a.cfg.Data.Set(books, id)
}

type dataAgreementsOut struct {
	Stamp
	Body v1.DataAgreements
}

// dataAgreements is GET /v1/data-agreements.
func (a *API) dataAgreements(ctx context.Context, c *auth.Caller, in *struct{ Reading }) (*dataAgreementsOut, error) {
	out := &dataAgreementsOut{Body: v1.DataAgreements{Items: []v1.DataAgreement{}}}
	err := a.shared(ctx, c, in.Reading, func(law *ledger.Law) bool { return law.Document.Shares.Of != "" }, &out.Stamp, func(books *ledger.Books, id string) error {
		t, err := a.cfg.Data.Agreement(books, id)
		if err == nil && t != nil {
			out.Body.Items = append(out.Body.Items, agreementOf(t))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func agreementOf(t *dataset.Terms) v1.DataAgreement {
	out := v1.DataAgreement{
		Record: t.ID, DataSet: t.Set, State: t.Record.State, Purposes: t.Purposes, Fields: t.Fields, Rows: t.Rows, Until: t.Until, Usable: t.Refusal == nil,
		Columns: []v1.DataColumn{},
	}
	if t.Entry != nil {
		out.Title, out.Owner, out.Asker = t.Entry.Title, t.Entry.Owner, t.Opposite(t.Entry.Owner)
	}
	if t.Entry != nil && t.Entry.Schema != nil {
		for _, name := range t.Fields {
			if i := t.Entry.Schema.At(name); i >= 0 {
				out.Columns = append(out.Columns, dataColumn(t.Entry.Schema, i))
			}
		}
	}
	if t.Refusal != nil {
		out.Why, out.Detail = string(t.Refusal.Code), t.Refusal.Detail
	}
	return out
}

type dataAgreementOut struct {
	Stamp
	Body v1.DataAgreement
}

// dataAgreement is GET /v1/data-agreements/{id}.
func (a *API) dataAgreement(ctx context.Context, c *auth.Caller, in *dataSetIn) (*dataAgreementOut, error) {
	out := &dataAgreementOut{}
	t, err := a.findAgreement(ctx, c, in, &out.Stamp)
	if err != nil {
		return nil, err
	}
	out.Body = agreementOf(t)
	return out, nil
}

func (a *API) findAgreement(ctx context.Context, c *auth.Caller, in *dataSetIn, stamp *Stamp) (*dataset.Terms, error) {
	started := time.Now()
	if err := a.mayUseData(c); err != nil {
		return nil, err
	}
	view, books, err := a.look(ctx, in.fresh())
	if err != nil {
		return nil, err
	}
	defer view.Close()
	*stamp = stampOf(view)
	t, err := a.cfg.Data.Agreement(books, in.ID)
	if err == nil && t == nil {
		err = notFound(ctx, started)
	}
	return t, err
}

type dataAnswersOut struct {
	Stamp
	Body v1.DataAnswers
}

// dataAnswers is GET /v1/data-agreements/{id}/answers.
func (a *API) dataAnswers(ctx context.Context, c *auth.Caller, in *dataSetIn) (*dataAnswersOut, error) {
	out := &dataAnswersOut{Body: v1.DataAnswers{Items: []v1.DataAnswer{}}}
	if _, err := a.findAgreement(ctx, c, in, &out.Stamp); err != nil {
		return nil, err
	}
	list, err := a.cfg.Data.Kept(in.ID)
	if err != nil {
		return nil, err
	}
	for _, k := range list {
		out.Body.Items = append(out.Body.Items, v1.DataAnswer{
			At: civil(k.At), Node: k.Node, Generation: k.Generation, Rows: k.Count,
			RowsSHA256: hex.EncodeToString(k.Rows[:]), Question: hex.EncodeToString(k.Query[:]), Note: k.Note,
		})
	}
	return out, nil
}
