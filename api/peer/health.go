package peer

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"sandi.internal/gateway/consensus/replica"
)

const pathHealth = "/peer/v1/health"

// health answers how this node is: the leader asks before it gives a vote, and a
// follower's operator wants to know what the leader plans.
func (d *door) health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(d.Replica.HandleHealth())
}

// Health implements replica.Peers.
func (c *Client) Health(ctx context.Context, node string) (replica.Health, error) {
	answer, err := c.ask(ctx, node, pathHealth)
	if err != nil {
		return replica.Health{}, err
	}
	var h replica.Health
	if err := json.Unmarshal(answer, &h); err != nil {
		return replica.Health{}, fmt.Errorf("node %s gave an unreadable answer about its health: %w", node, err)
	}
	return h, nil
}
