package public

import (
	"context"
	"errors"
	"slices"
	"time"

	"sandi.internal/gateway/api/accesslog"
	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/home"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
)

type privateIn struct {
	Reading
	ID      string `path:"id" maxLength:"64" example:"EX-110000-2025-000012"`
	Because string `query:"because" maxLength:"64" doc:"the record that selected this one: asks the region at home for it" example:"MA-110000-2025-000003"`
}

type privateOut struct {
	Stamp
	Body v1.PrivateValues
}

// private is GET /v1/records/{id}/private: what a record keeps at home.
func (a *API) private(ctx context.Context, c *auth.Caller, in *privateIn) (*privateOut, error) {
	started := time.Now()
	err := mayReadRecords(c)
	if err == nil && (c.Region != a.cfg.Region || !c.HasOffice()) {
		err = problem.New(problem.Forbidden)
	}
	if err != nil {
		return nil, a.barred(ctx, c, access.Entry{Record: recordID(in.ID)}, err)
	}
	found, err := a.keeping(ctx, c, in)
	if err != nil {
		return nil, err
	}
	if found.law == nil {
		return nil, a.missed(ctx, c, access.Entry{Record: recordID(in.ID)}, started)
	}
	out := &privateOut{Stamp: found.stamp}
	out.Body.Record, out.Body.From = found.rec.ID, a.cfg.Region
	var list []home.Value
	// At home those may read whom the law lets read, with a reason or without one: a team
	// lead, to whom other regions release, is not among them.
	if in.Because == "" || found.rec.Owner == a.cfg.Region {
		list, err = a.cfg.Home.Own(ctx, found.law, found.rec, a.reader(c, found.law.Document.MayRead))
	} else {
		out.Body.From = found.rec.Owner
		may := func(role string) bool {
			return found.law.Document.ReleaseOf(found.rec.ID, found.because, c.Region, role) != nil
		}
		list, err = a.cfg.Home.Fetch(ctx, found.law, found.rec, in.Because, a.reader(c, may))
	}
	if err != nil {
		return nil, privateProblem(err)
	}
	out.Body.Items = make([]v1.PrivateValue, 0, len(list))
	for _, v := range list {
		out.Body.Items = append(out.Body.Items, v1.PrivateValue{
			Field: v.Field, Title: v1.Label(v.Label), See: string(v.See), Commitment: v.Commitment, Value: v.Value,
		})
	}
	return out, nil
}

// kept is a record that keeps something at home, and why somebody asks for it.
type kept struct {
	rec, because *procedure.Record
	law          *ledger.Law // nil: there is no record that the caller may see
	stamp        Stamp
}

// keeping reads what a question about home values needs, in one view that is closed
// before any other node is asked.
func (a *API) keeping(ctx context.Context, c *auth.Caller, in *privateIn) (kept, error) {
	view, books, err := a.look(ctx, in.fresh())
	if err != nil {
		return kept{}, err
	}
	defer view.Close()
	k := kept{stamp: stampOf(view)}
	if k.rec, err = visible(books, in.ID, c); err != nil || k.rec == nil {
		return kept{}, err
	}
	if in.Because != "" {
		if k.because, err = visible(books, in.Because, c); err != nil {
			return kept{}, err
		}
		if k.because == nil {
			return kept{}, problem.Invalid(problem.At("query.because", problem.NotFound))
		}
	}
	k.law = lawOf(books, k.rec)
	return k, nil
}

// reader is the caller in the first of its offices that may read; in any when none
// may, so that the log has a role for the refusal.
func (a *API) reader(c *auth.Caller, may func(role string) bool) home.Person {
	offices := c.Offices()
	i := max(slices.IndexFunc(offices, may), 0)
	return home.Person{Region: c.Region, Person: a.cfg.Desk.Pseudonym(c.Issuer, c.Subject), Org: c.Org, Role: offices[i]}
}

// lawOf is the law that a record falls under; nil when there is no record.
func lawOf(books *ledger.Books, rec *procedure.Record) *ledger.Law {
	if rec == nil {
		return nil
	}
	return books.Law(rec.Procedure, rec.Version)
}

func privateProblem(err error) error {
	switch {
	case errors.Is(err, access.ErrClosed):
		return problem.New(problem.AccessUnlogged).Because(err)
	case errors.Is(err, home.ErrNotReleased):
		return problem.New(problem.NotReleased).Because(err)
	case errors.Is(err, home.ErrSilent):
		return problem.New(problem.PeerSilent).Retry(retrySoon).Because(err)
	}
	return err
}

// readingsMost bounds what is listed of one record.
const readingsMost = 1000

// lookedAt lists the looks at a record, the newest first.
func (a *API) lookedAt(ctx context.Context, record string) ([]access.Found, error) {
	if a.cfg.Access == nil {
		return nil, problem.New(problem.AccessUnlogged).Because(errUnlogged)
	}
	head, err := a.cfg.Access.Head()
	if err != nil {
		return nil, err
	}
	list, _, err := a.cfg.Access.List(ctx, accesslog.Filter{Log: head.Log, Below: head.Size, Subjects: []string{record}, Limit: readingsMost})
	return list, err
}

// reading is an entry as those who know the record read it.
func (a *API) reading(e access.Entry) v1.Reading {
	kind := "read"
	switch {
	case e.Region != a.cfg.Region:
		kind = "given"
	case e.Because != "":
		kind = "asked"
	case e.Action == access.Export, e.Action == access.Query:
		kind = string(e.Action)
	}
	return v1.Reading{
		At: civil(e.Time / 1000), Kind: kind, Refused: e.Action == access.Denied || e.Action == access.Failed, Because: e.Because,
		Region: e.Region, Person: e.Person, Org: e.Org, Role: e.Role, Fields: e.What, Count: e.Count, Reason: e.Reason,
	}
}

type readingsOut struct {
	Body v1.Readings
}

// readings is GET /v1/records/{id}/private/log: who has read what a record keeps at
// home, for those who may read it themselves, and for auditors.
func (a *API) readings(ctx context.Context, c *auth.Caller, in *oneRecordIn) (*readingsOut, error) {
	out := &readingsOut{}
	err := a.oneRecord(ctx, c, in, func(books *ledger.Books, rec *procedure.Record, _ Stamp) error {
		law := lawOf(books, rec)
		if c.Region != a.cfg.Region || law == nil || !c.HasRole(auth.RoleAuditor) && !slices.ContainsFunc(c.Offices(), law.Document.MayRead) {
			return problem.New(problem.Forbidden)
		}
		list, err := a.lookedAt(ctx, rec.ID)
		out.Body.Items = make([]v1.Reading, 0, len(list))
		for _, f := range list {
			out.Body.Items = append(out.Body.Items, a.reading(f.Entry))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
