package client

import (
	"context"
	"errors"
	"iter"
	"net/url"
	"time"

	"sandi.internal/gateway/api/v1"
)

// pollWait is how long one question of Events may wait at the node: the longest
// that it takes.
const pollWait = "30s"

// EventPage asks once for the events after a cursor; empty is the beginning of
// the ledger. wait is how long the node may wait for one, at most 30 s.
func (c *Client) EventPage(ctx context.Context, after string, wait time.Duration) (v1.EventPage, error) {
	return c.eventPage(ctx, after, wait.String())
}

func (c *Client) eventPage(ctx context.Context, after, wait string) (v1.EventPage, error) {
	q := url.Values{"wait": {wait}}
	if after != "" {
		q.Set("after", after)
	}
	var page v1.EventPage
	_, err := c.get(ctx, "/v1/events", q, &page)
	return page, err
}

// Events walks the ledger from after a cursor on (empty: from its beginning),
// for ever, until the context ends or a question fails. A break loses nothing:
// go on after the ID of the last event seen.
func (c *Client) Events(ctx context.Context, after string) iter.Seq2[v1.Event, error] {
	return func(yield func(v1.Event, error) bool) {
		for {
			page, err := c.eventPage(ctx, after, pollWait)
			if err != nil {
				if !errors.Is(err, context.Canceled) {
					yield(v1.Event{}, err)
				}
				return
			}
			for _, e := range page.Events {
				if !yield(e, nil) {
					return
				}
			}
			if page.Cursor != "" {
				after = page.Cursor
			}
		}
	}
}
