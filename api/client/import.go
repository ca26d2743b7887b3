package client

import (
	"context"
	"net/http"
	"net/url"

	"sandi.internal/gateway/api/v1"
)

// Imports are the procedures whose records may come from a sheet.
func (c *Client) Imports(ctx context.Context) ([]v1.Import, error) {
	var out v1.Imports
	_, err := c.get(ctx, "/v1/imports", nil, &out)
	return out.Items, err
}

// ImportTemplate is the empty sheet of a procedure; format is xlsx or csv.
func (c *Client) ImportTemplate(ctx context.Context, procedure, format string) ([]byte, error) {
	a, err := c.do(ctx, call{method: http.MethodGet, path: "/v1/imports/" + url.PathEscape(procedure) + "/template", query: url.Values{"format": {format}}})
	return a.body, err
}

// Sheet is a filled-in sheet on its way.
type Sheet struct {
	Procedure string
	Role      string // office role to act in
	Data      []byte // xlsx or CSV
	Good      bool   // import the good rows although others are wrong
}

func (s Sheet) call(path, as string) call {
	q := url.Values{}
	if s.Role != "" {
		q.Set("role", s.Role)
	}
	if as != "" {
		q.Set("as", as)
	}
	return call{method: http.MethodPost, path: "/v1/imports/" + url.PathEscape(s.Procedure) + path, query: q, body: s.Data, media: "application/octet-stream"}
}

// PreviewImport says what would come of a sheet; nothing is written.
func (c *Client) PreviewImport(ctx context.Context, s Sheet) (v1.ImportReport, error) {
	return c.report(ctx, s.call("/preview", ""))
}

// Annotated is the same sheet with a column of what is wrong and one of the records
// that rows became; nothing is written.
func (c *Client) Annotated(ctx context.Context, s Sheet) ([]byte, error) {
	a, err := c.do(ctx, s.call("/preview", "sheet"))
	return a.body, err
}

// Import imports a sheet. It may be called again with the same sheet: rows that stand
// already stay as they are.
func (c *Client) Import(ctx context.Context, s Sheet) (v1.ImportReport, error) {
	k := s.call("", "")
	if s.Good {
		k.query.Set("good", "true")
	}
	return c.report(ctx, k)
}

func (c *Client) report(ctx context.Context, k call) (v1.ImportReport, error) {
	a, err := c.do(ctx, k)
	if err != nil {
		return v1.ImportReport{}, err
	}
	var out v1.ImportReport
	return out, decode(a.body, &out)
}
