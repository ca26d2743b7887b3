package client

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"

	"sandi.internal/gateway/api/v1"
)

// postJSON sends a JSON body and reads the answer, if it has one.
func (c *Client) postJSON(ctx context.Context, path, key string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	k := call{method: http.MethodPost, path: path, body: text, media: "application/json"}
	if key != "" {
		k.header = http.Header{"Idempotency-Key": {key}}
	}
	a, err := c.do(ctx, k)
	if err != nil || len(a.body) == 0 {
		return err
	}
	return decode(a.body, into)
}

// Offer offers files of the bureau's vault to another bureau, under key (NewKey).
func (c *Client) Offer(ctx context.Context, key string, r v1.OfferRequest) (v1.OfferAnswer, error) {
	var out v1.OfferAnswer
	return out, c.postJSON(ctx, "/v1/offers", key, r, &out)
}

// Withdraw ends an offer that nobody has received.
func (c *Client) Withdraw(ctx context.Context, key, region, id string, r v1.WithdrawRequest) (v1.Receipt, error) {
	var out v1.Receipt
	return out, c.postJSON(ctx, offerPath(region, id)+"/withdrawal", key, r, &out)
}

// OfferByID reads an offer with its files.
func (c *Client) OfferByID(ctx context.Context, region, id string) (v1.Offer, error) {
	var out v1.Offer
	_, err := c.get(ctx, offerPath(region, id), nil, &out)
	return out, err
}

// Offers lists offers that the bureau made or may fetch; record and state may be
// empty.
func (c *Client) Offers(ctx context.Context, record, state string) iter.Seq2[v1.Offer, error] {
	q := url.Values{}
	if record != "" {
		q.Set("record", record)
	}
	if state != "" {
		q.Set("state", state)
	}
	return pages(func(cursor string) ([]v1.Offer, string, error) {
		if cursor != "" {
			q.Set("cursor", cursor)
		}
		var page v1.Offers
		_, err := c.get(ctx, "/v1/offers", q, &page)
		return page.Items, page.Next, err
	})
}

func offerPath(region, id string) string {
	return "/v1/offers/" + url.PathEscape(region) + "/" + url.PathEscape(id)
}

// pages walks through the pages of a list.
func pages[T any](page func(cursor string) ([]T, string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for cursor := ""; ; {
			items, next, err := page(cursor)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if cursor = next; cursor == "" {
				return
			}
		}
	}
}
