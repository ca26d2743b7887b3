package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"sandi.internal/gateway/api/dataset"
	terms "sandi.internal/gateway/consensus/dataset"
	"sandi.internal/gateway/consensus/transport"
)

// Data answers questions about this bureau's shared data sets; *dataset.Sets is one.
type Data interface {
	Answer(ctx context.Context, region string, q dataset.Question) (*dataset.Page, error)
}

const (
	pathData = "/peer/v1/data"
	// maxDataQuestion bounds a question: 64 names, a filter, a cursor.
	maxDataQuestion = 16 << 10
	// maxDataPage bounds an answer: its rows, in JSON, and the note.
	maxDataPage = 1 << 20
	// dataPatience bounds the answer: looking at ten thousand rows.
	dataPatience = 10 * time.Second
)

// dataRefusal is why nothing is given. Unlike other doors' refusals it says so: both
// sides can read the agreement.
type dataRefusal struct {
	Code   terms.Code `json:"code"`
	Detail string     `json:"detail"`
}

// data is POST /peer/v1/data: another region asks a data set of this bureau. 403 carries
// a refusal; anything else but 200 is no answer.
func (d *door) data(w http.ResponseWriter, r *http.Request) {
	q, ok := question[dataset.Question](w, r, maxDataQuestion)
	if !ok {
		return
	}
	if d.Data == nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	who, _ := transport.PeerFrom(r.Context()) // New let nobody in without
	ctx, cancel := context.WithTimeout(r.Context(), dataPatience)
	defer cancel()
	page, err := d.Data.Answer(ctx, who.Region, q)
	var refused *terms.Refusal
	w.Header().Set("Content-Type", "application/json")
	switch {
	case errors.Is(err, dataset.ErrTooMany):
		w.WriteHeader(http.StatusTooManyRequests)
	case errors.As(err, &refused) && !errors.Is(err, dataset.ErrUnlogged):
		w.WriteHeader(http.StatusForbidden)
		_ = json.NewEncoder(w).Encode(dataRefusal(*refused))
	case err != nil:
		w.WriteHeader(http.StatusServiceUnavailable)
	default:
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false) // rows keep the bytes that their digest is of
		_ = enc.Encode(page)     // an asker that is gone asks again
	}
}

var _ dataset.Peers = (*Client)(nil)

// Query implements dataset.Peers.
func (c *Client) Query(ctx context.Context, node string, q dataset.Question) (*dataset.Page, error) {
	ctx, cancel := context.WithTimeout(ctx, dataPatience)
	defer cancel()
	body, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	status, answer, err := c.sendUpTo(ctx, maxDataPage, http.MethodPost, node, pathData, body)
	if err != nil {
		return nil, err
	}
	switch status {
	case http.StatusOK:
		page := &dataset.Page{}
		if err := json.Unmarshal(answer, page); err != nil {
			return nil, fmt.Errorf("node %s gave an unreadable page: %w", node, err)
		}
		return page, nil
	case http.StatusForbidden:
		var refused dataRefusal
		if err := json.Unmarshal(answer, &refused); err != nil || refused.Code == "" {
			return nil, fmt.Errorf("node %s refused without a reason", node)
		}
		r := terms.Refusal(refused)
		return nil, fmt.Errorf("node %s: %w", node, &r)
	case http.StatusTooManyRequests:
		return nil, fmt.Errorf("node %s: %w", node, dataset.ErrTooMany)
	}
	return nil, fmt.Errorf("node %s answered %s with status %d", node, pathData, status)
}
