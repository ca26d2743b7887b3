package public

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/consensus/sleep"
)

const (
	pollLimit    = 100              // events of one answer, unless asked otherwise
	pollLimitMax = 500              //
	pollWaitMax  = 30 * time.Second // longest long poll

	// heartbeat keeps proxies from closing an idle stream, and finds dead
	// readers and ended tokens.
	heartbeat = 10 * time.Second
	// readerPatience is how long a stream waits for a reader that does not take
	// what it is sent. Then the reader is dropped; it can resume where it was.
	readerPatience = 20 * time.Second
	// gather lets statements that commit together leave in one write.
	gather = 20 * time.Millisecond

	// subscribersMax bounds long polls and streams together; regions share it.
	subscribersMax = 2048
	// subscribeRate is how many a region may start a second.
	subscribeRate = 1000
)

// beijing is the zone of every time the API says.
var beijing = time.FixedZone("CST", 8*3600)

// events is GET /v1/events: the ledger as CloudEvents, by long poll or, with
// Accept: text/event-stream, as a stream.
func (a *API) events(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
	if err := mayReadRecords(c); err != nil {
		return err
	}
	q, err := a.subscription(r)
	if err != nil {
		return err
	}
	pause, ok := a.subscribers.Enter(c.Region)
	if !ok {
		return problem.New(problem.TooManyListeners).Retry(max(pause, retrySoon))
	}
	defer a.subscribers.Leave(c.Region)
	if q.stream {
		return a.streamEvents(w, r, c, q)
	}
	return a.pollEvents(w, r, c, q)
}

// subscription is what a subscriber asks for.
type subscription struct {
	from   uint64 // first leaf wanted
	seen   bool   // there was a cursor
	wait   time.Duration
	limit  int
	stream bool
}

func (a *API) subscription(r *http.Request) (subscription, error) {
	s := subscription{limit: pollLimit, stream: strings.Contains(r.Header.Get("Accept"), "text/event-stream")}
	q, err := query(r, "after", "wait", "limit")
	if err != nil {
		return s, err
	}
	after, given := q.Get("after"), q.Has("after")
	if last := r.Header.Get("Last-Event-ID"); s.stream && last != "" {
		after, given = last, true // a stream that resumes knows better than its URL
	}
	var wrong []problem.Field
	if given {
		n, err := strconv.ParseUint(after, 10, 62)
		if err != nil {
			wrong = append(wrong, problem.At("query.after", problem.BadCursor))
		}
		s.from, s.seen = n+1, true
	}
	if q.Has("wait") {
		s.wait, err = time.ParseDuration(q.Get("wait"))
		if err != nil || s.wait < 0 || s.wait > pollWaitMax {
			wrong = append(wrong, problem.At("query.wait", problem.OutOfRange))
		}
	}
	if q.Has("limit") {
		s.limit, err = strconv.Atoi(q.Get("limit"))
		if err != nil || s.limit < 1 || s.limit > pollLimitMax {
			wrong = append(wrong, problem.At("query.limit", problem.OutOfRange))
		}
	}
	if wrong != nil {
		return s, problem.Invalid(wrong...)
	}
	return s, nil
}

// pollEvents answers once there is something to say, or when the wait is over.
func (a *API) pollEvents(w http.ResponseWriter, r *http.Request, c *auth.Caller, s subscription) error {
	ctx, cancel := context.WithTimeout(r.Context(), s.wait)
	defer cancel()
	list, next, size, err := a.next(r.Context(), ctx, c.Region, s.from, s.limit)
	if err != nil {
		return err
	}
	body := append(make([]byte, 0, 1024), `{"events":[`...)
	for i, e := range list {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, e.body...)
	}
	body = append(body, ']')
	if next > 0 {
		body = append(body, `,"cursor":"`...)
		body = append(strconv.AppendUint(body, next-1, 10), '"')
	}
	body = append(body, '}')
	h := w.Header()
	h.Set("Content-Type", mediaJSON)
	h.Set("Cache-Control", "no-store")
	h.Set(headerIndex, strconv.FormatUint(size, 10))
	w.Write(body)
	return nil
}

// streamEvents sends events until the reader leaves, is too slow, or its token
// ends. The reader comes back with Last-Event-ID.
func (a *API) streamEvents(w http.ResponseWriter, r *http.Request, c *auth.Caller, s subscription) error {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(w)
	send := func(b []byte) bool {
		out.SetWriteDeadline(time.Now().Add(a.patience))
		_, err := w.Write(b)
		return err == nil && out.Flush() == nil
	}
	if !send([]byte("retry: 2000\n\n")) {
		return nil
	}
	for from := s.from; r.Context().Err() == nil && !a.closing(); {
		ctx, cancel := context.WithTimeout(r.Context(), a.heartbeat)
		list, next, _, err := a.next(r.Context(), ctx, c.Region, from, s.limit)
		cancel()
		if err != nil {
			return nil // the answer has begun; the reader resumes
		}
		from = next
		text := []byte(": alive\n\n")
		if len(list) > 0 {
			text = text[:0]
		}
		for _, e := range list {
			text = append(strconv.AppendUint(append(text, "id: "...), e.index, 10), "\ndata: "...)
			text = append(append(text, e.body...), "\n\n"...)
		}
		if !send(text) {
			return nil
		}
		if _, err := a.cfg.Gate.Check(r, ""); err != nil {
			return nil // expired or revoked meanwhile
		}
	}
	return nil
}

// next waits until a region has events at or after from, or wait ends; then it
// gives none and how far it looked. ctx ends the whole.
func (a *API) next(ctx, wait context.Context, region string, from uint64, limit int) ([]*event, uint64, uint64, error) {
	for {
		list, next, size, err := a.glance(ctx, region, from, limit)
		if err != nil || len(list) > 0 {
			return list, next, size, err
		}
		if next < size && wait.Err() == nil {
			from = next // nothing for this region so far; look on
			continue
		}
		if _, err := a.cfg.Ledger.WaitSize(wait, next); err != nil {
			if ctx.Err() == nil && wait.Err() == nil {
				return nil, next, size, desk.Unavailable(err)
			}
			return nil, next, size, nil
		}
		from = next
		_ = sleep.For(wait, gather)
	}
}

// glance looks once.
func (a *API) glance(ctx context.Context, region string, from uint64, limit int) ([]*event, uint64, uint64, error) {
	view, books, err := a.look(ctx, desk.Fresh{Local: true})
	if err != nil {
		return nil, from, 0, err
	}
	defer view.Close()
	size := view.Size()
	if from >= size {
		return nil, from, size, nil
	}
	list, next, err := a.feed.read(books, size, from, region, limit)
	return list, next, size, err
}
