package serve

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts what a door answered. Label values come from the routes that
// were registered and from fixed tables, never from requests: random paths,
// methods and codes do not grow the number of series.
type Metrics struct {
	requests *prometheus.CounterVec   // by route and status class
	seconds  *prometheus.HistogramVec // by route
	refusals *prometheus.CounterVec   // by code
	inFlight prometheus.Gauge
	panics   prometheus.Counter
}

// NewMetrics registers the metrics of one door ("public", "peer").
func NewMetrics(reg prometheus.Registerer, door string) *Metrics {
	labels := prometheus.Labels{"door": door}
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sandi_http_requests_total",
			Help: "Answers by route and status class.", ConstLabels: labels,
		}, []string{"route", "class"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "sandi_http_request_seconds",
			Help: "Time to answer, by route; long polls and streams excluded.", ConstLabels: labels,
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"route"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sandi_http_refusals_total",
			Help: "Problems given to callers, by code of the doors; codes of the law count as law.", ConstLabels: labels,
		}, []string{"code"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "sandi_http_in_flight",
			Help: "Requests being answered.", ConstLabels: labels,
		}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "sandi_http_panics_total",
			Help: "Handlers that panicked. Always a bug.", ConstLabels: labels,
		}),
	}
	reg.MustRegister(m.requests, m.seconds, m.refusals, m.inFlight, m.panics)
	return m
}

// classes are the values of the label class; index = status / 100.
var classes = [...]string{"0xx", "1xx", "2xx", "3xx", "4xx", "5xx"}

// routeMetrics are one route's series, resolved once: looking a label up costs
// more than counting.
type routeMetrics struct {
	class   [len(classes)]prometheus.Counter
	seconds prometheus.Observer
}

func (m *Metrics) route(name string) *routeMetrics {
	r := &routeMetrics{seconds: m.seconds.WithLabelValues(name)}
	for i, class := range classes {
		r.class[i] = m.requests.WithLabelValues(name, class)
	}
	return r
}

func (r *routeMetrics) observe(status int, took time.Duration, streamed bool) {
	if i := status / 100; i >= 0 && i < len(r.class) {
		r.class[i].Inc()
	}
	if !streamed {
		r.seconds.Observe(took.Seconds())
	}
}
