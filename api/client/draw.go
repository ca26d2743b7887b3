package client

import (
	"context"
	"net/http"
	"net/url"

	"sandi.internal/gateway/api/v1"
)

// PutDrawText brings in the pool or the rule of a draw, so that it can be frozen.
// Brought in again it is kept once.
func (c *Client) PutDrawText(ctx context.Context, text []byte) (v1.DrawText, error) {
	a, err := c.do(ctx, call{method: http.MethodPut, path: "/v1/draws/texts", body: text, media: "application/octet-stream"})
	if err != nil {
		return v1.DrawText{}, err
	}
	var t v1.DrawText
	return t, decode(a.body, &t)
}

// Draw reads all that it takes to draw again; with texts, pool and rule too.
func (c *Client) Draw(ctx context.Context, id string, texts bool) (v1.Draw, error) {
	k := call{method: http.MethodGet, path: "/v1/draws/" + url.PathEscape(id)}
	if texts {
		k.query = url.Values{"texts": {"true"}}
	}
	a, err := c.do(ctx, k)
	if err != nil {
		return v1.Draw{}, err
	}
	var d v1.Draw
	return d, decode(a.body, &d)
}
