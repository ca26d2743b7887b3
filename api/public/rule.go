package public

import (
	"context"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/consensus/calendar"
)

type rulesOut struct {
	stamp
	Body struct {
		Version int             `json:"version" doc:"of the table; every deadline names the one it was computed with"`
		Items   []calendar.Rule `json:"items"`
	}
}

// rules is GET /v1/rules: the deadline rules in force.
func (a *API) rules(ctx context.Context, c *auth.Caller, _ *struct{}) (*rulesOut, error) {
	view, books, err := a.lookLocal(ctx, c)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	out := &rulesOut{stamp: stampOf(view)}
	table := books.Rules()
	out.Body.Version, out.Body.Items = table.Version, table.List
	return out, nil
}
