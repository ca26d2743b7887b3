package client

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"sandi.internal/gateway/api/problem"
)

// Retry says how long a client keeps trying what may be tried again.
type Retry struct {
	Total time.Duration // over all attempts of one call; negative: one attempt only
	First time.Duration // upper bound of the first pause; it doubles each time
	Most  time.Duration // upper bound of any pause
}

// DefaultRetry outlasts an election with the production timeouts (12 s).
var DefaultRetry = Retry{Total: 30 * time.Second, First: 50 * time.Millisecond, Most: 2 * time.Second}

func (r Retry) orDefault() Retry {
	if r == (Retry{}) {
		return DefaultRetry
	}
	return r
}

// lost marks an error after which nobody knows whether the request arrived.
type lost struct{ error }

func (l *lost) Unwrap() error { return l.error }

// next says whether to try again after err, and after which pause: full jitter
// (a random part of the bound), so that clients that failed together do not
// come back together.
func (r Retry) next(attempt int, elapsed time.Duration, err error) (time.Duration, bool) {
	if err == nil || elapsed >= r.Total {
		return 0, false
	}
	bound := r.Most
	if attempt < 16 {
		bound = min(r.First<<attempt, r.Most)
	}
	pause := time.Duration(rand.Int64N(int64(max(bound, 1))))
	var p *problem.Problem
	if errors.As(err, &p) {
		switch p.Status {
		case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return min(max(pause, p.RetryAfter()), max(r.Total-elapsed, 0)), true
		}
		return 0, false
	}
	var l *lost
	return pause, errors.As(err, &l)
}

// retryAfter reads the header in its form of seconds.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.ParseInt(h.Get("Retry-After"), 10, 32)
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}
