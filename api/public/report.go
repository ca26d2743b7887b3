package public

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/report"
)

const (
	// reportsAtOnce is how many reports a node counts at the same time: each takes
	// one processor, and writes come first. reportsWaiting may wait for their turn.
	reportsAtOnce, reportsWaiting = 1, 16
	// reportTime bounds one report: report.MaxRecords are read in less.
	reportTime = 60 * time.Second
)

// reportRoutes registers the reports.
func (a *API) reportRoutes() {
	get(a, huma.Operation{
		OperationID: "list-reports", Path: "/v1/reports", Tags: []string{"reports"}, Summary: "The reports there are",
		Description: "Definitions are data; a report counts what the ledger's records say and changes nothing.",
	}, a.reports)
	a.plain(huma.Operation{
		OperationID: "get-report", Method: http.MethodGet, Path: "/v1/reports/{name}", Tags: []string{"reports"},
		Summary:     "Count a report",
		Description: "Of the records that the caller's region is or was a party to. Sums and ratios are exact; what does not count is counted too, with its reason. At the same ledger length every node gives the same figures for the same region.",
		Parameters: append([]*huma.Param{
			{Name: "name", In: "path", Required: true, Schema: text("")},
			{Name: "from", In: "query", Description: "first day, 2022-01-01", Schema: text("date")},
			{Name: "to", In: "query", Description: "last day; the period has at most ten years", Schema: text("date")},
			{Name: "region", In: "query", Description: "only rows of this region", Schema: text("")},
			{Name: "list", In: "query", Description: "a figure: its rows are listed one by one, and what was left out beside it", Schema: text("")},
			{Name: "as", In: "query", Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"json", "xlsx"}, Default: "json"}},
			{Name: "lang", In: "query", Description: "of a workbook; default: as the request prefers", Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"zh", "en"}}},
		}, readParams...),
		Responses: a.reportAnswers(),
		Errors:    append([]int{http.StatusUnprocessableEntity}, readErrors...),
	}, a.stream(a.report))
}

func (a *API) reportAnswers() map[string]*huma.Response {
	answer := a.jsonAnswer("counted", v1.Report{}, "Report", nil)
	answer.Content[v1.ReportMedia] = &huma.MediaType{}
	return map[string]*huma.Response{"200": answer}
}

type reportsOut struct {
	Body v1.Reports
}

// reports is GET /v1/reports.
func (a *API) reports(_ context.Context, c *auth.Caller, _ *noInput) (*reportsOut, error) {
	if err := mayReadRecords(c); err != nil {
		return nil, err
	}
	out := &reportsOut{}
	for _, d := range report.Definitions() {
		out.Body.Items = append(out.Body.Items, reportTitle(d))
	}
	return out, nil
}

// reportQuery is how a report is asked for.
type reportQuery struct {
	def   *report.Definition
	req   report.Request
	fresh desk.Fresh
	sheet bool
	lang  problem.Language
	from  string
	to    string
}

// report is GET /v1/reports/{name}.
func (a *API) report(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
	if err := mayReadRecords(c); err != nil {
		return err
	}
	q, err := reportQueryOf(r, c)
	if err != nil {
		return err
	}
	if err := a.counting.enter(r.Context()); err != nil {
		return err
	}
	defer a.counting.leave()
	ctx, cancel := context.WithTimeout(r.Context(), reportTime)
	defer cancel()
	out, err := a.count(ctx, q)
	if err != nil {
		return err
	}
	if !q.sheet {
		return writeJSON(w, http.StatusOK, out)
	}
	return sendSheet(w, out, q.lang)
}

// count counts a report in one view of the ledger.
func (a *API) count(ctx context.Context, q *reportQuery) (*v1.Report, error) {
	view, books, err := a.look(ctx, q.fresh)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	standing, err := books.Standing()
	if err != nil {
		return nil, err
	}
	reading, err := books.Reading()
	if err != nil {
		return nil, err
	}
	result, err := q.def.Compute(ctx, reading, q.req)
	switch {
	case errors.Is(err, report.ErrTooMuch), errors.Is(err, context.DeadlineExceeded):
		return nil, problem.New(problem.ReportTooLarge)
	case err != nil:
		return nil, err
	}
	return reportOf(result, q, standing), nil
}

// reportQueryOf reads a request. All errors come at once.
func reportQueryOf(r *http.Request, c *auth.Caller) (*reportQuery, error) {
	values, err := query(r, "from", "to", "region", "list", "as", "lang", "consistency", "at")
	if err != nil {
		return nil, err
	}
	q := &reportQuery{def: report.Find(r.PathValue("name")), from: values.Get("from"), to: values.Get("to"), sheet: values.Get("as") == "xlsx"}
	if q.def == nil {
		return nil, problem.New(problem.NotFound)
	}
	if q.fresh, err = readingOf(values); err != nil {
		return nil, err
	}
	q.req = report.Request{Sees: c.Region, Region: values.Get("region"), List: values.Get("list")}
	var wrong []problem.Field
	wrong = append(wrong, q.period()...)
	wrong = append(wrong, q.names(values)...)
	if q.lang = problem.Choose(r.Header.Get("Accept-Language")); values.Has("lang") {
		q.lang = problem.Chinese
		if values.Get("lang") == "en" {
			q.lang = problem.English
		}
	}
	if wrong != nil {
		return nil, problem.Invalid(wrong...)
	}
	return q, nil
}

// period reads the first and the last day.
func (q *reportQuery) period() (wrong []problem.Field) {
	day := func(name, text string) calendar.Day {
		if text == "" {
			return 0
		}
		d, ok := calendar.ParseDay(text)
		if !ok {
			wrong = append(wrong, problem.At("query."+name, problem.BadFormat))
		}
		return d
	}
	q.req.From, q.req.To = day("from", q.from), day("to", q.to)
	if q.from != "" && q.to != "" && wrong == nil && (q.req.To < q.req.From || q.req.To-q.req.From > report.MaxDays) {
		wrong = append(wrong, problem.At("query.to", problem.OutOfRange))
	}
	return wrong
}

// names holds what is named to what there is.
func (q *reportQuery) names(values url.Values) (wrong []problem.Field) {
	if q.req.Region != "" && !q.def.HasRegion() {
		wrong = append(wrong, problem.At("query.region", problem.UnknownParameter))
	}
	if q.req.List != "" && !slices.ContainsFunc(q.def.Figures, func(f report.Figure) bool {
		return f.Name == q.req.List && f.Measure != report.Spearman && f.Measure != report.Composite
	}) {
		wrong = append(wrong, problem.At("query.list", problem.NotOneOf))
	}
	for name, words := range map[string][]string{"as": {"", "json", "xlsx"}, "lang": {"", "zh", "en"}} {
		if !slices.Contains(words, values.Get(name)) {
			wrong = append(wrong, problem.At("query."+name, problem.NotOneOf))
		}
	}
	return wrong
}

func reportTitle(d *report.Definition) v1.ReportTitle {
	out := v1.ReportTitle{Name: d.Name, Version: d.Version, Digest: d.Digest, Title: v1.Label(d.Title), Note: v1.Label(d.Note), Basis: d.Basis}
	for i := range d.Figures {
		if f := &d.Figures[i]; !f.Hidden {
			out.Figures = append(out.Figures, figureTitle(f))
		}
	}
	return out
}

func figureTitle(f *report.Figure) v1.Figure {
	return v1.Figure{Name: f.Name, Title: v1.Label(f.Title), Unit: v1.Label(f.Unit), Measure: string(f.Measure), Number: v1.Number{Floor: f.Floor}}
}

func reportOf(res *report.Result, q *reportQuery, at ledger.Standing) *v1.Report {
	out := &v1.Report{
		ReportTitle: reportTitle(res.Definition), Index: at.Size, LedgerTime: civil(at.LedgerTime / 1000), Sees: q.req.Sees,
		From: q.from, To: q.to, Region: q.req.Region, Records: res.Records, LeftOut: []v1.LeftOut{},
	}
	out.Figures = nil
	for i := range res.Figures {
		out.Figures = append(out.Figures, figureOf(&res.Figures[i]))
	}
	for _, l := range res.LeftOut {
		out.LeftOut = append(out.LeftOut, v1.LeftOut{Rows: l.Rows, Title: v1.Label(l.Title), Code: l.Code, Reason: v1.Label(l.Reason), Count: l.Count})
	}
	if q.req.List != "" {
		out.Listed = &v1.Listed{Figure: q.req.List, Counted: rowsOf(res.Counted), Omitted: rowsOf(res.Omitted), Truncated: res.Truncated}
		for _, c := range res.Columns() {
			out.Listed.Columns = append(out.Listed.Columns, v1.Dimension{Name: c.Name, Title: v1.Label(c.Title)})
		}
	}
	return out
}

func figureOf(f *report.FigureResult) v1.Figure {
	out := figureTitle(f.Figure)
	out.Number = numberOf(&f.Value, f.Floor)
	for _, c := range f.Cuts {
		cut := v1.Cut{Groups: []v1.Group{}}
		for i, name := range c.By {
			cut.By = append(cut.By, v1.Dimension{Name: name, Title: v1.Label(c.Titles[i])})
		}
		for i := range c.Groups {
			g := &c.Groups[i]
			cut.Groups = append(cut.Groups, v1.Group{Key: cellsOf(g.Key), Number: numberOf(&g.Value, f.Floor)})
		}
		out.By = append(out.By, cut)
	}
	return out
}

func numberOf(v *report.Value, floor string) v1.Number {
	return v1.Number{Value: v.Value, Num: v.Num, Den: v.Den, Low: v.Low, High: v.High, N: v.N, Small: v.Small, Floor: floor, Met: v.Met}
}

func cellsOf(list []report.Cell) []v1.Cell {
	out := make([]v1.Cell, 0, len(list))
	for _, c := range list {
		cell := v1.Cell{Code: c.Code}
		if c.Name != (procedure.Label{}) {
			name := v1.Label(c.Name)
			cell.Name = &name
		}
		out = append(out, cell)
	}
	return out
}

func rowsOf(list []report.Row) []v1.ReportRow {
	out := make([]v1.ReportRow, 0, len(list))
	for _, r := range list {
		out = append(out, v1.ReportRow{
			Record: r.Record, Index: r.Index, Item: r.Item, Date: r.Date, Amount: r.Amount, Values: cellsOf(r.Values), Code: r.Code,
		})
	}
	return out
}

// reportName is a workbook's file name.
func reportName(out *v1.Report) string {
	return out.Name + "-" + strconv.FormatUint(out.Index, 10) + ".xlsx"
}
