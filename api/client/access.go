package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"sandi.internal/gateway/api/v1"
)

// Looks says which entries of an access log are wanted.
type Looks struct {
	Record, Person string
	From, To       string // RFC 3339
	Cursor         string
	Limit          int
}

// AccessLog is a page of who looked at private data on the node, the latest first.
func (c *Client) AccessLog(ctx context.Context, l Looks) (v1.AccessLog, error) {
	q := url.Values{}
	for name, value := range map[string]string{"record": l.Record, "person": l.Person, "from": l.From, "to": l.To, "cursor": l.Cursor} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if l.Limit > 0 {
		q.Set("limit", strconv.Itoa(l.Limit))
	}
	var out v1.AccessLog
	_, err := c.get(ctx, "/v1/access-log", q, &out)
	return out, err
}

// AccessHeads are the heads of all nodes' access logs that stand on the ledger.
func (c *Client) AccessHeads(ctx context.Context) ([]v1.AccessNode, error) {
	var out v1.AccessHeads
	_, err := c.get(ctx, "/v1/access-log/heads", nil, &out)
	return out.Items, err
}

// AccessRun names a run of a node's access log.
type AccessRun struct {
	Node            string // whose
	Log, From, Size uint64
	Record          string // entries about it are shown
}

// AccessRows is a run of a node's access log. Nothing is verified here.
func (c *Client) AccessRows(ctx context.Context, r AccessRun) (v1.AccessRows, error) {
	q := url.Values{}
	for name, value := range map[string]uint64{"log": r.Log, "from": r.From, "size": r.Size} {
		if value > 0 {
			q.Set(name, strconv.FormatUint(value, 10))
		}
	}
	for name, value := range map[string]string{"node": r.Node, "record": r.Record} {
		if value != "" {
			q.Set(name, value)
		}
	}
	var out v1.AccessRows
	a, err := c.do(ctx, call{method: http.MethodGet, path: "/v1/access-log/rows", query: q, once: true}) // a node that is silent is a gap, not worth a wait
	if err != nil {
		return out, err
	}
	return out, decode(a.body, &out)
}

// AnchorAccess brings the head of the node's access log onto the ledger now.
func (c *Client) AnchorAccess(ctx context.Context) (v1.AccessAnchored, error) {
	return c.accessPost(ctx, "/v1/access-log/heads", struct{}{})
}

// BeginAccess answers for an access log that takes no entries, and begins another.
func (c *Client) BeginAccess(ctx context.Context, reason string) (v1.AccessAnchored, error) {
	return c.accessPost(ctx, "/v1/access-log/logs", v1.AccessBegin{Reason: reason})
}

func (c *Client) accessPost(ctx context.Context, path string, in any) (v1.AccessAnchored, error) {
	var out v1.AccessAnchored
	body, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	a, err := c.do(ctx, call{method: http.MethodPost, path: path, body: body, media: "application/json"})
	if err != nil {
		return out, err
	}
	return out, decode(a.body, &out)
}
