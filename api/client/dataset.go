package client

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"

	"sandi.internal/gateway/api/v1"
)

// DataSets is the catalogue of shared data sets.
func (c *Client) DataSets(ctx context.Context, r Read) ([]v1.DataSet, error) {
	var out v1.DataSets
	_, err := c.get(ctx, "/v1/data-sets", r.query(), &out)
	return out.Items, err
}

// DataSet is one entry, with what its node keeps.
func (c *Client) DataSet(ctx context.Context, id string, r Read) (v1.DataSet, error) {
	var out v1.DataSet
	_, err := c.get(ctx, setPath(id), r.query(), &out)
	return out, err
}

func setPath(id string) string { return "/v1/data-sets/" + url.PathEscape(id) }

// DataSetTemplate is the empty sheet of a data set's rows; format is xlsx or csv.
func (c *Client) DataSetTemplate(ctx context.Context, id, format string) ([]byte, error) {
	a, err := c.do(ctx, call{method: http.MethodGet, path: setPath(id) + "/template", query: url.Values{"format": {format}}})
	return a.body, err
}

// Rows is a sheet of rows on its way into a data set of the bureau's own.
type Rows struct {
	Set   string
	Role  string // office role to act in
	Check bool   // only say what is wrong
	Size  int64
	Open  func() (io.ReadCloser, error) // gives the sheet from its beginning, once for each attempt
}

func (r Rows) call(as string) call {
	q := url.Values{}
	if r.Role != "" {
		q.Set("role", r.Role)
	}
	if r.Check {
		q.Set("check", "true")
	}
	if as != "" {
		q.Set("as", as)
	}
	return call{method: http.MethodPost, path: setPath(r.Set) + "/rows", query: q, stream: r.Open, size: r.Size, media: "application/octet-stream"}
}

// LoadRows loads a sheet. The same sheet again is no new load, so that it is sent again
// when an answer was lost.
func (c *Client) LoadRows(ctx context.Context, r Rows) (v1.DataLoadReport, error) {
	a, err := c.do(ctx, r.call(""))
	if err != nil {
		return v1.DataLoadReport{}, err
	}
	var out v1.DataLoadReport
	return out, decode(a.body, &out)
}

// WrongRows checks a sheet and gives the rows that are wrong, as CSV; nothing when none
// is.
func (c *Client) WrongRows(ctx context.Context, r Rows) ([]byte, error) {
	r.Check = true
	a, err := c.do(ctx, r.call("sheet"))
	if err != nil || a.header.Get("Content-Type") != v1.CSVMedia {
		return nil, err
	}
	return a.body, nil
}

// QueryDataSet asks for a page of another bureau's data set.
func (c *Client) QueryDataSet(ctx context.Context, id string, q v1.DataQuestion) (v1.DataPage, error) {
	body, err := json.Marshal(q)
	if err != nil {
		return v1.DataPage{}, err
	}
	a, err := c.do(ctx, call{method: http.MethodPost, path: setPath(id) + "/query", body: body, media: "application/json"})
	if err != nil {
		return v1.DataPage{}, err
	}
	var out v1.DataPage
	return out, decode(a.body, &out)
}

// DataAgreements are the agreements that the region is a party to.
func (c *Client) DataAgreements(ctx context.Context, r Read) ([]v1.DataAgreement, error) {
	var out v1.DataAgreements
	_, err := c.get(ctx, "/v1/data-agreements", r.query(), &out)
	return out.Items, err
}

// DataAgreement is one agreement, and whether rows are given under it now.
func (c *Client) DataAgreement(ctx context.Context, id string, r Read) (v1.DataAgreement, error) {
	var out v1.DataAgreement
	_, err := c.get(ctx, "/v1/data-agreements/"+url.PathEscape(id), r.query(), &out)
	return out, err
}

// DataAnswers are the signed notes of the pages that the node was given under an
// agreement, the newest first.
func (c *Client) DataAnswers(ctx context.Context, id string, r Read) ([]v1.DataAnswer, error) {
	var out v1.DataAnswers
	_, err := c.get(ctx, "/v1/data-agreements/"+url.PathEscape(id)+"/answers", r.query(), &out)
	return out.Items, err
}
