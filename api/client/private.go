package client

import (
	"context"
	"net/url"

	"sandi.internal/gateway/api/v1"
)

// Private is what a record keeps at home. because names the record that selected it,
// to ask the region at home; empty reads what this bureau's own vault holds.
func (c *Client) Private(ctx context.Context, record, because string, r Read) (v1.PrivateValues, error) {
	q := r.query()
	if because != "" {
		q.Set("because", because)
	}
	var out v1.PrivateValues
	_, err := c.get(ctx, "/v1/records/"+url.PathEscape(record)+"/private", q, &out)
	return out, err
}

// PrivateLog is who has read what a record keeps at home, the newest first.
func (c *Client) PrivateLog(ctx context.Context, record string, r Read) ([]v1.Reading, error) {
	var out v1.Readings
	_, err := c.get(ctx, "/v1/records/"+url.PathEscape(record)+"/private/log", r.query(), &out)
	return out.Items, err
}
