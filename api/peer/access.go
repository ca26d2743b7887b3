package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"sandi.internal/gateway/api/accesslog"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/transport"
)

// Looks is what the door asks about who looked at private data here; node wires it.
type Looks interface {
	// Show answers a node of a region.
	Show(ctx context.Context, region string, q accesslog.Question) (v1.AccessRows, error)
}

const (
	pathAccess = "/peer/v1/access-log"
	// accessPatience bounds the answer: a few thousand rows read from the disk.
	accessPatience = 15 * time.Second
	// maxAccess bounds an answer: 2 MiB of rows, escaped.
	maxAccess = 8 << 20
)

// looks is POST /peer/v1/access-log: another region's auditor asks who looked. 403 is
// for who is no party to the record, 416 for a place that the log does not have.
func (d *door) looks(w http.ResponseWriter, r *http.Request) {
	q, ok := question[accesslog.Question](w, r, maxQuestion)
	if !ok {
		return
	}
	if d.Looks == nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	who, _ := transport.PeerFrom(r.Context()) // New let nobody in without
	ctx, cancel := context.WithTimeout(r.Context(), accessPatience)
	defer cancel()
	rows, err := d.Looks.Show(ctx, who.Region, q)
	switch {
	case errors.Is(err, accesslog.ErrNotParty):
		w.WriteHeader(http.StatusForbidden)
	case errors.Is(err, accesslog.ErrRange):
		w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
	case err != nil:
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(rows) // an asker that is gone asks again
	}
}

// Looks asks a node who looked. The error wraps accesslog.ErrNotParty, ErrRange or
// ErrSilent.
func (c *Client) Looks(ctx context.Context, node string, q accesslog.Question) (v1.AccessRows, error) {
	body, err := json.Marshal(q)
	if err != nil {
		return v1.AccessRows{}, err
	}
	status, answer, err := c.sendUpTo(ctx, maxAccess, http.MethodPost, node, pathAccess, body)
	switch {
	case err != nil:
		return v1.AccessRows{}, fmt.Errorf("%w: %w", accesslog.ErrSilent, err)
	case status == http.StatusForbidden:
		return v1.AccessRows{}, fmt.Errorf("node %s: %w", node, accesslog.ErrNotParty)
	case status == http.StatusRequestedRangeNotSatisfiable:
		return v1.AccessRows{}, fmt.Errorf("node %s: %w", node, accesslog.ErrRange)
	case status != http.StatusOK:
		return v1.AccessRows{}, fmt.Errorf("%w: node %s answered with status %d", accesslog.ErrSilent, node, status)
	}
	var rows v1.AccessRows
	if err := json.Unmarshal(answer, &rows); err != nil {
		return v1.AccessRows{}, fmt.Errorf("node %s gave unreadable rows: %w: %w", node, accesslog.ErrSilent, err)
	}
	return rows, nil
}
