package admin

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/api/v1"
)

const (
	// scrapes bounds how many collections run at a time: one scraper, one person.
	scrapes = 2
	// scrapeTimeout ends a collection that a slow disk holds up.
	scrapeTimeout = 10 * time.Second
	// requests bounds what is answered at a time.
	requests = 16
	// profileMax is the longest CPU profile or trace; the answer has to be out
	// before serve.AnswerTimeout.
	profileMax = 60 * time.Second
)

// Config is what the admin door needs.
type Config struct {
	Checks   []Check
	Nodes    func() (v1.Nodes, error)         // which nodes the network has; nil: not told
	Voided   func() ([]v1.VoidOutcome, error) // entries that a return has given up; nil: not told
	Registry *prometheus.Registry             // served at /metrics; the door's own series are added to it
	Log      *slog.Logger
}

// New makes the handler of the admin listener.
func New(c Config) http.Handler {
	rt := serve.NewRouter(serve.NewMetrics(c.Registry, "admin"), c.Log)
	rt.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { text(w, http.StatusOK, "ok\n") })
	rt.HandleFunc("GET /readyz", ready(c.Checks))
	if c.Nodes != nil {
		rt.HandleFunc("GET /nodes", told(c.Nodes))
	}
	if c.Voided != nil {
		rt.HandleFunc("GET /voided", told(c.Voided))
	}
	metrics := promhttp.HandlerFor(c.Registry, promhttp.HandlerOpts{MaxRequestsInFlight: scrapes, Timeout: scrapeTimeout})
	rt.HandleFunc("GET /metrics", metrics.ServeHTTP)
	rt.HandleFunc("GET /debug/pprof", pprof.Index)
	rt.HandleFunc("GET /debug/pprof/cmdline", gone)
	rt.HandleFunc("GET /debug/pprof/profile", bounded(pprof.Profile))
	rt.HandleFunc("GET /debug/pprof/trace", bounded(pprof.Trace))
	rt.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	rt.HandleFunc("GET /debug/pprof/{profile}", func(w http.ResponseWriter, r *http.Request) {
		pprof.Handler(r.PathValue("profile")).ServeHTTP(w, r)
	})
	return serve.NewGuard(rt, nil, requests)
}

// told is what `sandi doctor`, a new node of the bureau and its operator need of the
// network, without a token: who is on this listener runs the node.
func told[T any](list func() (T, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		all, err := list()
		if err != nil {
			text(w, http.StatusServiceUnavailable, err.Error()+"\n")
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(all)
	}
}

// gone hides the command line: it names files.
func gone(w http.ResponseWriter, _ *http.Request) { text(w, http.StatusNotFound, "not served\n") }

// bounded refuses profiles longer than profileMax.
func bounded(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s := r.URL.Query().Get("seconds"); s != "" {
			d, err := time.ParseDuration(s + "s")
			if err != nil || d <= 0 || d > profileMax {
				text(w, http.StatusUnprocessableEntity, "seconds must lie between 1 and 60\n")
				return
			}
		}
		serve.Streamed(w)
		h(w, r)
	}
}

func text(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write([]byte(body))
}
