package public

import (
	"context"
	"encoding/json"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/consensus/procedure"
)

// Procedure is a procedure in a list.
type Procedure struct {
	Name    string          `json:"name" example:"case_transfer"`
	Version int             `json:"version"`
	Prefix  string          `json:"prefix" doc:"of its record ids" example:"CT"`
	Title   procedure.Label `json:"title"`
	Basis   []string        `json:"basis" doc:"what it rests on"`
}

type proceduresOut struct {
	stamp
	Body struct {
		Items []Procedure `json:"items"`
	}
}

// procedures is GET /v1/procedures: the law in force.
func (a *API) procedures(ctx context.Context, c *auth.Caller, _ *struct{}) (*proceduresOut, error) {
	view, books, err := a.lookLocal(ctx, c)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	out := &proceduresOut{stamp: stampOf(view)}
	out.Body.Items = []Procedure{}
	for _, law := range books.Procedures() {
		d := law.Document
		out.Body.Items = append(out.Body.Items, Procedure{Name: law.Name, Version: law.Version, Prefix: law.Prefix, Title: d.Title, Basis: d.Basis})
	}
	return out, nil
}

type procedureIn struct {
	Name    string `path:"name" maxLength:"64" example:"case_transfer"`
	Version int    `query:"version" minimum:"0" maximum:"65535" doc:"0: the one in force"`
}

type procedureOut struct {
	stamp
	Body struct {
		Document json.RawMessage `json:"document" doc:"states, parties, fields, events and deadlines, as the engine reads them"`
		Text     string          `json:"text" doc:"the document as adopted (YAML)"`
	}
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
	out := &procedureOut{stamp: stampOf(view)}
	out.Body.Text = law.Text
	out.Body.Document, err = json.Marshal(law.Document)
	return out, err
}
