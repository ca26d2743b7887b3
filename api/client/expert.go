package client

import (
	"context"
	"strconv"

	"sandi.internal/gateway/api/v1"
)

// Wanted is who is looked for in a pool. Empty members ask for nothing.
type Wanted struct {
	Pool, Field, Region string
	From, To            string // days of the service
	Party, Group, Host  string // whom they would visit
	Round               string
	Excluded            bool // also who may not, with the reasons
	Limit               int
}

// Experts finds who of the expert pool may be chosen.
func (c *Client) Experts(ctx context.Context, w Wanted, r Read) (v1.PoolSearch, error) {
	q := r.query()
	for name, value := range map[string]string{
		"pool": w.Pool, "field": w.Field, "region": w.Region, "available_from": w.From, "to": w.To,
		"without_conflict_with": w.Party, "group": w.Group, "host": w.Host, "round": w.Round,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if w.Excluded {
		q.Set("excluded", "true")
	}
	if w.Limit > 0 {
		q.Set("limit", strconv.Itoa(w.Limit))
	}
	var out v1.PoolSearch
	_, err := c.get(ctx, "/v1/experts", q, &out)
	return out, err
}
