package client

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"sandi.internal/gateway/api/v1"
)

// BundleOptions say what an audit bundle is to hold: everything, unless records
// or a range are named.
type BundleOptions struct {
	Records  []string
	From, To string // index or date; To may be empty
	// Progress, which may be nil, is told how many bytes have come, how many
	// entries were in them and how many leaves the checkpoint has, which for a
	// whole log is how many entries will come.
	Progress func(bytes int64, entries, size uint64)
}

func (o *BundleOptions) query() url.Values {
	switch {
	case len(o.Records) > 0:
		return url.Values{"record": {strings.Join(o.Records, ",")}}
	case o.From != "":
		q := url.Values{"from": {o.From}}
		if o.To != "" {
			q.Set("to", o.To)
		}
		return q
	}
	return url.Values{"all": {"true"}}
}

// ErrPartial says that a bundle or a backup did not come whole. What was written of it is
// worth nothing.
var ErrPartial = errors.New("it did not come whole; ask again")

// Bundle fetches an audit bundle and writes it as it comes. It has come whole
// only if there is no error.
func (c *Client) Bundle(ctx context.Context, w io.Writer, o BundleOptions) error {
	res, err := c.begin(ctx, call{method: http.MethodGet, path: "/v1/audit/bundle", query: o.query()})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	size, err := strconv.ParseUint(res.Header.Get(v1.HeaderBundleSize), 10, 64)
	if err != nil || res.Header.Get("Content-Type") != v1.BundleMedia {
		return fmt.Errorf("couldn't fetch the bundle: %s answered with something else", c.base)
	}
	sum := sha256.New()
	m := &meter{size: size, report: o.Progress}
	if _, err := io.Copy(io.MultiWriter(w, sum, m), res.Body); err != nil {
		return fmt.Errorf("couldn't fetch the bundle: %w: %w", err, ErrPartial)
	}
	if res.Trailer.Get(v1.TrailerDigest) != "sha-256=:"+base64.StdEncoding.EncodeToString(sum.Sum(nil))+":" {
		return ErrPartial
	}
	return nil
}

// begin sends a call, again where that is worth it, until an answer begins.
func (c *Client) begin(ctx context.Context, k call) (*http.Response, error) {
	started := c.now()
	for attempt := 0; ; attempt++ {
		res, err := c.send(ctx, k)
		if err == nil && res.StatusCode == http.StatusOK {
			return res, nil
		}
		if err == nil {
			err = c.refused(res, k)
		}
		wait, again := c.retry.next(attempt, c.now().Sub(started), err)
		if !again || ctx.Err() != nil || c.sleep(ctx, wait) != nil {
			return nil, err
		}
	}
}

// refused reads why an answer is not the one that was asked for.
func (c *Client) refused(res *http.Response, k call) error {
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return &lost{fmt.Errorf("couldn't read the answer to %s %s: %w", k.method, k.path, err)}
	}
	return refusal(res, body)
}
