package client

import (
	"context"
	"iter"
	"net/url"

	"sandi.internal/gateway/api/v1"
)

// Materials lists the files of the caller's organisation in the bureau's vault.
func (c *Client) Materials(ctx context.Context) iter.Seq2[v1.MaterialAbout, error] {
	return pages(func(cursor string) ([]v1.MaterialAbout, string, error) {
		q := url.Values{}
		if cursor != "" {
			q.Set("cursor", cursor)
		}
		var page v1.Materials
		_, err := c.get(ctx, "/v1/materials", q, &page)
		return page.Items, page.Next, err
	})
}

// Keeping says how a file is kept.
func (c *Client) Keeping(ctx context.Context, commitment string) (v1.MaterialAbout, error) {
	var out v1.MaterialAbout
	_, err := c.get(ctx, keepingPath(commitment), nil, &out)
	return out, err
}

// Keep changes how long a file is kept, or purges it; then the answer is empty.
func (c *Client) Keep(ctx context.Context, commitment string, r v1.KeepRequest) (v1.MaterialAbout, error) {
	var out v1.MaterialAbout
	return out, c.postJSON(ctx, keepingPath(commitment), "", r, &out)
}

// Scrub has the node read its whole vault.
func (c *Client) Scrub(ctx context.Context) (v1.Scrubbed, error) {
	var out v1.Scrubbed
	return out, c.postJSON(ctx, "/v1/materials/scrub", "", struct{}{}, &out)
}

func keepingPath(commitment string) string {
	return "/v1/materials/" + url.PathEscape(commitment) + "/keeping"
}
