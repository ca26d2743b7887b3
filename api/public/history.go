package public

import (
	"context"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
)

type oneRecordIn struct {
	Reading
	ID string `path:"id" maxLength:"64" example:"CT-120000-2025-000018"`
}

type historyOut struct {
	Stamp
	ETag string `header:"ETag" doc:"the record's version"`
	Body v1.History
}

// history is GET /v1/records/{id}/history: what happened to a record, in order.
func (a *API) history(ctx context.Context, c *auth.Caller, in *oneRecordIn) (*historyOut, error) {
	out := &historyOut{}
	err := a.oneRecord(ctx, c, in, func(books *ledger.Books, rec *procedure.Record, s Stamp) error {
		out.Stamp, out.ETag = s, etag(rec.Head)
		statements, err := books.History(in.ID, 0, len(rec.Acts))
		if err != nil {
			return err
		}
		ids := make(map[uint64]string, len(statements))
		for _, st := range statements {
			ids[st.Index] = st.Statement.ID
		}
		out.Body.Items = make([]v1.Entry, 0, len(rec.Acts))
		for i := range rec.Acts {
			n := &rec.Acts[i]
			out.Body.Items = append(out.Body.Items, v1.Entry{
				Index: n.Seq, Statement: ids[n.Seq], Event: n.Event, From: n.From, To: n.To, Region: n.Region, Party: n.Party, Org: n.Org,
				Role: n.Role, Person: n.Person, At: civil(n.At), Ledger: civil(n.Now), Part: n.Part,
				Fields: n.Fields, Late: n.Late, Warn: n.Warn,
			})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// oneRecord reads a record that the caller may see, in one view.
func (a *API) oneRecord(ctx context.Context, c *auth.Caller, in *oneRecordIn, use func(*ledger.Books, *procedure.Record, Stamp) error) error {
	started := time.Now()
	if err := mayReadRecords(c); err != nil {
		return err
	}
	view, books, err := a.look(ctx, in.fresh())
	if err != nil {
		return err
	}
	defer view.Close()
	rec, err := visible(books, in.ID, c)
	if err != nil {
		return err
	}
	if rec == nil {
		return notFound(ctx, started)
	}
	return use(books, rec, stampOf(view))
}
