package client

import (
	"context"
	"net/url"

	"sandi.internal/gateway/api/v1"
)

// Papers are the documents that a record has to print by now.
func (c *Client) Papers(ctx context.Context, record string, r Read) ([]v1.PaperName, error) {
	var out v1.Papers
	_, err := c.get(ctx, "/v1/records/"+url.PathEscape(record)+"/papers", r.query(), &out)
	return out.Items, err
}

// Paper is one of them, filled. Its codes are absent while no checkpoint covers the
// statements behind it.
func (c *Client) Paper(ctx context.Context, record, document string, r Read) (v1.Paper, error) {
	var out v1.Paper
	_, err := c.get(ctx, "/v1/records/"+url.PathEscape(record)+"/papers/"+url.PathEscape(document), r.query(), &out)
	return out, err
}
