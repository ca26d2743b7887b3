package peer

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"sandi.internal/gateway/consensus/mover"
	"sandi.internal/gateway/consensus/statement"
)

// Moves is what the door asks about leadership; *mover.Mover is one.
type Moves interface {
	Take(raw []byte) error
}

// move is POST /peer/v1/moves: a signed leader.move. 422 is for ever, anything else
// but 200 for now.
func (d *door) move(w http.ResponseWriter, r *http.Request) {
	body, ok := take(w, r, statement.MaxBytes)
	if !ok {
		return
	}
	if err := d.Moves.Take(body); err != nil {
		w.WriteHeader(moveStatus(err))
	}
}

var _ mover.Peers = (*Client)(nil)

// PushMove implements mover.Peers.
func (c *Client) PushMove(ctx context.Context, node string, raw []byte) error {
	status, _, err := c.send(ctx, http.MethodPost, node, pathMoves, raw)
	switch {
	case err != nil:
		return err
	case status == http.StatusUnprocessableEntity:
		return fmt.Errorf("node %s: %w", node, mover.ErrRefused)
	case status != http.StatusOK:
		return fmt.Errorf("node %s answered %s with status %d", node, pathMoves, status)
	}
	return nil
}

func moveStatus(err error) int {
	if errors.Is(err, mover.ErrRefused) {
		return http.StatusUnprocessableEntity
	}
	return http.StatusServiceUnavailable
}
