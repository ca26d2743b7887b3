package public

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/api/sheet"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/ledger"
)

func (a *API) importRoutes() {
	get(a, huma.Operation{
		OperationID: "list-imports", Path: "/v1/imports", Tags: []string{"imports"}, Summary: "Procedures whose records may come from a sheet",
	}, a.imports)
	a.plain(huma.Operation{
		OperationID: "get-import-template", Method: http.MethodGet, Path: "/v1/imports/{name}/template", Tags: []string{"imports"},
		Summary: "The empty sheet of a procedure: columns, drop-downs and notes by its law document",
		Parameters: []*huma.Param{
			nameParam,
			{Name: "format", In: "query", Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{string(sheet.XLSX), string(sheet.CSV)}, Default: string(sheet.XLSX)}},
		},
		Responses: map[string]*huma.Response{"200": {Description: "the sheet, in the language of Accept-Language", Content: map[string]*huma.MediaType{v1.SheetMedia: {}, v1.CSVMedia: {}}}},
	}, a.guarded(a.importTemplate))
	a.plain(huma.Operation{
		OperationID: "preview-import", Method: http.MethodPost, Path: "/v1/imports/{name}/preview", Tags: []string{"imports"},
		Summary:     "What would come of a sheet, row by row; nothing is written",
		Description: "Every row is judged by the rules that the API applies to a single record: all wrong cells at once, then the procedure's own rules, rows seeing what earlier rows would set. With as=sheet the same sheet comes back with a red column of errors.",
		Parameters:  importParams, RequestBody: sheetBody, Responses: a.importAnswers(),
	}, a.transfer(a.previewImport))
	a.plain(huma.Operation{
		OperationID: "import-sheet", Method: http.MethodPost, Path: "/v1/imports/{name}", Tags: []string{"imports"},
		Summary:     "Import a sheet: one record a row",
		Description: "Nothing is written when a row is wrong, unless good=true asks for the good rows alone. The id of each row's statements follows from the row's key columns, so that the state machine deduplicates and no Idempotency-Key is needed: a sheet that was broken off half-way, or is sent twice, is sent again as it is.",
		Parameters:  append([]*huma.Param{{Name: "good", In: "query", Description: "import the good rows although others are wrong", Schema: &huma.Schema{Type: huma.TypeBoolean, Default: false}}}, importParams...),
		RequestBody: sheetBody, Responses: a.importAnswers(),
	}, a.transfer(a.importSheet))
}

var (
	nameParam = &huma.Param{Name: "name", In: "path", Required: true, Description: "procedure", Schema: &huma.Schema{Type: huma.TypeString, MaxLength: length(32)}}

	importParams = []*huma.Param{
		nameParam,
		{Name: "role", In: "query", Description: "office role to act in; needed when the token holds several", Schema: text("")},
		{Name: "as", In: "query", Description: "sheet: the same sheet back, with errors and records", Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"report", "sheet"}, Default: "report"}},
	}
	sheetBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{mediaBytes: {Schema: text("a workbook (xlsx), or CSV in UTF-8 or GB18030; at most 8 MiB")}}}
)

func (a *API) importAnswers() map[string]*huma.Response {
	r := a.jsonAnswer("row by row", v1.ImportReport{}, "ImportReport", nil)
	r.Content[v1.SheetMedia], r.Content[v1.CSVMedia] = &huma.MediaType{}, &huma.MediaType{}
	return map[string]*huma.Response{"200": r}
}

type importsOut struct {
	Stamp
	Body v1.Imports
}

// imports is GET /v1/imports.
func (a *API) imports(ctx context.Context, c *auth.Caller, _ *noInput) (*importsOut, error) {
	view, books, err := a.lookLocal(ctx, c)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	out := &importsOut{Stamp: stampOf(view), Body: v1.Imports{Items: []v1.Import{}}}
	for _, law := range books.Procedures() {
		i := law.Document.Import
		if i == nil {
			continue
		}
		one := v1.Import{Procedure: law.Name, Noun: i.Noun, Title: v1.Label(i.Title), Steps: i.Steps, Letter: i.Letter != nil, Columns: []v1.ImportColumn{}}
		for _, col := range law.Document.ImportColumns() {
			one.Columns = append(one.Columns, v1.ImportColumn{Field: col.Field.Name, Title: v1.Label(col.Field.Label), Required: col.Required, See: string(col.Field.See)})
		}
		out.Body.Items = append(out.Body.Items, one)
	}
	return out, nil
}

// importable finds a procedure in force whose records may come from a sheet.
func importable(books *ledger.Books, name string) (*ledger.Law, error) {
	law := books.Law(name, 0)
	if law == nil || law.Document.Import == nil {
		return nil, problem.New(problem.NotFound)
	}
	return law, nil
}

// importTemplate is GET /v1/imports/{name}/template.
func (a *API) importTemplate(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
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
	view, books, err := a.lookLocal(r.Context(), c)
	if err != nil {
		return err
	}
	defer view.Close()
	law, err := importable(books, r.PathValue("name"))
	if err != nil {
		return err
	}
	var orgs []sheet.Choice
	for _, region := range books.Regions() {
		for _, o := range region.Orgs {
			orgs = append(orgs, sheet.Choice{Code: o.Code, Name: o.NameZH})
		}
	}
	data, err := sheet.Template(law.Document, format, inChinese(r), orgs)
	if err != nil {
		return err
	}
	sendFile(w, data, format, law.Name+"-template")
	return nil
}

// sendFile answers with a sheet as an attachment.
func sendFile(w http.ResponseWriter, data []byte, format sheet.Format, name string) {
	media := v1.CSVMedia
	if format == sheet.XLSX {
		media = v1.SheetMedia
	}
	h := w.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Disposition", disposition(name+"."+string(format)))
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(data) // a reader that left asks again
}

// previewImport is POST /v1/imports/{name}/preview.
func (a *API) previewImport(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
	if err := a.bodies.enter(r.Context()); err != nil {
		return err
	}
	defer a.bodies.leave()
	in, err := a.readImport(w, r, c, "role", "as")
	if err != nil {
		return err
	}
	return a.answerImport(w, r, in)
}

// importSheet is POST /v1/imports/{name}.
func (a *API) importSheet(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
	if err := a.bodies.enter(r.Context()); err != nil {
		return err
	}
	defer a.bodies.leave()
	in, err := a.readImport(w, r, c, "role", "as", "good")
	if err != nil {
		return err
	}
	if bad := in.count(v1.RowWrong); bad > 0 && !in.good {
		if in.asSheet {
			return a.answerImport(w, r, in) // what is wrong, where it is; nothing was imported
		}
		return problem.New(problem.SheetHasErrors, "bad", strconv.Itoa(bad))
	}
	a.run(context.WithoutCancel(r.Context()), in)
	return a.answerImport(w, r, in)
}

// answerImport says what came of a sheet. The sheet itself is opened once more for that.
func (a *API) answerImport(w http.ResponseWriter, r *http.Request, in *intake) error {
	if in.asSheet {
		if err := a.heavy.enter(context.WithoutCancel(r.Context())); err != nil {
			return err
		}
		defer a.heavy.leave()
	}
	return in.answer(w, r)
}

// readImport reads a request with a sheet, and judges its rows.
func (a *API) readImport(w http.ResponseWriter, r *http.Request, c *auth.Caller, params ...string) (*intake, error) {
	q, err := query(r, params...)
	if err != nil {
		return nil, err
	}
	if c.Region != a.cfg.Region {
		return nil, problem.New(problem.ForeignBody)
	}
	role, err := acting(c, q.Get("role"))
	if err != nil {
		return nil, err
	}
	in := &intake{asSheet: q.Get("as") == "sheet", good: q.Get("good") == "true", role: role, org: c.Org, person: a.cfg.Desk.Pseudonym(c.Issuer, c.Subject)}
	if in.data, err = readSheet(w, r); err != nil {
		return nil, err
	}
	if err := a.heavy.enter(r.Context()); err != nil {
		return nil, err
	}
	defer a.heavy.leave()
	if err := a.bind(r, c, in); err != nil {
		return nil, err
	}
	return in, a.judge(r.Context(), in)
}

// bind reads a sheet by the law in force.
func (a *API) bind(r *http.Request, c *auth.Caller, in *intake) error {
	view, books, err := a.lookLocal(r.Context(), c)
	if err != nil {
		return err
	}
	defer view.Close()
	if in.law, err = importable(books, r.PathValue("name")); err != nil {
		return err
	}
	table, err := sheet.Read(in.data)
	if err == nil {
		in.bound, err = sheet.Bind(in.law.Document, table)
	}
	return sheetProblem(err)
}

// readSheet reads the body: a file, whatever its media type says.
func readSheet(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength < 0 {
		return nil, problem.New(problem.LengthRequired)
	}
	if r.ContentLength > sheet.MaxFile {
		return nil, serve.TooLarge(sheet.MaxFile)
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(stall))
	data, err := io.ReadAll(io.LimitReader(r.Body, sheet.MaxFile+1))
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	if err != nil {
		return nil, serve.ReadError(err)
	}
	return data, nil
}

func sheetProblem(err error) error {
	switch {
	case errors.Is(err, sheet.ErrHeader):
		_, reason, _ := strings.Cut(err.Error(), ": ")
		return problem.New(problem.SheetHeader, "reason", reason)
	case errors.Is(err, sheet.ErrSize):
		return problem.New(problem.SheetTooLarge).Because(err)
	case errors.Is(err, sheet.ErrEmpty):
		return problem.New(problem.SheetEmpty)
	case errors.Is(err, sheet.ErrFormat):
		return problem.New(problem.SheetUnreadable).Because(err)
	}
	return err
}
