package public

import (
	"context"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/v1"
)

type orgsOut struct {
	Stamp
	Body v1.Orgs
}

// orgs is GET /v1/orgs: who is who, for screens and for fields that name an
// organisation. They are those of genesis, as the law reads them.
func (a *API) orgs(ctx context.Context, c *auth.Caller, _ *noInput) (*orgsOut, error) {
	view, _, err := a.lookLocal(ctx, c)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	out := &orgsOut{Stamp: stampOf(view), Body: v1.Orgs{Items: []v1.Org{}}}
	for _, region := range a.cfg.Genesis.Regions {
		for _, o := range region.Orgs {
			out.Body.Items = append(out.Body.Items, v1.Org{
				Code: o.Code, Region: region.Code, Name: v1.Label{ZH: o.NameZH, EN: o.NameEN}, Level: o.Level, Parent: o.Parent,
			})
		}
	}
	return out, nil
}
