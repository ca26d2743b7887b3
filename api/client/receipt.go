package client

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"sandi.internal/gateway/api/v1"
)

// ReceiptOptions say which receipt is wanted.
type ReceiptOptions struct {
	Region    string        // whose statement; empty: the caller's. Auditors are given those of all
	Final     bool          // under a final checkpoint; else under any published one
	TlogProof bool          // the proof alone, as c2sp.org/tlog-proof@v1
	Wait      time.Duration // how long to wait for such a checkpoint, over all questions
}

// receiptWait is how long one question may wait at the node: the longest that it
// takes.
const receiptWait = 30 * time.Second

// Receipt fetches the receipt of a statement of the caller's region, as the
// bytes to keep. They are nil as long as no checkpoint covers it; then known is
// what is known of the statement. Nothing is verified here: whoever asks a node
// for proof should not take the node's word.
func (c *Client) Receipt(ctx context.Context, id string, o ReceiptOptions) (receipt []byte, known v1.Receipt, err error) {
	q := url.Values{"grade": {"published"}, "format": {v1.FormatJSON}}
	if o.Region != "" {
		q.Set("region", o.Region)
	}
	if o.Final {
		q.Set("grade", "final")
	}
	if o.TlogProof {
		q.Set("format", v1.FormatTlogProof)
	}
	until := c.now().Add(o.Wait)
	for {
		left := until.Sub(c.now())
		q.Del("wait")
		if left > 0 {
			q.Set("wait", min(left, receiptWait).String())
		}
		a, err := c.do(ctx, call{method: http.MethodGet, path: "/v1/statements/" + url.PathEscape(id) + "/receipt", query: q})
		switch {
		case err != nil:
			return nil, known, err
		case a.status == http.StatusOK:
			return a.body, known, nil
		}
		if err := decode(a.body, &known); err != nil {
			return nil, known, err
		}
		if left = until.Sub(c.now()); left <= 0 {
			return nil, known, nil
		}
		if err := c.sleep(ctx, min(left, retryAfter(a.header))); err != nil {
			return nil, known, err
		}
	}
}
