package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"sandi.internal/gateway/api/v1"
)

// Status tells where the node and its ledger stand.
func (c *Client) Status(ctx context.Context) (v1.NodeStatus, error) {
	var s v1.NodeStatus
	_, err := c.get(ctx, "/v1/status", nil, &s)
	return s, err
}

// Nodes tells which nodes the network has.
func (c *Client) Nodes(ctx context.Context) (v1.Nodes, error) {
	var n v1.Nodes
	_, err := c.get(ctx, "/v1/nodes", nil, &n)
	return n, err
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

// Clock reads the node's scenario clock (practice networks).
func (c *Client) Clock(ctx context.Context) (v1.PracticeTime, error) {
	var now v1.PracticeTime
	_, err := c.get(ctx, "/v1/practice/clock", nil, &now)
	return now, err
}

// Rules fetches the deadline rules in force.
func (c *Client) Rules(ctx context.Context) (v1.Rules, error) {
	var rules v1.Rules
	_, err := c.get(ctx, "/v1/rules", nil, &rules)
	return rules, err
}

// Calendar fetches the working-day calendar in force: one year, or with 0 all
// that it covers.
func (c *Client) Calendar(ctx context.Context, year int) (v1.Calendar, error) {
	q := url.Values{}
	if year != 0 {
		q.Set("year", strconv.Itoa(year))
	}
	var calendar v1.Calendar
	_, err := c.get(ctx, "/v1/calendar", q, &calendar)
	return calendar, err
}

// Proposals fetches what regions have proposed as law.
func (c *Client) Proposals(ctx context.Context) ([]v1.Proposal, error) {
	var list v1.Proposals
	_, err := c.get(ctx, "/v1/proposals", nil, &list)
	return list.Items, err
}

// Proposal fetches a proposal with its text.
func (c *Client) Proposal(ctx context.Context, region, id string) (v1.ProposalText, error) {
	var p v1.ProposalText
	_, err := c.get(ctx, "/v1/proposals/"+url.PathEscape(region)+"/"+url.PathEscape(id), nil, &p)
	return p, err
}
