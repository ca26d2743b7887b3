package peer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	// questionsMost bounds the questions under way to one node; a further one
	// waits. A node three times as far away as the nearest needs four.
	questionsMost = 8
	// questionWait bounds a question of a caller who sets no deadline.
	questionWait = 5 * time.Second
)

var errClosed = errors.New("the client is closed")

// questions are the small requests of read rounds. A round needs a majority and
// its caller leaves with the fastest answers. Cancelling the slower request
// would close its connection, and the next round would pay for a new one: a
// handshake with proofs from both sides took a third of all processor time under
// linearizable reads. So a question goes on when its caller leaves, at most until
// the caller's deadline.
type questions struct {
	ctx  context.Context // ends with the client
	stop context.CancelFunc

	mu     sync.Mutex // guards the fields below
	places map[string]chan struct{}
	closed bool
	wg     sync.WaitGroup // questions under way; none is added once closed
}

func newQuestions() *questions {
	q := &questions{places: make(map[string]chan struct{})}
	q.ctx, q.stop = context.WithCancel(context.Background())
	return q
}

// close ends all questions and waits for them.
func (q *questions) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.stop()
	q.wg.Wait()
}

// ask asks a node one question.
func (c *Client) ask(ctx context.Context, node, path string) ([]byte, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(questionWait)
	}
	type result struct {
		answer []byte
		err    error
	}
	done := make(chan result, 1)
	err := c.questions.start(ctx, node, func() {
		own, cancel := context.WithDeadline(c.questions.ctx, deadline)
		defer cancel()
		answer, err := c.do(own, http.MethodGet, node, path, nil)
		done <- result{answer, err}
	})
	if err != nil {
		return nil, fmt.Errorf("couldn't ask node %s: %w", node, err)
	}
	select {
	case r := <-done:
		return r.answer, r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("couldn't wait for node %s: %w", node, ctx.Err())
	}
}

// start runs a question once there is a place for it among those to its node.
func (q *questions) start(ctx context.Context, node string, question func()) error {
	place := q.of(node)
	select {
	case place <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-q.ctx.Done():
		return errClosed
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		<-place
		return errClosed
	}
	q.wg.Go(func() {
		defer func() { <-place }()
		question()
	})
	return nil
}

// of gives the places of a node. Nodes come from the Raft configuration: a
// handful.
func (q *questions) of(node string) chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	place := q.places[node]
	if place == nil {
		place = make(chan struct{}, questionsMost)
		q.places[node] = place
	}
	return place
}
