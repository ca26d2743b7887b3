package public

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/statement"
)

// recordByID is GET /v1/records/{id}. It is a plain handler: the benchmark's
// reads go through it.
func (a *API) recordByID(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
	started := time.Now()
	if err := mayReadRecords(c); err != nil {
		return err
	}
	q, err := query(r, "consistency", "at", "details")
	if err != nil {
		return err
	}
	fresh, err := readingOf(q)
	if err != nil {
		return err
	}
	details := q.Get("details") != "false"
	if q.Has("details") && details && q.Get("details") != "true" {
		return problem.Invalid(problem.At("query.details", problem.NotOneOf))
	}
	view, books, err := a.look(r.Context(), fresh)
	if err != nil {
		return err
	}
	defer view.Close()
	var found bool
	if details {
		found, err = sendRecord(w, r.PathValue("id"), view, books, c)
	} else {
		found, err = sendExtract(w, r, view, books, c)
	}
	if err == nil && !found {
		return notFound(r.Context(), started)
	}
	return err
}

// sendRecord answers with a record and what may be done next; false when there
// is none that the caller may see.
func sendRecord(w http.ResponseWriter, id string, view desk.View, books *ledger.Books, c *auth.Caller) (bool, error) {
	rec, err := visible(books, id, c)
	if err != nil || rec == nil {
		return false, err
	}
	out := recordOf(rec)
	if err := addDetails(&out, books, rec, c); err != nil {
		return false, err
	}
	h := w.Header()
	stampOf(view).set(h)
	h["Etag"] = []string{etag(rec.Head)}
	return true, writeJSON(w, http.StatusOK, out)
}

// sendExtract answers with what a record's acts added up to, unless the caller
// has it; false when there is none that the caller may see.
func sendExtract(w http.ResponseWriter, r *http.Request, view desk.View, books *ledger.Books, c *auth.Caller) (bool, error) {
	id := r.PathValue("id")
	if !statement.IsRecordID(id) {
		return false, nil
	}
	x, err := books.Extract(id)
	if err != nil || x == nil || !slices.Contains(x.Regions, c.Region) {
		return false, err
	}
	h := w.Header()
	stampOf(view).set(h)
	tag := etag(x.Head)
	h["Etag"] = []string{tag}
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return true, nil
	}
	sendJSON(w, http.StatusOK, appendExtract(make([]byte, 0, recordRoom), x))
	return true, nil
}

// recordRoom is what most records take as JSON.
const recordRoom = 1 << 10

// visible reads a record that the caller may see; nil for all others.
func visible(books *ledger.Books, id string, c *auth.Caller) (*procedure.Record, error) {
	if !statement.IsRecordID(id) {
		return nil, nil
	}
	rec, err := books.Record(id)
	if err != nil || rec == nil || !slices.Contains(ledger.Involved(rec), c.Region) {
		return nil, err
	}
	return rec, nil
}

func recordOf(rec *procedure.Record) v1.Record {
	out := v1.Record{
		ID: rec.ID, Procedure: rec.Procedure, Version: rec.Version, State: rec.State, Owner: rec.Owner,
		Parties: partiesOf(rec), Seq: rec.Seq, Head: rec.Head, Fields: rec.Fields, Commits: rec.Commits, Home: rec.Home,
		CreatedAt: civil(rec.CreatedAt), UpdatedAt: civil(rec.UpdatedAt), Synthetic: rec.Synthetic,
	}
	for _, l := range rec.Links {
		out.Links = append(out.Links, v1.Link{Rel: l.Rel, ID: l.ID})
	}
	for i := range rec.Joint {
		p := &rec.Joint[i]
		out.Joint = append(out.Joint, v1.JointPart{Event: p.Event, Party: p.Party, Region: p.Region, Index: p.Seq})
	}
	return out
}

func partiesOf(rec *procedure.Record) map[string]v1.Party {
	out := make(map[string]v1.Party, len(rec.Parties))
	for name, p := range rec.Parties {
		out[name] = v1.Party{Region: p.Region, Org: p.Org}
	}
	return out
}

// addDetails adds what may be done next and the deadlines that run.
func addDetails(out *v1.Record, books *ledger.Books, rec *procedure.Record, c *auth.Caller) error {
	options, deadlines, err := books.Outlook(rec)
	if err != nil {
		return err
	}
	out.Options = make([]v1.Option, 0, len(options))
	for i := range options {
		out.Options = append(out.Options, optionOf(&options[i], c))
	}
	for i := range deadlines {
		if deadlines[i].StoppedAt == 0 {
			d := deadlineOf(&deadlines[i])
			d.Steps = nil
			out.Deadlines = append(out.Deadlines, d)
		}
	}
	return nil
}

func optionOf(o *procedure.Option, c *auth.Caller) v1.Option {
	out := v1.Option{
		Event: o.Event, Title: v1.Label(o.Title), To: o.To, Basis: o.Basis, FourEyes: o.FourEyes,
		Require: o.Require, Optional: o.Optional, Auto: string(o.Auto), Due: civil(o.Due),
	}
	for _, b := range o.By {
		out.By = append(out.By, v1.OptionActor{Party: b.Party, Role: b.Role, Region: b.Region, Org: b.Org})
	}
	out.Yours = o.IsFor(c.Region, c.HasRole)
	if o.Joint != nil {
		out.Joint = &v1.Joint{Needed: o.Joint.Needed, Missing: o.Joint.Missing, Acted: []v1.Party{}}
		for _, p := range o.Joint.Acted {
			out.Joint.Acted = append(out.Joint.Acted, v1.Party{Region: p.Region, Org: p.Org})
		}
	}
	if b := o.Blocked; b != nil {
		out.Blocked = &v1.Refusal{Code: b.Code, Cite: b.Cite, ZH: b.ZH, EN: b.EN, Params: b.Params}
	}
	for _, n := range o.Warnings {
		out.Warnings = append(out.Warnings, v1.Refusal{Code: n.Code, Cite: n.Cite, ZH: n.ZH, EN: n.EN})
	}
	return out
}

type recordsIn struct {
	Reading
	Procedure   string   `query:"procedure" maxLength:"64" doc:"name of a procedure"`
	State       string   `query:"state" maxLength:"64"`
	Region      string   `query:"region" maxLength:"6" doc:"region that opened it"`
	Counterpart string   `query:"counterpart" maxLength:"6" doc:"another region that takes or took part"`
	Owes        string   `query:"owes" maxLength:"6" doc:"region that owes a running deadline"`
	Box         string   `query:"box" enum:"in,out,todo,done" doc:"in: opened by another region; out: by the caller's; todo: the caller's region owes a running deadline; done: it owes nothing now"`
	Overdue     bool     `query:"overdue" doc:"only records with a running deadline that has passed (of the region in owes, when given)"`
	Text        string   `query:"text" maxLength:"400" doc:"in the id, the parties or the clear fields"`
	Running     bool     `query:"running" doc:"only records that have not ended"`
	Yours       bool     `query:"yours" doc:"only records with which one of the caller's roles may do something now, as far as can be said without trying"`
	Turn        bool     `query:"turn" doc:"say of each whose turn it is"`
	Fields      []string `query:"fields" maxItems:"20" doc:"names of clear fields to tell of each"`
	Sort        string   `query:"sort" enum:"-updated,updated,due" default:"-updated" doc:"-updated: latest change first; due: earliest running deadline first, records without one left out"`
	Cursor      string   `query:"cursor" maxLength:"512" doc:"of the page before; the other parameters must be the same"`
	Limit       int      `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

type recordsOut struct {
	Stamp
	Link string `header:"Link" doc:"rel=next: the next page (RFC 8288)"`
	Body v1.RecordPage
}

// records is GET /v1/records: those the caller's region is or was a party to.
func (a *API) records(ctx context.Context, c *auth.Caller, in *recordsIn) (*recordsOut, error) {
	if err := mayReadRecords(c); err != nil {
		return nil, err
	}
	view, books, err := a.look(ctx, in.fresh())
	if err != nil {
		return nil, err
	}
	defer view.Close()
	if err := in.known(books); err != nil {
		return nil, err
	}
	filter := ledger.Filter{
		Region: c.Region, Counterpart: in.Counterpart, Owner: in.Region, Procedure: in.Procedure, State: in.State,
		Owes: in.Owes, Box: ledger.Box(in.Box), Overdue: in.Overdue, Running: in.Running, Text: in.Text, Sort: ledger.Sort(in.Sort), Cursor: in.Cursor, Limit: in.Limit,
	}
	if in.Yours {
		filter.Offices = append([]string{}, c.Offices()...)
	}
	page, err := books.Records(filter)
	if errors.Is(err, ledger.ErrFilter) {
		where := "query.cursor"
		code := problem.BadCursor
		if in.Cursor == "" {
			where, code = "query.text", problem.BadFormat
		}
		return nil, problem.Invalid(problem.At(where, code))
	}
	if err != nil {
		return nil, err
	}
	out := &recordsOut{Stamp: stampOf(view), Body: v1.RecordPage{Items: []v1.RecordRow{}, Next: page.Next}}
	for i := range page.Rows {
		row := rowOf(&page.Rows[i], page.LedgerTime/1000)
		row.Fields = someOf(page.Rows[i].Record.Fields, in.Fields)
		if in.Turn {
			if row.Turn, err = turnOf(books, page.Rows[i].Record, c); err != nil {
				return nil, err
			}
		}
		out.Body.Items = append(out.Body.Items, row)
	}
	if page.Next != "" {
		out.Link = "<" + in.next(page.Next) + `>; rel="next"`
	}
	return out, nil
}

func rowOf(row *ledger.Row, now int64) v1.RecordRow {
	rec := row.Record
	out := v1.RecordRow{
		ID: rec.ID, Procedure: rec.Procedure, State: rec.State, Owner: rec.Owner, Parties: partiesOf(rec),
		Seq: rec.Seq, Head: rec.Head, CreatedAt: civil(rec.CreatedAt), UpdatedAt: civil(rec.UpdatedAt),
	}
	for _, d := range row.Dues {
		out.Dues = append(out.Dues, v1.RowDue{Name: d.Name, Region: d.Region, Due: civil(d.At), Overdue: d.At < now})
	}
	return out
}

// someOf are the clear fields that were asked for, as far as a record has them.
func someOf(fields map[string]json.RawMessage, names []string) map[string]json.RawMessage {
	if len(names) == 0 {
		return nil
	}
	out := make(map[string]json.RawMessage, len(names))
	for _, name := range names {
		if value, ok := fields[name]; ok {
			out[name] = value
		}
	}
	return out
}

// turnOf says whose turn a record is.
func turnOf(books *ledger.Books, rec *procedure.Record, c *auth.Caller) (*v1.Turn, error) {
	options, _, err := books.Outlook(rec)
	if err != nil {
		return nil, err
	}
	turn := &v1.Turn{By: []v1.OptionActor{}}
	for i := range options {
		o := optionOf(&options[i], c)
		if o.Auto != "" || o.Blocked != nil {
			continue
		}
		turn.Yours = turn.Yours || o.Yours
		for _, by := range o.By {
			if !slices.Contains(turn.By, by) {
				turn.By = append(turn.By, by)
			}
		}
	}
	return turn, nil
}

// next is the target of the next page: a relative reference, so that no Host
// header can lead a client elsewhere.
func (in *recordsIn) next(cursor string) string {
	q := url.Values{"cursor": {cursor}, "limit": {strconv.Itoa(in.Limit)}, "sort": {in.Sort}, "consistency": {in.Consistency}}
	for name, value := range map[string]string{
		"procedure": in.Procedure, "state": in.State, "region": in.Region, "counterpart": in.Counterpart, "owes": in.Owes, "box": in.Box, "text": in.Text, "fields": strings.Join(in.Fields, ","),
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	for name, given := range map[string]bool{"overdue": in.Overdue, "running": in.Running, "yours": in.Yours, "turn": in.Turn} {
		if given {
			q.Set(name, "true")
		}
	}
	return "/v1/records?" + q.Encode()
}
