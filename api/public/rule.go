package public

import (
	"context"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/v1"
)

type rulesOut struct {
	Stamp
	Body v1.Rules
}

// rules is GET /v1/rules: the deadline rules in force.
func (a *API) rules(ctx context.Context, c *auth.Caller, _ *noInput) (*rulesOut, error) {
	view, books, err := a.lookLocal(ctx, c)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	table := books.Rules()
	out := &rulesOut{Stamp: stampOf(view), Body: v1.Rules{Version: table.Version, Items: []v1.Rule{}}}
	for _, r := range table.List {
		out.Body.Items = append(out.Body.Items, v1.Rule{
			ID: r.ID, N: r.N, Unit: string(r.Unit), Roll: string(r.Roll), NotBefore: r.NotBefore, Starts: r.Starts, Excluded: r.Excluded,
			Extension: r.Extension, Cite: r.Cite, Source: string(r.Status), Note: r.Note, Title: v1.Label{ZH: r.ZH, EN: r.EN}, From: r.From, To: r.To,
		})
	}
	return out, nil
}
