package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/consensus/sleep"
	"sandi.internal/gateway/consensus/statement"
)

const (
	// maxAnswer bounds what is read of an answer: the longest is a page of 500
	// records with full deadlines.
	maxAnswer = 32 << 20
	// idleConns is how many connections are kept: a load client may use
	// hundreds of goroutines, and each needs its own to avoid dialling.
	idleConns = 512
	// headerWait bounds the wait for an answer to begin; a write may wait for
	// its commit, a long poll for its event.
	headerWait = 70 * time.Second
)

// Options say how to reach a node.
type Options struct {
	Base  string                                // "http://127.0.0.1:8011", no path
	Token func(context.Context) (string, error) // asked before each attempt; nil sends none
	HTTP  *http.Client                          // nil: one made for this purpose
	Lang  problem.Language                      // of problem texts; empty: Chinese
	Retry Retry                                 // zero: DefaultRetry
}

// Client is safe for concurrent use.
type Client struct {
	base  string
	token func(context.Context) (string, error)
	http  *http.Client
	lang  string
	retry Retry
	now   func() time.Time
	sleep func(context.Context, time.Duration) error
}

// New makes a client.
func New(o Options) (*Client, error) {
	u, err := url.Parse(o.Base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return nil, fmt.Errorf("the address %q of the node has to be like https://host:port", o.Base)
	}
	c := &Client{
		base: u.Scheme + "://" + u.Host, token: o.Token, http: o.HTTP, lang: string(o.Lang),
		retry: o.Retry.orDefault(), now: time.Now, sleep: sleep.For,
	}
	if c.http == nil {
		c.http = &http.Client{Transport: NewTransport()}
	}
	own := *c.http
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.http = &own
	return c, nil
}

// NewTransport is the transport New uses. Change its TLSClientConfig before the
// first request to trust a bureau's CA or to present a certificate.
func NewTransport() *http.Transport {
	return &http.Transport{
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConns:          idleConns,
		MaxIdleConnsPerHost:   idleConns,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: headerWait,
		DisableCompression:    true,
		ForceAttemptHTTP2:     false, // one connection per writer is faster than one for all
	}
}

// NewKey makes an Idempotency-Key: the id of the statement to be.
func NewKey() string { return statement.NewID(time.Now(), rand.Reader) }

// call is one request of the API.
type call struct {
	method string
	path   string // begins with /v1, segments escaped
	query  url.Values
	header http.Header
	body   []byte                        // nil: none
	media  string                        // content type of body
	stream func() (io.ReadCloser, error) // body that is opened anew for each attempt; nil: body
	size   int64                         // of stream
	once   bool                          // must not be sent a second time
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// do sends a call, again where that is safe, and returns the first answer that
// is not worth another attempt. A refusal is a *problem.Problem.
func (c *Client) do(ctx context.Context, k call) (answer, error) {
	started := c.now()
	for attempt := 0; ; attempt++ {
		a, err := c.attempt(ctx, k)
		wait, again := c.retry.next(attempt, c.now().Sub(started), err)
		if !again || k.once || ctx.Err() != nil {
			return a, err
		}
		if c.sleep(ctx, wait) != nil {
			return a, err
		}
	}
}

// attempt sends a call once.
func (c *Client) attempt(ctx context.Context, k call) (answer, error) {
	res, err := c.send(ctx, k)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return answer{}, &lost{fmt.Errorf("couldn't read the answer to %s %s: %w", k.method, k.path, err)}
	}
	if len(body) > maxAnswer {
		return answer{}, fmt.Errorf("the answer to %s %s is larger than %d bytes", k.method, k.path, maxAnswer)
	}
	a := answer{res.StatusCode, res.Header, body}
	if res.StatusCode >= 300 {
		return a, refusal(res, body)
	}
	return a, nil
}

// send makes the request and gives the open answer.
func (c *Client) send(ctx context.Context, k call) (*http.Response, error) {
	var body io.Reader
	if k.body != nil {
		body = bytes.NewReader(k.body)
	}
	if k.stream != nil {
		opened, err := k.stream()
		if err != nil {
			return nil, fmt.Errorf("couldn't open what is to be sent: %w", err)
		}
		body = opened
	}
	target := c.base + k.path
	if len(k.query) > 0 {
		target += "?" + k.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, k.method, target, body)
	if err != nil {
		return nil, fmt.Errorf("couldn't make a request: %w", err)
	}
	if k.stream != nil {
		req.ContentLength = k.size
	}
	return c.perform(req, k)
}

// perform adds what every request carries and performs it.
func (c *Client) perform(req *http.Request, k call) (*http.Response, error) {
	for name, values := range k.header {
		req.Header[name] = values
	}
	if k.media != "" {
		req.Header.Set("Content-Type", k.media)
	}
	if c.lang != "" {
		req.Header.Set("Accept-Language", c.lang)
	}
	if c.token != nil {
		token, err := c.token(req.Context())
		if err != nil {
			return nil, fmt.Errorf("couldn't get a token: %w", err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // its text repeats method and address
		}
		return nil, &lost{fmt.Errorf("couldn't reach %s: %w", c.base, err)}
	}
	return res, nil
}

// refusal reads a problem. A door that answers otherwise (a proxy in between)
// still gives a typed error.
func refusal(res *http.Response, body []byte) error {
	p := new(problem.Problem)
	if err := json.Unmarshal(body, p); err != nil || p.Code == "" {
		p = problem.New(problem.Unavailable)
		p.Detail = fmt.Sprintf("unexpected answer %s", res.Status)
	}
	p.Status = res.StatusCode
	return p.Retry(retryAfter(res.Header))
}

// get fetches a JSON answer.
func (c *Client) get(ctx context.Context, path string, query url.Values, into any) (http.Header, error) {
	a, err := c.do(ctx, call{method: http.MethodGet, path: path, query: query})
	if err != nil {
		return a.header, err
	}
	return a.header, decode(a.body, into)
}

func decode(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("couldn't read the answer: %w", err)
	}
	return nil
}
