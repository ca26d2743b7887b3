package client

import (
	"context"
	"net/url"
	"time"

	"sandi.internal/gateway/api/v1"
)

// Statement asks what became of a statement of the caller's region.
func (c *Client) Statement(ctx context.Context, id string, r Read) (v1.Receipt, error) {
	var receipt v1.Receipt
	_, err := c.get(ctx, "/v1/statements/"+url.PathEscape(id), r.query(), &receipt)
	return receipt, err
}

// awaitPause is the longest pause between two questions of Await.
const awaitPause = time.Second

// Await asks until a pending statement has its answer or the context ends.
func (c *Client) Await(ctx context.Context, receipt v1.Receipt) (v1.Receipt, error) {
	pause := 50 * time.Millisecond
	for receipt.Status == v1.Pending {
		if err := c.sleep(ctx, pause); err != nil {
			return receipt, err
		}
		pause = min(2*pause, awaitPause)
		next, err := c.Statement(ctx, receipt.ID, Read{})
		if err != nil {
			return receipt, err
		}
		receipt = next
	}
	return receipt, nil
}
