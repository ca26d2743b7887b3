package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"sandi.internal/gateway/api/v1"
)

// Status tells where the node and its ledger stand.
func (c *Client) Status(ctx context.Context) (v1.NodeStatus, error) {
	var s v1.NodeStatus
	_, err := c.get(ctx, "/v1/status", nil, &s)
	return s, err
}

// Procedures lists the law in force.
func (c *Client) Procedures(ctx context.Context) ([]v1.Procedure, error) {
	var p v1.Procedures
	_, err := c.get(ctx, "/v1/procedures", nil, &p)
	return p.Items, err
}

// Procedure fetches one procedure in full.
func (c *Client) Procedure(ctx context.Context, name string) (v1.ProcedureText, error) {
	var p v1.ProcedureText
	_, err := c.get(ctx, "/v1/procedures/"+url.PathEscape(name), nil, &p)
	return p, err
}

// SetClock moves the scenario clock of a practice network's node.
func (c *Client) SetClock(ctx context.Context, to time.Time) error {
	body, err := json.Marshal(v1.PracticeTime{Now: to.In(shanghai).Format(time.RFC3339)})
	if err != nil {
		return fmt.Errorf("couldn't encode a request: %w", err)
	}
	_, err = c.do(ctx, call{method: http.MethodPut, path: "/v1/practice/clock", body: body, media: "application/json"})
	return err
}

// shanghai is the zone of every time in the API.
var shanghai = time.FixedZone("CST", 8*3600)
