package serve

import (
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/api/problem"
)

// Router sends requests to handlers by net/http's patterns. Everything that no
// pattern takes is a problem: 404, or 405 with Allow.
type Router struct {
	mux     *http.ServeMux
	metrics *Metrics
	log     *slog.Logger
	early   *routeMetrics // what the guard refused
	methods []string      // methods that any pattern uses, sorted
	now     func() time.Time
}

// NewRouter makes an empty router.
func NewRouter(m *Metrics, log *slog.Logger) *Router {
	rt := &Router{mux: http.NewServeMux(), metrics: m, log: log, early: m.route("guard"), now: time.Now}
	other := rt.instrument("other", rt.refuse)
	rt.mux.HandleFunc("/", other)
	return rt
}

// HandleFunc registers a handler under "METHOD /path". With it and ServeHTTP a
// Router is what huma's adapter expects of a mux.
func (rt *Router) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	method, path, ok := strings.Cut(pattern, " ")
	if !ok {
		panic("a route needs a method: " + pattern)
	}
	if !slices.Contains(rt.methods, method) {
		rt.methods = append(rt.methods, method)
		slices.Sort(rt.methods)
	}
	if path == "/" {
		pattern = method + " /{$}"
	}
	rt.mux.HandleFunc(pattern, rt.instrument(pattern, h))
}

// ServeHTTP routes one request.
func (rt *Router) ServeHTTP(w http.ResponseWriter, r *http.Request) { rt.mux.ServeHTTP(w, r) }

// Fail answers with a problem and counts it. Errors of ours are logged with
// their cause; what callers do wrong is only counted.
func (rt *Router) Fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problem.Of(err)
	rt.Count(p)
	if p.Status >= 500 && p.Unwrap() != nil {
		rt.log.Error("couldn't answer a request", "route", r.Pattern, "code", p.Code, "err", p.Unwrap())
	}
	problem.Write(w, r, p)
}

// Count counts a problem that somebody else writes.
func (rt *Router) Count(p *problem.Problem) {
	code := p.Code
	if problem.Status(code) == 0 {
		code = "law"
	}
	rt.metrics.refusals.WithLabelValues(code).Inc()
}

// refuse answers what no pattern took.
func (rt *Router) refuse(w http.ResponseWriter, r *http.Request) {
	var allow []string
	for _, method := range rt.methods {
		probe := &http.Request{Method: method, URL: r.URL, Host: r.Host}
		if _, pattern := rt.mux.Handler(probe); pattern != "/" {
			allow = append(allow, method)
			if method == http.MethodGet {
				allow = append(allow, http.MethodHead)
			}
		}
	}
	if len(allow) == 0 {
		rt.Fail(w, r, problem.New(problem.NotFound))
		return
	}
	rt.Fail(w, r, problem.New(problem.MethodNotAllowed).With("Allow", strings.Join(allow, ", ")))
}

// instrument counts, times and survives a handler.
func (rt *Router) instrument(route string, h http.HandlerFunc) http.HandlerFunc {
	series := rt.metrics.route(route)
	return func(w http.ResponseWriter, r *http.Request) {
		rec := recorders.Get().(*Recorder)
		*rec = Recorder{ResponseWriter: w}
		start := rt.now()
		rt.metrics.inFlight.Inc()
		defer func() {
			rt.metrics.inFlight.Dec()
			if v := recover(); v != nil {
				rt.recovered(rec, r, route, v, rt.metrics.panics)
			}
			series.observe(rec.Status(), rt.now().Sub(start), rec.streamed)
			*rec = Recorder{}
			recorders.Put(rec)
		}()
		h(rec, r)
	}
}

// recovered turns a panic into a 500, or drops the connection when an answer
// has begun. http.ErrAbortHandler is the agreed way to drop one on purpose.
func (rt *Router) recovered(rec *Recorder, r *http.Request, route string, v any, count prometheus.Counter) {
	if v == http.ErrAbortHandler {
		panic(v)
	}
	if r.Context().Err() != nil { // the caller left; huma panics when it cannot write
		panic(http.ErrAbortHandler)
	}
	count.Inc()
	rt.log.Error("a handler panicked", "route", route, "panic", v, "stack", string(debug.Stack()))
	if rec.status != 0 {
		panic(http.ErrAbortHandler)
	}
	rt.Fail(rec, r, problem.New(problem.Internal))
}

// Recorder remembers the status of an answer. Handlers may ask it to count the
// answer as a stream, which leaves it out of the latency histogram.
type Recorder struct {
	http.ResponseWriter
	status   int
	streamed bool
}

var recorders = sync.Pool{New: func() any { return new(Recorder) }}

// WriteHeader remembers the first final status.
func (rec *Recorder) WriteHeader(status int) {
	if rec.status == 0 && status >= 200 {
		rec.status = status
	}
	rec.ResponseWriter.WriteHeader(status)
}

func (rec *Recorder) Write(b []byte) (int, error) {
	if rec.status == 0 {
		rec.status = http.StatusOK
	}
	return rec.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (rec *Recorder) Unwrap() http.ResponseWriter { return rec.ResponseWriter }

// Status is the status sent, 200 when nothing was said.
func (rec *Recorder) Status() int {
	if rec.status == 0 {
		return http.StatusOK
	}
	return rec.status
}

// Streamed marks the answer to w as a stream or long poll.
func Streamed(w http.ResponseWriter) {
	if rec, ok := w.(*Recorder); ok {
		rec.streamed = true
	}
}

// refuseEarly answers a request that never reached a route.
func (rt *Router) refuseEarly(w http.ResponseWriter, r *http.Request, p *problem.Problem) {
	rt.early.observe(p.Status, 0, true)
	rt.Fail(w, r, p)
}
