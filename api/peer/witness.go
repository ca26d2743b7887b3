package peer

import (
	"context"
	"errors"
	"net/http"
	"time"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/transport"
	"sandi.internal/gateway/consensus/witness"
)

// Witness is what the door asks about checkpoints; *witness.Witness is one.
type Witness interface {
	HandlePull(ctx context.Context, node string) witness.Pulled
	AddCheckpoint(ctx context.Context, from string, body []byte) witness.Answer
	Accept(ctx context.Context, from string, raw []byte) error
	AcceptEvidence(from string, raw []byte) error
}

// witnessPatience bounds what a witness does for one request: a node that was
// down for long re-hashes what it missed, and is asked again.
const witnessPatience = 5 * time.Second

// asker is the node that sent a request; New has made sure that there is one.
func asker(r *http.Request) string {
	id, _ := transport.PeerFrom(r.Context())
	return id.ID
}

func (d *door) checkpoints(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), witnessPatience)
	defer cancel()
	answer := witness.EncodePulled(d.Witness.HandlePull(ctx, asker(r)))
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(answer) // an asker that is gone asks again
}

func (d *door) note(w http.ResponseWriter, r *http.Request) {
	body, ok := take(w, r, checkpoint.MaxNote)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), witnessPatience)
	defer cancel()
	switch err := d.Witness.Accept(ctx, asker(r), body); {
	case err == nil:
	case errors.Is(err, witness.ErrNotYet), errors.Is(err, witness.ErrForked):
		w.WriteHeader(http.StatusConflict)
	default:
		w.WriteHeader(http.StatusUnprocessableEntity)
	}
}

func (d *door) addCheckpoint(w http.ResponseWriter, r *http.Request) {
	body, ok := take(w, r, checkpoint.MaxRequest)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), witnessPatience)
	defer cancel()
	answer := d.Witness.AddCheckpoint(ctx, asker(r), body)
	w.Header().Set("Content-Type", answer.Media)
	w.WriteHeader(answer.Status)
	_, _ = w.Write(answer.Body) // an asker that is gone asks again, and gets a conflict with the size
}

func (d *door) evidence(w http.ResponseWriter, r *http.Request) {
	body, ok := take(w, r, witness.MaxEvidence)
	if !ok {
		return
	}
	if err := d.Witness.AcceptEvidence(asker(r), body); err != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
	}
}

var _ witness.Peers = (*Client)(nil)

// Pull implements witness.Peers.
func (c *Client) Pull(ctx context.Context, node string) (witness.Pulled, error) {
	answer, err := c.do(ctx, http.MethodGet, node, pathCheckpoints, nil)
	if err != nil {
		return witness.Pulled{}, err
	}
	return witness.DecodePulled(answer)
}

// AddCheckpoint implements witness.Peers.
func (c *Client) AddCheckpoint(ctx context.Context, node string, request []byte) (status int, body []byte, err error) {
	return c.send(ctx, http.MethodPost, node, pathAddCheckpoint, request)
}

// PushNote implements witness.Peers.
func (c *Client) PushNote(ctx context.Context, node string, note []byte) error {
	_, err := c.do(ctx, http.MethodPost, node, pathCheckpoints, note)
	return err
}

// PushEvidence implements witness.Peers.
func (c *Client) PushEvidence(ctx context.Context, node string, evidence []byte) error {
	_, err := c.do(ctx, http.MethodPost, node, pathEvidence, evidence)
	return err
}
