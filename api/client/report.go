package client

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"sandi.internal/gateway/api/v1"
)

// ReportOptions say what a report is to count.
type ReportOptions struct {
	From, To string // days, both included; empty: no bound
	Region   string // only rows of this region
	List     string // a figure: its rows one by one
	Lang     string // of a workbook: zh or en; empty: the client's
}

func (o ReportOptions) query(r Read) url.Values {
	q := r.query()
	for name, value := range map[string]string{"from": o.From, "to": o.To, "region": o.Region, "list": o.List, "lang": o.Lang} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

// Reports lists the reports that a node counts.
func (c *Client) Reports(ctx context.Context) ([]v1.ReportTitle, error) {
	var list v1.Reports
	_, err := c.get(ctx, "/v1/reports", nil, &list)
	return list.Items, err
}

// Report has a node count a report.
func (c *Client) Report(ctx context.Context, name string, o ReportOptions, r Read) (v1.Report, error) {
	var out v1.Report
	_, err := c.get(ctx, "/v1/reports/"+url.PathEscape(name), o.query(r), &out)
	return out, err
}

// ReportBook is Report as a workbook (xlsx).
func (c *Client) ReportBook(ctx context.Context, name string, o ReportOptions, r Read) ([]byte, error) {
	q := o.query(r)
	q.Set("as", "xlsx")
	a, err := c.do(ctx, call{method: http.MethodGet, path: "/v1/reports/" + url.PathEscape(name), query: q})
	if err != nil {
		return nil, err
	}
	if a.header.Get("Content-Type") != v1.ReportMedia {
		return nil, errors.New("the node answered with something else than a workbook")
	}
	return a.body, nil
}
