package public

import (
	"context"
	"encoding/json"
	"slices"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/procedure"
)

type proceduresOut struct {
	Stamp
	Body v1.Procedures
}

// procedures is GET /v1/procedures: the law in force.
func (a *API) procedures(ctx context.Context, c *auth.Caller, _ *noInput) (*proceduresOut, error) {
	view, books, err := a.lookLocal(ctx, c)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	out := &proceduresOut{Stamp: stampOf(view)}
	out.Body.Items = []v1.Procedure{}
	for _, law := range books.Procedures() {
		d := law.Document
		out.Body.Items = append(out.Body.Items, v1.Procedure{
			Name: law.Name, Version: law.Version, Prefix: law.Prefix, Title: v1.Label(d.Title), Basis: d.Basis, Opens: openers(&d.Open),
		})
	}
	return out, nil
}

// openers are the office roles that may open a record, each once.
func openers(open *procedure.Event) []string {
	roles := []string{}
	for _, by := range open.By {
		if !slices.Contains(roles, by.Role) {
			roles = append(roles, by.Role)
		}
	}
	return roles
}

type procedureIn struct {
	Params
	Name    string `path:"name" maxLength:"64" example:"case_transfer"`
	Version int    `query:"version" minimum:"0" maximum:"65535" doc:"0: the one in force"`
}

type procedureOut struct {
	Stamp
	Body v1.ProcedureText
}

// procedureByName is GET /v1/procedures/{name}: what a form is built from.
func (a *API) procedureByName(ctx context.Context, c *auth.Caller, in *procedureIn) (*procedureOut, error) {
	view, books, err := a.lookLocal(ctx, c)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	law := books.Law(in.Name, in.Version)
	if law == nil {
		return nil, problem.New(problem.NotFound)
	}
	out := &procedureOut{Stamp: stampOf(view)}
	out.Body.Text = law.Text
	out.Body.Document, err = json.Marshal(law.Document)
	return out, err
}
