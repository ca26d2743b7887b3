package client

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"sandi.internal/gateway/api/v1"
)

// Consistency is how fresh a read has to be.
type Consistency string

const (
	Linearizable Consistency = "linearizable" // nothing acknowledged before the read is missing
	Local        Consistency = "local"        // what this node has applied
)

// Read says how fresh an answer has to be. The zero value asks for the door's
// default, linearizable.
type Read struct {
	Consistency Consistency
	At          uint64 // the ledger must have at least this many leaves: index of a write plus one
}

func (r Read) query() url.Values {
	q := url.Values{}
	if r.Consistency != "" {
		q.Set("consistency", string(r.Consistency))
	}
	if r.At > 0 {
		q.Set("at", strconv.FormatUint(r.At, 10))
	}
	return q
}

// Open opens a record under key (NewKey). A receipt with status pending comes
// with no error: ask Statement, or use Await.
func (c *Client) Open(ctx context.Context, key string, req v1.OpenRequest) (v1.Receipt, error) {
	return c.write(ctx, "/v1/records", key, "", req)
}

// Act makes an event happen to a record under key. head is the version of the
// record that the decision was made on (Record.Head or Receipt.Head).
func (c *Client) Act(ctx context.Context, key, record, head string, req v1.ActRequest) (v1.Receipt, error) {
	return c.write(ctx, "/v1/records/"+url.PathEscape(record)+"/events", key, head, req)
}

// SubmitStatement hands over a statement signed elsewhere, as exact bytes. key
// is the statement's own id.
func (c *Client) SubmitStatement(ctx context.Context, key string, raw []byte) (v1.Receipt, error) {
	return c.post(ctx, call{
		method: http.MethodPost, path: "/v1/statements", body: raw, media: v1.StatementMedia,
		header: http.Header{"Idempotency-Key": {key}},
	})
}

func (c *Client) write(ctx context.Context, path, key, head string, req any) (v1.Receipt, error) {
	body, err := json.Marshal(req)
	if err != nil {
		return v1.Receipt{}, fmt.Errorf("couldn't encode a request: %w", err)
	}
	k := call{method: http.MethodPost, path: path, body: body, media: "application/json", header: http.Header{"Idempotency-Key": {key}}}
	if head != "" {
		k.header["If-Match"] = []string{`"` + head + `"`}
	}
	return c.post(ctx, k)
}

func (c *Client) post(ctx context.Context, k call) (v1.Receipt, error) {
	a, err := c.do(ctx, k)
	if err != nil {
		return v1.Receipt{}, err
	}
	var receipt v1.Receipt
	return receipt, decode(a.body, &receipt)
}

// Record fetches a record.
func (c *Client) Record(ctx context.Context, id string, r Read) (v1.Record, error) {
	var rec v1.Record
	_, err := c.get(ctx, "/v1/records/"+url.PathEscape(id), r.query(), &rec)
	return rec, err
}

// History fetches a record's acts, oldest first.
func (c *Client) History(ctx context.Context, id string, r Read) ([]v1.Entry, error) {
	var h v1.History
	_, err := c.get(ctx, "/v1/records/"+url.PathEscape(id)+"/history", r.query(), &h)
	return h.Items, err
}

// Deadlines fetches a record's deadlines.
func (c *Client) Deadlines(ctx context.Context, id string, r Read) ([]v1.Deadline, error) {
	var d v1.Deadlines
	_, err := c.get(ctx, "/v1/records/"+url.PathEscape(id)+"/deadlines", r.query(), &d)
	return d.Items, err
}

// Filter selects records of a list. Empty members select all.
type Filter struct {
	Procedure, State    string
	Region, Counterpart string
	Overdue             bool
	Text, Sort          string
	Limit               int
	Cursor              string
}

func (f Filter) query(r Read) url.Values {
	q := r.query()
	for name, value := range map[string]string{
		"procedure": f.Procedure, "state": f.State, "region": f.Region, "counterpart": f.Counterpart,
		"text": f.Text, "sort": f.Sort, "cursor": f.Cursor,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.Overdue {
		q.Set("overdue", "true")
	}
	if f.Limit > 0 {
		q.Set("limit", strconv.Itoa(f.Limit))
	}
	return q
}

// RecordPage fetches one page of a list.
func (c *Client) RecordPage(ctx context.Context, f Filter, r Read) (v1.RecordPage, error) {
	var page v1.RecordPage
	_, err := c.get(ctx, "/v1/records", f.query(r), &page)
	return page, err
}

// Records walks a whole list, page by page.
func (c *Client) Records(ctx context.Context, f Filter, r Read) iter.Seq2[v1.RecordRow, error] {
	return func(yield func(v1.RecordRow, error) bool) {
		for {
			page, err := c.RecordPage(ctx, f, r)
			if err != nil {
				yield(v1.RecordRow{}, err)
				return
			}
			for _, row := range page.Items {
				if !yield(row, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			f.Cursor = page.Next
		}
	}
}
