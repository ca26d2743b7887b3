package peer

import (
	"context"
	"fmt"
	"net/http"

	"sandi.internal/gateway/consensus/docket"
	"sandi.internal/gateway/consensus/replica"
)

// Promises is what the door asks about statements that wait; *docket.Docket is one.
type Promises interface {
	Give(statements [][]byte) [][]byte
}

// promises is POST /peer/v1/promises: statements that another node cannot bring in
// (the bytes of replica.EncodeForward), answered in the same form with one promise
// each, empty where none is given.
func (d *door) promises(w http.ResponseWriter, r *http.Request) {
	body, ok := take(w, r, replica.MaxForwardBytes)
	if !ok {
		return
	}
	statements, err := replica.DecodeForward(body)
	if err != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	w.Header().Set("Content-Type", mediaBytes)
	_, _ = w.Write(replica.EncodeForward(d.Promises.Give(statements))) // an asker that is gone asks again
}

var _ docket.Peers = (*Client)(nil)

// AskPromises implements docket.Peers.
func (c *Client) AskPromises(ctx context.Context, node string, statements [][]byte) ([][]byte, error) {
	answer, err := c.do(ctx, http.MethodPost, node, pathPromises, replica.EncodeForward(statements))
	if err != nil {
		return nil, err
	}
	notes, err := replica.DecodeForward(answer)
	if err != nil || len(notes) != len(statements) {
		return nil, fmt.Errorf("node %s gave unreadable promises: %w", node, err)
	}
	return notes, nil
}
