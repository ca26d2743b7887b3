package public

import (
	"context"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/statement"
)

type rulesIn struct {
	Params
	Start string `query:"start" maxLength:"25" doc:"an instant: rules in force then say when a limit ends that starts at it, nothing excluded or extended" example:"2025-11-10T09:00:00+08:00"`
}

type rulesOut struct {
	Stamp
	Body v1.Rules
}

// rules is GET /v1/rules: the deadline rules in force. Whoever fills in a form learns
// from it, before anything is signed, which limit the act would start.
func (a *API) rules(ctx context.Context, c *auth.Caller, in *rulesIn) (*rulesOut, error) {
	var start int64
	if in.Start != "" {
		var err error
		if start, err = statement.ParseAt(in.Start); err != nil {
			return nil, problem.Invalid(problem.At("query.start", problem.BadFormat))
		}
	}
	view, books, err := a.lookLocal(ctx, c)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	table := books.Rules()
	out := &rulesOut{Stamp: stampOf(view), Body: v1.Rules{Version: table.Version, Items: []v1.Rule{}}}
	for _, r := range table.List {
		item := v1.Rule{
			ID: r.ID, N: r.N, Unit: string(r.Unit), Roll: string(r.Roll), NotBefore: r.NotBefore, Starts: r.Starts, Excluded: r.Excluded,
			Extension: r.Extension, Cite: r.Cite, Source: string(r.Status), Note: r.Note, Title: v1.Label{ZH: r.ZH, EN: r.EN}, From: r.From, To: r.To,
		}
		if in.Start != "" {
			foresee(&item, books.Calendar(), r, start)
		}
		out.Body.Items = append(out.Body.Items, item)
	}
	return out, nil
}

// foresee says when a limit of a rule ends that starts at an instant (unix s), where this
// wording of the rule is the one in force on that day.
func foresee(item *v1.Rule, cal *calendar.Calendar, r calendar.Rule, start int64) {
	on, ok := r.On(calendar.DayOf(start))
	if !ok || on.From != r.From {
		return
	}
	at, provisional := cal.DueAt(r, start, nil, nil)
	item.Ends, item.Provisional = civil(at), provisional
}
