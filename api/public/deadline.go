package public

import (
	"context"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
)

type deadlinesOut struct {
	Stamp
	ETag string `header:"ETag" doc:"the record's version"`
	Body v1.Deadlines
}

// deadlines is GET /v1/records/{id}/deadlines: every run of every time limit,
// as it stands at ledger time, with its count.
func (a *API) deadlines(ctx context.Context, c *auth.Caller, in *oneRecordIn) (*deadlinesOut, error) {
	out := &deadlinesOut{}
	err := a.oneRecord(ctx, c, in, func(books *ledger.Books, rec *procedure.Record, s Stamp) error {
		list, err := books.Deadlines(rec.ID)
		if err != nil {
			return err
		}
		out.Stamp, out.ETag = s, etag(rec.Head)
		out.Body.Items = make([]v1.Deadline, 0, len(list))
		for i := range list {
			out.Body.Items = append(out.Body.Items, deadlineOf(&list[i]))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func deadlineOf(d *procedure.Deadline) v1.Deadline {
	out := v1.Deadline{
		Name: d.Name, Title: v1.Label(d.Title), Rule: d.Rule, RulesVersion: d.RulesVersion, Cite: d.Cite, Source: string(d.Status),
		Owner: d.Owner, Region: d.Region, Org: d.Org, Started: civil(d.Start), Due: civil(d.Due), DueDate: d.Date, StrictDate: d.Strict,
		Provisional: d.Provisional, Paused: d.Paused, NotBefore: d.NotBefore, Extended: d.Extended,
		Stopped: civil(d.StoppedAt), Verdict: string(d.Verdict),
	}
	if d.StoppedAt == 0 && d.Due != 0 {
		left := d.WorkdaysLeft
		out.WorkdaysLeft = &left
	}
	for _, s := range d.Steps {
		out.Steps = append(out.Steps, v1.DeadlineStep{Kind: string(s.Kind), From: s.From, To: s.To, Days: s.Days})
	}
	return out
}
