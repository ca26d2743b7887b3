package peer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/witness"
)

const (
	// maxAnswer bounds every answer: what a witness shows is the longest.
	maxAnswer = witness.MaxPulled
	// idlePerNode keeps the connections of parallel forwards and read rounds.
	idlePerNode = 16
	idleTimeout = time.Minute
)

// Dialer connects to another node with proof of who answers;
// *transport.Transport is one.
type Dialer interface {
	DialPeer(ctx context.Context, node string) (net.Conn, error)
}

// Client is the other side of the door, and replica.Peers. Safe for concurrent
// use.
type Client struct {
	http      *http.Client
	transport *http.Transport
	questions *questions
}

var _ replica.Peers = (*Client)(nil)

// NewClient speaks through connections of d. The host of a URL is a node id.
func NewClient(d Dialer) *Client {
	t := &http.Transport{
		DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
			node, _, err := net.SplitHostPort(addr)
			if err != nil {
				return nil, fmt.Errorf("couldn't read the address %q: %w", addr, err)
			}
			return d.DialPeer(ctx, node)
		},
		MaxIdleConnsPerHost: idlePerNode, IdleConnTimeout: idleTimeout, DisableCompression: true,
		MaxResponseHeaderBytes: 16 << 10,
	}
	return &Client{transport: t, questions: newQuestions(), http: &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close ends open questions and closes idle connections.
func (c *Client) Close() error {
	c.questions.close()
	c.transport.CloseIdleConnections()
	return nil
}

// Forward implements replica.Peers.
func (c *Client) Forward(ctx context.Context, node string, statements [][]byte) ([]replica.Verdict, error) {
	answer, err := c.do(ctx, http.MethodPost, node, pathForward, replica.EncodeForward(statements))
	if err != nil {
		return nil, err
	}
	return replica.DecodeVerdicts(answer, len(statements))
}

// Term implements replica.Peers.
func (c *Client) Term(ctx context.Context, node string) (uint64, error) {
	answer, err := c.ask(ctx, node, pathTerm)
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(string(answer), 10, 64)
}

// ReadIndex implements replica.Peers.
func (c *Client) ReadIndex(ctx context.Context, node string) (term, index uint64, err error) {
	answer, err := c.ask(ctx, node, pathReadIndex)
	if err != nil {
		return 0, 0, err
	}
	t, i, ok := strings.Cut(string(answer), " ")
	if !ok {
		return 0, 0, fmt.Errorf("node %s gave an unreadable read index", node)
	}
	if term, err = strconv.ParseUint(t, 10, 64); err != nil {
		return 0, 0, fmt.Errorf("node %s gave an unreadable term: %w", node, err)
	}
	if index, err = strconv.ParseUint(i, 10, 64); err != nil {
		return 0, 0, fmt.Errorf("node %s gave an unreadable index: %w", node, err)
	}
	return term, index, nil
}

// Hello asks a node who it is and what its clock says.
func (c *Client) Hello(ctx context.Context, node string) (Hello, error) {
	answer, err := c.do(ctx, http.MethodGet, node, pathHello, nil)
	if err != nil {
		return Hello{}, err
	}
	var h Hello
	if err := json.Unmarshal(answer, &h); err != nil {
		return Hello{}, fmt.Errorf("node %s gave an unreadable hello: %w", node, err)
	}
	return h, nil
}

// do sends a request that has one good answer.
func (c *Client) do(ctx context.Context, method, node, path string, body []byte) ([]byte, error) {
	status, answer, err := c.send(ctx, method, node, path, body)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("node %s answered %s with status %d", node, path, status)
	}
	if err != nil {
		return nil, err
	}
	return answer, nil
}

func (c *Client) send(ctx context.Context, method, node, path string, body []byte) (status int, answer []byte, err error) {
	return c.sendUpTo(ctx, maxAnswer, method, node, path, body)
}

// sendUpTo is send for an answer of at most so many bytes.
func (c *Client) sendUpTo(ctx context.Context, most int64, method, node, path string, body []byte) (status int, answer []byte, err error) {
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+node+path, reader)
	if err != nil {
		return 0, nil, fmt.Errorf("couldn't ask node %s: %w", node, err)
	}
	if body != nil {
		req.Header.Set("Content-Type", mediaBytes)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("couldn't ask node %s: %w", node, err)
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, most+1))
	switch {
	case err != nil:
		return 0, nil, fmt.Errorf("couldn't read node %s's answer: %w", node, err)
	case int64(len(answer)) > most:
		return 0, nil, fmt.Errorf("node %s gave an answer longer than %d bytes", node, most)
	}
	return resp.StatusCode, answer, nil
}
