package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"sandi.internal/gateway/api/home"
	"sandi.internal/gateway/consensus/transport"
)

// Home is what the door asks about values that this node keeps; node wires it.
type Home interface {
	Release(ctx context.Context, region string, q home.Question) ([]home.Object, error)
}

const (
	// maxQuestion bounds a question; the longest honest one has some 300 bytes.
	maxQuestion = 4 << 10
	// homePatience bounds the answer: a view of the ledger and a few reads of the vault.
	homePatience = 10 * time.Second
)

// home is POST /peer/v1/home: another region asks for what a record keeps here. 403
// is the law's answer, anything else but 200 is none.
func (d *door) home(w http.ResponseWriter, r *http.Request) {
	q, ok := question[home.Question](w, r, maxQuestion)
	if !ok {
		return
	}
	if d.Home == nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	who, _ := transport.PeerFrom(r.Context()) // New let nobody in without
	ctx, cancel := context.WithTimeout(r.Context(), homePatience)
	defer cancel()
	objects, err := d.Home.Release(ctx, who.Region, q)
	switch {
	case errors.Is(err, home.ErrNotReleased):
		w.WriteHeader(http.StatusForbidden)
	case err != nil:
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(objects) // an asker that is gone asks again
	}
}

var _ home.Peers = (*Client)(nil)

// Ask implements home.Peers.
func (c *Client) Ask(ctx context.Context, node string, q home.Question) ([]home.Object, error) {
	ctx, cancel := context.WithTimeout(ctx, homePatience)
	defer cancel()
	body, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	status, answer, err := c.send(ctx, http.MethodPost, node, pathHome, body)
	switch {
	case err != nil:
		return nil, err
	case status == http.StatusForbidden:
		return nil, fmt.Errorf("node %s: %w", node, home.ErrNotReleased)
	case status != http.StatusOK:
		return nil, fmt.Errorf("node %s answered %s with status %d", node, pathHome, status)
	}
	var objects []home.Object
	if err := json.Unmarshal(answer, &objects); err != nil {
		return nil, fmt.Errorf("node %s gave unreadable values: %w", node, err)
	}
	return objects, nil
}
